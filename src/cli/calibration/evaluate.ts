import { parseArgs } from 'node:util';
import { applyCalibrator } from '../../core/calibration/calibrator';
import { evaluate as evaluateData } from '../../core/metrics/evaluate';
import { withLabelWarnings } from '../../core/metrics/label-warnings';
import { loadCalibrator } from '../../store/calibrators';
import { calibratedTable, readLabelled, refuseCalibrated } from '../../store/tables/labelled';
import { calibratorColumns, checkBinding } from './binding';
import { command, DONE } from '../command';
import {
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  OUTPUT_OPTIONS,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { renderEvaluation, report } from './render';

const USAGE = `Usage: prompt-confidence evaluate TABLE [options]
How far the confidence in a table can be trusted.

  --calibrator FILE      after this calibrator
${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}`;

export const evaluate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      calibrator: { type: 'string' },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const options = evaluateOptions(values);
  const asked = columnOptions(values);
  const loaded = values.calibrator === undefined ? null : await loadCalibrator(values.calibrator);
  const input = await readLabelled(file, loaded === null ? asked : calibratorColumns(loaded, asked));
  let { data, warnings } = input;
  if (loaded !== null) {
    refuseCalibrated(input.table, file);
    warnings = [...warnings, ...(await checkBinding(loaded, input.source, input.table.columns.method))];
    data = applyCalibrator(loaded.saved.calibrator, data);
  } else if (input.table.calibratedBy !== null)
    warnings = [...warnings, calibratedTable(input.table.calibratedBy)];
  const result = withLabelWarnings(
    evaluateData(data, { ...options, warnings, rejected: input.table.rejected }),
  );
  report(io, result.warnings, result.rejected);
  io.out(values.json ? `${JSON.stringify(result, null, 2)}\n` : renderEvaluation(result));
  return DONE;
});
