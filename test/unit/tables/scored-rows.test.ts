import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspectTable } from '../../../src/store/tables/inspect';
import { writeScored } from '../../../src/store/tables/write-scored';
import { scriptedOptions } from '../../support/scripted-score';
import { temporaryFolder } from '../../support/temporary';
import { memoryOf } from '../../support/memory';

/** What a heap may hold: far less than the rows and their scores. */
const HEAP_MB = 64;
const PEAK_MB = 250;

async function measure(table: string, textsAtOnce: number): Promise<void> {
  const source = await inspectTable(table);
  const { rows } = await writeScored(source, `${table}.out`, {
    ...(await scriptedOptions(source)),
    textsAtOnce: textsAtOnce === 0 ? null : () => textsAtOnce,
    checkpointMs: 1000,
  });
  process.stdout.write(JSON.stringify({ rows, peakMegabytes: memoryOf(process.pid, 'VmHWM') }));
}

// This file is also the program of its own child process: there is no test runner in it.
if (typeof describe === 'undefined') void measure(process.argv[2] ?? '', Number(process.argv[3]));
else
  describe('the rows of a large table', () => {
    const inFolder = temporaryFolder();

    // A source that scores texts one by one has each of them written by itself, which takes longer.
    for (const [by, textsAtOnce, rows] of [
      ['together', 0, 150_000],
      ['one by one', 64, 20_000],
    ] as const)
      it(`are scored ${by} in bounded memory`, async () => {
        const table = path.join(inFolder(), 'large.csv');
        const row = (i: number): string =>
          `${i},"review number ${i}, ""fine"" on the whole and a bit long"\n`;
        await writeFile(table, `id,text\n${Array.from({ length: rows }, (_, i) => row(i)).join('')}`);
        const heap = `--max-old-space-size=${HEAP_MB}`;
        const child = spawnSync(process.execPath, [heap, import.meta.filename, table, String(textsAtOnce)], {
          encoding: 'utf8',
        });
        assert.equal(child.status, 0, child.stderr);
        const measured = JSON.parse(child.stdout) as { rows: number; peakMegabytes: number };
        process.stdout.write(
          `    ${rows} rows ${by}: peak ${measured.peakMegabytes.toFixed(0)} MB of at most ${PEAK_MB}\n`,
        );
        assert.equal(measured.rows, rows);
        assert.ok(measured.peakMegabytes < PEAK_MB);
      }).timeout(120_000);
  });
