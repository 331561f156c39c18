import { confidenceOf, knownRows, rowCount, rowsWhere, selectRows, strataOf } from '../model/rows';
import { assignFolds } from '../model/folds';
import { type PredictionData, SPLIT_FIT, SPLIT_TEST, type Warning } from '../model/predictions';
import { wilsonInterval } from '../metrics/intervals';
import { seededRandom } from '../random';
import { UserError } from '../user-error';
import { binomialTail } from './binomial';

/** Error rate of the test: a threshold that holds is wrong in at most one run of twenty. */
const ALPHA = 0.05;
export const HIGHEST_PERCENT = 99;
/** With fewer rows than this, the accuracy does not predict that of more rows. */
const FEWEST_TO_GO_BY = 20;

/** For a table with weights. */
export const UNWEIGHTED_THRESHOLD: Warning = {
  code: 'threshold-unweighted',
  message: 'A threshold for a target accuracy cannot use weights: its test counts every row once.',
};

/** The rows at or above a threshold. */
interface Surest {
  readonly rows: number;
  readonly right: number;
}

/** @internal */
export interface FixedSequence {
  /** Rows with at least this confidence are accepted; null where none passes. */
  readonly threshold: number | null;
  /** Rows at or above the first tested threshold, and how many are correct; null: too few rows to test any. */
  readonly first: Surest | null;
  /** How many more rows of this kind would be needed; null if a threshold passed, or if no number helps. */
  readonly moreRows: number | null;
}

export interface ThresholdChoice {
  readonly target: number;
  /** Chosen on one part of the rows, estimated on the other. */
  readonly estimate: {
    readonly threshold: number | null;
    /** Accuracy above the threshold, with Wilson 95%, and the share of rows accepted; null without any. */
    readonly accuracy: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly coverage: number | null;
    readonly rows: number;
  };
  /** Chosen again on all rows: the one to save. */
  readonly threshold: number | null;
  readonly message: string;
}

/**
 * Fixed-sequence testing (Angelopoulos et al., "Learn then test", 2022, §4; Bauer 1991): thresholds .99, .98, … are
 * tested in that order with the exact one-sided binomial test of accuracy ≥ target, as long as each passes. Testing
 * in a fixed order keeps the error at 5% without a correction for the number of tests. It starts where there are
 * enough rows that the test could pass at all: target^m ≤ .05.
 *
 * @param confidence (n)
 * @param correct (n) 0 or 1
 * @internal
 */
export function fixedSequenceThreshold(
  confidence: Float64Array,
  correct: Uint8Array,
  target: number,
): FixedSequence {
  const fewest = Math.ceil(Math.log(ALPHA) / Math.log(target));
  // Rows by the highest percentage that they reach, so that each threshold adds its rows to those above it.
  const rowsAt = new Int32Array(HIGHEST_PERCENT + 1);
  const rightAt = new Int32Array(HIGHEST_PERCENT + 1);
  for (let i = 0; i < confidence.length; i++) {
    const percent = reachedPercent(confidence[i] ?? 0);
    rowsAt[percent] = (rowsAt[percent] ?? 0) + 1;
    rightAt[percent] = (rightAt[percent] ?? 0) + (correct[i] ?? 0);
  }
  let rows = 0;
  let right = 0;
  let passed: number | null = null;
  let first: Surest | null = null;
  const surest: Surest[] = [];
  for (let percent = HIGHEST_PERCENT; percent >= 0; percent--) {
    rows += rowsAt[percent] ?? 0;
    right += rightAt[percent] ?? 0;
    const seen = { rows, right };
    surest.push(seen);
    if (rows < fewest) continue;
    first ??= seen;
    if (binomialTail(right, rows, target) > ALPHA) break;
    passed = percent / 100;
  }
  return {
    threshold: passed,
    first,
    moreRows: passed === null ? rowsMissing(surest, confidence.length, target) : null,
  };
}

/** The highest threshold i/100, i ≤ 99, that is not above p; compared with the quotients, not with p · 100. */
export function reachedPercent(p: number): number {
  let percent = Math.min(HIGHEST_PERCENT, Math.floor(p * 100));
  if (percent < HIGHEST_PERCENT && p >= (percent + 1) / 100) percent++;
  while (percent > 0 && p < percent / 100) percent--;
  return Math.max(0, percent);
}

