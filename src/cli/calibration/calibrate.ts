import { parseArgs } from 'node:util';
import { calibrate as calibrateData } from '../../core/calibration/calibrate';
import type { Method } from '../../core/calibration/types';
import { saveCalibrator } from '../../store/calibrators';
import { describeCalibrator } from '../../store/tables/describe-calibrator';
import { readLabelled, refuseCalibrated } from '../../store/tables/labelled';
import { command, DONE, usageError } from '../command';
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
  const input = await readLabelled(file, columnOptions(values));
  refuseCalibrated(input.table, file);
  const { report, calibrator } = calibrateData(input.data, {
    ...evaluateOptions(values),
    method,
    on: input.data.kind,
    rejected: input.table.rejected,
    warnings: input.warnings,
  });
  const { saved, report: whole } = await describeCalibrator(report, calibrator, input, {
    version: io.version,
    time: io.now(),
  });
  await saveCalibrator(out, saved);
  reportProblems(io, [...whole.before.warnings, ...whole.warnings], whole.before.rejected);
  io.out(values.json ? `${JSON.stringify(whole, null, 2)}\n` : renderCalibration(whole, out));
  return DONE;
});
