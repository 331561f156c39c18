/** One engine through everything that is refused: after each it scores as it did before. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { askingOf, parseClassifier } from '../../src/core/classifier/definition';
import { checkText } from '../../src/core/classifier/prompt';
import type { EngineClient } from '../../src/sources/engine-client';
import { checkGguf } from '../../src/store/gguf';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { fixture, TEST_MODEL } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const [sentiment = assert.fail()] = BUILTIN_CLASSIFIERS;

describe('an engine after bad input', function () {
  this.timeout(180_000);
  const folder = sharedFolder();
  let engine: EngineClient;
  before(async () => {
    await writeFile(path.join(folder(), 'text.gguf'), 'This is a text file.\n'.repeat(1000));
    engine = await startEngine();
  });
  after(() => engine.dispose());

  /** As everything does that loads a model. */
  async function open(model: string): Promise<void> {
    await checkGguf(model);
    await engine.use(cpu(model));
    await engine.load();
  }

  function classify(fields: string, text: string): Promise<unknown> {
    const json = `{ "version": 1, "name": "bad", "template": "{{text}}:", ${fields} }`;
    checkText(text);
    const classifier = parseClassifier(json, 'bad.json');
    return scoreAll(engine, { ...classifier, asks: askingOf(classifier) }, [text]);
  }

  const LABELS = '"labels": [{ "name": "a" }, { "name": "b" }]';
  const BAD: Readonly<Record<string, [string, () => Promise<unknown>]>> = {
    'no model': ['gguf-missing', () => open(path.join(folder(), 'none.gguf'))],
    'a directory': ['gguf-folder', () => open(folder())],
    'a text file': ['gguf-magic', () => open(path.join(folder(), 'text.gguf'))],
    'an unsupported architecture': ['model-unsupported', () => open(fixture('unsupported-arch.gguf'))],
    'broken JSON': ['classifier-invalid', async () => classify('"labels": [', 'x')],
    'no labels': ['classifier-invalid', async () => classify('"labels": []', 'x')],
    'a label that is there twice': [
      'classifier-invalid',
      async () => classify('"labels": [{ "name": "a" }, { "name": "a" }]', 'x'),
    ],
    'an empty spelling': [
      'classifier-invalid',
      async () => classify('"labels": [{ "name": "a", "spellings": [""] }, { "name": "b" }]', 'x'),
    ],
    'NUL characters': ['text-binary', async () => classify(LABELS, 'PK\u0003\u0004\0\0')],
  };

  it('gives the same score as before each', async () => {
    await open(TEST_MODEL);
    const expected = await scoreAll(engine, sentiment, ['I love this movie!']);
    assert.equal(expected[0]?.label, 'positive');
    for (const [what, [code, attempt]] of Object.entries(BAD)) {
      await assert.rejects(attempt(), { name: 'UserError', code }, what);
      await open(TEST_MODEL);
      assert.deepEqual(await scoreAll(engine, sentiment, ['I love this movie!']), expected, what);
    }
  });
});
