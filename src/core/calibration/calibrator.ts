import { seededRandom } from '../random';
import { UserError } from '../user-error';
import { type BetaMap, betaLogOdds, fitBeta } from './beta';
import { type BiasTemperatureModel, fitBiasTemperature } from './bias-temperature';
import { type CombinationModel, fitCombination } from './combination';
import { confidenceOf, knownRows, normalisedWeights, rowCount } from '../model/rows';
import { fitHistogram, type HistogramMap, histogramLogOdds } from './histogram';
import { fitIsotonic, type IsotonicMap, isotonicLogOdds } from './isotonic';
import type { LabelSample } from './label-sample';
import { clamp, logSoftmax, oneVsRestColumn, sigmoid, softplus } from '../model/numeric';
import { fitPlatt, plattLogOdds, type PlattMap } from './platt';
import { fitBatch, fitContentFree, type PriorModel } from './prior';
import type { BinarySample } from './sample';
import { fitSlope, slopeLogOdds, type SlopeMap } from './slope';
import { fitTemperature, type TemperatureModel } from './temperature';
import type { CalibrateOn, ConfidenceData, LabelData, PredictionData, Warning } from '../model/predictions';
import { fitVector, type VectorModel } from './vector';
import type { Method } from './methods';
import { type Prevalence, shiftPrevalence } from '../model/label-shares';

/** A calibrator of one number: log-odds in, log-odds out. */
export type ScalarMap = PlattMap | IsotonicMap | BetaMap | HistogramMap | SlopeMap;
/** A calibrator of all label scores together. */
export type LabelModel =
  TemperatureModel | BiasTemperatureModel | VectorModel | CombinationModel | PriorModel;

/** A fitted calibrator: plain data, ready for JSON. */
export type Calibrator =
  { readonly on: 'confidence'; readonly method: Method; readonly map: ScalarMap } | LabelCalibrator;

export type LabelCalibrator = {
  readonly on: 'labels';
  readonly method: Method;
  readonly labels: readonly string[];
  /** Where the labels are known to have other shares than they were fitted under. */
  readonly prevalence?: Prevalence | undefined;
} & (
  | {
      /** One for each label, or one for labels[1] where there are two. */
      readonly oneVsRest: readonly ScalarMap[];
    }
  | { readonly model: LabelModel }
);

export interface FitOptions {
  readonly method: Method;
  readonly on: CalibrateOn;
  /** Seed of the inner folds of `vector`; 0. */
  readonly seed?: number | undefined;
  /** For `content-free`: (m·K) scores of neutral inputs. */
  readonly neutral?: Float64Array | undefined;
  /** For `batch`: the expected share of each label, in label order, or 'uniform' said in so many words. */
  readonly shares?: readonly number[] | 'uniform' | undefined;
}

export interface Fitted {
  readonly calibrator: Calibrator;
  readonly warnings: readonly Warning[];
}

const SCALAR_METHODS = ['platt', 'isotonic', 'beta', 'histogram', 'slope'] as const;
type ScalarMethod = (typeof SCALAR_METHODS)[number];

const REFUSALS: Partial<Record<`${Method} on ${CalibrateOn}`, string>> = {
  'temperature on confidence':
    'Temperature works on the scores of all labels. For a confidence alone use slope, which is the same for two labels.',
  'bias-temperature on confidence':
    'Bias-temperature needs a score for every label: from the confidence of the winner alone it cannot tell which label is favoured.',
  'vector on confidence':
    'Vector scaling needs a score for every label: from the confidence of the winner alone it cannot tell which label is favoured.',
  'combination on confidence': 'A combination needs a score for every label.',
  'content-free on confidence': 'A content-free correction needs a score for every label.',
  'batch on confidence': 'A batch correction needs a score for every label.',
  'slope on labels': 'Slope rescales a single confidence. For label scores use temperature.',
};

/** Why a method cannot be used on labels or on confidence; null where it can. */
export function refusal(method: Method, on: CalibrateOn): string | null {
  return REFUSALS[`${method} on ${on}`] ?? null;
}

/** True where every calibrated confidence keeps its rank, so that AUROC and AURC cannot change. */
export function isStrictlyMonotone(calibrator: Calibrator): boolean {
  if (calibrator.on !== 'confidence') return false;
  const { map } = calibrator;
  if (map.kind === 'platt') return map.a < 0;
  if (map.kind === 'slope') return true;
  return map.kind === 'beta' && map.a + map.b > 0;
}

/** Fits one calibrator on all rows with a known truth. Throws a UserError where there is no sensible fit. */
export function fitCalibrator(data: PredictionData, options: FitOptions): Fitted {
  const { method, on } = options;
  const reason = refusal(method, on);
  if (reason !== null) throw new UserError('method-refused', reason);
  const known = method === 'content-free' || method === 'batch' ? data : knownRows(data);
  if (on === 'labels') {
    if (known.kind === 'labels') return fitOnLabels(known, options);
    throw new UserError(
      'no-label-scores',
      'This table has no score for every label, so only its confidence can be calibrated (on: confidence).',
    );
  }
  requireRows(known);
  const { logOdds, correct } = confidenceOf(known);
  const sample = { f: logOdds, y: correct, weight: normalisedWeights(known, correct.length) };
  return {
    calibrator: { on, method, map: fitScalar(method, sample) },
    warnings: scalarWarnings(method, sample.y),
  };
}

