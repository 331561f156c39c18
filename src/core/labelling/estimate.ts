/** What a few labelled rows tell about a whole table: the share of every label, and how often the model is right. */
import { platt } from '../calibration/calibrators/platt';
import { sigmoid, oneVsRest } from '../model/numeric';
import { assignFolds, foldCount } from '../model/folds';
import { confidenceOf, rowCount, rowsWhere } from '../model/rows';
import { type PredictionData, type Warning } from '../model/predictions';
import { seededRandom } from '../random';
import { unitsOf } from '../metrics/units';
import { UserError } from '../user-error';
import { cohenKappa, type Kappa } from './kappa';
import {
  estimateShare,
  FEWEST_OF_A_KIND,
  type ShareEstimate,
  type TablePredictions,
  weightedMeanOf,
} from './share';

/** Values of `DrawnRows.answer` that are no label. */
export const NOT_DRAWN = -1;
/** Drawn, but nobody could label it, or people differ. */
export const MISSING = -2;

/** The rows of a table that were drawn to be labelled. */
export interface DrawnRows {
  /**
   * (N) index of the label that people gave (for a table of confidences: 1 where the prediction is right, else 0), or
   * {@link NOT_DRAWN} or {@link MISSING}.
   */
  readonly answer: Int32Array;
  /** (N) weight of the design; only ratios count, and only those of drawn rows. Null: all drawn rows alike. */
  readonly weight: Float64Array | null;
}

/** An estimate of texts that people could label, and what the others could make of it. */
export interface BoundedEstimate extends ShareEstimate {
  /** If all rows that people could not label lacked the label (or were wrong), and if all had it; null without such rows. */
  readonly ifNone: ShareEstimate | null;
  readonly ifAll: ShareEstimate | null;
}

interface LabelShare extends BoundedEstimate {
  readonly label: string;
  /** Share of the table's rows for which the model predicts the label. */
  readonly predicted: number;
}

export interface TableEstimate {
  /** Rows of the table. */
  readonly n: number;
  readonly labelled: number;
  /** Rows that all of them together are worth, by their weights and groups. */
  readonly effective: number;
  readonly missing: number;
  /** Share of the table's texts that people could not label. */
  readonly missingShare: number;
  readonly accuracy: BoundedEstimate;
  /** Empty for a table of confidences. */
  readonly shares: readonly LabelShare[];
  /** The model against people; null for a table of confidences. */
  readonly kappa: Kappa | null;
  /**
   * (labels × labels) shares of the whole table by the label that people give (row) and the one that the model predicts
   * (column), from the labelled rows alone; they sum to 1. Null for a table of confidences.
   */
  readonly confusion: readonly (readonly number[])[] | null;
  readonly warnings: readonly Warning[];
}

/** More missing answers than this, and a gate takes the bound. */
export const MOST_MISSING = 0.05;

/**
 * @param rows which rows of the table the estimate is of; undefined: all. Calibrators are fitted on all labelled rows
 * @throws UserError no-truth: no row of them is labelled
 */
export function estimateTable(
  data: PredictionData,
  drawn: DrawnRows,
  { seed = 0, rows }: { readonly seed?: number | undefined; readonly rows?: Uint32Array | undefined } = {},
): TableEstimate {
  const N = rowCount(data);
  return new Estimator(data, drawn, seed).estimate(rows ?? Uint32Array.from({ length: N }, (_, row) => row));
}

/** Estimates several parts of one table, for which it is calibrated once. */
export class Estimator {
  private readonly weight: Float64Array | null;
  private readonly predicted: Int32Array | null;
  private readonly correct: Int32Array;
  /** (labels) for each label, and for a correct prediction, the calibrated probability of each row. */
  private readonly labelF: readonly Float64Array[];
  private readonly correctF: Float64Array;
  private readonly labels: readonly string[];

