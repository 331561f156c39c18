import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SavedCalibrator } from '../../../src/core/calibration/saved';
import { calibratorFile, loadCalibrator, saveCalibrator } from '../../../src/store/calibrators';
import { temporaryFolder } from '../../support/temporary';
import { untilFile } from '../../support/until';

const SAVED: SavedCalibrator = {
  schema: 1,
  calibrator: { on: 'confidence', method: 'platt', map: { kind: 'platt', a: -1, b: 0.5 } },
  scoreType: 'confidence',
  n: 2,
  classCounts: null,
  nCorrect: 1,
  nWrong: 1,
  before: {},
  after: {},
  inSample: {},
  folds: { source: 'folds', count: 2, seed: 0, stratifiedBy: 'correct', grouped: false, seedRange: null },
  seed: 0,
  warnings: [],
  source: { sha256: 'a'.repeat(64), name: 't.csv' },
  bound: null,
  versions: {},
  time: '2026-01-02T03:04:05Z',
};

/** Never ends by itself. */
async function saveForever(file: string): Promise<void> {
  for (let n = 0; ; n++)
    await saveCalibrator(file, { ...SAVED, warnings: [{ code: 'n', message: `${n} `.repeat(100_000) }] });
}

function suite(): void {
  const folder = temporaryFolder();

  it('come back as they were saved, with the hash of their file', async () => {
    const file = calibratorFile(folder(), 'reviews v1.0');
    const sha256 = await saveCalibrator(file, SAVED);
    assert.deepEqual(await loadCalibrator(file), { file, sha256, saved: SAVED });
    assert.match(await readFile(file, 'utf8'), /\n {2}"calibrator": \{\n/);
  });

  it('say why they cannot be saved', async () => {
    await writeFile(path.join(folder(), '.prompt-confidence'), 'no folder');
    await assert.rejects(saveCalibrator(calibratorFile(folder(), 'x'), SAVED), {
      code: 'not-writable',
      message: /in the place of its folder/,
    });
  });

  it('have names that are file names on every system', () => {
    for (const name of ['', '../x', 'a/b', 'a\\b', '.hidden', 'x.', 'x ', 'a:b', 'n'.repeat(81)])
      assert.throws(() => calibratorFile(folder(), name), { code: 'bad-name' }, name);
    for (const name of ['x', 'émotion 2', 'a.b-c_d'])
      assert.ok(calibratorFile(folder(), name).endsWith(`${name}.json`));
  });

  it('are whole or as before when the program is killed while saving', async () => {
    const file = path.join(folder(), 'c.json');
    const child = spawn(process.execPath, [import.meta.filename, file], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await untilFile('it is saved once', folder(), (name) => name === 'c.json');
    await untilFile('it is being saved again', folder(), (name) => name.endsWith('.tmp'));
    child.kill('SIGKILL');
    await ended;
    assert.equal((await loadCalibrator(file)).saved.warnings.length, 1);
  });
}

// This file is also the program of its own child process: there is no test runner in it.
if (typeof describe === 'undefined') void saveForever(process.argv[2] ?? '');
else describe('saved calibrators', suite);
