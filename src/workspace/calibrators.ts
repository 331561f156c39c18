/** The calibrators that classifier files name: read, watched, and put on scores. */
import * as vscode from 'vscode';
import {
  calibratedBy,
  calibratedScore,
  type CalibratedBy,
  type Calibration,
} from '../core/calibration/calibrated-score';
import { type Fit, fitOf, labelNames, type ScoreOrigin, targetOf } from '../core/calibration/compatibility';
import type { Classifier } from '../core/classifier/definition';
import type { Bucket } from '../core/decisions/buckets';
import type { Score } from '../core/scoring/score';
import { type ScoredBy, scoringOf } from '../core/scoring/score-parts';
import { UserError } from '../core/user-error';
import { calibratorFileName, calibratorFrom, type LoadedCalibrator } from '../store/calibrators';
import { promptSha256 } from '../store/prompt-hash';
import type { UsableClassifier } from './classifiers';
import { JsonFolders } from './json-folders';
import type { Scoring } from './scoring';
import type { Binding } from '../core/model/binding';

export const CALIBRATOR_FOLDER = '.prompt-confidence/calibrators';

/** A calibrator that can be read; whether it belongs to a classifier is another question. */
export interface NamedCalibrator extends LoadedCalibrator {
  readonly uri: vscode.Uri;
  readonly by: CalibratedBy;
}

