/**
 * Reads the rows of a table file in chunks, each row with the line of the file on which it begins.
 */
import { CsvError, parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { TextDecoder } from 'node:util';
import { isLong, linesOf } from '../../core/data/cells';
import { UserError } from '../../core/user-error';
import { CHUNK, csvOptions, type TableFile, unquoted } from './inspect';

export interface TableRow {
  /** Physical line on which the row begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The largest row: far above any real cell, far below what a quote that is never closed would swallow. */
const LARGEST_ROW = 64 * 1024 * 1024;

/**
 * The rows of a file below its header, in order, in batches of what one chunk of the file holds. Empty lines are
 * skipped. Memory: one chunk and its rows.
 *
 * @throws UserError open-quote, huge-row, table-changed
 */
export async function* tableRows(source: TableFile): AsyncGenerator<readonly TableRow[]> {
  let batch: TableRow[] = [];
  let unread = source.preamble + 1;
  let nextLine = 1;
  let emptyLines = 0;
  const isPlain = source.quoting.escape === null;
  const parser = parse({
    ...csvOptions(source),
    relax_column_count: true,
    max_record_size: LARGEST_ROW,
    on_record: (cells: string[], info) => {
      // The library counts the line breaks inside of quotes twice where they are CR LF, so lines are counted here.
      const line = nextLine + info.empty_lines - emptyLines;
      emptyLines = info.empty_lines;
      nextLine = line + 1 + lineBreaks(cells);
      if (unread > 0) unread--;
      else batch.push({ line, cells: withAdded(source, line, isPlain ? cells.map(unquoted) : cells) });
      return null;
    },
  });
  // Failures reach the callbacks of write and end; an unheard event would end the process.
  parser.on('error', () => undefined);
  const take = () => {
    const taken = batch;
    batch = [];
    return taken;
  };
  try {
    let bytes = 0;
    const decoder = source.encoding === 'utf-8' ? undefined : new TextDecoder(source.encoding);
    const chunks = createReadStream(source.file, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      const text = decoder?.decode(chunk, { stream: true }) ?? chunk;
      await settled((callback) => parser.write(text, callback));
      yield take();
    }
    await settled((callback) => parser.end(callback));
    yield take();
    if (bytes !== source.size)
      throw new UserError(
        'table-changed',
        `${path.basename(source.file)} changed while it was read. Try again.`,
      );
  } catch (error) {
    throw asUserError(error, source, nextLine);
  } finally {
    parser.destroy();
  }
}

/** A row with the cells of added columns; a row with too many or too few cells of its own stays as it is. */
function withAdded({ header, added }: TableFile, line: number, cells: readonly string[]): readonly string[] {
  if (added === undefined) return cells;
  const own = header.length - added.names.length;
  const surplus = cells.slice(own);
  return cells.length < own || surplus.some((cell) => cell.trim() !== '')
    ? cells
    : [...cells.slice(0, own), ...added.cellsOf(line, cells)];
}

/**
 * Counts the rows below the header in one pass over the file, which also finds errors that would end a longer one.
 *
 * @throws UserError everything of `tableRows`; no-rows
 */
export async function countRows(source: TableFile): Promise<number> {
  let rows = 0;
  for await (const batch of tableRows(source)) rows += batch.length;
  if (rows === 0) throw new UserError('no-rows', `${path.basename(source.file)} has a header but no rows.`);
  return rows;
}

/** The number of first rows that guesses about a table use. */
export const FIRST_ROWS = 32;

/** The first rows, as many as guesses use where nothing else is said. */
export async function firstRows(source: TableFile, count = FIRST_ROWS): Promise<readonly TableRow[]> {
  const rows: TableRow[] = [];
  for await (const batch of tableRows(source)) {
    rows.push(...batch.slice(0, count - rows.length));
    if (rows.length === count) break;
  }
  return rows;
}

/**
 * The cells of one column in the rows that begin on the given lines, by line. The file is read up to the last of them.
 *
 * @throws UserError everything of `tableRows`
 */
export async function cellsAt(
  source: TableFile,
  column: number,
  lines: ReadonlySet<number>,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  if (lines.size === 0) return found;
  for await (const batch of tableRows(source)) {
    for (const { line, cells } of batch) if (lines.has(line)) found.set(line, cells[column] ?? '');
    if (found.size === lines.size) break;
  }
  return found;
}

/** The texts of the first rows, without empty ones. */
export async function firstTexts(source: TableFile, textColumn: string): Promise<readonly string[]> {
  const column = source.header.findIndex((name) => name.trim() === textColumn);
  return (await firstRows(source))
    .map(({ cells }) => cells[column] ?? '')
    .filter((text) => text.trim() !== '');
}

/** Waits for the callback of a stream's method. */
function settled(start: (callback: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

function lineBreaks(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) if (isLong(cell)) count += linesOf(cell).length - 1;
  return count;
}

function asUserError(error: unknown, source: TableFile, line: number): unknown {
  if (!(error instanceof CsvError)) return error;
  const name = path.basename(source.file);
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return new UserError(
      'open-quote',
      `${name}, line ${line}: a quote (") opens in this row and is never closed.`,
    );
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return new UserError(
      'huge-row',
      `${name}, line ${line}: the row is larger than 64 MB. Probably a quote (") in it is never closed.`,
    );
  return new UserError('not-a-table', `${name}, line ${line}: ${error.message}`);
}
