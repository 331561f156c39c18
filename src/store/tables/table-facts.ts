/** What can be told about a table without reading it as a whole: for lists of tables. */
import * as z from 'zod';
import { hasRole, labelColumns, namedColumns, prefixesOf, RAW } from '../../core/data/columns';
import { UserError } from '../../core/user-error';
import { inspectTable, readHeader } from './inspect';
import { countRows } from './rows';
import { readScoreMeta } from './score-meta';
import { rowsOf } from './score-run';

/** Bytes of a table that are read at most. */
const HEAD_BYTES = 64 * 1024;

export interface TableFacts {
  /** Whether it has scores or confidences, so that the calibration panel can open it. */
  readonly isScored: boolean;
  /** Whether the predictions are calibrated ones. */
  readonly isCalibrated: boolean;
  /** Whether it tells which predictions are right. */
  readonly isLabelled: boolean;
  /** Counted in a table that fits into those bytes; undefined for larger ones. */
  readonly rows: number | undefined;
  /** The run that scored it, if it is recorded beside the table; older versions did not record the rows. */
  readonly run: { readonly classifier: string; readonly rows: number | undefined } | undefined;
}

/** What lists need of a run's record, which may be of an older version. */
const runSchema = z.object({
  classifier: z.string(),
  source: z.object({ rows: z.int().min(0).optional() }),
  shard: z.object({ index: z.int().min(1), of: z.int().min(1) }).optional(),
});

/**
 * Reads at most the first 64 KiB of a table, and what `score` wrote beside it.
 *
 * @throws UserError no-file, not-a-file, no-permission, empty-table, not-a-table, open-quote
 */
export async function readTableFacts(file: string): Promise<TableFacts> {
  const { header, size } = await readHeader(file, HEAD_BYTES);
  const each = (await orNothing(() => Promise.resolve(labelColumns(header)))) ?? [];
  const run = runSchema.safeParse(await orNothing(() => readScoreMeta(file))).data;
  return {
    isScored: holdsScores(header) || each.length > 0,
    isCalibrated: hasRole(header, 'calibrator') || each.some(({ calibrator }) => calibrator !== undefined),
    isLabelled:
      hasRole(header, 'label') || tellsCorrect(header) || each.some(({ truth }) => truth !== undefined),
    rows: size > HEAD_BYTES ? undefined : await orNothing(async () => countRows(await inspectTable(file))),
    run: run && {
      classifier: run.classifier,
      rows: run.source.rows === undefined ? undefined : rowsOf(run.source.rows, run.shard),
    },
  };
}

/** A calibrated copy has the column in any case: it is empty unless the table that it was made from tells it. */
function tellsCorrect(header: readonly string[]): boolean {
  if (!hasRole(header, 'calibrator')) return hasRole(header, 'correct');
  const raw = header.map((name) => name.trim()).filter((name) => name.startsWith(RAW));
  return hasRole(
    raw.map((name) => name.slice(RAW.length)),
    'correct',
  );
}

function holdsScores(header: readonly string[]): boolean {
  return (
    prefixesOf(header).length > 0 ||
    namedColumns(header, null).scores.size > 0 ||
    hasRole(header, 'confidence') ||
    hasRole(header, 'positive')
  );
}

/** A list says nothing about what is missing or cannot be read; whoever uses the table is told. */
async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
