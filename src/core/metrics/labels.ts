/**
 * Labels that do not exclude each other, each by itself, and their means. The labels of one text depend on each other, so
 * the text is the unit of the means' intervals: what a text adds to each label is summed before it is squared.
 */
import { type EvaluateOptions, FEWEST_TO_JUDGE, type Metric } from '../model/evaluation';
import { logit, sigmoid } from '../model/numeric';
import type { LabelData, Warning } from '../model/predictions';
import { confidenceOf, labelAgainstRest, normalisedWeights, type Predicted } from '../model/rows';
import { assess } from './evaluate';
import { effectiveRows, wilsonInterval, Z_95 } from './intervals';
import { brierLosses, nllLosses, weightedMean } from './losses';
import { MeanSpread } from './mean-spread';
import { argsort } from './sort';
import { unitsOf } from './units';

/** The rows of which it is known whether one label is right. */
export interface LabelTable {
  readonly label: string;
  /** Two labels: it and not it. The truth of every row is known. */
  readonly data: LabelData;
  /** (n) names of the rows, by which those of other labels are recognised: the lines on which they begin. */
  readonly lines: ArrayLike<number>;
}

interface MetricsOfLabels {
  /** Share of texts of which it is decided rightly whether the label is right, by a probability of at least one half. */
  readonly accuracy: Metric;
  /** −ln of the probability of what is true. */
  readonly nll: Metric;
  /** (P(label) − truth)², with a truth of 1 or 0: between 0 and 1. */
  readonly brier: Metric;
  /** Of P(label) against the truth. */
  readonly ece: Metric;
  /** Whether texts of the label have a higher P(label) than the others. */
  readonly auroc: Metric;
}

export interface LabelEvaluation extends MetricsOfLabels {
  readonly label: string;
  /** Rows with a known truth, and those of them of which the label is right. */
  readonly n: number;
  readonly nYes: number;
  /** Share of texts of which the label is right, and the mean of P(label), which should equal it. */
  readonly prevalence: Metric;
  readonly meanProbability: Metric;
}

export interface LabelsEvaluation {
  /** Rows of which the truth of some label is known. */
  readonly texts: number;
  readonly labels: readonly LabelEvaluation[];
  /** The means over the labels in which each counts the same. */
  readonly mean: MetricsOfLabels;
  readonly warnings: readonly Warning[];
}

export type LabelsOptions = Pick<EvaluateOptions, 'bins' | 'binning' | 'seed' | 'rounds' | 'nullDraws'>;

/** Standard errors below this are the rounding of sums: nothing varies. */
const ROUNDING = 1e-12;

/** Below so many rows with and without a label, its numbers are rough. */
const FEW = 20;

/** @param tables at least one, each with at least one row */
export function evaluateLabels(tables: readonly LabelTable[], options: LabelsOptions = {}): LabelsEvaluation {
  const parts = tables.map((table) => partOf(table));
  const labels = parts.map((part) => evaluated(part, options));
  const warnings = labels.flatMap(({ label, n, nYes }): Warning[] =>
    n >= FEWEST_TO_JUDGE && nYes >= FEW && n - nYes >= FEW
      ? []
      : [
          {
            code: 'few-outcomes',
            message: `${label}: right in ${nYes} of ${n} rows. With fewer than ${FEW} rows on either side all of its numbers are rough.`,
          },
        ],
  );
  const lines = new Set(tables.flatMap((table) => Array.from(table.lines)));
  return { texts: lines.size, labels, mean: meansOf(parts, labels, textsOf(tables)), warnings };
}

interface Part {
  readonly label: string;
  /** P(label) as the confidence, and whether the label is right as correct. */
  readonly yes: Predicted;
  /** (n) mean 1; null: all 1. */
  readonly weight: Float64Array | null;
  /** The pair, as it is decided. */
  readonly pair: LabelData;
}

function partOf({ label, data: pair }: LabelTable): Part {
  const yes = confidenceOf(labelAgainstRest(pair, 0));
  return { label, yes, weight: normalisedWeights(pair, yes.correct.length), pair };
}

function evaluated({ label, yes, pair }: Part, options: LabelsOptions): LabelEvaluation {
  const { evaluation } = assess(yes, options);
  const decided = assess(pair, { ...options, rounds: 0, nullDraws: 0 }).evaluation;
  const { n, nCorrect, accuracy, meanConfidence, nll, brier, ece, auroc } = evaluation;
  return {
    label,
    n,
    nYes: nCorrect,
    prevalence: accuracy,
    meanProbability: meanConfidence,
    accuracy: decided.accuracy,
    nll: { value: nll.value, low: nll.low, high: nll.high, se: nll.se ?? null },
    brier,
    ece,
    auroc,
  };
}

/** Rows of all labels, one label after the other, with what each adds to the mean of a metric. */
class Contributions {
  private readonly rows: number;

  /** @param texts of each label's rows */
  constructor(
    private readonly parts: readonly Part[],
    private readonly texts: readonly Int32Array[],
  ) {
    this.rows = texts.reduce((sum, own) => sum + own.length, 0);
  }

  /**
   * How surely a mean over the labels is known.
   *
   * @param influence by how much a row moves its label's number: summing to 0 over the rows of a label
   */
  spread(value: number, influence: (part: Part) => Float64Array): MeanSpread | null {
    const values = new Float64Array(this.rows);
    const group = new Int32Array(this.rows);
    let at = 0;
    this.parts.forEach((part, index) => {
      influence(part).forEach((own, row) => {
        values[at] = value + (own * this.rows) / this.parts.length;
        group[at++] = this.texts[index]?.[row] ?? 0;
      });
    });
    return MeanSpread.of(values, null, unitsOf({ group }, this.rows, null));
  }

