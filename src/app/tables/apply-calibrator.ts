/** Writes a calibrated copy of a table, and beside it what the copy was made of. */
import path from 'node:path';
import type { Calibrator } from '../../core/calibration/calibrator';
import type { ColumnOptions } from '../../core/data/columns';
import type { Bucket } from '../../core/model/buckets';
import type { Warning } from '../../core/model/predictions';
import { checkOutputs, writeFileAtomic } from '../../store/atomic';
import type { LoadedCalibrator } from '../../store/calibrators';
import { columnsOf } from '../../store/tables/columns-of';
import { inspectTable } from '../../store/tables/inspect';
import {
  type AdapterScores,
  bindingOf,
  type CalibratedBy,
  readScoreMeta,
  SCORE_META_VERSION,
  scoreMetaFile,
  type ScoreMeta,
  tablesBefore,
  withCalibratedLabel,
} from '../../store/tables/score-meta';
import { copyBy, type CopyReport, writeCalibrated } from '../../store/tables/write-calibrated';
import { calibratorColumns, checkBinding } from './calibrator-binding';

export interface ApplyOrder {
  readonly calibrator: LoadedCalibrator;
  readonly table: string;
  readonly out: string;
  readonly columns: ColumnOptions;
  readonly buckets: readonly Bucket[];
  /** Whether cells that a spreadsheet would compute get a single quote before them. */
  readonly spreadsheetSafe: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of rows that are written so far. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export interface AppliedCalibrator {
  readonly copy: CopyReport;
  readonly warnings: readonly Warning[];
}

/**
 * @throws UserError not-a-file, cancelled; everything of `calibratorColumns`, `inspectTable`, `checkBinding` and `writeCalibrated`
 */
export async function applyToTable(order: ApplyOrder): Promise<AppliedCalibrator> {
  const { calibrator: loaded, out, buckets, spreadsheetSafe } = order;
  await checkOutputs(out, scoreMetaFile(out));
  const source = await inspectTable(order.table);
  const found = await columnsOf(source, calibratorColumns(loaded, order.columns));
  const scored = await readScoreMeta(source.file);
  const bound = bindingOf(scored, found.columns.prefix);
  const doubts = checkBinding(loaded, source, bound, found.columns.ofLabel, await tablesBefore(source.file));
  const copy = await writeCalibrated(source, out, copyBy(loaded, found.options, buckets), {
    style: { spreadsheetSafe },
    signal: order.signal,
    onRows: order.onRows,
  });
  const calibrated: CalibratedBy = {
    calibrator: path.basename(loaded.file, '.json'),
    calibratorSha256: loaded.sha256,
    tableSha256: source.sha256,
    fittedOnSha256: loaded.saved.source.sha256,
    ...labelSharesOf(loaded.saved.calibrator),
  };
  const { ofLabel } = found.columns;
  const meta =
    ofLabel === null
      ? { schema: SCORE_META_VERSION, ...adapterScoresOf(scored), calibrated }
      : await withCalibratedLabel(source.file, ofLabel, calibrated);
  const safe = spreadsheetSafe ? { spreadsheetSafe } : {};
  await writeFileAtomic(scoreMetaFile(out), `${JSON.stringify({ ...meta, ...safe }, null, 2)}\n`);
  return { copy, warnings: [...doubts, ...found.warnings, ...copy.warnings] };
}

/** By what the rows that trained an adapter are known in the copy, too. */
function adapterScoresOf(scored: ScoreMeta | null): AdapterScores {
  if (scored?.model.kind !== 'file' || scored.model.adapter === undefined) return {};
  const { textColumn } = scored;
  return { adapter: scored.model.adapter, ...(typeof textColumn === 'string' ? { textColumn } : {}) };
}

/** The label shares that a calibrator moves scores to, for the meta of a copy. */
function labelSharesOf(calibrator: Calibrator): { labelShares?: Record<string, number> } {
  if (calibrator.on !== 'labels' || calibrator.prevalence === undefined) return {};
  const { labels, prevalence } = calibrator;
  return { labelShares: Object.fromEntries(labels.map((label, k) => [label, prevalence.deployed[k] ?? 0])) };
}
