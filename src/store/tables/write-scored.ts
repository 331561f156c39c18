/** Scores a table: rows are read and written with their scores, in their order. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { checkText } from '../../core/classifier/prompt';
import { type MethodSeconds, sumOfSeconds } from '../../core/model/confidence-method';
import { yesLabel } from '../../core/data/multi-label';
import { isLabelMassLow, type Score } from '../../core/scoring/score';
import { listed } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { errorCode } from '../atomic';
import { type CellStyle, csvLine } from './csv-line';
import type { TableFile } from './inspect';
import { tableRows, type TableRow } from './rows';
import type { ScoreCells } from './score-cells';
import { inOrder } from './in-order';
import { rowsOf, runDifferences, type ScoreRun } from './score-run';
import { exists } from '../exists';
import { type Done, ScoredFile, sweepEnded, whileAlone, withFailure } from './scored-file';
import { type CopyOptions, type CopyReport, RowCalibrator } from './write-calibrated';

/** @internal */
export interface ScoredRows {
  readonly scores: readonly (Score | { readonly reason: string })[];
  readonly seconds: MethodSeconds;
}

export interface ScoreOptions {
  /** The origin of the scores; it names the text column and the shard. */
  readonly run: ScoreRun;
  /** What is added to each row. */
  readonly cells: Pick<ScoreCells, 'header' | 'cells' | 'failed'>;
  /**
   * Scores texts in order, or gives the reason why a text has no score, and the time that the source took. An error
   * ends the run, which can be resumed; after a crash of the engine it is called again.
   */
  readonly score: (texts: readonly string[], signal: AbortSignal) => Promise<ScoredRows>;
  /** As that of a Source. */
  readonly textsAtOnce: (() => number) | null;
  /** Ends the run, which can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Calibrates the scored rows; undefined for raw scores. */
  readonly calibrator?: CopyOptions | undefined;
  /** Whether a file of the output's name may be replaced. */
  readonly replace: boolean;
  /** Called after every group of rows, and at the beginning. */
  readonly onProgress: (done: Done, total: number) => void;
  /** Milliseconds between checkpoints. */
  readonly checkpointMs?: number;
}

/** A checkpoint takes some milliseconds: not after every group of a fast source. */
const CHECKPOINT_MS = 1000;

/** A group that crashes the engine this often in a row would crash it every time. */
const CRASHES = 3;

/** Rows that are asked for or wait for one before them to be written: memory, and what a kill may cost, are bounded. */
const MOST_UNWRITTEN = 1024;

/**
 * If a source refuses this many rows in a row, one by one, it will probably refuse the next one too: an error that only the
 * server understands, or a replaced model. The rows are kept with the reason, so that the run can be resumed after them.
 */
const MOST_REFUSED = 200;

export interface ScoreReport extends Done {
  /** The report of the rows that this run wrote; null for raw scores. */
  readonly calibration: Omit<CopyReport, 'rows'> | null;
}

/**
 * Scores every row of a table (or of a shard of it) into a new file, and writes its meta file beside it.
 * If an earlier run of the same file was interrupted, it resumes after that run's last checkpoint. Rows that
 * cannot be scored are written with the reason.
 *
 * @returns what is written, earlier runs included
 * @throws UserError everything of `tableRows`, `ScoredFile` and `RowCalibrator`; no-such-column, column-exists,
 *   file-exists, table-changed, score-running; and what `score` throws, with how many rows are kept
 */
export async function writeScored(
  source: TableFile,
  out: string,
  options: ScoreOptions,
): Promise<ScoreReport> {
  const { run, cells } = options;
  checkColumns(source, run.textColumn, cells.header);
  const writer = new RowWriter(source, options);
  const total = rowsOf(run.source.rows, run.shard);
  return whileAlone(out, async () => {
    const ended = await sweepEnded(out);
    if (ended !== undefined && runDifferences(ended.run, run, ['jitter']).length === 0)
      return { ...ended.done, calibration: writer.calibrator?.report() ?? null };
    if (!options.replace && (await exists(out))) throw new UserError('file-exists', `${out} already exists.`);
    const file = await ScoredFile.open(out, { run, source: source.file, header: writer.header });
    try {
      options.onProgress(file.done, total);
      await scoreRows(source, file, writer, options, total);
      await file.finish(options.replace);
      return { ...file.done, calibration: writer.calibrator?.report() ?? null };
    } catch (error) {
      // Where even this fails, the checkpoint before it still holds.
      await file.checkpoint().catch(() => undefined);
      throw withWhatIsKept(error, file.done, total);
    } finally {
      await file.close();
    }
  });
}

