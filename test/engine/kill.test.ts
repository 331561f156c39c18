import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { seededRandom } from '../../src/core/random';
import { prepare, scoreDespiteKill, whenWritten, type KillRange } from '../support/kill';

/** The same with 50 kills, and of the extension host: test/long. */
describe('scoring a table despite SIGKILL', () => {
  let range: KillRange;
  before(async () => {
    range = await prepare(24);
  });
  after(() => rmSync(range.folder, { recursive: true, force: true }));

  const random = seededRandom(2026);
  for (const victim of ['engine', 'command line'] as const) {
    const share = random();
    it(`of the ${victim} ends with the bytes of a run without one`, async () => {
      const { out, meta, left } = await scoreDespiteKill(
        range,
        victim,
        whenWritten(share),
        `${victim[0] ?? ''}.csv`,
      );
      assert.ok(out.equals(range.whole));
      assert.equal(meta, range.meta);
      assert.deepEqual(left, []);
    });
  }
});
