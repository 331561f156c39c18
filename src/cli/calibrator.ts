/** The calibrator of a session: the one that the classifier names, unless the person says otherwise. */
import path from 'node:path';
import { type CalibratedScore, calibratedScore } from '../core/calibration/calibrated-score';
import { fitOf, labelNames, type ScoreOrigin, targetOf } from '../core/calibration/compatibility';
import type { Warning } from '../core/model/predictions';
import type { Classifier } from '../core/classifier/definition';
import type { Bucket } from '../core/decisions/buckets';
import type { Score } from '../core/scoring/score';
import type { ScoredBy } from '../core/scoring/score-parts';
import { UserError } from '../core/user-error';
import { calibratorFile, type LoadedCalibrator, loadCalibrator } from '../store/calibrators';
import type { FoundClassifier } from '../store/classifiers';
import { usageError } from './command';

/** For node:util parseArgs. */
export const CALIBRATOR_OPTIONS = {
  calibrator: { type: 'string' },
  'no-calibrator': { type: 'boolean', default: false },
} as const;

export const CALIBRATOR_USAGE = `  --calibrator FILE       calibrate with this one (default: the one that the classifier names)
  --no-calibrator         raw scores, whatever the classifier names`;

export interface CalibratorValues {
  readonly calibrator?: string | undefined;
  readonly 'no-calibrator': boolean;
}

/** @throws UserError no-file, calibrator-not-json, calibrator-newer, calibrator-invalid, bad-name, each with a way out */
export async function chooseCalibrator(
  values: CalibratorValues,
  { classifier, workspace }: FoundClassifier,
): Promise<LoadedCalibrator | undefined> {
  if (values['no-calibrator']) {
    if (values.calibrator !== undefined)
      throw usageError('--calibrator and --no-calibrator exclude each other.');
    return undefined;
  }
  if (values.calibrator !== undefined) return loadCalibrator(values.calibrator);
  if (classifier.calibrator === undefined) return undefined;
  try {
    return await loadCalibrator(calibratorFile(workspace, classifier.calibrator));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.code,
      `The classifier ${classifier.name} names the calibrator "${classifier.calibrator}". ${error.message} ${WAYS_OUT}`,
      { cause: error },
    );
  }
}

const WAYS_OUT = 'Name another one with --calibrator FILE, or leave it out with --no-calibrator.';

/** A calibrator that does not belong to other scores than those of a session, as far as that is known. */
export interface ScoreCalibrator extends LoadedCalibrator {
  /**
   * What is doubtful, now that there is a score.
   *
   * @throws UserError calibrator-mismatch: the score was made by another method than those that it was fitted on
   */
  check(score: ScoredBy): readonly Warning[];
  calibrated(score: Score, buckets: readonly Bucket[]): CalibratedScore;
}

/** @throws UserError calibrator-mismatch: it was fitted on another model, prompt or label order */
export function scoreCalibrator(
  loaded: LoadedCalibrator | undefined,
  classifier: Classifier,
  origin: ScoreOrigin,
): ScoreCalibrator | undefined {
  if (loaded === undefined) return undefined;
  const { saved, file } = loaded;
  const names = labelNames(classifier);
  const check = (score: ScoredBy | undefined): Warning[] => {
    const fit = fitOf(saved, targetOf(origin, names, score));
    switch (fit.kind) {
      case 'refused':
        throw new UserError(
          'calibrator-mismatch',
          `${path.basename(file)} may not be used with the classifier ${classifier.name}. ${fit.reason} ${WAYS_OUT}`,
        );
      case 'fits':
        return fit.warnings.map((message) => ({ code: 'calibrator-origin', message }));
      case 'unbound':
      case 'unknown':
        return [{ code: 'calibrator-binding', message: fit.reason }];
    }
  };
  check(undefined);
  return {
    ...loaded,
    check,
    calibrated: (score, buckets) => calibratedScore(score, saved.calibrator, buckets),
  };
}
