/**
 * What a row of a table costs besides its score: reading, writing, checkpoints. The scores are scripted (no model), so
 * that 100,000 rows take seconds. Cost and memory must not grow with the number of rows.
 */
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { inspectTable } from '../../src/store/tables/inspect';
import { writeScored } from '../../src/store/tables/write-scored';
import { scriptedOptions } from '../support/scripted-score';

interface Measured {
  readonly microseconds: number;
  readonly peakMegabytes: number;
}

const ROWS = [1_000, 10_000, 100_000, 1_000_000];

async function measure(table: string, rows: number): Promise<void> {
  const source = await inspectTable(table);
  const options = await scriptedOptions(source);
  const started = performance.now();
  await writeScored(source, `${table}.out.csv`, { ...options, checkpointMs: 1000 });
  const result: Measured = {
    microseconds: ((performance.now() - started) * 1000) / rows,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(JSON.stringify(result));
}

async function writeTable(file: string, rows: number): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('id,text,label\n');
  for (let start = 0; start < rows; start += 1000) {
    let text = '';
    for (let i = start; i < Math.min(rows, start + 1000); i++)
      text += `${i},"review number ${i}, ""fine"" on the whole and a bit long",${i % 3 === 0 ? 'b' : 'a'}\n`;
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pc-rows-'));
  try {
    console.log('rows with scripted scores: time and memory of reading, writing and checkpoints');
    for (const rows of ROWS) {
      const table = path.join(folder, `${rows}.csv`);
      await writeTable(table, rows);
      const runs = Array.from({ length: rows < 1_000_000 ? 3 : 1 }, () => {
        const child = spawnSync(process.execPath, [__filename, table, String(rows)], { encoding: 'utf8' });
        if (child.status !== 0) throw new Error(child.stderr);
        return JSON.parse(child.stdout) as Measured;
      }).sort((a, b) => a.microseconds - b.microseconds);
      const median = runs[Math.floor(runs.length / 2)];
      if (median === undefined) throw new Error('no runs');
      console.log(
        `${rows.toLocaleString('en-US').padStart(9)} rows  ${median.microseconds.toFixed(1).padStart(7)} µs a row  peak ${median.peakMegabytes.toFixed(0)} MB`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [table, rows] = process.argv.slice(2);
// This file is also the program of its own child process: memory is that of one run.
void (table === undefined || rows === undefined ? main() : measure(table, Number(rows)));
