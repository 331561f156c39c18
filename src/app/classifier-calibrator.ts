/** The calibrator of a classifier: checks whether it belongs to the classifier's scores, and applies it to them. */
import path from 'node:path';
import {
  calibratedBy,
  type CalibratedBy,
  type CalibratedLabel,
  calibratedScore,
  type Calibration,
  pairProbability,
  pairScore,
} from '../core/calibration/calibrated-score';
import {
  type Compatibility,
  compatibilityOf,
  labelNames,
  type ScoreOrigin,
  targetOf,
} from '../core/calibration/compatibility';
import type { Classifier } from '../core/classifier/definition';
import type { Bucket } from '../core/model/buckets';
import type { Binding } from '../core/model/binding';
import { pairOf } from '../core/model/pair';
import type { Warning } from '../core/model/predictions';
import { quoted } from '../core/quote';
import type { Score } from '../core/scoring/score';
import { scoringOf } from '../core/scoring/score-parts';
import { UserError } from '../core/user-error';
import { calibratorFileName, type LoadedCalibrator } from '../store/calibrators';
import { promptSha256 } from '../store/prompt-hash';

/** A calibrator with its name and file as they are shown to people. */
export interface NamedCalibrator extends LoadedCalibrator {
  readonly by: CalibratedBy;
}

/** @param shown its file as it is shown to people: an absolute path is long */
export function namedCalibrator(loaded: LoadedCalibrator, shown: string): NamedCalibrator {
  return { ...loaded, by: calibratedBy(path.basename(loaded.file, '.json'), shown, loaded.saved) };
}

/**
 * The calibrator that a classifier names.
 *
 * @param load loads it by the name of its file, from where the surface keeps calibrators
 * @returns undefined if the classifier names none
 * @throws UserError bad-name and what `load` throws, with the classifier as data
 */
export async function calibratorOf<Loaded extends LoadedCalibrator>(
  { name, calibrator }: Pick<Classifier, 'name' | 'calibrator'>,
  load: (fileName: string) => Promise<Loaded>,
): Promise<Loaded | undefined> {
  if (calibrator === undefined) return undefined;
  try {
    return await load(calibratorFileName(calibrator));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.code,
      `The classifier ${name} names the calibrator "${calibrator}". ${error.message}`,
      { data: { classifier: name }, cause: error },
    );
  }
}

/**
 * What happens with an unbound calibrator: a terminal, which cannot ask anybody,
 * warns; the editor refuses it until a person binds it.
 */
export type UnboundPolicy = 'warn' | 'refuse';

/** What is known about a classifier's scores before the first one exists. */
export type EarlyOrigin = Partial<Omit<ScoreOrigin, 'promptSha256' | 'promptAdded'>>;

/** What calibrates the scores of a classifier. */
export interface ScoreCalibrator {
  /** One, or one for each label that has one. */
  readonly all: readonly NamedCalibrator[];
  checkBefore(origin?: EarlyOrigin): void;
  check(origin: ScoreOrigin, score: Score): readonly Warning[];
  calibrate(
    origin: ScoreOrigin,
    score: Score,
    buckets: readonly Bucket[],
  ): { readonly compatibility: Compatibility; readonly calibration: Calibration };
}

export class ClassifierCalibrator implements ScoreCalibrator {
  constructor(
    readonly named: NamedCalibrator,
    private readonly classifier: Classifier,
    private readonly unbound: UnboundPolicy,
    /** Which label it is for, of labels that do not exclude each other. */
    private readonly label?: string,
  ) {}

  get all(): readonly NamedCalibrator[] {
    return [this.named];
  }

  /**
   * Checks whether it belongs to the classifier, as far as this can be known without a score.
   *
   * @throws UserError calibrator-mismatch
   */
  checkBefore(origin: EarlyOrigin = {}): void {
    const compatibility = compatibilityBefore(this.named, this.classifier, origin, this.label);
    if (compatibility.kind === 'refused') throw this.mismatch(compatibility.reason);
  }

