/** Puts the calibrators that classifiers name on their results, and again whenever one of them changes. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Calibration } from '../core/calibration/calibrated-score';
import type { Classifier } from '../core/classifier/definition';
import type { Bucket } from '../core/decisions/buckets';
import type { Score } from '../core/scoring/score';
import type { ModelEntry, ModelStore } from '../store/models';
import { promptSha256 } from '../store/prompt-hash';
import {
  bindingTo,
  CalibratorError,
  type Calibrators,
  type NamedCalibrator,
  calibrationOf,
  fitError,
} from './calibrators';
import type { Classifiers, UsableClassifier } from './classifiers';
import type { ModelHashes } from './model-hashes';
import type { ClassifiedText, Results, ScoredBy } from './results';
import type { Scorer } from './scoring';
import { readBuckets } from './settings';
import type { Binding } from '../core/model/binding';

/** Files change in bursts; the results are looked through once. */
const QUIET_MS = 50;

/** @throws CalibratorError: the calibrator does not belong to such a score */
export type Calibrate = (document: vscode.Uri, score: Score, scoredBy: ScoredBy) => Calibration | undefined;

interface Parts {
  readonly classifiers: Classifiers;
  readonly calibrators: Calibrators;
  readonly results: Results;
  readonly models: ModelStore;
  readonly hashes: ModelHashes;
  readonly log: Pick<vscode.LogOutputChannel, 'error'>;
}

export class ResultCalibration implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  /** Counts the times that all results are gone through: only the last one counts. */
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
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('promptConfidence.buckets')) soon();
      }),
    ];
  }

  /** What scores come from; the hash of a model file is never waited for. */
  originOf(classifier: Classifier, scorer: Scorer): ScoredBy {
    const prompt = promptSha256(classifier);
    if (scorer.kind === 'elsewhere') {
      const { model, backend } = scorer.origin;
      return { model, modelPath: '', promptSha256: prompt, backend };
    }
    const { model, info } = scorer;
    // A hash that nobody asks for is not computed.
    const sha256 = classifier.calibrator === undefined ? model.sha256 : this.parts.hashes.known(model);
    return {
      model: modelIdentity(model, sha256),
      modelPath: model.path,
      promptSha256: prompt,
      backend: info.device.backend,
    };
  }

  /**
   * Reads the calibrator of a classifier before anything is scored.
   *
   * @throws CalibratorError: there is none of that name, it cannot be read, or it belongs to another prompt or labels
   */
  async prepare(entry: UsableClassifier, leaveRaw: boolean): Promise<Calibrate> {
    const { classifier } = entry;
    if (leaveRaw) return () => leftRaw(classifier);
    const named = await this.parts.calibrators.checked(entry);
    if (named === undefined) return () => undefined;
    return (document, score, scoredBy) => {
      const { fit, calibration } = calibrationOf(named, score, scoredBy, readBuckets(document).buckets);
      const refusal = fitError(fit, named, classifier.name, bindingTo(scoredBy, score));
      if (refusal !== undefined) throw refusal;
      return fit.kind === 'unknown' ? this.waiting(named, scoredBy) : calibration;
    };
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.run++;
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Every result again: of the calibrator that its classifier names now, as that is now. */
  private async refresh(): Promise<void> {
    const { classifiers, calibrators, results, models } = this.parts;
    const run = ++this.run;
    const named = new Map<string, NamedCalibrator | CalibratorError | undefined>();
    for (const name of results.classifiers) {
      try {
        named.set(name, await calibrators.of(await classifiers.find(name)));
      } catch (error) {
        // Where the classifier itself is gone or broken its results stay as they are.
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
      const calibrator = named.get(result.classifier);
      if (result.isLeftRaw || !named.has(result.classifier)) return undefined;
      const { scoredBy } = result;
      const model = scoredBy.model ?? modelIdentity({ file: result.model }, hashes.get(scoredBy.modelPath));
      const origin = { ...scoredBy, model };
      return { scoredBy: origin, calibration: this.again(result, calibrator, origin, bucketsOf(result.uri)) };
    });
  }

  private again(
    { score }: ClassifiedText,
    calibrator: NamedCalibrator | CalibratorError | undefined,
    scoredBy: ScoredBy,
    buckets: readonly Bucket[],
  ): Calibration | undefined {
    if (calibrator === undefined) return undefined;
    if (calibrator instanceof CalibratorError)
      return { kind: 'raw', reason: `Not calibrated. ${calibrator.message}` };
    const { fit, calibration } = calibrationOf(calibrator, score, scoredBy, buckets);
    return fit.kind === 'unknown' ? this.waiting(calibrator, scoredBy) : calibration;
  }

  /** Everything else agrees: only the hash of the model is not known yet. */
  private waiting({ by }: NamedCalibrator, { modelPath }: ScoredBy): Calibration {
    const model = { path: modelPath, file: path.basename(modelPath), sha256: undefined };
    this.parts.hashes.known(model);
    const reason = this.parts.hashes.inWords(model);
    return { kind: 'raw', reason: `Not calibrated by ${by.name} yet. ${reason}` };
  }
}

function leftRaw({ calibrator }: Classifier): Calibration | undefined {
  return calibrator === undefined
    ? undefined
    : { kind: 'raw', reason: `Classified without the calibrator ${calibrator}, as you chose.` };
}

function modelIdentity(
  { file }: Pick<ModelEntry, 'file'>,
  sha256: string | undefined,
): Binding['model'] | undefined {
  return sha256 === undefined ? undefined : { kind: 'file', name: file, sha256 };
}
