import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CalibrationWorker, type WorkerListener } from '../../../src/features/calibration/worker-client';
import { DEFAULT_PANEL_SETTINGS, type PanelSettings } from '../../../src/protocol/calibration-page';
import { fixture, ROOT } from '../../support/paths';
import { temporaryFolder } from '../../support/temporary';
import type { RowQuestion } from '../../../src/protocol/calibration-worker';
import { appendDecisions, labelsFile, textSha256 } from '../../../src/store/labels';

const SCRIPT = path.join(ROOT, 'dist', 'calibration-worker.cjs');
const code = (wanted: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === wanted;

describe('the thread behind the calibration panel', () => {
  const folder = temporaryFolder();
  let table: { file: string; settings: PanelSettings; reload: boolean };
  let last: RowQuestion;
  let said: string[];
  let worker: CalibrationWorker;
  const listener: WorkerListener = {
    progress: (message) => said.push(message),
    preliminary: () => undefined,
    failed: (error) => assert.fail(String(error)),
  };
  const start = (script: string): CalibrationWorker => (worker = new CalibrationWorker(script, listener));
  beforeEach(async () => {
    said = [];
    const lines = (await readFile(fixture('panel/reviews.csv'), 'utf8')).split('\n');
    const file = path.join(folder(), 'reviews.csv');
    await writeFile(file, `${lines.slice(0, 200).join('\n')}\n`);
    const settings = DEFAULT_PANEL_SETTINGS;
    table = { file, settings, reload: true };
    last = {
      which: { kind: 'bin', low: 0.9, high: 0.95 },
      limit: 200,
      of: { kind: 'table' },
      file,
      settings,
    };
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
    await assert.rejects(worker.analyse(table), code('cancelled'));
    assert.deepEqual(said, ['Reading the table']);
    // Another one that starts later and ends: by then the first one would have been heard.
    await start(SCRIPT).analyse(table);
    assert.deepEqual(said, ['Reading the table', 'Reading the table', 'Computing']);
  });

  it('finds the threshold of a table with the truth that its panel would take', async () => {
    const own = await start(SCRIPT).threshold({ ...table, target: 0.5 });
    assert.deepEqual([own.calibrator, own.truthFrom], [null, null]);
    worker.stop();
    // Without a truth of its own; all that people looked at is wrong.
    const plain = path.join(folder(), 'plain.csv');
    const texts = Array.from({ length: 60 }, (_, i) => `text ${i}`);
    await writeFile(plain, `text,prob:a,prob:b\n${texts.map((text) => `${text},0.9,0.1`).join('\n')}\n`);
    const labels = labelsFile(folder(), 'plain');
    await appendDecisions(
      folder(),
      labels,
      texts.map((text) => ({
        ...{ rowId: '', textSha256: textSha256(text), kind: 'label', label: 'b', design: 'd1' },
        ...{ selectedBy: 'random', probability: 1, isBlind: true, who: '', time: '2026-01-02T03:04:05Z' },
      })),
    );
    worker = new CalibrationWorker(SCRIPT, listener, labels);
    const given = await worker.threshold({ ...table, file: plain, target: 0.5 });
    assert.deepEqual([given.choice.threshold, given.truthFrom], [null, 'plain.csv']);
  });

  it('answers about its table after it was stopped, and computes anew beside a question', async () => {
    start(SCRIPT);
    const analysis = await worker.analyse(table);
    const rows = await worker.rows(last);
    assert.ok(rows.total > 0);
    worker.stop();
    const [again, fitted] = await Promise.all([
      worker.rows(last),
      worker.fit({
        file: table.file,
        method: 'platt',
        settings: DEFAULT_PANEL_SETTINGS,
        version: '1.2.3',
        time: '2026-01-02T03:04:05Z',
      }),
    ]);
    assert.deepEqual(again, rows);
    assert.equal(fitted.n, analysis.evaluation.n);
    worker.stop();
    const [newest, question] = await Promise.all([worker.analyse(table), worker.rows(last)]);
    assert.deepEqual(newest, analysis);
    assert.deepEqual(question, rows);
  });

  it('makes anew what a bin is of where it was stopped since, and says where there is no such thing', async () => {
    start(SCRIPT);
    await worker.analyse(table);
    const settings: PanelSettings = { ...DEFAULT_PANEL_SETTINGS, view: { by: 'predicted' } };
    const { parts } = await worker.breakdown({ ...table, settings });
    const part = parts[0]?.name ?? '';
    const ofPart: RowQuestion = { ...last, settings, of: { kind: 'part', name: part } };
    const rows = await worker.rows(ofPart);
    assert.ok(rows.total > 0 && rows.rows.every(({ predicted }) => predicted === part));
    const { methods } = await worker.compare(settings);
    const platt = methods.find(({ method }) => method === 'platt')?.diagram.evaluation.bins.at(-1);
    assert.ok(platt);
    const { low, high } = platt;
    const ofPlatt: RowQuestion = {
      ...last,
      which: { kind: 'bin', low, high },
      settings,
      of: { kind: 'calibrator', method: 'platt' },
    };
    const calibrated = await worker.rows(ofPlatt);
    assert.equal(calibrated.total, platt.count);
    worker.stop();
    assert.deepEqual(await worker.rows(ofPart), rows);
    assert.deepEqual(await worker.rows(ofPlatt), calibrated);
    await assert.rejects(worker.rows({ ...ofPart, of: { kind: 'part', name: 'nobody' } }), code('no-part'));
  });

  it('explains a thread that dies, every time', async () => {
    const script = path.join(folder(), 'dies.cjs');
    await writeFile(script, "throw new Error('out of luck');");
    start(script);
    for (let attempt = 0; attempt < 2; attempt++)
      await assert.rejects(worker.analyse(table), code('calibration-worker'));
  });

  it('explains a table that cannot be read to whoever asks', async () => {
    start(SCRIPT);
    const missing = { ...table, file: path.join(folder(), 'missing.csv') };
    await assert.rejects(worker.analyse(missing), code('no-file'));
    await assert.rejects(worker.rows(last), code('no-file'));
    worker.stop();
    await assert.rejects(worker.rows(last), code('no-file'));
  });
});
