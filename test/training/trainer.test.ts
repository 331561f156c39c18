/** The trainer: its own tests and checks, and whether it and the engine mean the same by an adapter. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { practiceSet } from '../../src/core/data/practice-set';
import { cpu, makeClassifier, startEngine } from '../support/engine';
import { fixture, ROOT } from '../support/paths';
import { temporaryFolder } from '../support/temporary';
import { parityOf, PROJECTIONS, runPython } from '../support/trainer';

const MODEL = fixture('tiny-chat.gguf');
const [SENTIMENT = assert.fail()] = BUILTIN_CLASSIFIERS;
/** One label's spelling goes on in another's, so that it counts only where the answer ends. */
const VERDICT = makeClassifier({
  template: 'Review: {{text}}\nVerdict:',
  labels: [{ name: 'good' }, { name: 'good enough' }, { name: 'bad' }],
});
const ROWS = practiceSet(0)
  .slice(0, 12)
  .map(({ text }) => ({ text, label: 0 }));

describe('the trainer', () => {
  it('passes its own tests', async () => {
    assert.match(await runPython('-m', 'pytest', '-q', '-p', 'no:cacheprovider'), / passed/u);
  });

  it('is typed, linted and formatted', async () => {
    const cache = ['--no-incremental', '--cache-dir', '/dev/null'];
    assert.match(await runPython('-m', 'mypy', ...cache, 'prompt_confidence_training', 'tests'), /Success/u);
    await runPython('-m', 'ruff', 'check', '--no-cache', '.');
    await runPython('-m', 'ruff', 'format', '--no-cache', '--check', '.');
  });

  it('has company that is typed, linted and formatted as well', async () => {
    const script = path.join(ROOT, 'scripts', 'encoder_models.py');
    const own = ['--no-cache', '--config', 'pyproject.toml', script];
    assert.match(
      await runPython('-m', 'mypy', '--no-incremental', '--cache-dir', '/dev/null', script),
      /Success/u,
    );
    await runPython('-m', 'ruff', 'check', ...own);
    await runPython('-m', 'ruff', 'format', '--check', ...own);
  });

  describe('beside the engine, on a model whose q and k lie in another order in the GGUF', () => {
    const folder = temporaryFolder();

    for (const [what, classifier] of [
      ['first tokens', SENTIMENT],
      ['sequences', VERDICT],
    ] as const)
      it(`agrees within 2e-3 in log-probability for a large adapter on each projection: ${what}`, async () => {
        const engine = await startEngine(cpu(MODEL));
        try {
          const place = { folder: folder(), kinds: PROJECTIONS, size: 0.4 };
          for (const [projection, parity] of await parityOf(engine, MODEL, classifier, ROWS, place)) {
            const said = `${projection}: ${JSON.stringify(parity)}`;
            // The engine keeps keys and values as 16-bit floats, and a sequence sums the log-probabilities of several tokens.
            assert.ok(parity.base < 1e-3, said);
            assert.ok(parity.tuned < 2e-3, said);
            assert.ok(parity.correlation > 0.999, said);
            // An adapter that changes next to nothing would prove nothing.
            assert.ok(parity.change > 0.02, said);
          }
        } finally {
          await engine.dispose();
        }
      });
  });
});
