import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { importPredictions } from '../../src/app/import/import-predictions';
import { AS_IS } from '../../src/store/tables/csv-line';
import { memoryOf } from '../support/memory';

const RECORDS = 1_000_000;

/** What the child says on stdout. */
interface Measured {
  readonly rows: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

async function measure(file: string): Promise<void> {
  const started = performance.now();
  const options = { origin: null, labels: null, run: null, join: null };
  const { rows } = await importPredictions(file, `${file}.csv`, options, { style: AS_IS });
  const result: Measured = {
    rows,
    seconds: (performance.now() - started) / 1000,
    peakMegabytes: memoryOf(process.pid, 'VmHWM'),
  };
  process.stdout.write(JSON.stringify(result));
}

function* lines(): Generator<string> {
  for (let i = 0; i < RECORDS; i++) {
    const p = ((i * 7919) % 100_003) / 100_003;
    const predictions = [
      { label: 'POSITIVE', score: p },
      { label: 'NEGATIVE', score: 1 - p },
    ];
    yield `${JSON.stringify({ id: i, text: `review number ${i}`, label: 'POSITIVE', predictions })}\n`;
  }
}

// This file is also the program of its own child process: there is no test runner in it.
if (typeof describe === 'undefined') void measure(process.argv[2] ?? '');
else
  describe('1,000,000 JSON lines', () => {
    it('become a table in bounded memory', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'million-'));
      try {
        const file = path.join(folder, 'million.jsonl');
        await writeFile(file, lines());
        const child = spawnSync(process.execPath, [import.meta.filename, file], { encoding: 'utf8' });
        assert.equal(child.status, 0, child.stderr);
        const { rows, seconds, peakMegabytes } = JSON.parse(child.stdout) as Measured;
        const size = (await stat(file)).size / 1e6;
        process.stdout.write(
          `    ${size.toFixed(0)} MB: ${Math.round(rows / seconds)} records/s, peak ${peakMegabytes.toFixed(0)} MB\n`,
        );
        assert.equal(rows, RECORDS);
        assert.ok(peakMegabytes < 400, `${peakMegabytes} MB`);
      } finally {
        await rm(folder, { recursive: true });
      }
    }).timeout(300_000);
  });