function requireRows(data: PredictionData): void {
  if (rowCount(data) === 0)
    throw new UserError('no-rows', 'There is no row with a known truth to fit a calibrator on.');
}

function fitOnLabels(data: LabelData, options: FitOptions): Fitted {
  const { method, on } = options;
  const { labels } = data;
  const K = labels.length;
  if (method === 'content-free') {
    const model = fitContentFree(logSoftmax(options.neutral ?? new Float64Array(0), K), K);
    return { calibrator: { on: 'labels', method, labels, model }, warnings: [] };
  }
  requireRows(data);
  if (method === 'batch') {
    const { model, warnings } = fitBatch(data, expectedShares(options.shares, K));
    return { calibrator: { on: 'labels', method, labels, model }, warnings };
  }
  const weight = normalisedWeights(data, data.truth.length);
  if (isScalar(method)) {
    const columns = K === 2 ? [1] : labels.map((_, k) => k);
    const oneVsRest = columns.map((k) =>
      fitScalar(method, {
        f: oneVsRestColumn(data.logProbs, K, k),
        y: Uint8Array.from(data.truth, (truth) => Number(truth === k)),
        weight,
      }),
    );
    const right = confidenceOf(data).correct;
    return {
      calibrator: { on: 'labels', method, labels, oneVsRest },
      warnings: scalarWarnings(method, right),
    };
  }
  if (on !== 'labels') throw new UserError('method-refused', `${method} works on labels.`);
  const z = data.logProbs.map((value) => Math.max(value, SMALLEST_LOG));
  const sample: LabelSample = { labels, K, z, truth: data.truth, weight, group: data.group };
  const model = fitModel(method, sample, data.agreement, options.seed ?? 0);
  return { calibrator: { on: 'labels', method, labels, model }, warnings: [] };
}

function fitModel(
  method: Exclude<Method, ScalarMethod | PriorModel['kind']>,
  sample: LabelSample,
  agreement: Float64Array | undefined,
  seed: number,
): LabelModel {
  switch (method) {
    case 'temperature':
      return fitTemperature(sample);
    case 'bias-temperature':
      return fitBiasTemperature(sample);
    case 'vector':
      return fitVector(sample, seededRandom(seed));
    case 'combination':
      return fitCombination(sample, requireAgreement(agreement));
  }
}

function requireAgreement(agreement: Float64Array | undefined): Float64Array {
  if (agreement !== undefined) return agreement;
  throw new UserError(
    'no-agreement',
    'A combination needs the token probabilities and the agreement of drawn answers of every row: a table with the columns token/… and consistency/…, or a classifier whose method is ensemble.',
  );
}

/** Stands for the logarithm of 0 in fits: e^−745 is the smallest double. */
const SMALLEST_LOG = -745;

function isScalar(method: Method): method is ScalarMethod {
  return (SCALAR_METHODS as readonly Method[]).includes(method);
}

function fitScalar(method: Method, sample: BinarySample): ScalarMap {
  switch (method) {
    case 'platt':
      return fitPlatt(sample);
    case 'isotonic':
      return fitIsotonic(sample);
    case 'beta':
      return fitBeta(sample);
    case 'histogram':
      return fitHistogram(sample);
    case 'slope':
      return fitSlope(sample);
    default:
      throw new UserError('method-refused', `${method} does not work on a single number.`);
  }
}

/** What an explicit fit on few rows should be told: it still saves. */
function scalarWarnings(method: Method, correct: Uint8Array): Warning[] {
  const right = correct.reduce((sum, y) => sum + y, 0);
  const wrong = correct.length - right;
  const few = method === 'isotonic' ? 200 : 20;
  if (right >= few && wrong >= few) return [];
  return [
    {
      code: 'few-outcomes',
      message: `${method} was fitted on ${right} right and ${wrong} wrong rows; it wants at least ${few} of each.`,
    },
  ];
}

function expectedShares(shares: FitOptions['shares'], K: number): readonly number[] {
  if (shares === undefined)
    throw new UserError(
      'shares-needed',
      'A batch correction needs the expected share of each label. Give them, or say that all labels are equally common.',
    );
  return shares === 'uniform' ? new Array<number>(K).fill(1 / K) : shares;
}

/** Calibrated rows: any chunk of a table, its truth known or not. */
export function applyCalibrator(calibrator: Calibrator, data: PredictionData): PredictionData {
  return calibrator.on === 'confidence'
    ? applyToConfidence(calibrator.map, data)
    : applyToLabels(calibrator, data);
}

function applyToConfidence(map: ScalarMap, data: PredictionData): ConfidenceData {
  const { group, weight, split, correct, logOdds } = confidenceOf(data);
  const calibrated = logOdds.map((f) => mapLogOdds(map, f));
  return {
    kind: 'confidence',
    confidence: calibrated.map(sigmoid),
    correct,
    logOdds: calibrated,
    group,
    weight,
    split,
  };
}

