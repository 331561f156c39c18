/** The calibrator of a session: the one that the classifier names, unless an option names another or none. */
import { ClassifierCalibrator, namedCalibrator } from '../app/classifier-calibrator';
import type { Classifier } from '../core/classifier/definition';
import { UserError } from '../core/user-error';
import { calibratorFile, type LoadedCalibrator, loadCalibrator } from '../store/calibrators';
import type { FoundClassifier } from '../store/classifiers';
import { usageError } from './command';
import { OTHER_CALIBRATOR } from './remedies';

/** For node:util parseArgs. */
export const CALIBRATOR_OPTIONS = {
  calibrator: { type: 'string' },
  'no-calibrator': { type: 'boolean', default: false },
} as const;

export const CALIBRATOR_USAGE = `  --calibrator FILE       the calibrator to use (default: the one that the classifier names)
  --no-calibrator         show raw scores, even if the classifier names a calibrator`;

export interface CalibratorValues {
  readonly calibrator?: string | undefined;
  readonly 'no-calibrator': boolean;
}

/**
 * @param classifier with the confidence method of the session
 * @throws UserError no-file, calibrator-not-json, calibrator-newer, calibrator-invalid, bad-name, each with a way out
 */
export async function calibratorFromOptions(
  values: CalibratorValues,
  { classifier, workspace }: FoundClassifier,
): Promise<ClassifierCalibrator | undefined> {
  if (values['no-calibrator']) {
    if (values.calibrator !== undefined)
      throw usageError('Use either --calibrator or --no-calibrator, not both.');
    return undefined;
  }
  const loaded = await (values.calibrator === undefined
    ? ofClassifier(classifier, workspace)
    : loadCalibrator(values.calibrator));
  return loaded && new ClassifierCalibrator(namedCalibrator(loaded, loaded.file), classifier, 'warn');
}

async function ofClassifier(
  classifier: Classifier,
  workspace: string,
): Promise<LoadedCalibrator | undefined> {
  if (classifier.calibrator === undefined) return undefined;
  try {
    return await loadCalibrator(calibratorFile(workspace, classifier.calibrator));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.code,
      `The classifier ${classifier.name} names the calibrator "${classifier.calibrator}". ${error.message} ${OTHER_CALIBRATOR}`,
      { cause: error },
    );
  }
}
