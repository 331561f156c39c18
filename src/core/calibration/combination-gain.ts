import { UserError } from '../user-error';
import { type ComparedCalibrator, crossFitted } from './compare-calibrators';
import { type Partition, partition } from './cross-fit';
import { knownRows } from '../model/rows';
import { recommend } from './recommend';
import { baselineOf, type CalibratorId } from './registry';
import type { PredictionData, Warning } from '../model/predictions';
import type { EvaluateOptions } from '../model/evaluation';

export interface CombinationGain {
  /** Whether the combination is better than the token probability alone by more than the error of that difference. */
  readonly beats: boolean;
  readonly message: string;
}

/**
 * What sampling answers adds: a calibrator that needs the agreement against the one without it on the token
 * probabilities alone. Cross-fitted NLL on the same rows, beyond one paired standard error.
 *
 * @param data with `agreement`
 * @param method a calibrator that needs it
 */
export function combinationGain(data: PredictionData, method: CalibratorId, seed: number): CombinationGain {
  const baseline = baselineOf(method);
  const methods = baseline === 'raw' ? [method] : [baseline, method];
  const { candidates, reason } = recommend(data, { on: 'labels', methods, seed });
  const token = candidates.find((candidate) => candidate.method === baseline);
  const both = candidates.find((candidate) => candidate.method === method);
  if (token === undefined || both === undefined)
    return {
      beats: false,
      message: `It is unknown whether the combination beats the token probability alone. ${reason}`,
    };
  const figures = `cross-fitted NLL ${both.nll.toFixed(4)} against ${token.nll.toFixed(4)} of ${baseline} on token probabilities`;
  const beats = both.nll < token.nll && !token.withinOneSe;
  return {
    beats,
    message: beats
      ? `The combination beats the token probability alone: ${figures}, more than one paired standard error apart.`
      : `The combination does not beat the token probability alone: ${figures}. Sampling answers costs more, and this table shows no gain from it.`,
  };
}

/** The warning that is saved with a combination that does not beat the token probability. */
export function gainWarnings({ beats, message }: CombinationGain): Warning[] {
  return beats ? [] : [{ code: 'combination-gain', message }];
}

/** The cross-fitted calibrator of both, or why there is none. */
export type ComparedCombination =
  | (ComparedCalibrator & {
      /** How the rows were scored. */
      readonly split: Pick<Partition, 'source' | 'count'>;
      readonly gain: CombinationGain;
    })
  | { readonly reason: string };

/**
 * The numbers that `calibrate` reports for unseen rows of a calibrator that needs the agreement, and what sampling
 * answers adds.
 *
 * @param data with `agreement`
 */
export function compareCombination(
  data: PredictionData,
  method: CalibratorId,
  options: Omit<EvaluateOptions, 'folds'>,
): ComparedCombination {
  const seed = options.seed ?? 0;
  try {
    const known = knownRows(data);
    const split = partition(known, seed);
    return {
      ...crossFitted(known, method, split, { ...options, on: 'labels' }),
      split,
      gain: combinationGain(data, method, seed),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { reason: error.message };
  }
}