function applyToLabels(calibrator: LabelCalibrator, data: PredictionData): LabelData {
  if (data.kind !== 'labels')
    throw new UserError('no-label-scores', 'This calibrator works on label scores, and the table has none.');
  const { labels } = calibrator;
  if (labels.length !== data.labels.length || labels.some((label, k) => label !== data.labels[k]))
    throw new UserError(
      'label-order',
      `The calibrator was fitted on the labels ${labels.join(', ')} in this order; the table has ${data.labels.join(', ')}.`,
    );
  const logProbs =
    'model' in calibrator
      ? applyModel(calibrator.model, data, labels.length)
      : applyOneVsRest(calibrator.oneVsRest, data.logProbs, labels.length);
  const { prevalence } = calibrator;
  if (prevalence === undefined) return { ...data, logProbs };
  const shifted = shiftPrevalence(logProbs, prevalence.fitted, prevalence.deployed);
  return { ...data, logProbs: logSoftmax(shifted, labels.length) };
}

function applyModel(
  model: LabelModel,
  { logProbs: z, agreement }: Pick<LabelData, 'logProbs' | 'agreement'>,
  K: number,
): Float64Array {
  switch (model.kind) {
    case 'temperature':
      return logSoftmax(
        z.map((value) => scaled(model.beta, value)),
        K,
      );
    case 'bias-temperature':
      return logSoftmax(
        z.map((value, i) => scaled(model.beta, value) + (model.bias[i % K] ?? 0)),
        K,
      );
    case 'vector':
      return logSoftmax(
        z.map((value, i) => scaled(model.scale[i % K] ?? 1, value) + (model.bias[i % K] ?? 0)),
        K,
      );
    case 'combination': {
      const a = requireAgreement(agreement);
      return logSoftmax(
        z.map(
          (value, i) =>
            scaled(model.tokenWeight, value) +
            scaled(model.agreementWeight, a[i] ?? 0) +
            (model.bias[i % K] ?? 0),
        ),
        K,
      );
    }
    case 'content-free':
    case 'batch':
      return logSoftmax(
        z.map((value, i) => value + (model.bias[i % K] ?? 0)),
        K,
      );
  }
}

/** scale · z with z kept finite, so that a scale of 0 or below does not meet −Infinity. */
function scaled(scale: number, z: number): number {
  return scale * clamp(z, SMALLEST_LOG, 0);
}

/**
 * One-vs-rest probabilities renormalised over the labels (Zadrozny & Elkan 2002, §4), in logs. A row in which every
 * label got 0 tells nothing and becomes uniform.
 */
function applyOneVsRest(maps: readonly ScalarMap[], z: Float64Array, K: number): Float64Array {
  const out = new Float64Array(z.length);
  const [single] = maps;
  if (K === 2 && single !== undefined) {
    const f = oneVsRestColumn(z, K, 1);
    for (let i = 0; i < f.length; i++) {
      const u = mapLogOdds(single, f[i] ?? 0);
      out[2 * i] = -softplus(u);
      out[2 * i + 1] = -softplus(-u);
    }
    return out;
  }
  maps.forEach((map, k) => {
    const f = oneVsRestColumn(z, K, k);
    for (let i = 0; i < f.length; i++) out[i * K + k] = -softplus(-mapLogOdds(map, f[i] ?? 0));
  });
  for (let at = 0; at < out.length; at += K) {
    if (out.subarray(at, at + K).every((value) => value === -Infinity)) out.fill(0, at, at + K);
  }
  return logSoftmax(out, K);
}

export function mapLogOdds(map: ScalarMap, f: number): number {
  switch (map.kind) {
    case 'platt':
      return plattLogOdds(map, f);
    case 'isotonic':
      return isotonicLogOdds(map, f);
    case 'beta':
      return betaLogOdds(map, f);
    case 'histogram':
      return histogramLogOdds(map, f);
    case 'slope':
      return slopeLogOdds(map, f);
  }
}

/** Free parameters of a fitted calibrator: how simple it is. */
export function parameterCount(calibrator: Calibrator): number {
  if (calibrator.on === 'confidence') return scalarParameters(calibrator.map);
  if ('oneVsRest' in calibrator)
    return calibrator.oneVsRest.reduce((sum, map) => sum + scalarParameters(map), 0);
  const K = calibrator.labels.length;
  switch (calibrator.model.kind) {
    case 'temperature':
      return 1;
    case 'bias-temperature':
      return K;
    case 'vector':
      return 2 * K - 1;
    case 'combination':
      return K + 1;
    case 'content-free':
    case 'batch':
      return K - 1;
  }
}

function scalarParameters(map: ScalarMap): number {
  switch (map.kind) {
    case 'slope':
      return 1;
    case 'platt':
      return 2;
    case 'beta':
      return 3;
    case 'histogram':
      return map.values.length + map.edges.length;
    case 'isotonic':
      return map.x.length;
  }
}
