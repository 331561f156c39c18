/** From a labelled table to an adapter with its card, with a scripted trainer. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Job, JobEnd } from '../../../../src/app/jobs/job';
import { Jobs } from '../../../../src/app/jobs/jobs';
import {
  dropPrepared,
  estimateTuning,
  preparedAlone,
  type TunedAdapter,
  type TuningHome,
  tuningKind,
  type TuningOrder,
} from '../../../../src/app/jobs/tuning';
import { frameOf } from '../../../../src/app/labels/draw-rows';
import { drawnTable } from '../../../../src/app/labels/estimate-table';
import { Sources } from '../../../../src/app/sources';
import { prepareTuning, type TuningFacts, type TuningRequest } from '../../../../src/app/training/prepare';
import { proveTuning } from '../../../../src/app/training/prove';
import {
  checkNoInput,
  takenFiles,
  tuningWork,
  workFiles,
  writtenFiles,
} from '../../../../src/app/training/tuning-run';
import { targetOf } from '../../../../src/app/training/tuning-input';
import { BUILTIN_CLASSIFIERS } from '../../../../src/core/classifier/builtin';
import { bySourceKind } from '../../../../src/core/classifier/source-name';
import { practiceSet } from '../../../../src/core/data/practice-set';
import { parseAdapterCard } from '../../../../src/core/model/adapter-card';
import type { Classifier } from '../../../../src/core/classifier/definition';
import { UserError } from '../../../../src/core/user-error';
import type { Source } from '../../../../src/sources/source';
import { loadCalibrator } from '../../../../src/store/calibrators';
import { proofVerdict } from '../../../../src/core/words/tuning';
import { untilEvent } from '../../../support/until';
import { AdapterStore, cardFile } from '../../../../src/store/adapters';
import { csvLine } from '../../../../src/store/tables/csv-line';
import { partAt } from '../../../../src/store/tables/work-place';
import { readLabelled } from '../../../../src/store/tables/labelled';
import { rowHash } from '../../../../src/store/tables/tuning-rows';
import { TINY_ADAPTER } from '../../../support/adapter';
import { writeScriptedPython } from '../../../support/scripted-python';
import { temporaryFolder } from '../../../support/temporary';

const [CLASSIFIER = assert.fail()] = BUILTIN_CLASSIFIERS;
const HASH = 'a'.repeat(64);
const SETTINGS: TuningRequest['settings'] = {
  ...{ loss: 'label', rank: 1, alpha: 1, dropout: 0, learningRate: 1e-3, epochs: 3, batch: 8 },
  ...{ microBatch: 8, patience: 3, stopOn: 'nll', threads: 1, seed: 0 },
};

/** A model without a model: a token for each character. */
function source(fields: Partial<Source> = {}): Source {
  const shape = {
    ...{ prompt: 'completion' as const, sequences: 1, contextTokens: 1, batchTokens: 1, prefixTokens: 1 },
    ...{ padding: 4, flashAttention: false, swaFullCache: false },
  };
  return {
    sendsTextsTo: null,
    mayBoundScores: false,
    plan: null,
    textsAtOnce: null,
    identity: () =>
      Promise.resolve({
        model: undefined,
        modelFile: { file: 'base.gguf', path: '/models/base.gguf', sha256: HASH },
        backend: 'cpu',
        device: null,
        versions: {},
        inWords: 'base.gguf on CPU',
      }),
    model: () => Promise.resolve({ kind: 'file', name: 'base.gguf', sha256: HASH }),
    score: ({ texts }) =>
      Promise.resolve({
        shape,
        scores: texts.map(() => ({
          label: 'positive',
          confidence: 0.6,
          tie: false,
          labels: [
            { label: 'positive', logProb: Math.log(0.6), confidence: 0.6 },
            { label: 'negative', logProb: -Infinity, confidence: 0.4 },
          ],
          labelMass: 1,
          mode: 'first-token' as const,
          textTokens: 1,
          cutTokens: 0,
        })),
      }),
    sample: null,
    prompt: () => assert.fail(),
    tokens: (_, texts) =>
      Promise.resolve({
        shape,
        answer: {
          mode: 'first-token',
          events: [
            { label: 0, path: [7], ends: false },
            { label: 1, path: [8], ends: false },
          ],
          endTokens: [1],
        },
        prompts: texts.map((text) => ({
          tokens: [2, ...Array.from(text, (character) => character.codePointAt(0) ?? 0)],
          textTokens: text.length,
          cutTokens: text.length > 50 ? 1 : 0,
        })),
      }),
    ...fields,
  };
}

const TRUTHS = new Map(practiceSet(0).map(({ text, label }) => [text, label]));

