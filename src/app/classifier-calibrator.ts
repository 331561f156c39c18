/** The calibrator of a classifier: checks whether it belongs to the classifier's scores, and applies it to them. */
import path from 'node:path';
import {
  calibratedBy,
  type CalibratedBy,
  calibratedScore,
  type Calibration,
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
import type { Warning } from '../core/model/predictions';
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
  { name, calibrator }: Classifier,
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

export class ClassifierCalibrator {
  constructor(
    readonly named: NamedCalibrator,
    private readonly classifier: Classifier,
    private readonly unbound: UnboundPolicy,
  ) {}

  /**
   * Checks whether it belongs to the classifier, as far as this can be known without a score.
   *
   * @throws UserError calibrator-mismatch
   */
  checkBefore(origin: EarlyOrigin = {}): void {
    const compatibility = compatibilityBefore(this.named, this.classifier, origin);
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
    return compatibilityOf(this.named.saved, targetOf(origin, labels, score));
  }

  private mismatch(reason: string): UserError {
    return new UserError(
      'calibrator-mismatch',
      `The calibrator ${this.named.by.name} does not belong to the classifier ${this.classifier.name}. ${reason}`,
      { data: { classifier: this.classifier.name } },
    );
  }

  private notBound(binding: Binding): UserError {
    return new UserError(
      'calibrator-unbound',
      `The calibrator ${this.named.by.name} may not belong to the classifier ${this.classifier.name}: the table that it was fitted on does not name its model and prompt.`,
      { data: { binding } },
    );
  }
}

/** Whether a calibrator belongs to a classifier, as far as this can be known without a score. */
export function compatibilityBefore(
  { saved }: LoadedCalibrator,
  classifier: Classifier,
  origin: EarlyOrigin,
): Compatibility {
  // What the model's chat template adds is not known before there is a score: it is taken to be what it was.
  const added = saved.bound?.promptAdded;
  const sha256 = promptSha256(classifier, added);
  const known = {
    ...(sha256 === undefined ? {} : { promptSha256: sha256 }),
    promptAdded: added,
    ...origin,
  };
  return compatibilityOf(saved, targetOf(known, labelNames(classifier), undefined));
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
