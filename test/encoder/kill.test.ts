import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { encoderFolder } from '../support/encoder';
import { prepare, scoreDespiteKill, whenPassed, type KillRange } from '../support/kill';

describe('scoring a table with a sequence classification model despite SIGKILL', () => {
  let range: KillRange;
  before(async () => {
    range = await prepare(3000, ['--model', encoderFolder('single-label')]);
  });
  after(() => rmSync(range.folder, { recursive: true, force: true }));

  // From before the model is there to the last rows.
  for (const victim of ['engine', 'command line'] as const)
    for (const share of [0.2, 0.5, 0.7, 0.9])
      it(`of the ${victim === 'engine' ? 'encoder' : victim} after ${share * 100}% of the time ends with the bytes of a run without one`, async () => {
        const name = `${victim[0] ?? ''}${share}.csv`;
        const killed = await scoreDespiteKill(range, victim, whenPassed(share), name);
        assert.ok(killed.out.equals(range.whole));
        assert.equal(killed.meta, range.meta);
        assert.deepEqual(killed.left, []);
      });
});
