/**
 * A fitted calibrator in the form of its file: what it was fitted on, what it is worth, and what it is bound to.
 */
import path from 'node:path';
import type { Calibrator } from '../../core/calibration/calibrator';
import { savedCalibrator, type SavedCalibrator, savedMetrics } from '../../core/calibration/saved';
import type { LabelledTable } from './labelled';
import { bindingOf, readScoreMeta } from './score-meta';
import type { CalibrationReport } from '../../core/calibration/calibrate';

export interface DescribedCalibrator {
  readonly saved: SavedCalibrator;
  /** The report, with a warning if the table does not record where its scores come from. */
  readonly report: CalibrationReport;
}

/**
 * @param made the version of this program, and now
 * @throws UserError everything of `readScoreMeta`
 */
export async function describeCalibrator(
  report: CalibrationReport,
  calibrator: Calibrator,
  { source, table }: LabelledTable,
  made: { readonly version: string; readonly time: Date },
): Promise<DescribedCalibrator> {
  const name = path.basename(source.file);
  const bound = bindingOf(await readScoreMeta(source.file), table.columns.prefix);
  const unbound = {
    code: 'unbound',
    message:
      `${name}.meta.json does not exist or does not cover these scores, ` +
      `so the calibrator is not bound to a model and prompt.`,
  };
  const whole = bound === null ? { ...report, warnings: [...report.warnings, unbound] } : report;
  // Every row with a known truth is in the in-sample part; before and after may leave some out.
  const { n, nCorrect, nWrong, labelMetrics } = whole.inSample;
  const saved = savedCalibrator({
    calibrator,
    ...(table.columns.ofLabel === null ? {} : { label: table.columns.ofLabel }),
    scoreType: table.columns.scores?.type ?? 'confidence',
    n,
    classCounts:
      labelMetrics && Object.fromEntries(labelMetrics.perLabel.map(({ label, support }) => [label, support])),
    nCorrect,
    nWrong,
    before: savedMetrics(whole.before),
    after: savedMetrics(whole.after),
    inSample: savedMetrics(whole.inSample),
    folds: whole.folds,
    seed: whole.folds.seed,
    warnings: whole.warnings,
    source: { sha256: source.sha256, name },
    bound,
    versions: { 'prompt-confidence': made.version, node: process.versions.node },
    time: made.time.toISOString(),
  });
  return { saved, report: whole };
}
