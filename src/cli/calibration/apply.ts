import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Calibrator } from '../../core/calibration/calibrator';
import { findColumns } from '../../core/data/columns';
import { DEFAULT_BUCKETS } from '../../core/decisions/buckets';
import { loadCalibrator } from '../../store/calibrators';
import { writeFileAtomic } from '../../store/atomic';
import { inspectTable } from '../../store/tables/inspect';
import { type CalibratedMeta, SCORE_META_VERSION, scoreMetaFile } from '../../store/tables/score-meta';
import { copyBy, writeCalibrated } from '../../store/tables/write-calibrated';
import { calibratorColumns, checkBinding } from './binding';
import { command, DONE } from '../command';
import {
  bucketOption,
  bucketsUsage,
  columnOptions,
  JSON_USAGE,
  OUTPUT_OPTIONS,
  outputFile,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { count, report } from './render';

const USAGE = `Usage: prompt-confidence apply CALIBRATOR TABLE --out FILE [options]
Writes a copy of a table with calibrated predictions; the ones it had are kept as raw:*. FILE.meta.json remembers the
calibrator and both tables, so that evaluate can say whether the copy's numbers are in-sample.

  --out FILE             where the copy goes
  --force                replace FILE if it exists
${bucketsUsage('ranges of confidence, highest first, for the column bucket')}${TABLE_USAGE}${JSON_USAGE}`;

/** What --json prints. */
export interface ApplyReport {
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
    },
  });
  const [calibratorFile = '', file = ''] = positional(positionals, 'CALIBRATOR', 'TABLE');
  const out = await outputFile(values.out, values.force === true, [calibratorFile, file]);
  const loaded = await loadCalibrator(calibratorFile);
  const { calibrator } = loaded.saved;
  const columns = calibratorColumns(loaded, columnOptions(values));
  const buckets = bucketOption(values.buckets) ?? DEFAULT_BUCKETS;
  const source = await inspectTable(file);
  const bound = await checkBinding(loaded, source, findColumns(source.header, columns).method);
  // What belongs to an older copy must never stand beside this one.
  await rm(scoreMetaFile(out), { force: true });
  const copy = await writeCalibrated(source, out, copyBy(loaded, columns, buckets));
  const meta: CalibratedMeta = {
    schema: SCORE_META_VERSION,
    calibrated: {
      calibratorSha256: loaded.sha256,
      tableSha256: source.sha256,
      fittedOnSha256: loaded.saved.source.sha256,
      ...labelSharesOf(calibrator),
    },
  };
  await writeFileAtomic(scoreMetaFile(out), `${JSON.stringify(meta, null, 2)}\n`);
  const result: ApplyReport = {
    schema: 1,
    out,
    rows: copy.rows,
    calibrated: copy.calibrated,
    rejected: copy.rejected,
    warnings: [...bound, ...copy.warnings],
    calibratorSha256: loaded.sha256,
  };
  report(io, result.warnings, result.rejected);
  io.out(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : `${out}: ${copy.calibrated.toLocaleString('en-US')} of ${count(copy.rows, 'row')} calibrated by ` +
          `${calibrator.method} on ${calibrator.on}.\n`,
  );
  return DONE;
});

/** The label shares that a calibrator moves scores to, for the meta of a copy. */
function labelSharesOf(calibrator: Calibrator): { labelShares?: Record<string, number> } {
  if (calibrator.on !== 'labels' || calibrator.prevalence === undefined) return {};
  const { labels, prevalence } = calibrator;
  return { labelShares: Object.fromEntries(labels.map((label, k) => [label, prevalence.deployed[k] ?? 0])) };
}
