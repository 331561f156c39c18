/** Computes what a table without truth shows: predictions, confidence, label mass, and the rows to look at first. */
import { originInWords } from '../../../core/words/origin';
import { confidenceOf } from '../../../core/model/rows';
import type { PredictionData } from '../../../core/model/predictions';
import type { PredictionTable } from '../../../core/data/table';
import { type Bucket, bucketOf } from '../../../core/model/buckets';
import {
  columnOptions,
  type Overview,
  OVERVIEW_BARS,
  type TableOptions,
  UNSURE_LIMIT,
} from '../../../protocol/calibration-page';
import { calibratedWarnings } from '../../../store/tables/labelled';
import { readTable } from '../../../store/tables/read-table';
import { bindingOf, readScoreMeta } from '../../../store/tables/score-meta';
import { withTexts } from './analyse';

/** @throws UserError everything of `readTable` and `readScoreMeta` */
export async function overviewOf(
  file: string,
  options: TableOptions,
  buckets: readonly Bucket[],
): Promise<Overview> {
  const { source, table } = await readTable(file, { ...columnOptions(options), truth: 'optional' });
  const { confidence } = confidenceOf(table.data);
  const names = predictedIn(table, table.data);
  const unsure = [...confidence.keys()]
    .sort((a, b) => (confidence[a] ?? 0) - (confidence[b] ?? 0) || a - b)
    .slice(0, UNSURE_LIMIT)
    .map((row) => ({
      line: table.lines[row] ?? 1,
      confidence: confidence[row] ?? 0,
      predicted: names?.[row] ?? null,
    }));
  const bucketRows = new Map(buckets.map(({ name }) => [name, 0]));
  for (const p of confidence) {
    const { name } = bucketOf(p, buckets);
    bucketRows.set(name, (bucketRows.get(name) ?? 0) + 1);
  }
  return {
    rows: table.n,
    warnings: [...table.warnings, ...(await calibratedWarnings(table, file))],
    labels: names && labelsIn(names, confidence),
    confidence: histogram(confidence),
    labelMass: table.labelMass === undefined ? null : histogram(table.labelMass),
    lowMass: table.lowMass,
    buckets: buckets.map(({ name, low }) => ({ name, low, rows: bucketRows.get(name) ?? 0 })),
    hasText: table.columns.roles.text !== undefined,
    unsure: await withTexts({ source, table }, unsure),
    origin: originInWords(bindingOf(await readScoreMeta(file), table.columns.prefix)),
  };
}

/** (n) the predicted label of each row; null where the table does not name it. */
function predictedIn({ predicted }: PredictionTable, data: PredictionData): (string | null)[] | null {
  if (data.kind === 'labels') {
    const { predicted: best } = confidenceOf(data);
    return best && Array.from(best, (label) => data.labels[label] ?? null);
  }
  return predicted && Array.from(predicted.index, (at) => predicted.names[at] ?? null);
}

/** Commonest first. */
function labelsIn(names: readonly (string | null)[], confidence: Float64Array): Overview['labels'] {
  const found = new Map<string, { rows: number; sum: number }>();
  names.forEach((label, row) => {
    if (label === null) return;
    const entry = found.get(label) ?? { rows: 0, sum: 0 };
    entry.rows++;
    entry.sum += confidence[row] ?? 0;
    found.set(label, entry);
  });
  return Array.from(found, ([label, { rows, sum }]) => ({ label, rows, meanConfidence: sum / rows })).sort(
    (a, b) => b.rows - a.rows,
  );
}

/** Rows by share, in bars (low, high] of equal width, as bins are; what is unknown is in none. */
function histogram(shares: Float64Array): number[] {
  const bars = new Array<number>(OVERVIEW_BARS).fill(0);
  for (const share of shares) {
    if (Number.isNaN(share)) continue;
    const bar = Math.min(OVERVIEW_BARS - 1, Math.max(0, Math.ceil(share * OVERVIEW_BARS) - 1));
    bars[bar] = (bars[bar] ?? 0) + 1;
  }
  return bars;
}