/** A calibrator that a classifier names and that cannot be used: what is known, for the actions that mend it. */
export class CalibratorError extends UserError {
  constructor(
    code: string,
    message: string,
    readonly found: {
      readonly classifier: string;
      /** Its file, which need not exist; undefined where the name can name none. */
      readonly uri: vscode.Uri | undefined;
      /** Of a calibrator that is bound to nothing: what the person may bind it to. */
      readonly binding?: Binding | undefined;
    },
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

export class Calibrators implements vscode.Disposable {
  private readonly folders = new JsonFolders(CALIBRATOR_FOLDER);

  /** Fires when a calibrator file changed. */
  readonly onDidChange = this.folders.onDidChange;

  /**
   * What a classifier names, read anew every time: what was saved a moment ago must count before the watcher tells of
   * it. Classifier files of an untrusted workspace are left alone, and so nothing there names a calibrator.
   *
   * @throws CalibratorError bad-name, calibrator-missing, calibrator-unreadable and all of `parseSavedCalibrator`
   */
  async of(entry: UsableClassifier): Promise<NamedCalibrator | undefined> {
    const { classifier } = entry;
    const name = classifier.calibrator;
    if (entry.kind === 'builtin' || name === undefined) return undefined;
    let uri: vscode.Uri | undefined;
    try {
      uri = vscode.Uri.joinPath(entry.uri, '..', '..', 'calibrators', calibratorFileName(name));
      this.folders.willRead(vscode.Uri.joinPath(uri, '..'));
      return await readCalibrator(uri);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new CalibratorError(
        error.code,
        `The classifier ${classifier.name} names the calibrator "${name}". ${error.message}`,
        { classifier: classifier.name, uri },
        { cause: error },
      );
    }
  }

  /**
   * As `of`, and refused where it is known to belong to another prompt or labels.
   *
   * @throws CalibratorError as `of`; calibrator-mismatch
   */
  async checked(entry: UsableClassifier): Promise<NamedCalibrator | undefined> {
    const named = await this.of(entry);
    if (named === undefined) return undefined;
    const { classifier } = entry;
    const fit = fitOfClassifier(named, classifier, { promptSha256: promptSha256(classifier) });
    const error = fitError(fit, named, classifier.name, undefined);
    if (error !== undefined) throw error;
    return named;
  }

  /** Those of a folder that can be read, by name. */
  async list(folder: vscode.Uri): Promise<NamedCalibrator[]> {
    const location = vscode.Uri.joinPath(folder, CALIBRATOR_FOLDER);
    this.folders.willRead(location);
    let names: [string, vscode.FileType][];
    try {
      names = await vscode.workspace.fs.readDirectory(location);
    } catch {
      return []; // most folders have none
    }
    const files = names
      .map(([name]) => name)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    const read = await Promise.all(
      files.sort().map((name) =>
        readCalibrator(vscode.Uri.joinPath(location, name)).catch((error: unknown) => {
          if (error instanceof UserError) return undefined; // told apart where it is used
          throw error;
        }),
      ),
    );
    return read.filter((found) => found !== undefined);
  }

  dispose(): void {
    this.folders.dispose();
  }
}

/** @throws UserError calibrator-missing, calibrator-unreadable and all of `parseSavedCalibrator` */
export async function readCalibrator(uri: vscode.Uri): Promise<NamedCalibrator> {
  const file = vscode.workspace.asRelativePath(uri);
  let bytes: Uint8Array;
  try {
    bytes = await vscode.workspace.fs.readFile(uri);
  } catch (error) {
    const isMissing = error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
    throw isMissing
      ? new UserError('calibrator-missing', `There is no file ${file}.`, { cause: error })
      : new UserError('calibrator-unreadable', `${file} cannot be read: ${String(error)}`, { cause: error });
  }
  try {
    const loaded = calibratorFrom(uri.fsPath, bytes);
    const name = (uri.path.split('/').at(-1) ?? '').replace(/\.json$/, '');
    return { uri, by: calibratedBy(name, file, loaded.saved), ...loaded };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

/** What is known of a classifier's scores before there is one, without reading a model file or asking a server. */
export async function originBefore(
  scoring: Pick<Scoring, 'modelFor'>,
  classifier: Classifier,
): Promise<Partial<ScoreOrigin>> {
  const prompt = { promptSha256: promptSha256(classifier) };
  if (classifier.source.kind !== 'engine') return prompt;
  const model = await scoring.modelFor(classifier).catch((error: unknown) => {
    if (error instanceof UserError) return undefined; // there is none to compare with
    throw error;
  });
  if (model?.sha256 === undefined) return prompt;
  return { ...prompt, model: { kind: 'file', name: model.file, sha256: model.sha256 } };
}

/** Whether a calibrator belongs to a classifier, as far as it is known before there is a score. */
export function fitOfClassifier(
  { saved }: NamedCalibrator,
  classifier: Classifier,
  origin: Partial<ScoreOrigin>,
): Fit {
  return fitOf(saved, targetOf(origin, labelNames(classifier), undefined));
}

/**
 * The error that says why a calibrator is not used; undefined where it is, or where that is not known yet.
 *
 * @param binding what an unbound calibrator may be bound to; undefined before there is a score: then it is no reason
 */
export function fitError(
  fit: Fit,
  { uri, by }: NamedCalibrator,
  classifier: string,
  binding: Binding | undefined,
): CalibratorError | undefined {
  if (fit.kind === 'refused')
    return new CalibratorError(
      'calibrator-mismatch',
      `The calibrator ${by.name} does not belong to the classifier ${classifier}. ${fit.reason}`,
      { classifier, uri },
    );
  if (fit.kind === 'unbound' && binding !== undefined)
    return new CalibratorError(
      'calibrator-unbound',
      `It is not known whether the calibrator ${by.name} belongs to the classifier ${classifier}: it was fitted on a table that does not say which model and prompt its scores come from.`,
      { classifier, uri, binding },
    );
  return undefined;
}

/** What a calibrator of such a score is bound to; undefined while the model's hash is not known. */
export function bindingTo(
  { model, promptSha256, backend }: ScoreOrigin,
  score: ScoredBy,
): Binding | undefined {
  return model === undefined ? undefined : { model, promptSha256, scoring: scoringOf(score), backend };
}

/** A score with the calibrator of its classifier, or why without. */
export function calibrationOf(
  { by, saved }: NamedCalibrator,
  score: Score,
  origin: ScoreOrigin,
  buckets: readonly Bucket[],
): { readonly fit: Fit; readonly calibration: Calibration } {
  const labels = score.labels.map(({ label }) => label);
  const fit = fitOf(saved, targetOf(origin, labels, score));
  if (fit.kind !== 'fits')
    return { fit, calibration: { kind: 'raw', reason: `Not calibrated by ${by.name}: ${fit.reason}` } };
  return {
    fit,
    calibration: {
      kind: 'calibrated',
      by,
      score: calibratedScore(score, saved.calibrator, buckets),
      warnings: fit.warnings,
    },
  };
}
