/**
 * The one list of calibrators: whatever offers, names, checks or compares them reads it. A new calibrator is a file in
 * `calibrators/` and its line here.
 */
import type { CalibrateOn } from '../model/predictions';
import type { LabelKind, Need, ScalarKind } from './calibrator-kind';
import { beta } from './calibrators/beta';
import { biasTemperature } from './calibrators/bias-temperature';
import { combination } from './calibrators/combination';
import { histogram } from './calibrators/histogram';
import { isotonic } from './calibrators/isotonic';
import { platt } from './calibrators/platt';
import { priorBatch } from './calibrators/prior-batch';
import { priorContentFree } from './calibrators/prior-content-free';
import { slope } from './calibrators/slope';
import { temperature } from './calibrators/temperature';
import { vector } from './calibrators/vector';

/** By id, in the order in which they are compared and listed. */
export const CALIBRATORS = {
  [temperature.id]: temperature,
  [slope.id]: slope,
  [platt.id]: platt,
  [biasTemperature.id]: biasTemperature,
  [beta.id]: beta,
  [vector.id]: vector,
  [histogram.id]: histogram,
  [isotonic.id]: isotonic,
  [combination.id]: combination,
  [priorBatch.id]: priorBatch,
  [priorContentFree.id]: priorContentFree,
} as const;

type Listed = (typeof CALIBRATORS)[keyof typeof CALIBRATORS];

/** Names a calibrator on the command line, in files and in messages between the parts of this program. */
export type CalibratorId = Listed['id'];
/** A fit of one number: log-odds in, log-odds out. */
export type ScalarMap = ReturnType<Extract<Listed, { readonly shape: 'scalar' }>['fit']>;
/** A fit of all label scores together. */
export type LabelModel = ReturnType<Extract<Listed, { readonly shape: 'labels' }>['fit']>;
export type CalibratorKind = ScalarKind<ScalarMap> | LabelKind<LabelModel>;

export const CALIBRATOR_IDS: readonly CalibratorId[] = Object.values(CALIBRATORS).map(({ id }) => id);

/** Those that need only rows with a known truth: the candidates in every comparison. */
export const CANDIDATE_IDS: readonly CalibratorId[] = CALIBRATOR_IDS.filter(
  (id) => CALIBRATORS[id].needs === null,
);

export function calibratorKind(id: CalibratorId): CalibratorKind {
  return CALIBRATORS[id];
}

/** The calibrator that made a fit. */
export function scalarKind({ kind }: Pick<ScalarMap, 'kind'>): ScalarKind<ScalarMap> {
  return CALIBRATORS[kind];
}

/** The calibrator that made a fit. */
export function labelKind({ kind }: Pick<LabelModel, 'kind'>): LabelKind<LabelModel> {
  return CALIBRATORS[kind];
}

/** Whether a calibrator needs this besides its rows. */
export function needs(id: CalibratorId, what: Need['what']): boolean {
  return CALIBRATORS[id].needs?.what === what;
}

export function idsThatNeed(what: Need['what']): CalibratorId[] {
  return CALIBRATOR_IDS.filter((id) => needs(id, what));
}

/** What a calibrator must be better than, so that what it needs is worth its cost. */
export function baselineOf(id: CalibratorId): CalibratorId | 'raw' {
  const kind = CALIBRATORS[id];
  return 'comparedWith' in kind ? kind.comparedWith : 'raw';
}

/** Why a calibrator cannot be used on labels or on confidence, in a sentence; null if it can. */
export function refusal(id: CalibratorId, on: CalibrateOn): string | null {
  const allowed: true | string = CALIBRATORS[id].on[on];
  return allowed === true ? null : allowed;
}
