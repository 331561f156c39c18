/** What the host sends to the labelling page: made by the code that makes it, from a seeded table. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { frameOf } from '../../src/app/labels/draw-rows';
import { designOf, labelsOfTable, type NewDesign, queueOf } from '../../src/app/labels/labelling';
import { LabelSession } from '../../src/app/labels/session';
import { shownSession } from '../../src/app/labels/shown-session';
import type { Decision } from '../../src/core/labelling/decisions';
import { seededRandom } from '../../src/core/random';
import type { LabellingState, ShownSession } from '../../src/protocol/labelling-page';
import { csvLine } from '../../src/store/tables/csv-line';

export interface MadeTable {
  readonly rows?: number;
  readonly isScored?: boolean;
  readonly text?: (i: number) => string;
}

function tableOf({
  rows = 300,
  isScored = true,
  text = (i) => `Text ${i}: the acting is good, and the story is nothing that one would remember.`,
}: MadeTable): string {
  const random = seededRandom(5);
  const lines = Array.from({ length: rows }, (_, i) => {
    const p = 0.02 + 0.96 * random();
    const cells = [String(i), text(i)];
    return csvLine(isScored ? [...cells, String(1 - p), String(p)] : cells, ',');
  });
  return [
    csvLine(['id', 'text', ...(isScored ? ['prob:negative', 'prob:positive'] : [])], ','),
    ...lines,
  ].join('');
}

/** A session on a table, in memory. */
export async function labelling(
  table: MadeTable = {},
  order: Partial<NewDesign> = {},
): Promise<{
  session: LabelSession;
  shown: () => ShownSession;
  setup: NonNullable<LabellingState['setup']>;
}> {
  const folder = await mkdtemp(path.join(tmpdir(), 'labelling-'));
  try {
    const file = path.join(folder, 'reviews.csv');
    await writeFile(file, tableOf(table));
    const frame = await frameOf(file, {});
    const { labels, areAll } = await labelsOfTable(frame);
    const now = new Date('2026-01-02T03:04:05Z');
    const design = await designOf(frame, {
      ...{
        kind: frame.table === null ? 'random' : 'stratified',
        rows: 20,
        seed: 0,
        isBlind: true,
        goal: null,
        now,
      },
      labels: areAll ? labels : ['negative', 'positive'],
      ...order,
    });
    const queue = await queueOf(frame, design);
    const decisions: Decision[] = [];
    const session = new LabelSession({
      ...{ queue: queue.rows, leastProbability: design.leastProbability, labels: design.labels },
      ...{ who: '', isBlind: design.isBlind, now: () => now },
      append: (added) => Promise.resolve(void decisions.push(...added)),
    });
    return {
      session,
      shown: () => shownSession({ design, queue, session }),
      setup: { rows: frame.lines.length, isScored: frame.table !== null, labels, areAllLabels: areAll },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function labellingState(change: Partial<LabellingState> = {}): LabellingState {
  return {
    uri: 'file:///reviews.csv',
    file: 'reviews.csv',
    ...{ busy: null, error: null, saving: null, notes: [], disputed: 0, setup: null, session: null },
    ...change,
  };
}
