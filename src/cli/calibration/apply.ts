import { oneLine } from '../../core/encode';
import { parseArgs } from 'node:util';
import { applyToTable } from '../../app/tables/apply-calibrator';
import { DEFAULT_BUCKETS } from '../../core/model/buckets';
import { loadCalibrator } from '../../store/calibrators';
import { command, DONE } from '../command';
import {
  bucketOption,
  bucketsUsage,
  columnOptions,
  JSON_USAGE,
  OUTPUT_OPTIONS,
  outputTable,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
  WRITE_OPTIONS,
  WRITE_USAGE,
} from './options';
import { count } from '../../core/words/calibration';
import { report } from './render';

const USAGE = `Usage: prompt-confidence apply CALIBRATOR TABLE --out FILE [options]
Write a copy of a table with calibrated predictions. The raw predictions are kept as raw:*. FILE.meta.json records the
calibrator and both tables, so that evaluate can tell whether the copy's numbers are in-sample.

  --out FILE             the copy to write
  --force                replace FILE if it exists
${bucketsUsage('confidence buckets, highest first, for the column bucket')}${WRITE_USAGE}${TABLE_USAGE}${JSON_USAGE}`;

/** What --json prints. */
interface ApplyReport {
  readonly schema: 1;
  readonly out: string;
  readonly rows: number;
  readonly calibrated: number;
  readonly rejected: readonly { readonly line: number; readonly reason: string }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly calibratorSha256: string;
}

export const apply = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...OUTPUT_OPTIONS,
      out: { type: 'string' },
      force: { type: 'boolean' },
      buckets: { type: 'string' },
      ...WRITE_OPTIONS,
    },
  });
  const [calibratorFile = '', file = ''] = positional(positionals, 'CALIBRATOR', 'TABLE');
  const out = await outputTable(values.out, values.force === true, [calibratorFile, file]);
  const calibrator = await loadCalibrator(calibratorFile);
  const { copy, warnings } = await applyToTable({
    calibrator,
    table: file,
    out,
    columns: await columnOptions(values),
    buckets: bucketOption(values.buckets) ?? DEFAULT_BUCKETS,
    spreadsheetSafe: values['spreadsheet-safe'],
  });
  const result: ApplyReport = {
    schema: 1,
    out,
    rows: copy.rows,
    calibrated: copy.calibrated,
    rejected: copy.rejected,
    warnings,
    calibratorSha256: calibrator.sha256,
  };
  report(io, result.warnings, result.rejected);
  io.out(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : `${oneLine(out)}: ${copy.calibrated.toLocaleString('en-US')} of ${count(copy.rows, 'row')} calibrated by ` +
          `${calibrator.saved.calibrator.method} on ${calibrator.saved.calibrator.on}.\n`,
  );
  return DONE;
});
