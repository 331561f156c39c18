/** The calibrator of a session: the one that the classifier names, unless an option names another or none. */
import path from 'node:path';
import {
  calibratorOf,
  ClassifierCalibrator,
  labelCalibratorsOf,
  LabelCalibrators,
  namedCalibrator,
  type ScoreCalibrator,
} from '../app/classifier-calibrator';
import { calibratorFolder, loadCalibrator, type LoadedCalibrator } from '../store/calibrators';
import type { FoundClassifier } from '../store/classifiers';
import { usageError } from './command';

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
 * @throws UserError as `calibratorOf` and `loadCalibrator`
 */
export async function calibratorFromOptions(
  values: CalibratorValues,
  { classifier, workspace }: FoundClassifier,
): Promise<ScoreCalibrator | undefined> {
  if (values['no-calibrator']) {
    if (values.calibrator !== undefined)
      throw usageError('Use either --calibrator or --no-calibrator, not both.');
    return undefined;
  }
  const load = (name: string): Promise<LoadedCalibrator> =>
    loadCalibrator(path.join(calibratorFolder(workspace), name));
  const loaded = await (values.calibrator === undefined
    ? calibratorOf(classifier, load)
    : loadCalibrator(values.calibrator));
  const each: ReadonlyMap<string, LoadedCalibrator> =
    loaded === undefined
      ? await labelCalibratorsOf(classifier, load)
      : new Map(
          classifier.labels
            .filter(({ name }) => name.trim() === loaded.saved.label)
            .map(({ name }) => [name, loaded]),
        );
  if (each.size > 0) {
    const named = Array.from(each, ([label, own]) => [label, namedCalibrator(own, own.file)] as const);
    return new LabelCalibrators(new Map(named), classifier, 'warn');
  }
  return loaded && new ClassifierCalibrator(namedCalibrator(loaded, loaded.file), classifier, 'warn');
}
