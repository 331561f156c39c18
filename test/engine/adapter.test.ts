/** An adapter on top of a model, from the classifier file to the table that records it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { EngineModels } from '../../src/app/engine-models';
import { Sources } from '../../src/app/sources';
import { builtinFile } from '../../src/core/classifier/builtin';
import { bySourceKind } from '../../src/core/classifier/source-name';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import { modelIdentitySchema } from '../../src/core/model/binding';
import { EngineClient } from '../../src/sources/engine-client';
import { adapterFile, AdapterStore } from '../../src/store/adapters';
import { ModelStore, sha256Of } from '../../src/store/models';
import { GEMMA_ADAPTER, TINY_ADAPTER, writeAdapter } from '../support/adapter';
import { CLI, ENGINE, fixture } from '../support/paths';
import { temporaryFolder } from '../support/temporary';
import { promptClassifierFrom } from '../support/prompt-classifier';

const BASE = fixture('tiny-chat.gguf');
const TEXTS = ['I love this movie!', 'Best worst thing ever', 'The plot limps.'];

describe('an adapter', () => {
  const folder = temporaryFolder();
  let engine: EngineClient;
  beforeEach(() => (engine = new EngineClient({ enginePath: ENGINE, log: () => undefined })));
  afterEach(() => engine.dispose());

  const classifier = (fields: object): PromptClassifier => {
    return promptClassifierFrom({ ...builtinFile('sentiment'), ...fields }, 'test.json');
  };

  function sources(): Sources {
    const models = new ModelStore(path.join(folder(), 'models'));
    const opened = new EngineModels({
      models,
      engine,
      modelFor: () => models.fileAt(BASE),
      adapters: {
        adapters: new AdapterStore(path.join(folder(), 'adapters')),
        workspaceOf: () => Promise.resolve(folder()),
      },
      settings: () => ({ gpu: 'off', gpuLayers: 'auto', threads: 1 }),
    });
    return new Sources({ ...bySourceKind(() => () => assert.fail()), engine: opened.open });
  }

  const scoresOf = (from: Sources, asked: PromptClassifier): Promise<string> =>
    from.with(asked, undefined, async (source) => {
      assert.ok(source.score);
      const { scores } = await source.score({ classifier: asked, texts: TEXTS, topTokens: 0 });
      return JSON.stringify(scores);
    });

  const put = async (bytes: Buffer, asked: PromptClassifier, name = 'tuned') =>
    writeAdapter(folder(), name, { bytes, base: BASE, classifier: asked });

  it('works beside the model alone in one process, and neither changes the other', async () => {
    const plain = classifier({});
    const tuned = classifier({ adapter: 'tuned' });
    const card = await put(await readFile(TINY_ADAPTER), tuned);
    const all = sources();
    const base = await scoresOf(all, plain);
    const { pid } = engine;
    const adapted = await scoresOf(all, tuned);
    assert.notEqual(adapted, base);
    assert.equal(await scoresOf(all, plain), base);
    assert.equal(await scoresOf(all, tuned), adapted);
    assert.equal(engine.pid, pid);
    const identity = await all.with(tuned, undefined, (source) => source.identity());
    assert.deepEqual(identity.model, {
      kind: 'file',
      name: 'tiny-chat.gguf',
      sha256: await sha256Of(BASE),
      adapter: { name: 'tuned', sha256: card.sha256 },
    });
    assert.match(identity.inWords, /with the adapter tuned on/u);
  });

  it('is loaded anew after it was replaced under the same name while the old one was loaded', async () => {
    const tuned = classifier({ adapter: 'tuned' });
    const bytes = await readFile(TINY_ADAPTER);
    await put(bytes, tuned);
    const all = sources();
    const before = await scoresOf(all, tuned);
    const other = Buffer.from(bytes);
    // The last tensor adds the opposite.
    for (let at = other.length - 256; at < other.length; at += 4)
      other.writeFloatLE(-other.readFloatLE(at), at);
    await put(other, tuned);
    const after = await scoresOf(all, tuned);
    assert.notEqual(after, before);
    await put(bytes, tuned);
    assert.equal(await scoresOf(all, tuned), before);
  });

  it('of another shape, or with weights that are no numbers, is refused with a sentence, and the engine goes on', async () => {
    const tuned = classifier({ adapter: 'tuned' });
    const all = sources();
    await put(await readFile(GEMMA_ADAPTER), tuned);
    await assert.rejects(scoresOf(all, tuned), {
      code: 'adapter-unreadable',
      message: /adapter tuned cannot be put on/u,
    });
    const broken = await readFile(TINY_ADAPTER);
    broken.fill(0xff, broken.length - 4096);
    await put(broken, tuned);
    await assert.rejects(scoresOf(all, tuned), {
      code: 'adapter-unreadable',
      message: /With the adapter tuned/u,
    });
    const { pid } = engine;
    await scoresOf(all, classifier({}));
    assert.equal(engine.pid, pid);
  });

  it('samples answers with it, too', async () => {
    const tuned = classifier({ adapter: 'tuned' });
    await put(await readFile(TINY_ADAPTER), tuned);
    const ask = (asked: PromptClassifier): Promise<string> =>
      sources().with(asked, undefined, async (source) => {
        assert.ok(source.sample);
        const { samples } = await source.sample({
          prompts: [{ asks: asked.asks, samples: 4000 }],
          texts: TEXTS,
          temperature: 10,
          seed: 0,
        });
        return JSON.stringify(samples);
      });
    assert.ok((await ask(tuned)) !== (await ask(classifier({}))));
  });

  describe('on the command line', () => {
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [CLI, ...args, '--model', BASE, '--gpu', 'off', '--threads', '1'], {
        cwd: folder(),
        encoding: 'utf8',
        env: { ...process.env, PROMPT_CONFIDENCE_HOME: path.join(folder(), 'home') },
        timeout: 100_000,
      });
    const metaSchema = z.looseObject({ model: modelIdentitySchema });

    beforeEach(async () => {
      const place = path.join(folder(), '.prompt-confidence', 'classifiers');
      mkdirSync(place, { recursive: true });
      const file = { ...builtinFile('sentiment'), name: 'mood', adapter: 'tuned' };
      writeFileSync(path.join(place, 'mood.json'), JSON.stringify(file));
      writeFileSync(path.join(folder(), 'texts.csv'), ['text', ...TEXTS].join('\n'));
      await put(await readFile(TINY_ADAPTER), classifier({ adapter: 'tuned' }));
    });

    it('is recorded beside the scores, and left out on request', () => {
      const score = (...more: string[]) =>
        run('score', 'texts.csv', '--classifier', 'mood', '--out', 'scored.csv', ...more);
      const meta = () =>
        metaSchema.parse(JSON.parse(readFileSync(path.join(folder(), 'scored.csv.meta.json'), 'utf8')));
      const tuned = score();
      assert.equal(tuned.status, 0, tuned.stderr);
      const { model } = meta();
      assert.ok(model.kind === 'file');
      assert.equal(model.adapter?.name, 'tuned');
      const base = score('--force', '--no-adapter');
      assert.equal(base.status, 0, base.stderr);
      assert.ok(!('adapter' in meta().model));
    });

    it('is refused after a change by hand, with the way to go on without it', async () => {
      const file = adapterFile(folder(), 'tuned');
      const changed = await readFile(file);
      changed.writeUInt8(1, changed.length - 40);
      await writeFile(file, changed);
      const { status, stderr } = run('classify', 'I love it', '--classifier', 'mood');
      assert.equal(status, 2);
      assert.match(
        stderr,
        /names the adapter "tuned".*is not the file that its card describes.*--no-adapter/u,
      );
    });
  });
});
