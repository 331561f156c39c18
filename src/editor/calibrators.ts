/** The calibrators that classifier files name: reads and watches them, and applies them to scores. */
import * as vscode from 'vscode';
import {
  calibratorOf,
  ClassifierCalibrator,
  LabelCalibrators,
  type EarlyOrigin,
  type NamedCalibrator,
  namedCalibrator,
} from '../app/classifier-calibrator';
import type { EngineModels } from '../app/engine-models';
import type { Classifier } from '../core/classifier/definition';
import { type Binding, bindingSchema } from '../core/model/binding';
import type { ErrorCode } from '../core/error-codes';
import { UserError } from '../core/user-error';
import { loadCalibrator } from '../store/calibrators';
import type { UsableClassifier } from './classifiers';
import { ReadFolders } from './read-folders';
import { jsonFilesIn, readSmallFile } from './read-small';

const CALIBRATOR_FOLDER = '.prompt-confidence/calibrators';

/** A calibrator that can be read. It may not belong to any classifier. */
export interface WorkspaceCalibrator extends NamedCalibrator {
  readonly uri: vscode.Uri;
}

/** A calibrator that a classifier names but that cannot be used, with what is known for the actions that repair it. */
export class CalibratorError extends UserError {
  constructor(
    code: ErrorCode,
    message: string,
    readonly found: {
      readonly classifier: string;
      /** Its file, which may not exist; undefined if the name is invalid. */
      readonly uri: vscode.Uri | undefined;
      /** What the person may bind the calibrator to, if it is not bound. */
      readonly binding?: Binding | undefined;
    },
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

export class Calibrators implements vscode.Disposable {
  private readonly folders = new ReadFolders(`**/${CALIBRATOR_FOLDER}/*.json`);

  /** Fires when a calibrator file changed. */
  readonly onDidChange = this.folders.onDidChange;

  /**
   * The calibrator that a classifier names. It is read every time, because what was saved a moment ago must count
   * before the watcher reports it. Classifier files of an untrusted workspace are not read, so nothing there names one.
   *
   * @param calibrator its name; absent: the one for all labels
   * @throws CalibratorError as `calibratorOf` and `readCalibrator`
   */
  async of(
    entry: UsableClassifier,
    calibrator = entry.classifier.calibrator,
  ): Promise<WorkspaceCalibrator | undefined> {
    if (entry.kind === 'builtin') return undefined;
    const { classifier } = entry;
    let uri: vscode.Uri | undefined;
    try {
      return await calibratorOf({ name: classifier.name, calibrator }, (name) => {
        uri = vscode.Uri.joinPath(entry.uri, '..', '..', 'calibrators', name);
        this.folders.willRead(vscode.Uri.joinPath(uri, '..'));
        return readCalibrator(uri);
      });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new CalibratorError(
        error.code,
        error.message,
        { classifier: classifier.name, uri },
        { cause: error },
      );
    }
  }

  /**
   * As `of`, ready for the classifier's scores.
   *
   * @throws CalibratorError as `of`; calibrator-mismatch if it belongs to another prompt or other labels
   */
  async checked(entry: UsableClassifier): Promise<CheckedCalibrator | undefined> {
    const { classifier } = entry;
    const checked = await this.namedBy(entry);
    const { all, calibrator } = checked ?? { all: [] };
    await explained(all, classifier, () => Promise.resolve().then(() => calibrator?.checkBefore()));
    return checked;
  }

  private async namedBy(entry: UsableClassifier): Promise<CheckedCalibrator | undefined> {
    const { classifier } = entry;
    const each = new Map<string, WorkspaceCalibrator>();
    for (const { name, calibrator } of classifier.labels) {
      const named = calibrator === undefined ? undefined : await this.of(entry, calibrator);
      if (named !== undefined) each.set(name, named);
    }
    if (each.size > 0)
      return { all: [...each.values()], calibrator: new LabelCalibrators(each, classifier, 'refuse') };
    const named = await this.of(entry);
    return named && { all: [named], calibrator: new ClassifierCalibrator(named, classifier, 'refuse') };
  }

  /** The readable calibrators of a folder, by name. */
  async list(folder: vscode.Uri): Promise<WorkspaceCalibrator[]> {
    const location = vscode.Uri.joinPath(folder, CALIBRATOR_FOLDER);
    this.folders.willRead(location);
    const found: WorkspaceCalibrator[] = [];
    // One after another: together they could fill the memory.
    for (const file of await jsonFilesIn(location))
      try {
        found.push(await readCalibrator(file));
      } catch (error) {
        if (!(error instanceof UserError)) throw error; // its error is reported when a classifier uses it
      }
    return found;
  }

  dispose(): void {
    this.folders.dispose();
  }
}

/** @throws UserError as `loadCalibrator` */
export async function readCalibrator(uri: vscode.Uri): Promise<WorkspaceCalibrator> {
  const shown = vscode.workspace.asRelativePath(uri);
  const loaded = await loadCalibrator(uri.fsPath, { shown, bytes: () => readSmallFile(uri) });
  return { uri, ...namedCalibrator(loaded, shown) };
}

/** The calibrator of the workspace, or those of labels, ready for the scores of a classifier that names them. */
export interface CheckedCalibrator {
  readonly all: readonly WorkspaceCalibrator[];
  readonly calibrator: ClassifierCalibrator | LabelCalibrators;
}

/**
 * Runs work that may refuse a calibrator, and names the calibrator's file in the error.
 *
 * @param all empty for raw scores, which no calibrator can spoil
 * @throws CalibratorError in place of any UserError about the calibrator; other errors of `work`
 */
export async function explained<T>(
  all: readonly WorkspaceCalibrator[],
  { name }: Classifier,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [first] = all;
    if (first === undefined || !(error instanceof UserError) || !error.code.startsWith('calibrator-'))
      throw error;
    const { uri } = all.find(({ file }) => file === error.data.calibrator) ?? first;
    const binding = bindingSchema.safeParse(error.data.binding).data;
    throw new CalibratorError(
      error.code,
      error.message,
      { classifier: name, uri, binding },
      { cause: error },
    );
  }
}

/**
 * The origin of a classifier's future scores, as far as it is known without reading a model file or asking a server.
 */
export async function originBefore(
  engineModels: Pick<EngineModels, 'identityBefore'>,
  classifier: Classifier,
): Promise<EarlyOrigin> {
  if (classifier.source.kind !== 'engine') return {};
  const model = await engineModels.identityBefore(classifier).catch((error: unknown) => {
    if (error instanceof UserError) return undefined; // its adapter cannot be used, which is said when it is
    throw error;
  });
  return model === undefined ? {} : { model };
}
