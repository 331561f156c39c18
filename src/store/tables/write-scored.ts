/** Scores a table: rows stream in, and out with their scores beside them, in their order. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { checkText } from '../../core/classifier/prompt';
import { UserError } from '../../core/user-error';
import { errorCode } from '../atomic';
import { csvLine } from './csv-line';
import type { TableFile } from './inspect';
import { tableRows, type TableRow } from './rows';
import { rowsOf, type ScoreRun } from './score-run';
import type { RowCalibrator } from './write-calibrated';
import { exists, type Done, ScoredFile, whileAlone, withFailure } from './scored-file';

/** The score of one text as the added columns show it, or why there is none. */
export type ScoredRow =
  | { readonly cells: readonly string[]; /** Whether its text was cut to fit. */ readonly cut: boolean }
  | { readonly reason: string };

export interface ScoreOptions {
  /** Where the scores come from; it names the text column and the shard. */
  readonly run: ScoreRun;
  /** Names of the added columns, without `score_error`, which comes last. */
  readonly columns: readonly string[];
  /**
   * Scores texts, one for each, in order. What it throws ends the run, which can go on later; after a crash of the engine
   * it is asked again.
   */
  readonly score: (texts: readonly string[]) => Promise<readonly ScoredRow[]>;
  /** Makes calibrated rows of scored ones, whose header is `scoredHeader`; undefined for raw scores. */
  readonly calibrator?: RowCalibrator | undefined;
  /** Whether a file of the output's name may be replaced. */
  readonly replace: boolean;
  /** Called after every group of rows, and at the beginning. */
  readonly onProgress: (done: Done, total: number) => void;
  /** Milliseconds between checkpoints. */
  readonly checkpointMs?: number;
}

/** A checkpoint takes some milliseconds: not after every group of a fast source. */
const CHECKPOINT_MS = 1000;

/** A group that crashes the engine so often in a row would do it for ever. */
const CRASHES = 3;

export const ERROR_COLUMN = 'score_error';

/**
 * Scores every row of a table (or of a shard of it) into a new file, and writes what the scores come from beside it.
 * Where an earlier run towards the same file was cut short, it goes on behind that one's last checkpoint. Rows that
 * cannot be scored are written with the reason.
 *
 * @returns what is written, earlier runs included
 * @throws UserError everything of `tableRows` and `ScoredFile`; no-such-column, column-exists, file-exists, table-changed,
 *   score-running; and what `score` throws, with how many rows are kept
 */
export async function writeScored(source: TableFile, out: string, options: ScoreOptions): Promise<Done> {
  const { run, columns } = options;
  const text = textColumn(source, run.textColumn, [...columns, ERROR_COLUMN]);
  const total = rowsOf(run.source.rows, run.shard);
  return whileAlone(out, async () => {
    if (!options.replace && (await exists(out)))
      throw new UserError('file-exists', `${out} exists. Choose another name, or replace it with --force.`);
    const header = csvLine(
      options.calibrator?.header ?? scoredHeader(source, columns),
      source.separator,
    );
    const file = await ScoredFile.open(out, { run, source: source.file, header });
    try {
      options.onProgress(file.done, total);
      await scoreRows(source, text, file, options, total);
      await file.finish(options.replace);
      return file.done;
    } catch (error) {
      // Where even this fails, the checkpoint before it still holds.
      await file.checkpoint().catch(() => undefined);
      throw withWhatIsKept(error, file.done, total, out);
    } finally {
      await file.close();
    }
  });
}

/** Of a table with its scores, before any calibration. */
export function scoredHeader(source: TableFile, columns: readonly string[]): string[] {
  return [...source.header, ...columns, ERROR_COLUMN];
}

/** Index of the column with the texts. */
function textColumn(source: TableFile, name: string, added: readonly string[]): number {
  const file = path.basename(source.file);
  const header = source.header.map((column) => column.trim());
  const at = header.indexOf(name);
  if (at < 0)
    throw new UserError(
      'no-such-column',
      `${file} has no column "${name}" with the texts; it has ${header.join(', ')}. Name it with --text-column.`,
    );
  const clash = added.find((column) => header.includes(column));
  if (clash !== undefined)
    throw new UserError(
      'column-exists',
      `${file} has a column "${clash}" already. Score the table without scores, or rename the column.`,
    );
  return at;
}