/**
 * Checks whether a table can be scored with these columns.
 *
 * @throws UserError no-such-column, column-exists
 */
export function checkColumns(source: TableFile, textColumn: string, added: readonly string[]): void {
  const file = path.basename(source.file);
  const header = source.header.map((column) => column.trim());
  if (!header.includes(textColumn))
    throw new UserError(
      'no-such-column',
      `${file} has no text column "${textColumn}". Its columns are ${listed(header)}.`,
      { data: { role: 'text' } },
    );
  const clash = added.find((column) => header.includes(column)) ?? otherScores(header, added);
  if (clash !== undefined)
    throw new UserError(
      'column-exists',
      `${file} already has a column "${clash}". Score a table that has no scores yet, or rename the column.`,
    );
}

/**
 * A column of scores that those to be added cannot stand beside: labels that exclude each other and labels that do not are
 * never in one table, and further labels of the latter kind would be taken for the model's.
 */
function otherScores(header: readonly string[], added: readonly string[]): string | undefined {
  const isOwn = (column: string): boolean => yesLabel(column) !== undefined;
  const isShare = (column: string): boolean => /^(?:[\w-]+\/)?(?:prob|logprob|logit):/iu.test(column);
  return header.find((column) => isOwn(column) || (added.some(isOwn) && isShare(column)));
}

/** Rows and their scores made into lines. */
class RowWriter {
  readonly header: string;
  readonly calibrator: RowCalibrator | undefined;
  /** Index of the column with the texts. */
  private readonly text: number;
  private readonly style: CellStyle;

  constructor(
    private readonly source: TableFile,
    private readonly options: ScoreOptions,
  ) {
    const { cells, calibrator, run } = options;
    const scored = [...source.header, ...cells.header];
    this.text = source.header.findIndex((column) => column.trim() === run.textColumn);
    this.calibrator = calibrator && new RowCalibrator(scored, path.basename(source.file), calibrator);
    this.style = { spreadsheetSafe: run.spreadsheetSafe === true };
    this.header = csvLine(this.calibrator?.header ?? scored, source.separator, this.style);
  }

  /** Scores rows. */
  async score(group: readonly TableRow[], signal: AbortSignal): Promise<ScoredGroup> {
    const texts = group.map((row) => row.cells[this.text] ?? '');
    const problems = texts.map(textProblem);
    const good = texts.filter((_, i) => problems[i] === undefined);
    const started = performance.now();
    const { scores, seconds } =
      good.length === 0
        ? { scores: [], seconds: {} }
        : await despiteCrashes(() => this.options.score(good, signal));
    return { group, problems, scores, seconds, started, ended: performance.now() };
  }

  /** The lines of scored rows; `before` is what was done until then. */
  lines({ group, problems, scores }: ScoredGroup, before: Done): { lines: string; done: Done } {
    const { cells } = this.options;
    let next = 0;
    let done = before;
    const rows = group.map((row, i) => {
      const reason = problems[i];
      const result = reason === undefined ? scores[next++] : { reason };
      if (result === undefined) throw new Error('a source must give a score for every text');
      const hasNone = 'reason' in result;
      if (hasNone) done = withFailure(done, row.line, result.reason);
      const cut = !hasNone && result.cutTokens > 0 ? 1 : 0;
      const low = !hasNone && isLabelMassLow(result) ? 1 : 0;
      done = {
        ...done,
        rows: done.rows + 1,
        cut: done.cut + cut,
        ...(done.lowMass === undefined ? {} : { lowMass: done.lowMass + low }),
      };
      const kept = this.source.header.map((_, column) => row.cells[column] ?? '');
      const added = hasNone ? cells.failed(result.reason) : cells.cells(result);
      // More cells than the header has stay, at the end, as `apply` leaves them.
      return { line: row.line, hasNone, cells: [...kept, ...added, ...row.cells.slice(kept.length)] };
    });
    const written = this.calibrator?.rows(rows) ?? rows.map((row) => row.cells);
    return { lines: written.map((row) => csvLine(row, this.source.separator, this.style)).join(''), done };
  }
}