  constructor(
    private readonly data: PredictionData,
    private readonly drawn: DrawnRows,
    seed: number,
  ) {
    const { answer } = drawn;
    const own = data.weight;
    this.weight =
      drawn.weight === null && own === undefined
        ? null
        : Float64Array.from(answer, (_, row) => (drawn.weight?.[row] ?? 1) * (own?.[row] ?? 1));
    const found = confidenceOf(data);
    this.predicted = found.predicted;
    this.labels = data.kind === 'labels' ? data.labels : [];
    this.correct = answer.map((label, row) =>
      label < 0 ? label : Number(found.predicted === null ? label === 1 : label === found.predicted[row]),
    );
    const folds = this.foldsOf(seed);
    if (data.kind === 'labels') {
      const K = data.labels.length;
      this.labelF = data.labels.map((_, k) => {
        const f = Float64Array.from({ length: answer.length }, (__, i) =>
          oneVsRest(data.logProbs, K, i * K, k),
        );
        return this.calibrated(f, (row) => answer[row] === k, folds);
      });
      this.correctF = Float64Array.from(
        { length: answer.length },
        (_, row) => this.labelF[found.predicted?.[row] ?? 0]?.[row] ?? 0,
      );
    } else {
      this.labelF = [];
      this.correctF = this.calibrated(found.logOdds, (row) => answer[row] === 1, folds);
    }
  }

  /** @throws UserError no-truth */
  estimate(rows: Uint32Array): TableEstimate {
    const { answer } = this.drawn;
    const labelled = rows.filter((row) => (answer[row] ?? NOT_DRAWN) >= 0);
    const missing = rows.filter((row) => answer[row] === MISSING);
    if (labelled.length === 0) throw new UserError('no-truth', 'None of these rows is labelled.');
    const known = this.part(labelled);
    const all = rows.filter((row) => answer[row] !== NOT_DRAWN);
    const isMissing = Float64Array.from(all, (row) => Number(answer[row] === MISSING));
    const missingShare = weightedMeanOf(isMissing, this.part(all).weight);
    const table = { rows, ...this.tablePart(rows) };
    const shares = this.labels.map((label, k): LabelShare => ({
      label,
      ...this.bounded(table, all, (row) => answer[row] === k, this.labelF[k] ?? null),
      predicted: this.meanOver(rows, (row) => Number(this.predicted?.[row] === k)),
    }));
    const accuracy = this.bounded(table, all, (row) => this.correct[row] === 1, this.correctF);
    const { predicted } = this;
    const kappa =
      predicted === null
        ? null
        : cohenKappa(
            Int32Array.from(labelled, (row) => answer[row] ?? 0),
            Int32Array.from(labelled, (row) => predicted[row] ?? 0),
            this.labels.length,
            known,
          );
    const confusion =
      predicted &&
      this.labels.map((_, k) =>
        this.labels.map((__, of) =>
          weightedMeanOf(
            Float64Array.from(labelled, (row) => Number(answer[row] === k && predicted[row] === of)),
            known.weight,
          ),
        ),
      );
    const effective = known.units.effective;
    return {
      n: rows.length,
      labelled: labelled.length,
      effective,
      missing: missing.length,
      missingShare,
      accuracy,
      shares,
      kappa,
      confusion,
      warnings: estimateWarnings({ missing: missing.length, missingShare, shares, accuracy }),
    };
  }

  /** @param all rows that were drawn */
  private bounded(
    { rows, ...part }: { readonly rows: Uint32Array } & Omit<TablePredictions, 'f'>,
    all: Uint32Array,
    has: (row: number) => boolean,
    f: Float64Array | null,
  ): BoundedEstimate {
    const { answer } = this.drawn;
    const table = f && {
      f: Float64Array.from(rows, (row) => f[row] ?? 0),
      ...part,
    };
    const of = (used: Uint32Array, ofMissing: number): ShareEstimate =>
      estimateShare(
        {
          y: Uint8Array.from(used, (row) => (answer[row] === MISSING ? ofMissing : Number(has(row)))),
          f: f && Float64Array.from(used, (row) => f[row] ?? 0),
          ...this.part(used),
        },
        table,
      );
    const labelled = all.filter((row) => answer[row] !== MISSING);
    const isWhole = labelled.length === all.length;
    return { ...of(labelled, 0), ifNone: isWhole ? null : of(all, 0), ifAll: isWhole ? null : of(all, 1) };
  }

  /** Weights, of mean 1, and units of drawn rows. */
  private part(rows: Uint32Array) {
    const weight = this.weight && scaledToMeanOne(Float64Array.from(rows, (row) => this.weight?.[row] ?? 0));
    return { weight, units: unitsOf({ group: this.groupOf(rows) }, rows.length, weight) };
  }