async function scoreRows(
  source: TableFile,
  text: number,
  file: ScoredFile,
  options: ScoreOptions,
  total: number,
): Promise<void> {
  const { checkpointMs = CHECKPOINT_MS } = options;
  const size = new GroupSize();
  let saved = performance.now();
  const add = async (group: readonly TableRow[]): Promise<void> => {
    const started = performance.now();
    const { lines, done } = await scoredLines(group, text, source, file.done, options);
    await file.append(lines, done);
    size.took(group.length, performance.now() - started);
    if (performance.now() - saved >= checkpointMs) {
      await checkUnchanged(source);
      await file.checkpoint();
      saved = performance.now();
    }
    options.onProgress(done, total);
  };
  let pending: TableRow[] = [];
  for await (const rows of wantedRows(source, options.run, file.done.rows)) {
    pending = pending.concat(rows);
    let next = 0;
    while (pending.length - next >= size.rows) {
      const group = pending.slice(next, next + size.rows);
      next += group.length;
      await add(group);
    }
    pending = pending.slice(next);
  }
  if (pending.length > 0) await add(pending);
  await checkUnchanged(source);
  if (file.done.rows !== total) throw new Error(`${file.done.rows} rows were scored, not ${total}`);
}

/** The rows of the shard, without those that are done. */
async function* wantedRows(
  source: TableFile,
  { shard = { index: 1, of: 1 } }: ScoreRun,
  done: number,
): AsyncGenerator<readonly TableRow[]> {
  const first = shard.index - 1 + done * shard.of;
  let at = 0;
  for await (const batch of tableRows(source)) {
    const start = at;
    at += batch.length;
    if (at > first) yield batch.filter((_, i) => start + i >= first && (start + i - first) % shard.of === 0);
  }
}

async function scoredLines(
  group: readonly TableRow[],
  text: number,
  source: TableFile,
  before: Done,
  { columns, score, calibrator }: ScoreOptions,
): Promise<{ lines: string; done: Done }> {
  const problems = group.map(({ cells }) => textProblem(cells[text] ?? ''));
  const texts = group.flatMap(({ cells }, i) => (problems[i] === undefined ? [cells[text] ?? ''] : []));
  const scores = texts.length === 0 ? [] : await despiteCrashes(() => score(texts));
  let next = 0;
  const scored: (TableRow & { readonly hasNone: boolean })[] = [];
  let done = before;
  for (const [i, { cells, line }] of group.entries()) {
    const problem = problems[i];
    const row = problem === undefined ? scores[next++] : { reason: problem };
    if (row === undefined) throw new Error('a source must give a score for every text');
    const isScored = 'cells' in row;
    const kept = source.header.map((_, column) => cells[column] ?? '');
    const added = isScored ? [...row.cells, ''] : [...columns.map(() => ''), row.reason];
    // More cells than the header has stay, at the end, as `apply` leaves them.
    scored.push({ line, cells: [...kept, ...added, ...cells.slice(kept.length)], hasNone: !isScored });
    if (!isScored) done = withFailure(done, line, row.reason);
    done = { ...done, rows: done.rows + 1, cut: done.cut + (isScored && row.cut ? 1 : 0) };
  }
  const written = calibrator?.rows(scored) ?? scored.map(({ cells }) => cells);
  return { lines: written.map((cells) => csvLine(cells, source.separator)).join(''), done };
}

function textProblem(text: string): string | undefined {
  try {
    checkText(text);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** An engine that crashed starts anew with the next request, until its budget is used up. */
async function despiteCrashes<T>(score: () => Promise<T>): Promise<T> {
  for (let crash = 1; ; crash++)
    try {
      return await score();
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'engine-crashed') || crash === CRASHES) throw error;
    }
}

/** Somebody who saves the table while it is scored would get scores of two different ones. */
async function checkUnchanged(source: TableFile): Promise<void> {
  const found = await stat(source.file).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.size === source.size && found.mtimeMs === source.modified) return;
  const name = path.basename(source.file);
  throw new UserError(
    'table-changed',
    `${name} ${found === undefined ? 'was deleted' : 'changed'} while it was scored. Bring back what it was to go on, or start over.`,
  );
}

/** What a person must know of a run that stopped: why, and that nothing is lost. */
function withWhatIsKept(error: unknown, { rows }: Done, total: number, out: string): unknown {
  if (!(error instanceof UserError) || error.code === 'file-exists') return error;
  const kept = `${rows.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} rows`;
  const why = error.code === 'cancelled' ? 'Stopped.' : error.message;
  return new UserError(
    error.code,
    `${why} ${kept} are kept in ${path.basename(out)}.part; the same again goes on from there.`,
    {
      cause: error,
    },
  );
}

/**
 * How many rows are scored together: as many as take about a second. So many texts fill the engine's batches; somebody
 * who classifies a selection meanwhile waits for no more than that, and no more is lost by a kill.
 */
class GroupSize {
  rows = 16;

  took(rows: number, ms: number): void {
    // The last group of a table is smaller, and says less.
    if (rows < this.rows) return;
    if (ms < 500) this.rows = Math.min(256, this.rows * 2);
    else if (ms > 1500) this.rows = Math.max(1, Math.floor(this.rows / 2));
  }
}