  /**
   * Checks it against one score of its classifier.
   *
   * @returns what is doubtful
   * @throws UserError calibrator-mismatch; calibrator-unbound by its policy, with the binding that a person may confirm
   */
  check(origin: ScoreOrigin, score: Score): readonly Warning[] {
    const compatibility = this.compatibilityOf(origin, score);
    switch (compatibility.kind) {
      case 'fits':
        return compatibility.warnings.map((message) => ({ code: 'calibrator-origin', message }));
      case 'refused':
        throw this.mismatch(compatibility.reason);
      case 'unbound':
      case 'unknown': {
        const binding = bindingTo(origin, score);
        // While the model is not known there is nothing to bind it to, and so nothing to ask.
        if (compatibility.kind === 'unbound' && this.unbound === 'refuse' && binding !== undefined)
          throw this.notBound(binding);
        return [{ code: 'calibrator-binding', message: compatibility.reason }];
      }
    }
  }

  /** The score after calibration, or why the score stays raw. */
  calibrate(
    origin: ScoreOrigin,
    score: Score,
    buckets: readonly Bucket[],
  ): { readonly compatibility: Compatibility; readonly calibration: Calibration } {
    const { by, saved } = this.named;
    const compatibility = this.compatibilityOf(origin, score);
    const isUsed =
      compatibility.kind === 'fits' || (compatibility.kind !== 'refused' && this.unbound === 'warn');
    if (!isUsed)
      return {
        compatibility,
        calibration: { kind: 'raw', reason: `Not calibrated by ${by.name}: ${compatibility.reason}` },
      };
    return {
      compatibility,
      calibration: {
        kind: 'calibrated',
        by,
        score: calibratedScore(score, saved.calibrator, buckets),
        // What fits may still be from another backend, which moves a score in the second decimal.
        ...(compatibility.kind === 'fits'
          ? { warnings: [], notes: compatibility.warnings }
          : { warnings: [compatibility.reason], notes: [] }),
      },
    };
  }

  /** By the labels of the score: its classifier may have changed since. */
  private compatibilityOf(origin: ScoreOrigin, score: Score): Compatibility {
    const labels = score.labels.map(({ label }) => label);
    // Scores of labels that do not exclude each other come here as those of a pair, for the label of the pair.
    const label = score.mode === 'multi-label' ? (this.label ?? '') : undefined;
    return compatibilityOf(this.named.saved, targetOf(origin, labels, score, label));
  }

  private mismatch(reason: string): UserError {
    return new UserError(
      'calibrator-mismatch',
      `The calibrator ${this.named.by.name} does not belong to ${this.label === undefined ? '' : `the label ${quoted(this.label)} of `}the classifier ${this.classifier.name}. ${reason}`,
      { data: { classifier: this.classifier.name, calibrator: this.named.file } },
    );
  }

  private notBound(binding: Binding): UserError {
    return new UserError(
      'calibrator-unbound',
      `The calibrator ${this.named.by.name} may not belong to the classifier ${this.classifier.name}: the table that it was fitted on does not name its model and prompt.`,
      { data: { binding, calibrator: this.named.file } },
    );
  }
}

/** Said of a table of labels that do not exclude each other, which is written as it was scored. */
export const RAW_LABELS: Warning = {
  code: 'raw-labels',
  message:
    'The probabilities are raw. Calibrators of single labels are applied to the scored table, one after the other.',
};

/** The calibrators of labels that do not exclude each other, by label. */
export class LabelCalibrators implements ScoreCalibrator {
  private readonly own: readonly { readonly label: string; readonly calibrator: ClassifierCalibrator }[];

  /** @param named for some of the labels */
  constructor(named: ReadonlyMap<string, NamedCalibrator>, classifier: Classifier, unbound: UnboundPolicy) {
    this.own = Array.from(named, ([label, calibrator]) => ({
      label,
      calibrator: new ClassifierCalibrator(calibrator, classifier, unbound, label.trim()),
    }));
  }

  get all(): readonly NamedCalibrator[] {
    return this.own.map(({ calibrator }) => calibrator.named);
  }

