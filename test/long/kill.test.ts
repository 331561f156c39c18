/**
 * Fifty kills at seeded moments: of the engine, of the command line, of the extension host. By the clock, on purpose: a
 * kill may come when nothing can be observed, before the first row, in the middle of a checkpoint, after the last row.
 */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../src/core/random';
import { useWorkbench } from '../e2e/harness';
import { byCommandLine, readScored, scoreAndKillHost } from '../e2e/score-and-kill';
import { prepare, scoreDespiteKill, whenPassed, type KillRange } from '../support/kill';

describe('scoring a table despite SIGKILL', () => {
  let range: KillRange;
  before(async () => {
    range = await prepare(100);
  });
  after(() => rmSync(range.folder, { recursive: true, force: true }));
  const random = seededRandom(50);
  const had: Record<string, number> = {};

  for (let kill = 1; kill <= 44; kill++) {
    const victim = kill % 2 === 0 ? 'engine' : 'command line';
    const share = random();
    it(`${kill}: of the ${victim} after ${(share * 100).toFixed(0)}% of the time`, async () => {
      const killed = await scoreDespiteKill(range, victim, whenPassed(share), `${kill}.csv`);
      had[killed.had] = (had[killed.had] ?? 0) + 1;
      assert.ok(killed.out.equals(range.whole));
      assert.equal(killed.meta, range.meta);
      assert.deepEqual(killed.left, []);
    });
  }
  it('met runs before, in and behind the rows', () => {
    console.log(`    after the kill there was: ${JSON.stringify(had)}`);
    assert.ok((had['a part'] ?? 0) > 0);
  });
});

describe('scoring a table in the editor despite SIGKILL of the extension host', () => {
  const workbench = useWorkbench({
    settings: { 'promptConfidence.threads': 1, 'promptConfidence.gpu': 'off' },
  });
  const random = seededRandom(51);

  for (let kill = 1; kill <= 6; kill++) {
    // A random moment by the clock is the test: counted events would never kill between two of them.
    const afterMs = 3000 * random();
    it(`${kill}: ${afterMs.toFixed(0)} ms after the rows began`, async () => {
      await scoreAndKillHost(workbench(), `kill${kill}.csv`, 200, () => sleep(afterMs));
      const scored = readScored(path.join(workbench().workspace, `kill${kill}.scored.csv`));
      assert.deepEqual(scored, byCommandLine(workbench(), `kill${kill}.csv`));
      assert.deepEqual(
        readdirSync(workbench().workspace).filter((name) => /\.(part|lock|tmp)/u.test(name)),
        [],
      );
    });
  }
});