/** The base guesses and is sure; the tuned one is right nine times in ten. */
function scoring({ adapter }: Pick<Classifier, 'adapter'>): Source {
  const from = source();
  const isRight = (text: string): boolean => {
    const luck = text.length % 10;
    return adapter === undefined ? luck < 5 : luck < 9;
  };
  return source({
    model: () =>
      Promise.resolve({
        ...{ kind: 'file', name: 'base.gguf', sha256: HASH },
        ...(adapter === undefined ? {} : { adapter: { name: adapter, sha256: HASH } }),
      } as const),
    score: async (request, signal) => {
      const scored = await (from.score?.(request, signal) ?? assert.fail());
      return {
        ...scored,
        scores: scored.scores.map((score, at) => {
          const text = request.texts[at] ?? '';
          const other = TRUTHS.get(text) === 'positive' ? 'negative' : 'positive';
          const label = isRight(text) ? (TRUTHS.get(text) ?? 'positive') : other;
          const sure = (adapter === undefined ? 0.8 : 0.9) + (text.length % 7) / 200;
          const labels = ['positive', 'negative'].map((name) => {
            const confidence = name === label ? sure : 1 - sure;
            return { label: name, logProb: Math.log(confidence), confidence };
          });
          return { ...score, label, confidence: sure, labels };
        }),
      };
    },
  });
}