  /** @throws UserError as that of `ClassifierCalibrator` */
  checkBefore(origin?: EarlyOrigin): void {
    for (const { calibrator } of this.own) calibrator.checkBefore(origin);
  }

  /** @throws UserError as that of `ClassifierCalibrator` */
  check(origin: ScoreOrigin, score: Score): readonly Warning[] {
    return this.own.flatMap(({ label, calibrator }) =>
      calibrator
        .check(origin, pairScore(score, label) ?? score)
        .map((warning) => ({ ...warning, message: `${label}: ${warning.message}` })),
    );
  }

  /** Each label by its own calibrator. */
  calibrate(
    origin: ScoreOrigin,
    score: Score,
    buckets: readonly Bucket[],
  ): { readonly compatibility: Compatibility; readonly calibration: Calibration } {
    const each = this.own.map(({ label, calibrator }) => ({
      label,
      by: calibrator.named.by.name,
      ...calibrator.calibrate(origin, pairScore(score, label) ?? score, buckets),
    }));
    const labels = each.map(({ label, by, calibration }): CalibratedLabel => {
      if (calibration.kind !== 'calibrated')
        return { label, by, confidence: null, notes: calibration.kind === 'raw' ? [calibration.reason] : [] };
      return {
        label,
        by,
        confidence: pairProbability(calibration.score, label),
        notes: calibration.warnings,
      };
    });
    const unknown = each.find(({ compatibility }) => compatibility.kind === 'unknown');
    return {
      compatibility: unknown?.compatibility ?? { kind: 'fits', warnings: [] },
      calibration: { kind: 'each', labels },
    };
  }
}

/**
 * The calibrators that the labels of a classifier name, by label.
 *
 * @param load as for `calibratorOf`
 * @throws UserError as `calibratorOf`
 */
export async function labelCalibratorsOf<Loaded extends LoadedCalibrator>(
  { name, labels }: Classifier,
  load: (fileName: string) => Promise<Loaded>,
): Promise<ReadonlyMap<string, Loaded>> {
  const found = new Map<string, Loaded>();
  for (const { name: label, calibrator } of labels) {
    const loaded = await calibratorOf({ name, calibrator }, load);
    if (loaded !== undefined) found.set(label, loaded);
  }
  return found;
}

/**
 * Whether a calibrator belongs to a classifier, as far as this can be known without a score.
 *
 * @param label which one it is to calibrate, of labels that do not exclude each other; absent: the one that it is for, if
 *   the classifier may have it
 */
export function compatibilityBefore(
  { saved }: LoadedCalibrator,
  classifier: Classifier,
  origin: EarlyOrigin,
  label = mayHave(classifier, saved.label) ? saved.label : undefined,
): Compatibility {
  // What the model's chat template adds is not known before there is a score: it is taken to be what it was.
  const added = saved.bound?.promptAdded;
  const sha256 = promptSha256(classifier, added);
  const known = {
    ...(sha256 === undefined ? {} : { promptSha256: sha256 }),
    promptAdded: added,
    ...origin,
  };
  const labels = label === undefined ? labelNames(classifier) : pairOf(label);
  return compatibilityOf(saved, targetOf(known, labels, undefined, label));
}

/** Whether a label of a classifier may be right beside others. */
function mayHave({ asks, labels }: Classifier, label: string | undefined): boolean {
  return (
    asks.kind === 'encoder' &&
    (asks.outputs ?? 'multi-label') === 'multi-label' &&
    labels.some(({ name }) => name === label)
  );
}

/** What a calibrator of such a score is bound to; undefined while the model's hash is not known. */
function bindingTo(
  { model, promptSha256, promptAdded, backend }: ScoreOrigin,
  score: Score,
): Binding | undefined {
  if (model === undefined) return undefined;
  const prompt = {
    ...(promptSha256 === undefined ? {} : { promptSha256 }),
    ...(promptAdded === undefined ? {} : { promptAdded }),
  };
  return { model, ...prompt, scoring: scoringOf(score), backend };
}