  /** Kish's number of texts. */
  get effective(): number {
    const counts = new Map<number, number>();
    for (const own of this.texts) for (const text of own) counts.set(text, (counts.get(text) ?? 0) + 1);
    return effectiveRows(Float64Array.from(counts.values()), counts.size);
  }
}

const NO_INTERVAL = 'An interval needs texts that differ, and at least five groups of them.';
const BIASED = 'Resampling biases the mean of several errors. Each label has an interval of its own.';

function meansOf(
  parts: readonly Part[],
  labels: readonly LabelEvaluation[],
  texts: readonly Int32Array[],
): MetricsOfLabels {
  const rows = new Contributions(parts, texts);
  const meanOf = (metric: keyof MetricsOfLabels): number | null => {
    const values = labels.map((label) => label[metric].value);
    return values.some((value) => value === null)
      ? null
      : values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;
  };
  const ofLosses = (metric: 'nll' | 'brier', losses: (yes: Predicted) => Float64Array): Metric => {
    const value = meanOf(metric) ?? NaN;
    const spread = rows.spread(value, (part) => deviations(losses(part.yes), part.weight));
    const found = spread === null || spread.se < ROUNDING ? null : spread.interval();
    const most = metric === 'brier' ? 1 : Infinity;
    return withInterval(value, found && { low: Math.max(0, found.low), high: Math.min(most, found.high) });
  };
  return {
    accuracy: accuracyOf(meanOf('accuracy') ?? NaN, rows),
    nll: ofLosses('nll', (yes) => nllLosses(yes).loss),
    brier: ofLosses('brier', brierLosses),
    ece: { value: meanOf('ece'), low: null, high: null, reason: BIASED },
    auroc: aurocOf(meanOf('auroc'), rows),
  };
}

function withInterval(value: number, found: { low: number; high: number } | null): Metric {
  return found === null
    ? { value, low: null, high: null, reason: NO_INTERVAL }
    : { value, low: found.low, high: found.high };
}

/** (n) what each row adds to a weighted mean beyond its share of it. */
function deviations(values: Float64Array, weight: Float64Array | null): Float64Array {
  const mean = weightedMean(values, weight);
  return values.map((value, i) => ((weight?.[i] ?? 1) * (value - mean)) / values.length);
}

/** Wilson's interval at as many independent rows as would know the share as well; without a wrong one, at as many as there are texts. */
function accuracyOf(value: number, rows: Contributions): Metric {
  const spread = rows.spread(value, ({ yes, weight }) =>
    deviations(
      yes.confidence.map((p, i) => Number(p >= 0.5 === (yes.correct[i] === 1))),
      weight,
    ),
  );
  if (spread === null) return withInterval(value, null);
  const n = spread.se < ROUNDING ? rows.effective : (value * (1 - value)) / spread.se ** 2;
  return withInterval(value, wilsonInterval(value * n, n));
}

/** On the scale of log-odds; DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two or more correlated ROC curves", 1988. */
function aurocOf(value: number | null, rows: Contributions): Metric {
  if (value === null)
    return { value, low: null, high: null, reason: 'Some label has no row on one side, so no AUROC.' };
  const { se = 0 } = rows.spread(value, placements) ?? {};
  if (se < ROUNDING) return withInterval(value, null);
  const half = (Z_95 * se) / (value * (1 - value));
  return withInterval(value, { low: sigmoid(logit(value) - half), high: sigmoid(logit(value) + half) });
}

/** (n) for a row of the label the share of others that it is above, less the mean, over the rows of the label; and the reverse. */
function placements({ yes: { rank, correct }, weight }: Part): Float64Array {
  const order = argsort(rank);
  const w = (row: number): number => weight?.[row] ?? 1;
  const mass = [0, 0];
  for (const row of order) mass[correct[row] ?? 0] = (mass[correct[row] ?? 0] ?? 0) + w(row);
  const [no = 0, yes = 0] = mass;
  const above = new Float64Array(rank.length);
  let [below, reached] = [0, 0];
  let area = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    let [tiedNo, tiedYes] = [0, 0];
    for (; end < order.length && rank[order[end] ?? 0] === rank[order[start] ?? 0]; end++)
      if (correct[order[end] ?? 0] === 1) tiedYes += w(order[end] ?? 0);
      else tiedNo += w(order[end] ?? 0);
    for (let at = start; at < end; at++) {
      const row = order[at] ?? 0;
      // Of the other side: those below a row of the label, those above another row; of equal ones half.
      above[row] = correct[row] === 1 ? (below + tiedNo / 2) / no : (yes - reached - tiedYes / 2) / yes;
    }
    area += tiedYes * (below + tiedNo / 2);
    below += tiedNo;
    reached += tiedYes;
    start = end;
  }
  const auroc = area / (no * yes);
  return above.map((share, row) => (w(row) * (share - auroc)) / (correct[row] === 1 ? yes : no));
}

/**
 * For each label the number of each row's text: rows of one line are of one text, and so are rows of one group, as copies
 * of a text are.
 */
function textsOf(tables: readonly LabelTable[]): readonly Int32Array[] {
  const parents = new Map<number, number>();
  const rootOf = (line: number): number => {
    let root = line;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up;
    parents.set(line, root);
    return root;
  };
  for (const { data, lines } of tables) {
    const firstOf = new Map<number, number>();
    data.group?.forEach((group, row) => {
      const line = lines[row] ?? 0;
      const first = firstOf.get(group) ?? line;
      firstOf.set(group, first);
      parents.set(rootOf(line), rootOf(first));
    });
  }
  return tables.map(({ lines }) => Int32Array.from(lines, rootOf));
}
