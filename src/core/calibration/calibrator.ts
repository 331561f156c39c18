/**
 * Fits and applies any calibrator; each one is defined in `calibrators/`. Pure and
 * synchronous: the same seed gives the same numbers.
 */
import { UserError } from '../user-error';
import { confidenceOf, knownRows, normalisedWeights, rescored, rowCount } from '../model/rows';
import { type Prevalence, shiftPrevalence } from '../model/label-shares';
import { logSoftmax, oneVsRestColumn, sigmoid, softplus, trusted } from '../model/numeric';
import type { CalibrateOn, ConfidenceData, LabelData, PredictionData, Warning } from '../model/predictions';
import type { Given, LabelKind, ScalarKind } from './calibrator-kind';
import {
  CALIBRATOR_IDS,
  calibratorKind,
  type CalibratorId,
  labelKind,
  type LabelModel,
  refusal,
  scalarKind,
  type ScalarMap,
} from './registry';

/** A fitted calibrator: plain data, ready for JSON. */
export type Calibrator =
  { readonly on: 'confidence'; readonly method: CalibratorId; readonly map: ScalarMap } | LabelCalibrator;

export type LabelCalibrator = {
  readonly on: 'labels';
  readonly method: CalibratorId;
  readonly labels: readonly string[];
  /** Present if the label shares in use differ from those of the fit. */
  readonly prevalence?: Prevalence | undefined;
} & (
  | {
      /** One for each label, or one for labels[1] where there are two. */
      readonly oneVsRest: readonly ScalarMap[];
    }
  | { readonly model: LabelModel }
);

export interface FitOptions extends Given {
  readonly method: CalibratorId;
  readonly on: CalibrateOn;
}

export interface Fitted {
  readonly calibrator: Calibrator;
  readonly warnings: readonly Warning[];
}

/** True where every calibrated confidence keeps its rank, so that AUROC and AURC cannot change. */
export function isStrictlyMonotone(calibrator: Calibrator): boolean {
  return calibrator.on === 'confidence' && scalarKind(calibrator.map).monotone(calibrator.map);
}

/**
 * Fits one calibrator on all rows that it may be fitted on.
 *
 * @throws UserError method-refused, no-label-scores, no-rows, and what the fit itself throws if there is no sensible fit
 */
export function fitCalibrator(data: PredictionData, options: FitOptions): Fitted {
  const { method, on } = options;
  const reason = refusal(method, on);
  if (reason !== null) throw new UserError('method-refused', reason);
  const kind = calibratorKind(method);
  if (on === 'confidence' && kind.shape === 'scalar') return fitOnConfidence(kind, data);
  if (data.kind !== 'labels')
    throw new UserError(
      'no-label-scores',
      'This table has no score for every label, so only its confidence can be calibrated (on: confidence).',
      { data: { instead: 'confidence' } },
    );
  return kind.shape === 'scalar' ? fitOneVsRest(kind, data) : fitModel(kind, data, options);
}

function fitOnConfidence(kind: ScalarKind<ScalarMap>, data: PredictionData): Fitted {
  const known = knownRows(data);
  requireRows(known);
  const { logOdds, correct } = confidenceOf(known);
  const map = kind.fit({ f: logOdds, y: correct, weight: normalisedWeights(known, correct.length) });
  return {
    calibrator: { on: 'confidence', method: kind.id, map },
    warnings: fewOutcomes(kind, correct),
  };
}

/** Each label against the rest; of two labels only the second, which determines the first. */
function fitOneVsRest(kind: ScalarKind<ScalarMap>, data: LabelData): Fitted {
  const known = knownRows(data);
  requireRows(known);
  const { labels, logProbs, truth } = known;
  const K = labels.length;
  const weight = normalisedWeights(known, truth.length);
  const columns = K === 2 ? [1] : labels.map((_, k) => k);
  const oneVsRest = columns.map((k) =>
    kind.fit({
      f: oneVsRestColumn(logProbs, K, k),
      y: Uint8Array.from(truth, (label) => Number(label === k)),
      weight,
    }),
  );
  return {
    calibrator: { on: 'labels', method: kind.id, labels, oneVsRest },
    warnings: fewOutcomes(kind, confidenceOf(known).correct),
  };
}

function fitModel(kind: LabelKind<LabelModel>, data: LabelData, given: Given): Fitted {
  const rows = kind.rows === 'labelled' ? knownRows(data) : data;
  if (kind.rows !== 'none') requireRows(rows);
  const model = kind.fit(rows, given);
  return {
    calibrator: { on: 'labels', method: kind.id, labels: rows.labels, model },
    warnings: kind.warnings?.(model) ?? [],
  };
}

