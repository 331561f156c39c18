import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PredictionData } from '../../../src/core/model/predictions';
import { rescored } from '../../../src/core/model/rows';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { inspectTable } from '../../../src/store/tables/inspect';
import { readTable } from '../../../src/store/tables/read-table';
import { type CopyOptions, writeCalibrated } from '../../../src/store/tables/write-calibrated';
import { temporaryFolder } from '../../support/temporary';
import { untilFile } from '../../support/until';

/** Stands in for a calibrator: swaps two labels, or halves a confidence. */
function calibrate(data: PredictionData): PredictionData {
  if (data.kind === 'confidence')
    return { ...data, logOdds: undefined, confidence: data.confidence.map((p) => p / 2) };
  return rescored(
    data,
    data.logProbs.map((_, i, all) => all[i % 2 === 0 ? i + 1 : i - 1] ?? 0),
  );
}

async function copy(file: string, out: string, options: Partial<CopyOptions> = {}) {
  const on = options.on ?? 'labels';
  return writeCalibrated(await inspectTable(file), out, {
    columns: {},
    calibrate,
    buckets: DEFAULT_BUCKETS,
    calibratorSha256: 'beef',
    ...options,
    on,
  });
}

function suite(): void {
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder(), name);

  async function copied(content: string, options: Partial<CopyOptions> = {}): Promise<string> {
    await writeFile(at('t.csv'), content);
    await copy(at('t.csv'), at('u.csv'), options);
    return readFile(at('u.csv'), 'utf8');
  }

  it('keeps every column and moves the predictions to raw', async () => {
    const text = 'id,text,label,predicted,prob:a,prob:b,note\n1,"x, ""y""\nz",a,b,.25,.75,\n';
    assert.equal(
      await copied(text),
      'id,text,label,raw:predicted,raw:prob:a,raw:prob:b,note,prob:a,prob:b,predicted,correct,bucket,calibrator_sha256\n' +
        '1,"x, ""y""\nz",a,b,.25,.75,,0.75,0.25,a,1,review,beef\n',
    );
  });

  it('writes confidence where the calibrator is on confidence', async () => {
    assert.equal(
      await copied('confidence;correct\n.5;1\n.25;\n', { on: 'confidence' }),
      'raw:confidence;raw:correct;confidence;correct;bucket;calibrator_sha256\n.5;1;0.25;1;manual;beef\n.25;;0.125;;manual;beef\n',
    );
    assert.equal(
      await copied('label,prob:a,prob:b\nb,.75,.25\n', { on: 'confidence' }),
      'label,raw:prob:a,raw:prob:b,confidence,predicted,correct,bucket,calibrator_sha256\nb,.75,.25,0.375,a,0,manual,beef\n',
    );
  });

  it('names the bucket of each calibrated confidence, of whatever buckets there are', async () => {
    const buckets = [
      { name: 'act', low: 0.75 },
      { name: 'ask', low: 0 },
    ];
    const text = await copied('label,prob:a,prob:b\na,.25,.75\na,.26,.74\n', { buckets });
    assert.match(text, /,act,beef\n.*,ask,beef\n$/u);
  });

  it('keeps bad rows, uncalibrated, and lists them', async () => {
    await writeFile(at('t.csv'), 'label,prob:a,prob:b\na,.5,.9\na,.25,.75\nb\na,.5,.5,7\n');
    const report = await copy(at('t.csv'), at('u.csv'));
    assert.equal(
      await readFile(at('u.csv'), 'utf8'),
      'label,raw:prob:a,raw:prob:b,prob:a,prob:b,predicted,correct,bucket,calibrator_sha256\n' +
        'a,.5,.9,,,,,,\na,.25,.75,0.75,0.25,a,1,review,beef\nb,,,,,,,,\na,.5,.5,,,,,,,7\n',
    );
    assert.deepEqual([report.rows, report.calibrated], [4, 1]);
    assert.deepEqual(
      report.rejected.map(({ line }) => line),
      [2, 4, 5],
    );
  });

  it('keeps the prefix of the method in use and leaves other methods alone', async () => {
    assert.equal(
      await copied('label,m/prob:a,m/prob:b,n/prob:a,n/prob:b\na,.25,.75,.5,.5\n', {
        columns: { prefix: 'm' },
      }),
      'label,raw:m/prob:a,raw:m/prob:b,n/prob:a,n/prob:b,m/prob:a,m/prob:b,m/predicted,m/correct,m/bucket,calibrator_sha256\n' +
        'a,.25,.75,.5,.5,0.75,0.25,a,1,review,beef\n',
    );
  });

  it('can be read again, calibrated', async () => {
    await copied('y_true,y_prob\n1,.25\n0,.75\n');
    const { table } = await readTable(at('u.csv'), { truth: 'required' });
    assert.equal(table.calibratedBy, 'beef');
    assert.ok(table.data.kind === 'labels');
    assert.deepEqual(
      Array.from(table.data.logProbs, (z) => Math.exp(z).toFixed(6)),
      ['0.250000', '0.750000', '0.750000', '0.250000'],
    );
  });

  it('refuses a table that is calibrated already, and one whose columns would clash', async () => {
    const calibrated = copied('label,prob:a,prob:b,calibrator_sha256\na,.5,.5,beef\n');
    await assert.rejects(calibrated, { code: 'already-calibrated' });
    await assert.rejects(copied('label,raw:prob:a,prob:a,prob:b\na,1,.5,.5\n'), { code: 'column-exists' });
    await assert.rejects(copied('label,prob:a,prob:b\n'), { code: 'no-rows' });
    assert.deepEqual(readdirSync(folder()), ['t.csv']);
  });

  it('leaves nothing under the final name when it is killed in the middle', async () => {
    const line = `${'word '.repeat(20)},a,.25,.75\n`;
    await writeFile(at('t.csv'), `text,label,prob:a,prob:b\n${line.repeat(300_000)}`);
    const child = spawn(process.execPath, [import.meta.filename, at('t.csv'), at('u.csv')], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    await untilFile('the copy is being written', folder(), (name) => name.endsWith('.tmp'));
    child.kill('SIGKILL');
    assert.equal(await ended, 'SIGKILL');
    assert.equal(existsSync(at('u.csv')), false);
  });
}

// This file is also the program of its own child process: there is no test runner in it.
if (typeof describe === 'undefined') void copy(process.argv[2] ?? '', process.argv[3] ?? '');
else describe('a calibrated copy of a table', suite);