describe('tuning a classifier', () => {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder(), name);
  let python = '';
  beforeEach(async () => {
    python = at('python');
    await writeScriptedPython(python, TINY_ADAPTER);
    const rows = practiceSet(0).slice(0, 300);
    await table(rows.map(({ text, label, group }) => [text, label, group]));
  });

  const table = (rows: readonly (readonly string[])[], header = ['text', 'label', 'group']): Promise<void> =>
    writeFile(at('labelled.csv'), [header, ...rows].map((cells) => csvLine(cells, ',')).join(''));
  const out = (): string => at('adapters/tuned.gguf');
  const proving =
    (sourceOf: (classifier: Classifier) => Source): TuningHome['prove'] =>
    (asked, files, context) =>
      proveTuning(
        new Sources(
          bySourceKind(
            () =>
              ({ classifier }, work) =>
                work(sourceOf(classifier)),
          ),
        ),
        {
          ...files,
          classifier: CLASSIFIER,
          examples: asked.examples,
          textColumn: asked.textColumn,
          made: { version: '0.1.0', time: new Date(0) },
        },
        context,
      );
  const home = (): TuningHome => ({
    program: at('program'),
    cache: at('cache'),
    folder: at('jobs'),
    now: () => performance.now(),
    clock: () => new Date('2026-01-01T00:00:00Z'),
    version: '0.1.0',
    prove: proving(scoring),
  });
  const order = (own = out()): TuningOrder => ({
    table: at('labelled.csv'),
    out: own,
    work: tuningWork(at('cache'), own),
    python,
    ...{ classifier: CLASSIFIER.name, textColumn: 'text', examples: true, facts: [] },
    mayReplace: writtenFiles(own),
  });
  const prepare = (request: Partial<TuningRequest> = {}, from = source()): Promise<TuningFacts> =>
    prepareTuning(new Sources(bySourceKind(() => (_, work) => work(from))), {
      table: at('labelled.csv'),
      textColumn: 'text',
      classifier: CLASSIFIER,
      examples: true,
      base: null,
      settings: SETTINGS,
      out: out(),
      work: tuningWork(at('cache'), request.out ?? out()),
      jobs: at('jobs'),
      ...request,
    });
  const mode = (name: string): Promise<void> => writeFile(path.join(order().work, 'mode'), name);
  const start = (own = out()): Job<TuningOrder, TunedAdapter> =>
    new Jobs(() => undefined).start(tuningKind(home()), order(own));
  const failure = ({ state, ...end }: JobEnd<TunedAdapter>): UserError => {
    assert.equal(state, 'failed');
    const { error } = end as { error: unknown };
    return error instanceof UserError ? error : assert.fail(String(error));
  };
  const reaches = (job: Job<TuningOrder, TunedAdapter>, done: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (job.progress?.done === done && job.progress.total > 1) resolve();
      };
      job.onDidChange(look);
      look();
    });
  const begunAndPaused = async (): Promise<void> => {
    await mode('holds');
    const job = start();
    await reaches(job, 3);
    job.pause();
    assert.deepEqual(await job.ended, { state: 'paused' });
  };

  it('says first how many rows there are, and what the hold-out can show', async () => {
    const facts = await prepare();
    assert.equal(facts.rows.train + facts.rows.validation + facts.rows.test, 300);
    assert.ok(Math.abs(facts.rows.test - 60) < 4);
    assert.ok(facts.smallestDifference > 0.1 && facts.smallestDifference < 0.3);
    assert.equal(facts.isGrouped, true);
    assert.ok(facts.cut > 0);
    const estimate = await estimateTuning(home(), order(), new AbortController().signal);
    assert.deepEqual([estimate.steps, estimate.secondsPerStep], [6, 0.5]);
  });

  it('gives the trainer token ids and settings, and no text', async () => {
    await prepare();
    const input = await readFile(workFiles(order().work).input, 'utf8');
    const [head, ...examples] = input
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(head?.base, { gguf: '/models/base.gguf', folder: null });
    assert.deepEqual(head.settings, SETTINGS);
    assert.equal(examples.length, 300);
    assert.equal(examples.filter(({ engine }) => engine !== undefined).length, 32);
    for (const { text } of practiceSet(0).slice(0, 300)) assert.ok(!input.includes(text.slice(0, 20)));
  });

  it('teaches how unsure people were where they say so, and nothing of it by the loss "label"', async () => {
    const row = { label: 1, soft: undefined, isUnsure: false };
    assert.deepEqual(targetOf(row, 2), [0, 1]);
    assert.deepEqual(targetOf({ ...row, isUnsure: true }, 2), [0.25, 0.75]);
    assert.deepEqual(targetOf({ ...row, soft: [0.5, 0.25, 0.25] }, 3, [1, 0, 0]), [0.5, 0.25, 0.25]);
    assert.deepEqual(targetOf(row, 2, [0.1, 0.9]), [0.1, 0.9]);
    const targets = async (): Promise<number> =>
      (await readFile(workFiles(order().work).input, 'utf8')).split('"target"').length - 1;
    await prepare();
    assert.equal(await targets(), 0);
    await prepare({ settings: { ...SETTINGS, loss: 'confidence-aware' } });
    assert.equal(await targets(), 300);
  });

  it('writes the adapter, its card, the split and the hold-out, and cleans up', async () => {
    await prepare();
    const end = await start().ended;
    assert.ok(end.state === 'finished', JSON.stringify(end));
    const card = parseAdapterCard(await readFile(cardFile(out()), 'utf8'), 'card');
    assert.deepEqual(card.base, { name: 'base.gguf', sha256: HASH });
    assert.deepEqual(await readFile(out()), await readFile(TINY_ADAPTER));
    assert.equal(card.tuning?.chosenStep, 4);
    assert.equal(card.tuning.curve.length, 4);
    const split = (await readFile(end.result.splitTable, 'utf8')).trimEnd().split('\n');
    assert.equal(split[0], 'text,label,group,split');
    assert.equal(split.length, 301);
    const parts = split.slice(1).map((line) => line.slice(line.lastIndexOf(',') + 1));
    assert.equal(parts.filter((part) => part === 'test').length, card.tuning.rows.test.length);
    const [first] = practiceSet(0);
    const hash = rowHash(first?.text ?? '', first?.label ?? '');
    assert.ok(card.tuning.rows[parts[0] as 'test'].includes(hash));
    const held = (await readFile(end.result.dropoutTable, 'utf8')).trimEnd().split('\n');
    assert.match(
      held[0] ?? '',
      /mc-dropout\/prob:positive,mc-dropout\/prob:negative,mc-dropout\/epistemic,mc-dropout\/aleatoric$/u,
    );
    assert.equal(held.length, card.tuning.rows.test.length + 1);
    assert.deepEqual(await readdir(path.join(at('cache'), 'runs')), []);
    // What it wrote can be used.
    const workspace = at('workspace');
    const place = path.join(workspace, '.prompt-confidence', 'adapters');
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, 'tuned.gguf'), await readFile(out()));
    await writeFile(path.join(place, 'tuned.json'), await readFile(cardFile(out())));
    assert.equal((await new AdapterStore(at('store')).load(workspace, 'tuned')).sha256, card.sha256);
  });

  it('replaces no file that came under one of its names meanwhile, and is complete once that is away', async () => {
    await prepare();
    const careful = { ...order(), mayReplace: [cardFile(out())] };
    await mkdir(path.dirname(out()));
    await writeFile(cardFile(out()), 'agreed');
    const came = at('adapters/tuned-split.csv');
    await writeFile(came, 'mine');
    const run = (): Promise<JobEnd<TunedAdapter>> =>
      new Jobs(() => undefined).start(tuningKind(home()), careful).ended;
    const { code, message } = failure(await run());
    assert.equal(code, 'file-appeared');
    assert.match(message, /tuned-split\.csv was made while the model was tuned/u);
    assert.equal(await readFile(came, 'utf8'), 'mine');
    assert.equal(await readFile(cardFile(out()), 'utf8'), 'agreed');
    assert.deepEqual((await readdir(path.dirname(out()))).sort(), ['tuned-split.csv', 'tuned.json']);
    await rename(came, at('adapters/mine.csv'));
    assert.equal((await run()).state, 'finished');
  });

  describe('and then by itself', () => {
    const inWorkspace = (name: string): string => at(`workspace/.prompt-confidence/adapters/${name}.gguf`);
    /** Tunes under a name; what came of it. */
    const tuned = async (name: string): Promise<TunedAdapter> => {
      await prepare({ out: inWorkspace(name) });
      const end = await start(inWorkspace(name)).ended;
      assert.ok(end.state === 'finished', JSON.stringify(end));
      return end.result;
    };

    it('scores what neither has seen, fits calibrators, and says which is the simplest that is as good as the best', async () => {
      const { card, proven } = await tuned('tuned');
      const { proof, tables, calibrators } = proven;
      assert.deepEqual(card.tuning?.proof, proof);
      const { train, validation, test } = card.tuning.rows;
      assert.equal(proof.rows, test.length);
      assert.equal(proof.candidates, 1);
      const [base, , tunedRaw] = proof.results;
      assert.deepEqual([base?.model, base?.calibrator, tunedRaw?.model], ['base', null, 'tuned']);
      assert.ok((tunedRaw?.accuracy.value ?? 0) > (base?.accuracy.value ?? 1));
      const { title, text } = proofVerdict(proof);
      assert.match(title, /^Use the tuned model/u);
      assert.match(text, /These rows chose it, so that may be slightly too good\.$/u);
      // The base was trained on no row, and its calibrator on none of the hold-out.
      const rowsOf = async (file: string): Promise<number> =>
        (await readFile(file, 'utf8')).trimEnd().split('\n').length - 1;
      assert.equal(await rowsOf(tables.base), 300);
      assert.equal(await rowsOf(tables.tuned), validation.length + test.length);
      assert.match(proof.notes.at(-1) ?? '', /differed from the engine's by 0\.\d{4} on average\.$/u);
      const saved = await loadCalibrator(calibrators.base ?? assert.fail());
      assert.equal(saved.saved.n, train.length + validation.length);
      assert.equal(path.basename(saved.file), 'tuned-base.json');
      assert.match(
        proof.notes[0] ?? '',
        new RegExp(`fitted on ${train.length + validation.length} rows`, 'u'),
      );
    });

    it('leaves rows that trained the adapter out of its numbers and calibrators, and says so', async () => {
      const { adapter, splitTable, card } = await tuned('tuned');
      // All rows are scored with it, as Score CSV… does.
      const scored = path.join(path.dirname(adapter), 'all.csv');
      const lines = (await readFile(splitTable, 'utf8')).trimEnd().split('\n');
      await writeFile(
        scored,
        lines.map((line, at) => `${line}${at === 0 ? ',prob:positive,prob:negative' : ',.7,.3'}\n`).join(''),
      );
      const meta = {
        schema: 1,
        model: {
          kind: 'file',
          name: 'base.gguf',
          sha256: HASH,
          adapter: { name: 'tuned', sha256: card.sha256 },
        },
        promptSha256: HASH,
        labels: ['positive', 'negative'],
        scoring: { '': { method: 'token-probability', mode: 'first-token' } },
        backend: 'cpu',
        textColumn: 'text',
      };
      await writeFile(`${scored}.meta.json`, JSON.stringify(meta));
      const { train, validation, test } = card.tuning?.rows ?? assert.fail();
      const read = await readLabelled(scored, {});
      assert.equal(read.table.n, validation.length + test.length);
      const said = read.warnings.find(({ code }) => code === 'train-rows');
      assert.match(
        said?.message ?? '',
        new RegExp(`^${train.length} rows of all\\.csv trained the adapter tuned`, 'u'),
      );
      // Another spelling of a text makes it no new one, and neither does a calibrated copy of the table.
      const content = await readFile(scored, 'utf8');
      await writeFile(
        scored,
        content
          .split('\n')
          .map((line, at) => (at === 0 || line === '' ? line : line.replace(/^("?)/u, '$1  ')))
          .join('\n'),
      );
      assert.equal((await readLabelled(scored, {})).table.n, validation.length + test.length);
      const copied = path.join(path.dirname(adapter), 'copy.csv');
      await writeFile(copied, content);
      const calibrated = { calibratorSha256: HASH, tableSha256: HASH, fittedOnSha256: HASH };
      const copyMeta = { schema: 1, adapter: meta.model.adapter, textColumn: 'text', calibrated };
      await writeFile(`${copied}.meta.json`, JSON.stringify(copyMeta));
      assert.equal((await readLabelled(copied, {})).table.n, validation.length + test.length);
      // Another column that is called the text hides none of them, nor does a card whose labels were edited.
      const both = path.join(path.dirname(adapter), 'both.csv');
      const [first = '', ...rest] = content.trimEnd().split('\n');
      const noted = rest.map((line, row) => `note ${row},${line}\n`).join('');
      await writeFile(both, `text,${first.replace('text,', 'body,')}\n${noted}`);
      await writeFile(`${both}.meta.json`, JSON.stringify({ ...meta, textColumn: 'body' }));
      assert.equal((await readLabelled(both, {})).table.n, validation.length + test.length);
      const asNote = { mapping: { text: 'text' } };
      assert.equal((await readLabelled(both, asNote)).table.n, validation.length + test.length);
      const original = await readFile(cardFile(adapter), 'utf8');
      await writeFile(cardFile(adapter), JSON.stringify({ ...card, labels: ['good', 'bad'] }));
      assert.equal((await readLabelled(both, {})).table.n, validation.length + test.length);
      await writeFile(cardFile(adapter), original);
      // Before people label such rows for nothing, it is said.
      const { warnings } = await frameOf(both, {});
      assert.match(
        warnings.find(({ code }) => code === 'train-rows')?.message ?? '',
        new RegExp(`^${train.length} of these rows trained the adapter tuned, and "estimate" refuses`, 'u'),
      );
      // Without its texts, nothing tells which rows these are.
      const bare = path.join(path.dirname(adapter), 'bare.csv');
      await writeFile(bare, content.replace('text,', 'body,'));
      await writeFile(`${bare}.meta.json`, JSON.stringify(meta));
      assert.ok((await readLabelled(bare, {})).warnings.some(({ code }) => code === 'train-rows-unknown'));
      // Nor where the adapter comes from another program.
      const known = await readFile(cardFile(adapter), 'utf8');
      await writeFile(cardFile(adapter), JSON.stringify({ ...card, tuning: null }));
      assert.ok((await readLabelled(copied, {})).warnings.some(({ code }) => code === 'train-rows-unknown'));
      await writeFile(cardFile(adapter), known);
      // What the adapter gets right there says nothing about rows that nobody labelled.
      const drawn = { table: copied, columns: {}, labelsFrom: undefined, drawnAtRandom: true };
      await writeFile(`${copied}.meta.json`, JSON.stringify(meta));
      await assert.rejects(drawnTable(drawn, []), {
        code: 'train-rows',
        message: new RegExp(`trained on ${train.length} of the labelled rows of copy\\.csv`, 'u'),
      });
      await writeFile(scored, content);
      // A label that was corrected since makes the text no new one.
      const swapped = (await readFile(scored, 'utf8')).replaceAll(/,(positive|negative),/gu, (_, label) =>
        label === 'positive' ? ',negative,' : ',positive,',
      );
      await writeFile(scored, swapped);
      assert.equal((await readLabelled(scored, {})).table.n, validation.length + test.length);
      // Only training rows.
      const trained = swapped.split('\n').filter((line, at) => at === 0 || line.includes(',train,'));
      await writeFile(scored, trained.join('\n'));
      await assert.rejects(readLabelled(scored, {}), { code: 'train-rows' });
      // Elsewhere nothing tells which rows these are.
      await writeFile(at('elsewhere.csv'), trained.join('\n'));
      await writeFile(at('elsewhere.csv.meta.json'), JSON.stringify(meta));
      const elsewhere = await readLabelled(at('elsewhere.csv'), {});
      assert.ok(elsewhere.warnings.some(({ code }) => code === 'train-rows-unknown'));
    });

    it('asks for new rows from the third adapter on that a hold-out scores', async () => {
      for (const [name, candidates] of [
        ['first', 1],
        ['second', 2],
        // Under a name again: the old adapter was scored, too.
        ['first', 3],
      ] as const) {
        const { proven } = await tuned(name);
        assert.equal(proven.proof.candidates, candidates);
        assert.equal(proofVerdict(proven.proof).warning === null, candidates < 3);
      }
    });

    it('goes on where it was interrupted after the training', async () => {
      await prepare({ out: inWorkspace('tuned') });
      const job = start(inWorkspace('tuned'));
      await untilEvent(
        (listener) => job.onDidChange(listener),
        () => job.progress?.words.startsWith('scoring with the tuned model') === true,
      );
      job.pause();
      assert.deepEqual(await job.ended, { state: 'paused' });
      const [left] = await tuningKind(home()).unfinished(undefined);
      assert.equal(left?.order.out, inWorkspace('tuned'));
      const end = await start(inWorkspace('tuned')).ended;
      assert.ok(end.state === 'finished', JSON.stringify(end));
      assert.equal(end.result.proven.proof.candidates, 1);
      assert.equal(end.result.card.versions.begun, '6');
      assert.deepEqual(await readdir(path.join(at('cache'), 'runs')), []);
    });

    it('is not kept from it by scores of an adapter that was given up', async () => {
      const own = order(inWorkspace('tuned'));
      await prepare({ out: own.out });
      let texts = 0;
      const crashing = (classifier: Classifier): Source => {
        const from = scoring(classifier);
        return {
          ...from,
          score: (request, signal) =>
            (texts += request.texts.length) > 220
              ? Promise.reject(new UserError('engine-crashed', 'It crashed.'))
              : (from.score?.(request, signal) ?? assert.fail()),
        };
      };
      const broken = { ...home(), prove: proving(crashing) };
      const end = await new Jobs(() => undefined).start(tuningKind(broken), own).ended;
      assert.equal(failure(end).code, 'engine-crashed');
      assert.ok(existsSync(partAt('work', inWorkspace('tuned').replace('.gguf', '-base.csv'))));
      await tuningKind(home()).discard(own);
      await prepare({ settings: { ...SETTINGS, seed: 7 }, out: own.out });
      const again = await start(inWorkspace('tuned')).ended;
      assert.ok(again.state === 'finished', JSON.stringify(again));
    });

    it('loses nothing where the disk is full in the end: nothing is trained again', async () => {
      const own = order(inWorkspace('tuned'));
      await prepare({ out: own.out });
      const full = {
        ...home(),
        prove: () => Promise.reject(new UserError('disk-full', 'The disk is full.')),
      };
      const end = await new Jobs(() => undefined).start(tuningKind(full), own).ended;
      assert.equal(failure(end).code, 'disk-full');
      const [left] = await tuningKind(home()).unfinished(undefined);
      assert.equal(left?.state, 'failed');
      const again = await start(inWorkspace('tuned')).ended;
      assert.ok(again.state === 'finished', JSON.stringify(again));
      assert.equal(again.result.card.versions.begun, '6');
    });

    it('leaves scores that the table has already out of what it scores', async () => {
      const rows = practiceSet(0).slice(0, 120);
      await table(
        rows.map(({ text, label }) => [text, label, '0.5', 'positive', '-0.1', 'x']),
        ['text', 'label', 'confidence', 'predicted', 'logprob:positive', 'kind'],
      );
      const { splitTable } = await tuned('tuned');
      assert.equal((await readFile(splitTable, 'utf8')).split('\n')[0], 'text,label,kind,split');
    });
  });

  it('trains with the number of threads that was fastest, and resumes with that of its checkpoint', async () => {
    const threads = async (): Promise<unknown[]> => {
      const { input, draft } = workFiles(order().work);
      const [head = ''] = (await readFile(input, 'utf8')).split('\n');
      const [one, two] = [head, await readFile(draft, 'utf8')].map(
        (text) => (JSON.parse(text) as { settings: { threads: number } }).settings.threads,
      );
      return [one, two];
    };
    const many = { settings: { ...SETTINGS, threads: 4 } };
    const signal = new AbortController().signal;
    await prepare(many);
    assert.deepEqual(await threads(), [4, 4]);
    const before = (await readFile(workFiles(order().work).input, 'utf8')).split('\n').slice(1);
    assert.equal((await estimateTuning(home(), order(), signal)).threads, 1);
    assert.deepEqual(await threads(), [1, 1]);
    assert.deepEqual((await readFile(workFiles(order().work).input, 'utf8')).split('\n').slice(1), before);
    await begunAndPaused();
    // The same request again: another machine load must not throw the checkpoint away.
    await prepare(many);
    assert.deepEqual(await threads(), [1, 1]);
    // Another run does not throw it away either: a person says so first.
    const other = { settings: { ...SETTINGS, threads: 4, seed: 5 } };
    await assert.rejects(prepare(other), { code: 'run-changed' });
    assert.deepEqual(await threads(), [1, 1]);
    await tuningKind(home()).discard(order());
    await prepare(other);
    assert.deepEqual(await threads(), [4, 4]);
  });

  it('belongs to what was asked from its beginning on, also before there is a checkpoint', async () => {
    const { input, draft, checkpoint } = workFiles(order().work);
    const many = { settings: { ...SETTINGS, threads: 4 } };
    await prepare(many);
    await mode('memory');
    await start().ended;
    assert.ok(!existsSync(checkpoint));
    await mode('');
    const read = (): Promise<string[]> => Promise.all([input, draft].map((file) => readFile(file, 'utf8')));
    const before = await read();
    await mkdir(at('base'));
    for (const other of [{ settings: { ...SETTINGS, seed: 5 } }, { ...many, base: at('base') }])
      await assert.rejects(prepare(other), {
        code: 'run-changed',
        message:
          /was begun with other rows, another prompt, another base or other settings \(on labelled\.csv\)/u,
      });
    // The same request goes on, also on another device, and timing it again changes nothing.
    const rounded = source({
      score: async (request, signal) => {
        const scored = await (source().score?.(request, signal) ?? assert.fail());
        const labels = ['positive', 'negative'].map((label) => ({ label, logProb: -0.7, confidence: 0.5 }));
        return { ...scored, scores: scored.scores.map((score) => ({ ...score, labels })) };
      },
    });
    await prepare(many, rounded);
    await estimateTuning(home(), order(), new AbortController().signal);
    assert.deepEqual(await read(), before);
    // Nor does it matter where the model lies, which the trainer must find.
    const moved = { file: 'base.gguf', path: '/elsewhere/base.gguf', sha256: HASH };
    const identity = async (): ReturnType<Source['identity']> => ({
      ...(await source().identity()),
      modelFile: moved,
    });
    await prepare(many, source({ identity }));
    const [head, ...rest] = (await read())[0]?.split('\n') ?? [];
    const [headBefore, ...restBefore] = before[0]?.split('\n') ?? [];
    assert.equal(head, headBefore?.replace('/models/', '/elsewhere/'));
    assert.deepEqual(rest, restBefore);
  });

  it('starts over only with rows that can be used', async () => {
    const { checkpoint } = workFiles(order().work);
    await prepare();
    await begunAndPaused();
    const startOver = (): Promise<void> => tuningKind(home()).discard(order());
    const other = { settings: { ...SETTINGS, seed: 5 }, startOver };
    const usable = await readFile(at('labelled.csv'));
    await table([['Good.', 'positive', '']]);
    await assert.rejects(prepare(other), { code: 'too-few-labels' });
    assert.equal((await tuningKind(home()).unfinished(undefined)).length, 1);
    assert.ok(existsSync(checkpoint));
    await writeFile(at('labelled.csv'), usable);
    await prepare(other);
    assert.deepEqual(await tuningKind(home()).unfinished(undefined), []);
    assert.ok(!existsSync(checkpoint));
  });

  it('replaces nothing that it reads, and says what else it would replace', async () => {
    const own = at('workspace/.prompt-confidence/adapters/lab.gguf');
    const beside = (name: string): string => path.join(path.dirname(own), name);
    await mkdir(path.dirname(own), { recursive: true });
    assert.deepEqual(await takenFiles(own), []);
    const names = ['lab.gguf', 'lab.json', 'lab-split.csv', 'lab-mc-dropout.csv', 'lab-unseen.csv'];
    for (const model of ['base', 'tuned'])
      names.push(`lab-${model}.csv`, `lab-${model}.csv.meta.json`, `../calibrators/lab-${model}.json`);
    await mkdir(beside('../calibrators'));
    await symlink(at('workspace'), at('linked'));
    for (const name of names) {
      await writeFile(beside(name), 'mine');
      assert.ok((await takenFiles(own)).includes(beside(name)), name);
      for (const input of [beside(name), beside(name).replace('/workspace/', '/linked/')])
        await assert.rejects(checkNoInput(own, [input]), { code: 'same-file' }, name);
    }
    assert.equal((await takenFiles(own)).length, names.length);
    await checkNoInput(own, [at('labelled.csv')]);
    // The model is known only once it is open.
    const identity = await source().identity();
    const modelFile = { file: 'lab.gguf', path: own, sha256: HASH };
    const from = source({ identity: () => Promise.resolve({ ...identity, modelFile }) });
    await assert.rejects(prepare({ out: own }, from), { code: 'same-file' });
  });

  it('has one folder in the cache, also through a link and before its own folder is there', async () => {
    await mkdir(at('real'));
    await symlink(at('real'), at('linked'));
    const work = (name: string): string => tuningWork(at('cache'), at(name));
    const before = work('real/adapters/tuned.gguf');
    assert.equal(work('linked/adapters/tuned.gguf'), before);
    await mkdir(at('real/adapters'));
    for (const name of ['real', 'linked']) assert.equal(work(`${name}/adapters/tuned.gguf`), before);
  });

  it('keeps no rows of a run that nobody began, and those of one that was', async () => {
    const isThere = (): boolean => existsSync(workFiles(order().work).input);
    const prepareAnd = (then: () => Promise<unknown>): Promise<unknown> =>
      preparedAlone(home(), order(), async () => {
        await prepare();
        return then();
      });
    await prepareAnd(() => Promise.resolve());
    assert.ok(isThere());
    // Declined while somebody else prepares here: it may be theirs.
    await preparedAlone(home(), order(at('adapters/other.gguf')), () => dropPrepared(home(), order()));
    assert.ok(isThere());
    await dropPrepared(home(), order());
    assert.ok(!isThere());
    await preparedAlone(home(), order(), prepare, false);
    assert.ok(!isThere());
    const refused = new UserError('program-failed', 'The trainer has died.');
    await assert.rejects(
      prepareAnd(() => Promise.reject(refused)),
      refused,
    );
    assert.ok(!isThere());
    await prepare();
    await begunAndPaused();
    await assert.rejects(
      prepareAnd(() => Promise.reject(refused)),
      refused,
    );
    await dropPrepared(home(), order());
    assert.ok(isThere());
  });

  it('keeps equal texts together: none is held out that has trained', async () => {
    const rows = practiceSet(0).slice(0, 100);
    await table(
      [...rows, ...rows].map(({ text, label }, row) => [row < 100 ? text : ` ${text} `, label]),
      ['text', 'label'],
    );
    await prepare();
    const lines = (await readFile(workFiles(order().work).split, 'utf8')).trimEnd().split('\n').slice(1);
    const partOf = new Map<string, string>();
    for (const line of lines) {
      const end = line.lastIndexOf(',');
      const text = line.slice(0, end).replaceAll(/["\s]/gu, '');
      const part = line.slice(end + 1);
      assert.equal(partOf.get(text) ?? part, part, text);
      partOf.set(text, part);
    }
    assert.equal(partOf.size, 100);
  });

  it('keeps equal texts together also where they are in different groups', async () => {
    const rows = practiceSet(0).slice(0, 100);
    await table([...rows, ...rows].map(({ text, label }, row) => [text, label, `g${row}`]));
    await prepare();
    const lines = (await readFile(workFiles(order().work).split, 'utf8')).trimEnd().split('\n').slice(1);
    const parts = lines.map((line) => line.slice(line.lastIndexOf(',') + 1));
    assert.deepEqual(parts.slice(0, 100), parts.slice(100));
  });

  it('takes the split that the table has', async () => {
    const rows = practiceSet(0).slice(0, 120);
    const part = (row: number): string => (row < 80 ? 'train' : row < 100 ? 'validation' : 'test');
    await table(
      rows.map(({ text, label }, row) => [text, label, part(row)]),
      ['text', 'label', 'split'],
    );
    assert.deepEqual((await prepare()).rows, { train: 80, validation: 20, test: 20 });
  });

  it('refuses a split of the table that divides equal texts or a group', async () => {
    const rows = practiceSet(0).slice(0, 120);
    const part = (row: number): string => (row < 80 ? 'train' : row < 100 ? 'validation' : 'test');
    const divided = (text: (row: number) => string, group: (row: number) => string): Promise<void> =>
      table(
        rows.map(({ label }, row) => [text(row), label, group(row), part(row)]),
        ['text', 'label', 'group', 'split'],
      );
    await divided(
      (row) => (row === 110 ? ' TEXT 5!' : `Text ${row}.`),
      () => '',
    );
    await assert.rejects(prepare(), {
      code: 'bad-split',
      message:
        /^labelled\.csv: the column "split" divides 2 rows .* Lines 7 \(train\) and 112 \(test\) have one text/u,
    });
    await divided(
      (row) => `Text ${row}.`,
      (row) => (row > 97 && row < 103 ? 'g' : ''),
    );
    await assert.rejects(prepare(), {
      code: 'bad-split',
      message: /divides 5 rows .* Lines 100 \(validation\) and 102 \(test\) are of one group/u,
    });
  });

  it('says how many groups there are where they leave too few rows for a part', async () => {
    const rows = practiceSet(0).slice(0, 120);
    await table(rows.map(({ text, label }) => [text, label, 'one']));
    await assert.rejects(prepare(), {
      code: 'too-few-rows',
      message: /stay together, and all rows make 1 group\. Label more rows in other groups\.$/u,
    });
  });

  it('names the folder of the base that is missing before it reads anything', async () => {
    await assert.rejects(prepare({ base: at('nowhere'), table: at('none.csv') }), {
      code: 'no-folder',
      message: /There is no folder .*nowhere\. Name the Hugging Face folder/u,
    });
  });

  it('pauses and resumes from its checkpoint, and can be given up', async () => {
    await prepare();
    await begunAndPaused();
    const [left] = await tuningKind(home()).unfinished(undefined);
    assert.match(left?.words ?? '', /epoch 1\.5 of 3 \(50%\)/u);
    // The same request again does not throw the checkpoint away.
    await prepare();
    const end = await start().ended;
    assert.ok(end.state === 'finished');
    assert.equal(end.result.card.versions.begun, '3');
    await prepare();
    await mode('holds');
    const other = start();
    await reaches(other, 3);
    other.cancel();
    assert.deepEqual(await other.ended, { state: 'cancelled' });
    assert.deepEqual(await readdir(path.join(at('cache'), 'runs')), []);
  });

  it('goes on after the trainer died', async () => {
    await prepare();
    await mode('dies');
    assert.match(failure(await start().ended).message, /ended by SIGKILL/u);
    const end = await start().ended;
    assert.ok(end.state === 'finished');
    assert.equal(end.result.card.versions.begun, '3');
  });

  for (const [what, name, says] of [
    ['runs out of memory', 'memory', /not enough memory to train on a single text/u],
    ['finds the disk full', 'full', /No space left on device/u],
    ['prints rubbish', 'rubbish', /unexpected result/u],
  ] as const)
    it(`fails with the reason where the trainer ${what}, and writes nothing`, async () => {
      await prepare();
      await mode(name);
      assert.match(failure(await start().ended).message, says);
      assert.deepEqual(await readdir(at('adapters')).catch(() => []), []);
    });

  it('says which trainer it could not start', async () => {
    await prepare();
    const end = await new Jobs(() => undefined).start(tuningKind(home()), {
      ...order(),
      python: at('no-python'),
    }).ended;
    assert.equal(failure(end).code, 'program-missing');
  });

  it('is refused while another model is being tuned', async () => {
    await prepare();
    await mode('holds');
    const job = start();
    await reaches(job, 3);
    const other = new Jobs(() => undefined).start(tuningKind(home()), order(at('adapters/other.gguf')));
    assert.match(failure(await other.ended).message, /Another model is being tuned/u);
    job.pause();
    await job.ended;
  });

  it('writes through no link', async () => {
    await prepare();
    await mkdir(at('adapters'));
    await writeFile(at('precious'), 'mine');
    await symlink(at('precious'), cardFile(out()));
    assert.equal(failure(await start().ended).code, 'not-a-file');
    assert.equal(await readFile(at('precious'), 'utf8'), 'mine');
  });

  it('is refused for rows of one label, for three rows, and for a label that the classifier lacks', async () => {
    const texts = Array.from({ length: 200 }, (_, row) => `Text ${row}.`);
    await table(texts.map((text) => [text, 'positive', '']));
    await assert.rejects(prepare(), { code: 'too-few-labels' });
    await table(texts.slice(0, 3).map((text, row) => [text, row === 0 ? 'positive' : 'negative', '']));
    await assert.rejects(prepare(), { code: 'too-few-rows' });
    await table(texts.map((text, row) => [text, ['positive', 'negative', 'neutral'][row % 3] ?? '', '']));
    await assert.rejects(prepare(), { code: 'no-such-label' });
  });

  it('is refused for a model that is somewhere else', async () => {
    await assert.rejects(prepare({}, source({ tokens: null })), { code: 'source-elsewhere' });
  });

  it('tunes the base of a classifier that has an adapter already', async () => {
    let seen: string | undefined = 'nothing';
    const from = source();
    await prepare(
      { classifier: { ...CLASSIFIER, adapter: 'old' } },
      {
        ...from,
        tokens: (classifier, texts) => {
          seen = classifier.adapter;
          return from.tokens?.(classifier, texts) ?? assert.fail();
        },
      },
    );
    assert.equal(seen, undefined);
  });
});
