/** What labels of people tell the calibration panel: made by the code that makes it, from files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { frameOf } from '../../src/app/labels/draw-rows';
import { designOf, queueOf } from '../../src/app/labels/labelling';
import { LabelSession } from '../../src/app/labels/session';
import type { Bucket } from '../../src/core/model/buckets';
import { DEFAULT_BUCKETS } from '../../src/core/model/buckets';
import { seededRandom } from '../../src/core/random';
import { sharesForPage } from '../../src/features/calibration/worker/estimate-shares';
import { overviewOf } from '../../src/features/calibration/worker/overview';
import { AS_FOUND, type Overview } from '../../src/protocol/calibration-page';
import type { FoundShares } from '../../src/protocol/calibration-shares';
import { appendDecisions, labelsFile } from '../../src/store/labels';
import { csvLine } from '../../src/store/tables/csv-line';

export interface Made {
  readonly shares: FoundShares;
  readonly overview: Overview;
}

/**
 * A table of two labels, and the labels that a person gave to a sample of it.
 *
 * @param labelled rows; of them some are unsure
 * @param name of the labels file
 */
export async function labelledByPeople(
  { labelled = 100, unsure = 0, name = 'reviews' } = {},
  buckets: readonly Bucket[] = DEFAULT_BUCKETS,
): Promise<Made> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shares-'));
  try {
    const file = path.join(folder, 'reviews.csv');
    const random = seededRandom(11);
    const truths = new Map<string, string>();
    const rows = Array.from({ length: 2000 }, (_, i) => {
      const p = random();
      truths.set(`Text ${i}`, random() < p ? 'positive' : 'negative');
      return csvLine([`Text ${i}`, String(1 - p), String(p)], ',');
    });
    await writeFile(file, `text,prob:negative,prob:positive\n${rows.join('')}`);
    const frame = await frameOf(file, {});
    const now = new Date('2026-01-02T03:04:05Z');
    const labels = ['negative', 'positive'];
    const design = await designOf(frame, {
      ...{ kind: 'stratified', rows: Math.max(1, labelled), seed: 0, labels, isBlind: true, goal: null, now },
    });
    const queue = await queueOf(frame, design);
    const own = labelsFile(folder, name);
    await mkdir(path.dirname(own), { recursive: true });
    const session = new LabelSession({
      ...{ queue: queue.rows, leastProbability: design.leastProbability, labels, who: '', isBlind: true },
      now: () => now,
      append: (decisions) => appendDecisions(folder, own, decisions),
    });
    for (let row = 0; row < labelled; row++)
      await (row < unsure
        ? session.unsure()
        : session.label(truths.get(session.view.row?.text ?? '') ?? 'negative'));
    return {
      shares: await sharesForPage({
        file,
        labels: labelsFile(folder, 'reviews'),
        options: AS_FOUND,
      }),
      overview: await overviewOf(file, AS_FOUND, buckets),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