/** A calibrator that leaves every score of a table as it is. */
export function identityCalibrator(data: PredictionData, on: CalibrateOn): Calibrator {
  for (const id of CALIBRATOR_IDS) {
    const kind = calibratorKind(id);
    if (kind.identity === undefined) continue;
    if (on === 'labels' && data.kind === 'labels') {
      const { labels } = data;
      if (kind.shape === 'labels') return { on, method: id, labels, model: kind.identity(labels.length) };
    } else if (kind.shape === 'scalar') return { on: 'confidence', method: id, map: kind.identity() };
  }
  throw new Error('The registry lists no calibrator that can change nothing.');
}

function requireRows(data: PredictionData): void {
  if (rowCount(data) === 0)
    throw new UserError('no-rows', 'There is no row with a known truth to fit a calibrator on.');
}

/** A warning about an explicit fit on few rows, which is saved nevertheless. */
function fewOutcomes({ id, fewestOutcomes }: ScalarKind<ScalarMap>, correct: Uint8Array): Warning[] {
  const right = correct.reduce((sum, y) => sum + y, 0);
  const wrong = correct.length - right;
  if (right >= fewestOutcomes && wrong >= fewestOutcomes) return [];
  return [
    {
      code: 'few-outcomes',
      message: `${id} was fitted on ${right} correct and ${wrong} wrong rows; it needs at least ${fewestOutcomes} of each.`,
    },
  ];
}

/** Calibrates rows: any chunk of a table, with known or unknown truth. */
export function applyCalibrator(calibrator: Calibrator, data: PredictionData): PredictionData {
  return calibrator.on === 'confidence'
    ? applyToConfidence(calibrator.map, data)
    : applyToLabels(calibrator, data);
}

function applyToConfidence(map: ScalarMap, data: PredictionData): ConfidenceData {
  const { group, weight, split, correct, logOdds } = confidenceOf(data);
  const kind = scalarKind(map);
  const calibrated = logOdds.map((f) => kind.apply(map, f));
  return {
    kind: 'confidence',
    confidence: calibrated.map((f) => trusted(sigmoid(f))),
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
  if (prevalence === undefined) return rescored(data, logProbs);
  const shifted = shiftPrevalence(logProbs, prevalence.fitted, prevalence.deployed);
  return rescored(data, logSoftmax(shifted, labels.length));
}

function applyModel(model: LabelModel, data: LabelData, K: number): Float64Array {
  return logSoftmax(labelKind(model).apply(model, data, K), K);
}

/**
 * One-vs-rest probabilities renormalised over the labels (Zadrozny & Elkan 2002, §4), in logs. A row in which every
 * label got 0 tells nothing and becomes uniform.
 */
function applyOneVsRest(maps: readonly ScalarMap[], z: Float64Array, K: number): Float64Array {
  const out = new Float64Array(z.length);
  const [single] = maps;
  if (K === 2 && single !== undefined) {
    const kind = scalarKind(single);
    const f = oneVsRestColumn(z, K, 1);
    for (let i = 0; i < f.length; i++) {
      const u = kind.apply(single, f[i] ?? 0);
      out[2 * i] = -softplus(u);
      out[2 * i + 1] = -softplus(-u);
    }
    return out;
  }
  maps.forEach((map, k) => {
    const kind = scalarKind(map);
    const f = oneVsRestColumn(z, K, k);
    for (let i = 0; i < f.length; i++) out[i * K + k] = -softplus(-kind.apply(map, f[i] ?? 0));
  });
  for (let at = 0; at < out.length; at += K) {
    if (out.subarray(at, at + K).every((value) => value === -Infinity)) out.fill(0, at, at + K);
  }
  return logSoftmax(out, K);
}

/** Free parameters of a fitted calibrator: how simple it is. */
export function parameterCount(calibrator: Calibrator): number {
  if (calibrator.on === 'confidence') return scalarParameters(calibrator.map);
  if ('oneVsRest' in calibrator)
    return calibrator.oneVsRest.reduce((sum, map) => sum + scalarParameters(map), 0);
  const { model, labels } = calibrator;
  return labelKind(model).parameters(model, labels.length);
}

function scalarParameters(map: ScalarMap): number {
  return scalarKind(map).parameters(map);
}
