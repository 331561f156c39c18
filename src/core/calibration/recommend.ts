import { least } from '../extremes';
import type { Outcomes } from '../metrics/intervals';
import { labelNllLosses, nllLosses } from '../metrics/losses';
import { sumShare, unitsOf } from '../metrics/units';
import { FEWEST_OUTCOMES } from './calibrator-kind';
import { type Calibrator, fitCalibrator, type FitOptions, identityCalibrator } from './calibrator';
import { type CrossFit, crossFit, partition } from './cross-fit';
import {
  confidenceOf,
  confidenceOnly,
  knownRows,
  normalisedWeights,
  rowCount,
  rowsWhere,
  selectRows,
} from '../model/rows';
import { UserError } from '../user-error';
import { type CalibrateOn, type PredictionData, SPLIT_FIT, type Warning } from '../model/predictions';
import { type CalibratorId, CALIBRATORS, refusal, CANDIDATE_IDS } from './registry';

export interface RecommendOptions extends Omit<FitOptions, 'method'> {
  /** Calibrators to compare; default: all that need only labelled rows and work on `on`. */
  readonly methods?: readonly CalibratorId[] | undefined;
}

interface Candidate {
  readonly method: CalibratorId | 'raw';
  /** Most parameters of a fold's fit; 0 for raw. */
  readonly parameters: number;
  /** Cross-fitted mean NLL, of the label distribution or of correct. */
  readonly nll: number;
  /** How much worse than the best, with the paired standard error of that difference. */
  readonly gap: number;
  readonly gapSe: number;
  readonly withinOneSe: boolean;
}

export interface Recommendation {
  readonly choice: CalibratorId | 'raw' | null;
  /** One sentence for the person. */
  readonly reason: string;
  readonly verdict: 'use' | 'keep-raw' | 'not-enough-data';
  readonly on: CalibrateOn;
  readonly seed: number;
  /** Simplest first, those that grow with the rows last; those that could be fitted. */
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly { readonly method: CalibratorId; readonly reason: string }[];
  /** With a split column: raw and the choice evaluated once on the test part, which chose nothing. */
  readonly test: null | { readonly n: number; readonly raw: number; readonly chosen: number };
  readonly warnings: readonly Warning[];
}

/**
 * The simplest calibrator whose cross-fitted NLL is within one paired standard error of the best (the one-standard-error
 * rule of Breiman et al. 1984, §3.4.3), raw among the candidates. ECE is never optimised.
 */
export function recommend(data: PredictionData, options: RecommendOptions): Recommendation {
  const { on } = options;
  const seed = options.seed ?? 0;
  const known = knownRows(data);
  const { split } = known;
  const choosing =
    split === undefined
      ? known
      : withoutSplit(
          selectRows(
            known,
            rowsWhere(rowCount(known), (i) => split[i] === SPLIT_FIT),
          ),
        );
  const { right, wrong, counted } = independentOutcomes(choosing);
  if (right < FEWEST_OUTCOMES || wrong < FEWEST_OUTCOMES)
    return {
      choice: null,
      verdict: 'not-enough-data',
      reason: `Not enough data: ${Math.floor(right)} correct and ${Math.floor(wrong)} wrong ${counted}; at least ${FEWEST_OUTCOMES} of each are needed to recommend a calibrator.`,
      on,
      seed,
      candidates: [],
      excluded: [],
      test: null,
      warnings: [],
    };

  const excluded: { method: CalibratorId; reason: string }[] = [];
  const runs: Run[] = [{ method: 'raw', parameters: 0, losses: rawLosses(choosing, on) }];
  const folds = partition(choosing, seed);
  for (const method of options.methods ?? CANDIDATE_IDS) {
    const refused = refusal(method, on);
    if (refused !== null) {
      if (options.methods !== undefined) excluded.push({ method, reason: refused });
      continue;
    }
    const { title, fewestOutcomes } = CALIBRATORS[method];
    if (Math.min(right, wrong) < fewestOutcomes) {
      excluded.push({
        method,
        reason: `${title} needs ${fewestOutcomes} correct and ${fewestOutcomes} wrong rows.`,
      });
      continue;
    }
    const run = tryRun(method, options, (fit) => crossFit(choosing, on, folds, fit));
    if ('reason' in run) excluded.push({ method, reason: run.reason });
    else runs.push(run);
  }
  const candidates = compare(runs, choosing);
  const chosen = candidates.find(({ withinOneSe }) => withinOneSe)?.method ?? 'raw';
  return {
    choice: chosen,
    verdict: chosen === 'raw' ? 'keep-raw' : 'use',
    reason:
      chosen === 'raw'
        ? 'Keep raw: no calibrator is better on new rows by more than one standard error.'
        : `${CALIBRATORS[chosen].title} is the simplest calibrator within one standard error of the best on new rows.`,
    on,
    seed,
    candidates,
    excluded,
    test: split === undefined ? null : scoreTest(known, chosen, options),
    warnings: [
      {
        code: 'best-of-several',
        message: `The best of ${candidates.length} candidates looks slightly too good in this comparison: it was chosen on these rows.`,
      },
    ],
  };
}

