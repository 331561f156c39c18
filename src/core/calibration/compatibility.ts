/** Whether a saved calibrator may be used on the scores of a classifier, and with which warnings. */
import type { Classifier } from '../classifier/definition';
import { type HowScored, scoringOf } from '../scoring/score-parts';
import { type CalibrationTarget, mismatches, type SavedCalibrator } from './saved';
import type { Binding } from '../model/binding';

export type Compatibility =
  /** It may be used; `warnings` are sentences to show beside its numbers. */
  | { readonly kind: 'fits'; readonly warnings: readonly string[] }
  /** It is known to belong to other scores. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It is not bound, so a person must decide which scores it belongs to. */
  | { readonly kind: 'unbound'; readonly reason: string }
  /** No difference is known, but not everything is known yet. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The weightiest reason: a known difference, then a missing binding, then what is not known yet. */
export function compatibilityOf(saved: SavedCalibrator, target: CalibrationTarget): Compatibility {
  const found = mismatches(saved, target);
  const reasons = (of: readonly (typeof found)[number][]): string =>
    of.map(({ message }) => message).join(' ');
  const refused = found.filter(({ severity }) => severity === 'refuse');
  if (refused.length > 0) return { kind: 'refused', reason: reasons(refused) };
  const unbound = found.filter(({ field }) => field === 'binding');
  if (unbound.length > 0) return { kind: 'unbound', reason: reasons(unbound) };
  const unknown = found.filter(({ severity }) => severity === 'unknown');
  if (unknown.length > 0) return { kind: 'unknown', reason: reasons(unknown) };
  return { kind: 'fits', warnings: found.map(({ message }) => message) };
}

/** The origin of a classifier's scores, which a calibrator must match. */
export interface ScoreOrigin {
  /** Undefined while the file's SHA-256 is not known. */
  readonly model: Binding['model'] | undefined;
  /** Absent for a model that gets the text alone. */
  readonly promptSha256?: string;
  readonly promptAdded?: Binding['promptAdded'];
  readonly backend: string;
}

/**
 * @param score any score of that origin; undefined before there is one
 * @param label which one, of labels that do not exclude each other; `labels` are then it and not it
 */
export function targetOf(
  origin: Partial<ScoreOrigin>,
  labels: readonly string[],
  score: HowScored | undefined,
  label?: string,
): CalibrationTarget {
  return {
    ...origin,
    label,
    labels: tableLabels(labels),
    scoring: score && scoringOf(score),
  };
}

/** Label names as a calibrator knows them: a table's header is read without the spaces around its names. */
export function tableLabels(labels: readonly string[]): string[] {
  return labels.map((label) => label.trim());
}

/** The names of a classifier's labels, in its order. */
export function labelNames({ labels }: Pick<Classifier, 'labels'>): string[] {
  return labels.map(({ name }) => name);
}
