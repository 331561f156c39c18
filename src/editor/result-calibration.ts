/** Applies the calibrators that classifiers name to their results, and again whenever one of them changes. */
import type { Log } from './log';
import path from 'node:path';
import * as vscode from 'vscode';
import type { NamedCalibrator } from '../app/classifier-calibrator';
import type { Calibration } from '../core/calibration/calibrated-score';
import type { Compatibility, ScoreOrigin } from '../core/calibration/compatibility';
import { calibratorsNamed, type Classifier } from '../core/classifier/definition';
import { type Bucket, boundsOf } from '../core/model/buckets';
import { settingId } from '../protocol/manifest';
import { modelIdentity } from '../sources/engine-source';
import type { SourceIdentity } from '../sources/source';
import type { ModelStore } from '../store/models';
import { CalibratorError, type Calibrators, type CheckedCalibrator } from './calibrators';
import type { Classifiers } from './classifiers';
import type { ModelHashes } from './model-hashes';
import type { ClassifiedText, ResultOrigin, Results } from './results';
import { readBuckets } from './settings';

/** Milliseconds before the results are calibrated again: files change in bursts. */
const QUIET_MS = 50;

interface Parts {
  readonly classifiers: Classifiers;
  readonly calibrators: Calibrators;
  readonly results: Results;
  readonly models: ModelStore;
  readonly hashes: ModelHashes;
  readonly log: Pick<Log, 'error'>;
}

export class ResultCalibration implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  /** Counts the refreshes, so that only the last one takes effect. */
  private run = 0;
  private readonly subscriptions: readonly vscode.Disposable[];

  constructor(private readonly parts: Parts) {
    const soon = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.refresh().catch((error: unknown) => parts.log.error('calibration of the results', error));
      }, QUIET_MS);
    };
    this.subscriptions = [
      parts.classifiers.onDidChange(soon),
      parts.calibrators.onDidChange(soon),
      parts.hashes.onDidChange(soon),
      parts.results.onDidRestore(soon),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(settingId('buckets'))) soon();
      }),
    ];
  }

  /**
   * Where a result's score comes from. It never waits for the hash of a model file, which is computed only if a
   * calibrator needs it.
   */
  originOf({ calibrator }: Classifier, { modelFile }: SourceIdentity, origin: ScoreOrigin): ResultOrigin {
    const model =
      origin.model ??
      (modelFile === null || calibrator === undefined
        ? undefined
        : modelIdentity(modelFile.file, this.parts.hashes.known(modelFile)));
    return { ...origin, model, modelPath: modelFile?.path ?? '' };
  }

  /** A calibration as it is shown. One that waits only for the hash of the model gives that reason. */
  shown(
    all: readonly NamedCalibrator[],
    {
      compatibility,
      calibration,
    }: { readonly compatibility: Compatibility; readonly calibration: Calibration },
    { modelPath }: ResultOrigin,
  ): Calibration {
    if (compatibility.kind !== 'unknown') return calibration;
    const model = { path: modelPath, file: path.basename(modelPath), sha256: undefined };
    this.parts.hashes.known(model);
    const reason = this.parts.hashes.inWords(model);
    return {
      kind: 'raw',
      reason: `Not calibrated by ${all.map(({ by }) => by.name).join(', ')} yet. ${reason}`,
    };
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.run++;
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Calibrates every result again, with the current calibrator of its classifier. */
  private async refresh(): Promise<void> {
    const { classifiers, calibrators, results, models } = this.parts;
    const run = ++this.run;
    const named = new Map<string, CheckedCalibrator | CalibratorError | undefined>();
    const own = new Map<string, readonly Bucket[] | undefined>();
    for (const name of results.classifiers) {
      try {
        const entry = await classifiers.find(name);
        own.set(name, entry.classifier.buckets);
        named.set(name, await calibrators.checked(entry));
      } catch (error) {
        // If the classifier itself is gone or broken, its results stay as they are.
        if (error instanceof CalibratorError) named.set(name, error);
      }
    }
    const hashes = new Map((await models.list()).map((model) => [model.path, model.sha256]));
    if (run !== this.run) return;
    const buckets = new Map<string, readonly Bucket[]>();
    const bucketsOf = (uri: vscode.Uri): readonly Bucket[] => {
      const known = buckets.get(uri.toString()) ?? readBuckets(uri).buckets;
      buckets.set(uri.toString(), known);
      return known;
    };
    results.recalibrate((result) => {
      if (!named.has(result.classifier)) return undefined;
      const calibrator = named.get(result.classifier);
      const shown = own.get(result.classifier) ?? bucketsOf(result.uri);
      const bounds = boundsOf(shown);
      const { origin: before, calibration: left } = result;
      if (result.isLeftRaw) return { origin: before, calibration: left, bounds };
      const model = before.model ?? modelIdentity(result.model, hashes.get(before.modelPath));
      const origin = { ...before, model };
      return { origin, calibration: this.again(result, calibrator, origin, shown), bounds };
    });
  }

  private again(
    { score }: ClassifiedText,
    calibrator: CheckedCalibrator | CalibratorError | undefined,
    origin: ResultOrigin,
    buckets: readonly Bucket[],
  ): Calibration | undefined {
    if (calibrator === undefined) return undefined;
    if (calibrator instanceof CalibratorError)
      return { kind: 'raw', reason: `Not calibrated. ${calibrator.message}` };
    return this.shown(calibrator.all, calibrator.calibrator.calibrate(origin, score, buckets), origin);
  }
}

/** What replaces a calibrated confidence that the person declined. */
export function leftRaw(classifier: Classifier): Calibration | undefined {
  const [calibrator, ...others] = calibratorsNamed(classifier);
  if (calibrator === undefined) return undefined;
  const named = others.length === 0 ? `the calibrator ${calibrator}` : 'its calibrators';
  return { kind: 'raw', reason: `Classified without ${named}, as you chose.` };
}