  private tablePart(rows: Uint32Array) {
    const own = this.data.weight;
    const weight = own === undefined ? null : Float64Array.from(rows, (row) => own[row] ?? 0);
    return { weight, units: unitsOf({ group: this.groupOf(rows) }, rows.length, weight) };
  }

  private groupOf(rows: Uint32Array): Int32Array | undefined {
    const { group } = this.data;
    return group && Int32Array.from(rows, (row) => group[row] ?? 0);
  }

  private meanOver(rows: Uint32Array, value: (row: number) => number): number {
    const own = this.data.weight;
    return weightedMeanOf(
      Float64Array.from(rows, value),
      own === undefined ? null : Float64Array.from(rows, (row) => own[row] ?? 0),
    );
  }

  /** (N) fold of each labelled row, −1 for the others. */
  private foldsOf(seed: number): { readonly fold: Int32Array; readonly count: number } {
    const { answer } = this.drawn;
    const labelled = rowsWhere(answer.length, (row) => (answer[row] ?? NOT_DRAWN) >= 0);
    const strata = Int32Array.from(labelled, (row) => answer[row] ?? 0);
    const group = this.groupOf(labelled);
    const { folds, count } = assignFolds({
      n: labelled.length,
      strata,
      group,
      count: labelled.length === 0 ? 1 : foldCount(labelled.length, strata, group),
      random: seededRandom(seed),
    });
    const fold = new Int32Array(answer.length).fill(-1);
    labelled.forEach((row, i) => (fold[row] = folds[i] ?? 0));
    return { fold, count };
  }

  /**
   * (N) Probabilities by Platt's method: a labelled row's by the fit without its fold, the others' the mean over the folds.
   *
   * @param f (N) log-odds
   */
  private calibrated(
    f: Float64Array,
    has: (row: number) => boolean,
    { fold, count }: { readonly fold: Int32Array; readonly count: number },
  ): Float64Array {
    const labelled = rowsWhere(f.length, (row) => (fold[row] ?? -1) >= 0);
    const mean = new Float64Array(f.length);
    for (let out = 0; out < count; out++) {
      const train = count === 1 ? labelled : labelled.filter((row) => fold[row] !== out);
      const map = platt.fit({
        f: Float64Array.from(train, (row) => f[row] ?? 0),
        y: Uint8Array.from(train, (row) => Number(has(row))),
        weight: this.part(train).weight,
      });
      for (let row = 0; row < f.length; row++) {
        const own = fold[row] ?? -1;
        if (own >= 0 && own !== out) continue;
        const p = sigmoid(platt.apply(map, f[row] ?? 0));
        mean[row] = (mean[row] ?? 0) + (own === out ? p : p / count);
      }
    }
    return mean;
  }
}

function scaledToMeanOne(weight: Float64Array): Float64Array {
  const sum = weight.reduce((total, w) => total + w, 0);
  return sum === 0 ? weight : weight.map((w) => (w * weight.length) / sum);
}

function estimateWarnings({
  missing,
  missingShare,
  shares,
  accuracy,
}: Pick<TableEstimate, 'missing' | 'missingShare' | 'shares' | 'accuracy'>): Warning[] {
  const warnings: Warning[] = [];
  if (missing > 0)
    warnings.push({
      code: 'missing-answers',
      message: `${missing} rows that were drawn have no label (unsure, skipped, or people differ): ${(100 * missingShare).toFixed(1)}% of the table. Every estimate is of texts that people could label; the bounds say what the others could make of it.`,
    });
  const exact = [
    ...shares.map((share) => ({ name: `the share of ${share.label}`, ...share })),
    { name: 'the accuracy', ...accuracy },
  ].filter(({ method }) => method === 'exact');
  if (exact.length > 0)
    warnings.push({
      code: 'few-of-a-kind',
      message: `Fewer than ${FEWEST_OF_A_KIND} labelled rows have or lack what is counted for ${exact.map(({ name }) => name).join(', ')}: the interval is that of the labelled rows alone (Clopper-Pearson).`,
    });
  return warnings;
}
