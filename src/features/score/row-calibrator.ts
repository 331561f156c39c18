/** What the rows of a table are calibrated with: refused, with the reason, before the first of them is written. */
import { fitOf, labelNames, targetOf } from '../../core/calibration/compatibility';
import type { Classifier } from '../../core/classifier/definition';
import type { Bucket } from '../../core/decisions/buckets';
import type { ScoredBy } from '../../core/scoring/score-parts';
import { UserError } from '../../core/user-error';
import { promptSha256 } from '../../store/prompt-hash';
import { type CopyOptions, copyOfScores } from '../../store/tables/write-calibrated';
import {
  bindingTo,
  CalibratorError,
  type Calibrators,
  fitError,
  type NamedCalibrator,
} from '../../workspace/calibrators';
import type { UsableClassifier } from '../../workspace/classifiers';
import type { RowSource } from './row-source';

export interface RowCalibrator {
  readonly named: NamedCalibrator;
  readonly copy: CopyOptions;
}

/**
 * The calibrator that a classifier names, as far as it can be judged before there is a score.
 *
 * @throws CalibratorError as `Calibrators.checked`; calibrator-combination
 */
export async function rowCalibrator(
  calibrators: Calibrators,
  entry: UsableClassifier,
  buckets: readonly Bucket[],
): Promise<RowCalibrator | undefined> {
  const named = await calibrators.checked(entry);
  if (named === undefined) return undefined;
  try {
    return { named, copy: copyOfScores(named, buckets) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const found = { classifier: entry.classifier.name, uri: named.uri };
    throw new CalibratorError(error.code, error.message, found, { cause: error });
  }
}

/**
 * Judges it by one score of the rows' source.
 *
 * @returns what is doubtful, in sentences
 * @throws CalibratorError calibrator-mismatch, calibrator-unbound
 */
export function doubtsAbout(
  { named }: RowCalibrator,
  classifier: Classifier,
  { model, backend }: RowSource,
  score: ScoredBy,
): readonly string[] {
  const origin = { model, promptSha256: promptSha256(classifier), backend };
  const fit = fitOf(named.saved, targetOf(origin, labelNames(classifier), score));
  const error = fitError(fit, named, classifier.name, bindingTo(origin, score));
  if (error !== undefined) throw error;
  return fit.kind === 'fits' ? fit.warnings : [fit.reason];
}
