/**
 * Whether a calibrator may be used on a table, and with which warnings.
 */
import path from 'node:path';
import { needs } from '../../core/calibration/registry';
import { isFittedOn, mismatches } from '../../core/calibration/saved';
import type { Binding } from '../../core/model/binding';
import type { Warning } from '../../core/model/predictions';
import type { ColumnOptions } from '../../core/data/columns';
import { quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import type { LoadedCalibrator } from '../../store/calibrators';
import type { TableFile } from '../../store/tables/inspect';

/**
 * Columns as the calibrator needs them: on labels or on confidence, in its label order.
 *
 * @throws UserError calibrator-mismatch: something else was asked for
 */
export function calibratorColumns({ saved }: LoadedCalibrator, asked: ColumnOptions): ColumnOptions {
  const { calibrator } = saved;
  if (asked.on !== undefined && asked.on !== calibrator.on)
    throw new UserError(
      'calibrator-mismatch',
      `The calibrator works on ${calibrator.on}, so the table cannot be evaluated on ${asked.on} with it.`,
    );
  if (saved.label !== undefined && asked.label !== undefined && asked.label !== saved.label)
    throw new UserError(
      'calibrator-mismatch',
      `The calibrator is for the label ${quoted(saved.label)}, so it cannot be used for ${quoted(asked.label)}.`,
    );
  const labels = calibrator.on === 'labels' ? calibrator.labels : undefined;
  return {
    ...asked,
    label: asked.label ?? saved.label,
    on: calibrator.on,
    labels,
    combine: needs(calibrator.method, 'agreement'),
  };
}

/**
 * Compares the origins of the calibrator and of the table's scores.
 *
 * @param ofLabel the label of the table that is looked at, where labels do not exclude each other
 * @param before SHA-256 of tables with the same rows that the table was made from
 * @param origin of the table's scores; null if it is unknown
 * @returns what is doubtful
 * @throws UserError calibrator-mismatch: they are known to come from different models, prompts or methods
 */
export function checkBinding(
  { file, saved }: LoadedCalibrator,
  source: TableFile,
  origin: Binding | null,
  ofLabel: string | null,
  before: readonly string[],
): readonly Warning[] {
  const table = path.basename(source.file);
  // Columns are found by label, so they are in the calibrator's order already.
  const labels = saved.calibrator.on === 'labels' ? saved.calibrator.labels : undefined;
  const found = mismatches(saved, { labels, label: ofLabel ?? undefined, ...origin });
  const refused = found.filter(({ severity }) => severity === 'refuse');
  if (refused.length > 0)
    throw new UserError(
      'calibrator-mismatch',
      `${path.basename(file)} cannot be used on ${table}. ${refused.map(({ message }) => message).join(' ')}`,
    );
  const warnings: Warning[] =
    origin === null && saved.bound !== null
      ? [unknownOrigin(table)]
      : found.map(({ field, message }) => ({ code: `calibrator-${field}`, message }));
  const isOnItself = isFittedOn(saved, source.sha256);
  if (isOnItself || before.some((sha256) => isFittedOn(saved, sha256)))
    warnings.push({
      code: 'in-sample',
      message: `The calibrator was fitted on ${isOnItself ? `${table} itself` : `the table that ${table} was made from`}: its numbers on these rows are in-sample and too optimistic.`,
    });
  return warnings;
}

function unknownOrigin(table: string): Warning {
  return {
    code: 'calibrator-binding',
    message:
      `${table} has no ${table}.meta.json, so nothing shows whether the ` +
      `calibrator was fitted on the same model and prompt.`,
  };
}
