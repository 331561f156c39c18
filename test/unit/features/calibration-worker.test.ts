import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CalibrationWorker } from '../../../src/features/calibration/worker-client';
import { DEFAULT_PANEL_SETTINGS, type PanelSettings } from '../../../src/protocol/calibration-page';
import { fixture, ROOT } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';
import type { BinQuestion } from '../../../src/protocol/calibration-worker';

const SCRIPT = path.join(ROOT, 'dist', 'calibration-worker.cjs');
const TABLE = { file: fixture('panel/reviews.csv'), settings: DEFAULT_PANEL_SETTINGS, reload: true };
const LAST: BinQuestion = {
  low: 0.9,
  high: 0.95,
  limit: 200,
  of: { kind: 'table' },
  file: TABLE.file,
  settings: DEFAULT_PANEL_SETTINGS,
};
const code = (wanted: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === wanted;

describe('the thread behind the calibration panel', () => {
  const folder = temporaryFolder();
  let said: string[];
  let worker: CalibrationWorker;
  const start = (script: string): CalibrationWorker =>
    (worker = new CalibrationWorker(script, {
      progress: (message) => said.push(message),
      preliminary: () => undefined,
      failed: (error) => assert.fail(String(error)),
    }));
  beforeEach(() => {
    said = [];
  });
  afterEach(() => worker.stop());

  it('rejects what it is stopped in as cancelled, and says nothing more', async () => {
    worker = new CalibrationWorker(SCRIPT, {
      progress: (message) => {
        said.push(message);
        worker.stop();
      },
      preliminary: () => undefined,
      failed: (error) => assert.fail(String(error)),
    });
    await assert.rejects(worker.analyse(TABLE), code('cancelled'));
    assert.deepEqual(said, ['Reading the table']);
    // Another one that starts later and ends: by then the first one would have been heard.
    await start(SCRIPT).analyse(TABLE);
    assert.deepEqual(said, ['Reading the table', 'Reading the table', 'Computing']);
  });

  it('answers about its table after it was stopped, and computes anew beside a question', async () => {
    start(SCRIPT);
    const analysis = await worker.analyse(TABLE);
    const rows = await worker.binRows(LAST);
    assert.ok(rows.total > 0);
    worker.stop();
    const [again, fitted] = await Promise.all([
      worker.binRows(LAST),
      worker.fit({
        file: TABLE.file,
        method: 'platt',
        settings: DEFAULT_PANEL_SETTINGS,
        version: '1.2.3',
        time: '2026-01-02T03:04:05Z',
      }),
    ]);
    assert.deepEqual(again, rows);
    assert.equal(fitted.n, analysis.evaluation.n);
    worker.stop();
    const [newest, question] = await Promise.all([worker.analyse(TABLE), worker.binRows(LAST)]);
    assert.deepEqual(newest, analysis);
    assert.deepEqual(question, rows);
  });

  it('makes anew what a bin is of where it was stopped since, and says where there is no such thing', async () => {
    start(SCRIPT);
    await worker.analyse(TABLE);
    const settings: PanelSettings = { ...DEFAULT_PANEL_SETTINGS, view: { by: 'predicted' } };
    const { parts } = await worker.breakdown({ ...TABLE, settings });
    const part = parts[0]?.name ?? '';
    const ofPart: BinQuestion = { ...LAST, settings, of: { kind: 'part', name: part } };
    const rows = await worker.binRows(ofPart);
    assert.ok(rows.total > 0 && rows.rows.every(({ predicted }) => predicted === part));
    const { methods } = await worker.compare(settings);
    const platt = methods.find(({ method }) => method === 'platt')?.diagram.evaluation.bins.at(-1);
    assert.ok(platt);
    const ofPlatt: BinQuestion = { ...LAST, ...platt, settings, of: { kind: 'calibrator', method: 'platt' } };
    const calibrated = await worker.binRows(ofPlatt);
    assert.equal(calibrated.total, platt.count);
    worker.stop();
    assert.deepEqual(await worker.binRows(ofPart), rows);
    assert.deepEqual(await worker.binRows(ofPlatt), calibrated);
    await assert.rejects(
      worker.binRows({ ...ofPart, of: { kind: 'part', name: 'nobody' } }),
      code('no-part'),
    );
  });

  it('explains a thread that dies, every time', async () => {
    const script = path.join(folder(), 'dies.cjs');
    await writeFile(script, "throw new Error('out of luck');");
    start(script);
    for (let attempt = 0; attempt < 2; attempt++)
      await assert.rejects(worker.analyse(TABLE), code('calibration-worker'));
  });

  it('explains a table that cannot be read to whoever asks', async () => {
    start(SCRIPT);
    const missing = { ...TABLE, file: path.join(folder(), 'missing.csv') };
    await assert.rejects(worker.analyse(missing), code('no-file'));
    await assert.rejects(worker.binRows(LAST), code('no-file'));
    worker.stop();
    await assert.rejects(worker.binRows(LAST), code('no-file'));
  });
});
