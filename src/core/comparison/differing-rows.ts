/** The rows on which runs differ. */
import { largest } from '../extremes';
import { confidenceOf, rowCount } from '../model/rows';
import type { PredictionData } from '../model/predictions';

/** Against the first run: it is right and another wrong; all are wrong in different ways; or it is wrong and another right. */
export type Change = 'lost' | 'both-wrong' | 'gained';

export interface DifferingRow {
  readonly row: number;
  readonly change: Change;
}

const ORDER: readonly Change[] = ['lost', 'both-wrong', 'gained'];

/**
 * Rows on which runs predict different labels or only some are right. Worst first: lost rows by the confidence of the
 * mistake, then those that all get wrong, then gained rows, the surest of the former mistakes first.
 *
 * @param runs with the same rows, all with a known truth
 * @param predicted for each run, the predicted label of each row, or null where it is not known
 */
export function differingRows(
  runs: readonly PredictionData[],
  predicted: readonly (readonly (string | null)[])[],
): DifferingRow[] {
  const [first, ...others] = runs.map(confidenceOf);
  if (first === undefined) return [];
  const found: (DifferingRow & { readonly sureness: number })[] = [];
  for (let row = 0; row < rowCount(first); row++) {
    const right = first.correct[row] === 1;
    const isOther = others.some(({ correct }) => correct[row] !== first.correct[row]);
    if (!isOther && (right || !differ(predicted.map((labels) => labels[row] ?? null)))) continue;
    const change = isOther ? (right ? 'lost' : 'gained') : 'both-wrong';
    const wrong = [first, ...others].filter(({ correct }) => correct[row] !== 1);
    found.push({ row, change, sureness: largest(wrong.map(({ confidence }) => confidence[row] ?? 0)) });
  }
  return found
    .sort(
      (left, right) =>
        ORDER.indexOf(left.change) - ORDER.indexOf(right.change) || right.sureness - left.sureness,
    )
    .map(({ row, change }) => ({ row, change }));
}

function differ(labels: readonly (string | null)[]): boolean {
  const known = labels.filter((label) => label !== null);
  return known.some((label) => label !== known[0]);
}
