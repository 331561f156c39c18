/** Labelling a table of 100,000 rows: drawing a design, the next row after an answer, an estimate with its intervals. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { frameOf } from '../../src/app/labels/draw-rows';
import { estimateFrom } from '../../src/app/labels/estimate-table';
import { designOf, queueOf } from '../../src/app/labels/labelling';
import { LabelSession } from '../../src/app/labels/session';
import { seededRandom } from '../../src/core/random';
import { appendDecisions, labelsFile } from '../../src/store/labels';

const ROWS = 100_000;
const LABELS = 1000;

async function writeTable(file: string): Promise<void> {
  const random = seededRandom(1);
  const stream = createWriteStream(file);
  stream.write('id,text,prob:negative,prob:positive\n');
  for (let start = 0; start < ROWS; start += 1000) {
    let text = '';
    for (let i = start; i < start + 1000; i++) {
      const p = random();
      // Every tenth text is a near-copy of another.
      const number = i % 10 === 0 ? i % 500 : i;
      text += `${i},"review number ${number}, ""fine"" on the whole and a bit long",${(1 - p).toFixed(6)},${p.toFixed(6)}\n`;
    }
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

async function timed<T>(what: string, limit: number, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  say(what, performance.now() - started, limit);
  return result;
}

function say(what: string, ms: number, limit: number): void {
  console.log(`${what.padEnd(44)} ${ms.toFixed(ms < 100 ? 1 : 0).padStart(7)} ms  (limit ${limit} ms)`);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pc-labels-'));
  try {
    const table = path.join(folder, 'table.csv');
    await writeTable(table);
    console.log(`labelling a table of ${ROWS.toLocaleString('en-US')} rows`);
    const random = seededRandom(2);
    const labels = ['negative', 'positive'];
    const { design, queue } = await timed('reading, and drawing a design', 5000, async () => {
      const frame = await frameOf(table, {});
      const drawn = await designOf(frame, {
        ...{ kind: 'stratified', rows: LABELS, seed: 0, labels, isBlind: true, goal: null },
        now: new Date(),
      });
      return { design: drawn, queue: await queueOf(frame, drawn) };
    });
    const file = labelsFile(folder, 'table');
    const session = new LabelSession({
      ...{ queue: queue.rows, leastProbability: design.leastProbability, labels, who: '', isBlind: true },
      now: () => new Date(),
      append: (decisions) => appendDecisions(folder, file, decisions),
    });
    const times: number[] = [];
    let answered = 0;
    for (let row = 0; row < LABELS; row++) {
      const started = performance.now();
      await session.label(labels[random() < 0.5 ? 0 : 1] ?? '');
      // What the page shows: the next row, and the accuracy so far.
      answered = session.view.answered;
      times.push(performance.now() - started);
    }
    times.sort((one, other) => one - other);
    if (answered !== LABELS) throw new Error(`${answered} rows are answered`);
    say(`the next row, slowest 1% of ${LABELS}`, times[Math.floor(0.99 * LABELS)] ?? NaN, 50);
    await timed(`reading, and an estimate from ${LABELS} labels`, 2000, () =>
      estimateFrom({
        ...{ table, columns: {}, labelsFrom: file, drawnAtRandom: false, seed: 0, slices: [] },
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