/**
 * Rows to add until the test would pass at the threshold where that takes fewest, if the accuracy at or above it stays
 * what it was; null where that is above the target at none.
 */
function rowsMissing(surest: readonly Surest[], n: number, target: number): number | null {
  let best: { rows: number; accuracy: number; all: number } | null = null;
  for (const { rows, right } of surest) {
    const accuracy = right / rows;
    if (rows < FEWEST_TO_GO_BY || accuracy <= target) continue;
    // By the normal approximation, for the choice alone.
    const all = n / (rows * (accuracy - target) ** 2);
    if (best === null || all < best.all) best = { rows, accuracy, all };
  }
  if (best === null) return null;
  const { rows, accuracy } = best;
  let enough = rows;
  const passes = (m: number) => binomialTail(Math.floor(accuracy * m + 1e-9), m, target) <= ALPHA;
  while (!passes(enough)) enough += Math.max(1, Math.floor(enough / 100));
  return Math.max(1, Math.ceil(((enough - rows) * n) / rows));
}

/** A threshold for a target accuracy: estimated on rows that did not choose it, then chosen again on all. */
export function chooseThreshold(
  data: PredictionData,
  options: { readonly target: number; readonly seed?: number | undefined },
): ThresholdChoice {
  const { target } = options;
  if (!(target > 0 && target < 1))
    throw new UserError('bad-target', `The target accuracy must be between 0 and 1; it is ${target}.`);
  const known = knownRows(data);
  const { choosing, scoring } = halves(known, options.seed ?? 0);
  const chosen = fixedSequenceThreshold(...columns(choosing), target).threshold;
  const all = fixedSequenceThreshold(...columns(known), target);
  return {
    target,
    estimate: { threshold: chosen, ...estimate(scoring, chosen) },
    threshold: all.threshold,
    message: describe(all, rowCount(known), target),
  };
}

function columns(data: PredictionData): [Float64Array, Uint8Array] {
  const { confidence, correct } = confidenceOf(data);
  return [confidence, correct];
}

/** Two halves, groups whole and classes balanced; or the parts of the split column. */
export function halves<T extends PredictionData>(data: T, seed: number): { choosing: T; scoring: T } {
  const n = rowCount(data);
  const { split } = data;
  if (split !== undefined)
    return {
      choosing: selectRows(
        data,
        rowsWhere(n, (i) => split[i] === SPLIT_FIT),
      ),
      scoring: selectRows(
        data,
        rowsWhere(n, (i) => split[i] === SPLIT_TEST),
      ),
    };
  const { folds } = assignFolds({
    n,
    strata: strataOf(data),
    group: data.group,
    count: 2,
    random: seededRandom(seed),
  });
  return {
    choosing: selectRows(
      data,
      rowsWhere(n, (i) => folds[i] === 0),
    ),
    scoring: selectRows(
      data,
      rowsWhere(n, (i) => folds[i] === 1),
    ),
  };
}

function estimate(
  data: PredictionData,
  threshold: number | null,
): Omit<ThresholdChoice['estimate'], 'threshold'> {
  const [confidence, correct] = columns(data);
  const n = confidence.length;
  let rows = 0;
  let right = 0;
  for (let i = 0; i < n; i++) {
    if (threshold === null || (confidence[i] ?? 0) < threshold) continue;
    rows++;
    right += correct[i] ?? 0;
  }
  if (rows === 0)
    return { accuracy: null, low: null, high: null, coverage: threshold === null ? null : 0, rows };
  return { accuracy: right / rows, ...wilsonInterval(right, rows), coverage: rows / n, rows };
}

function describe({ threshold, first, moreRows }: FixedSequence, n: number, target: number): string {
  const percent = `${Number((target * 100).toPrecision(4))}%`;
  if (threshold !== null)
    return `Rows with a confidence of at least ${threshold} are correct in at least ${percent} of cases. The threshold was chosen on all rows.`;
  const seen =
    first === null
      ? `${n.toLocaleString('en-US')} rows are too few to show it`
      : `the ${first.rows.toLocaleString('en-US')} most confident rows, the fewest that could show it, are correct in ${Number(((100 * first.right) / first.rows).toPrecision(3))}%`;
  const more =
    moreRows === null
      ? ''
      : `; about ${moreRows.toLocaleString('en-US')} more rows are needed if the most confident rows stay as accurate`;
  return `No threshold is shown to reach ${percent}: ${seen}${more}.`;
}