/** Right and wrong rows as independent ones, and what they are called. */
function independentOutcomes(data: PredictionData): Outcomes & { readonly counted: string } {
  const { correct } = confidenceOf(data);
  const weight = normalisedWeights(data, correct.length);
  const units = unitsOf(data, correct.length, weight);
  const { right, wrong } = sumShare(correct, weight, units).outcomes();
  return {
    right,
    wrong,
    counted: units.group === null && weight === null ? 'rows' : 'rows, counted as independent ones',
  };
}

/**
 * Chooses the calibrator as a part of the fit: for folds of a table on which the calibrator was chosen, so
 * that the out-of-sample numbers include the cost of choosing. The identity if raw is kept.
 *
 * @throws UserError as fitCalibrator
 */
export function fitRecommended(train: PredictionData, options: RecommendOptions): Calibrator {
  const rows = withoutSplit(train);
  const { choice } = recommend(rows, options);
  if (choice !== null && choice !== 'raw')
    return fitCalibrator(rows, { ...options, method: choice }).calibrator;
  return identityCalibrator(rows, options.on);
}

interface Run {
  readonly method: CalibratorId | 'raw';
  readonly parameters: number;
  /** (n) NLL of each row. */
  readonly losses: Float64Array;
}

function tryRun(
  method: CalibratorId,
  options: RecommendOptions,
  run: (fit: (train: PredictionData) => ReturnType<typeof fitCalibrator>['calibrator']) => CrossFit,
): Run | { readonly reason: string } {
  try {
    const result = run((train) => fitCalibrator(train, { ...options, method }).calibrator);
    const [failure] = result.failures;
    if (failure !== undefined) return { reason: failure.message };
    return { method, parameters: result.parameters, losses: rowLosses(result.calibrated) };
  } catch (error) {
    if (error instanceof UserError) return { reason: error.message };
    throw error;
  }
}

/** (n) NLL of each row: of its label, or of correct where the data are confidence alone. */
export function rowLosses(data: PredictionData): Float64Array {
  return data.kind === 'labels' ? labelNllLosses(data).loss : nllLosses(confidenceOf(data)).loss;
}

function rawLosses(data: PredictionData, on: CalibrateOn): Float64Array {
  return rowLosses(on === 'labels' ? data : confidenceOnly(data));
}

export function withoutSplit(data: PredictionData): PredictionData {
  return { ...data, split: undefined };
}

/** Candidates, simplest first, each against the best. */
function compare(runs: readonly Run[], data: PredictionData): Candidate[] {
  const weight = normalisedWeights(data, rowCount(data));
  const means = runs.map(({ losses }) => pairedMean(losses, null, weight, data.group).mean);
  const best = runs[means.indexOf(least(means))];
  const order = ({ method, parameters }: Run) =>
    method !== 'raw' && CALIBRATORS[method].growsWithRows ? Infinity : parameters;
  return runs
    .map((run, i) => {
      const { mean: gap, se } = pairedMean(run.losses, best?.losses ?? null, weight, data.group);
      return { run, nll: means[i] ?? 0, gap, gapSe: se };
    })
    .sort((left, right) => order(left.run) - order(right.run))
    .map(({ run, nll, gap, gapSe }) => ({
      method: run.method,
      parameters: run.parameters,
      nll,
      gap,
      gapSe,
      withinOneSe: gap <= gapSe,
    }));
}

/**
 * Weighted mean of a − b with its standard error, rows of one group counted as one draw:
 *   SE² = G/(G − 1) · Σ_g (Σ_{i in g} w_i (d_i − d̄))² / (Σ w)².
 *
 * @param b (n) or null for 0
 */
export function pairedMean(
  a: Float64Array,
  b: Float64Array | null,
  weight: Float64Array | null,
  group: Int32Array | undefined,
): { mean: number; se: number; units: number } {
  const n = a.length;
  const difference = (i: number) => (a[i] ?? 0) - (b === null ? 0 : (b[i] ?? 0));
  let total = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const w = weight === null ? 1 : (weight[i] ?? 0);
    total += w;
    sum += w * difference(i);
  }
  const mean = sum / total;
  const byGroup = new Map<number, number>();
  let square = 0;
  for (let i = 0; i < n; i++) {
    const deviation = (weight === null ? 1 : (weight[i] ?? 0)) * (difference(i) - mean);
    if (group === undefined) square += deviation * deviation;
    else byGroup.set(group[i] ?? 0, (byGroup.get(group[i] ?? 0) ?? 0) + deviation);
  }
  for (const deviation of byGroup.values()) square += deviation * deviation;
  const units = group === undefined ? n : byGroup.size;
  return { mean, se: units < 2 ? 0 : Math.sqrt((square * units) / (units - 1)) / total, units };
}

/** Raw and the choice, fitted on the fit part, on the test part. */
function scoreTest(
  known: PredictionData,
  chosen: CalibratorId | 'raw',
  options: RecommendOptions,
): Recommendation['test'] {
  const split = partition(known, options.seed ?? 0);
  const rows = rowsWhere(rowCount(known), (i) => split.fold[i] === 0);
  const test = selectRows(known, rows);
  const weight = normalisedWeights(test, rows.length);
  const meanOf = (losses: Float64Array) => pairedMean(losses, null, weight, test.group).mean;
  const raw = meanOf(rawLosses(test, options.on));
  if (chosen === 'raw') return { n: rows.length, raw, chosen: raw };
  const run = tryRun(chosen, options, (fit) => crossFit(known, options.on, split, fit));
  return 'reason' in run ? null : { n: rows.length, raw, chosen: meanOf(run.losses) };
}
