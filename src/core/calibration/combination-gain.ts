import { UserError } from '../user-error';
import { type ComparedCalibrator, crossFitted } from './compare-calibrators';
import { type Partition, partition } from './cross-fit';
import { knownRows } from '../model/rows';
import { recommend } from './recommend';
import type { PredictionData, Warning } from '../model/predictions';
import type { EvaluateOptions } from '../model/evaluation';

export interface CombinationGain {
  /** Whether the combination is better than the token probability alone by more than the error of that difference. */
  readonly beats: boolean;
  readonly message: string;
}

/**
 * What sampling answers adds: the combination against bias-temperature on the token probabilities alone, which is the
 * combination with no weight on the agreement. Cross-fitted NLL on the same rows, beyond one paired standard error.
 *
 * @param data with `agreement`
 */
export function combinationGain(data: PredictionData, seed: number): CombinationGain {
  const { candidates, reason } = recommend(data, {
    on: 'labels',
    methods: ['bias-temperature', 'combination'],
    seed,
  });
  const token = candidates.find(({ method }) => method === 'bias-temperature');
  const both = candidates.find(({ method }) => method === 'combination');
  if (token === undefined || both === undefined)
    return {
      beats: false,
      message: `It is unknown whether the combination beats the token probability alone. ${reason}`,
    };
  const figures = `cross-fitted NLL ${both.nll.toFixed(4)} against ${token.nll.toFixed(4)} of bias-temperature on token probabilities`;
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

/** The cross-fitted combination, or why there is none. */
export type ComparedCombination =
  | (ComparedCalibrator & {
      /** How the rows were scored. */
      readonly split: Pick<Partition, 'source' | 'count'>;
      readonly gain: CombinationGain;
    })
  | { readonly reason: string };

/**
 * The numbers that `calibrate --method combination` reports for unseen rows, and what sampling answers adds.
 *
 * @param data with `agreement`
 */
export function compareCombination(
  data: PredictionData,
  options: Omit<EvaluateOptions, 'folds'>,
): ComparedCombination {
  const seed = options.seed ?? 0;
  try {
    const known = knownRows(data);
    const split = partition(known, seed);
    return {
      ...crossFitted(known, 'combination', split, { ...options, on: 'labels' }),
      split,
      gain: combinationGain(data, seed),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { reason: error.message };
  }
}
