import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { readTable } from '../../src/store/tables/read-table';
import { memoryOf } from '../support/memory';

const ROWS = 1_000_000;

/** What the child says on stdout. */
interface Measured {
  readonly n: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

async function measure(file: string): Promise<void> {
  const started = performance.now();
  const { table } = await readTable(file, { truth: 'required' });
  const result: Measured = {
    n: table.n,
    seconds: (performance.now() - started) / 1000,
    peakMegabytes: memoryOf(process.pid, 'VmHWM'),
  };
  process.stdout.write(JSON.stringify(result));
}

async function writeRows(file: string): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('id,text,label,prob:pos,prob:neg\n');
  for (let start = 0; start < ROWS; start += 10_000) {
    let text = '';
    for (let i = start; i < start + 10_000; i++) {
      const p = ((i * 7919) % 100_003) / 100_003;
      text += `r${i},"review number ${i}, ""fine"" on the whole\nand so on",${i % 3 === 0 ? 'neg' : 'pos'},${p},${1 - p}\n`;
    }
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

// This file is also the program of its own child process: there is no test runner in it.
if (typeof describe === 'undefined') void measure(process.argv[2] ?? '');
else
  describe('a table of 1,000,000 rows', () => {
    it('is read in bounded memory', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'million-'));
      try {
        const file = path.join(folder, 'million.csv');
        await writeRows(file);
        const child = spawnSync(process.execPath, [import.meta.filename, file], { encoding: 'utf8' });
        assert.equal(child.status, 0, child.stderr);
        const { n, seconds, peakMegabytes } = JSON.parse(child.stdout) as Measured;
        const size = (await stat(file)).size / 1e6;
        process.stdout.write(
          `    ${size.toFixed(0)} MB: ${Math.round(n / seconds)} rows/s, peak ${peakMegabytes.toFixed(0)} MB\n`,
        );
        assert.equal(n, ROWS);
        assert.ok(peakMegabytes < 400, `${peakMegabytes} MB`);
      } finally {
        await rm(folder, { recursive: true });
      }
    }).timeout(180_000);
  });
