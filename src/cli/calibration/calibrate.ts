import path from 'node:path';
import { parseArgs } from 'node:util';
import { calibrate as calibrateData } from '../../core/calibration/calibrate';
import {
  type Binding,
  savedCalibrator,
  type SavedCalibrator,
  savedMetrics,
} from '../../core/calibration/saved';
import type { Calibrator } from '../../core/calibration/calibrator';
import type { CalibrationReport, Method } from '../../core/calibration/types';
import { saveCalibrator } from '../../store/calibrators';
import { bindingOf, readScoreMeta } from '../../store/tables/score-meta';
import { command, DONE, type Io, usageError } from '../command';
import { type Input, readInput, refuseCalibrated } from './input';
import {
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  oneOf,
  OUTPUT_OPTIONS,
  outputFile,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { renderCalibration, report as reportProblems } from './render';

/** Those that are fitted on labelled rows alone. */
const METHODS = [
  'platt',
  'isotonic',
  'temperature',
  'bias-temperature',
  'vector',
  'beta',
  'histogram',
  'slope',
] as const satisfies readonly Method[];

const USAGE = `Usage: prompt-confidence calibrate TABLE --method METHOD --out FILE [options]
Fits a calibrator, says what it is worth on rows that it did not see, and saves it.

  --method METHOD        ${METHODS.slice(0, 5).join(', ')},
                         ${METHODS.slice(5).join(', ')}
  --out FILE             where the calibrator goes
  --force                replace FILE if it exists
${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}`;

export const calibrate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      method: { type: 'string' },
      out: { type: 'string' },
      force: { type: 'boolean' },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const method = oneOf('method', values.method, METHODS);
  if (method === undefined) throw usageError(`--method is missing: one of ${METHODS.join(', ')}.`);
  const out = await outputFile(values.out, values.force === true, [file]);
  const input = await readInput(file, columnOptions(values));
  refuseCalibrated(input.table, file);
  const { report, calibrator } = calibrateData(input.data, {
    ...evaluateOptions(values),
    method,
    on: input.data.kind,
    rejected: input.table.rejected,
    warnings: input.warnings,
  });
  const bound = bindingOf(await readScoreMeta(file), input.table.columns.method);
  const unbound = {
    code: 'unbound',
    message:
      `${path.basename(file)} does not say which model and prompt its scores come from (${path.basename(file)}.meta.json), ` +
      `so the calibrator is bound to none.`,
  };
  const whole = bound === null ? { ...report, warnings: [...report.warnings, unbound] } : report;
  await saveCalibrator(out, toSave(calibrator, bound, whole, input, io));
  reportProblems(io, [...whole.before.warnings, ...whole.warnings], whole.before.rejected);
  io.out(values.json ? `${JSON.stringify(whole, null, 2)}\n` : renderCalibration(whole, out));
  return DONE;
});

function toSave(
  calibrator: Calibrator,
  bound: Binding | null,
  report: CalibrationReport,
  { source, table }: Input,
  io: Io,
): SavedCalibrator {
  // Every row with a known truth is in the in-sample part; before and after may leave some out.
  const { n, nCorrect, nWrong, labelMetrics } = report.inSample;
  return savedCalibrator({
    calibrator,
    scoreType: table.columns.scores?.type ?? 'confidence',
    n,
    classCounts:
      labelMetrics && Object.fromEntries(labelMetrics.perLabel.map(({ label, support }) => [label, support])),
    nCorrect,
    nWrong,
    before: savedMetrics(report.before),
    after: savedMetrics(report.after),
    inSample: savedMetrics(report.inSample),
    folds: report.folds,
    seed: report.folds.seed,
    warnings: report.warnings,
    source: { sha256: source.sha256, name: path.basename(source.file) },
    bound,
    versions: { 'prompt-confidence': io.version, node: process.versions.node },
    time: io.now().toISOString(),
  });
}