/** Rows with the results of the source. */
interface ScoredGroup extends ScoredRows {
  readonly group: readonly TableRow[];
  /** Why a row was not asked for; undefined where it was. */
  readonly problems: readonly (string | undefined)[];
  /** When the source was asked, and when it had answered; milliseconds of `performance`. */
  readonly started: number;
  readonly ended: number;
}

async function scoreRows(
  source: TableFile,
  file: ScoredFile,
  writer: RowWriter,
  options: ScoreOptions,
  total: number,
): Promise<void> {
  const { checkpointMs = CHECKPOINT_MS, textsAtOnce } = options;
  const size = textsAtOnce === null ? new GroupSize() : { rows: 1, took: () => undefined };
  const time = new SharedTime();
  const refused = new Refused();
  let saved = performance.now();
  const write = async (scored: ScoredGroup): Promise<void> => {
    const { lines, done } = writer.lines(scored, file.done);
    const seconds = sumOfSeconds([file.done.seconds ?? {}, time.ofGroup(scored)]);
    await file.append(lines, { ...done, seconds });
    size.took(scored.group.length, scored.ended - scored.started);
    if (performance.now() - saved >= checkpointMs) {
      await checkUnchanged(source);
      await file.checkpoint();
      saved = performance.now();
    }
    options.onProgress(file.done, total);
    refused.add(scored.scores);
  };
  const rows = wantedRows(source, options.run, file.done.rows);
  await inOrder(groupsOf(rows, size), {
    work: (group, signal) => writer.score(group, signal),
    deal: write,
    atOnce: textsAtOnce ?? (() => 1),
    // How large the next group is to be shows when the one before is done.
    most: textsAtOnce === null ? 1 : MOST_UNWRITTEN,
    signal: options.signal,
  });
  await checkUnchanged(source);
  if (file.done.rows !== total) throw new Error(`${file.done.rows} rows were scored, not ${total}`);
}

/** Rows in groups of a size that may change from one to the next. */
async function* groupsOf(
  batches: AsyncIterable<readonly TableRow[]>,
  size: { readonly rows: number },
): AsyncGenerator<readonly TableRow[]> {
  let pending: readonly TableRow[] = [];
  for await (const rows of batches) {
    pending = [...pending, ...rows];
    let next = 0;
    while (pending.length - next >= size.rows) {
      const group = pending.slice(next, next + size.rows);
      next += group.length;
      yield group;
    }
    pending = pending.slice(next);
  }
  if (pending.length > 0) yield pending;
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

function textProblem(text: string): string | undefined {
  try {
    checkText(text);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** An engine that crashed starts again with the next request, until its budget is used up. */
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
    `${name} ${found === undefined ? 'was deleted' : 'changed'} while it was scored. Restore it to resume, or start over.`,
  );
}

/** The error of a run that stopped, with how many rows are kept. */
function withWhatIsKept(error: unknown, { rows }: Done, total: number): unknown {
  if (!(error instanceof UserError) || error.code === 'file-exists') return error;
  const kept = `${rows.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} rows`;
  const why = error.code === 'cancelled' ? 'Stopped.' : error.message;
  return new UserError(error.code, `${why} ${kept} are kept. Run it again to resume.`, {
    cause: error,
  });
}

/**
 * How many rows are scored together: as many as take about a second. That many texts fill the engine's batches; somebody
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

/** The time of groups that were scored beside each other, each moment counted once. */
class SharedTime {
  private until = 0;

  /** The seconds of a group, without the share of them that groups before it had too. */
  ofGroup({ seconds, started, ended }: ScoredGroup): MethodSeconds {
    const own = Math.max(0, ended - Math.max(started, this.until));
    this.until = Math.max(this.until, ended);
    if (own >= ended - started) return seconds;
    const share = own / (ended - started);
    const { token, drawn } = seconds;
    return {
      ...(token === undefined ? {} : { token: token * share }),
      ...(drawn === undefined ? {} : { drawn: drawn * share }),
    };
  }
}

/** Rows that the source refused one after another. */
class Refused {
  private inARow = 0;

  /** @throws UserError rows-refused */
  add(scores: ScoredRows['scores']): void {
    for (const score of scores) {
      this.inARow = 'reason' in score ? this.inARow + 1 : 0;
      if ('reason' in score && this.inARow >= MOST_REFUSED)
        throw new UserError(
          'rows-refused',
          `The last ${MOST_REFUSED} rows have no score. Find out why before you resume. The last reason was: ${score.reason}`,
        );
    }
  }
}
