/**
 * What must be known about a file before its rows can be read: encoding, separator and SHA-256.
 */
import type { Options } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { TextDecoder } from 'node:util';
import type { Warning } from '../../core/model/predictions';
import { plainNumber, SEPARATORS } from '../../core/data/cells';
import { knownColumns } from '../../core/data/columns';
import { UserError } from '../../core/user-error';
import { errorCode } from '../atomic';
import { kindOf } from '../kind-of';
import { openRegular } from '../read-regular';

/** Encodings by their WHATWG names. */
type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** A table file after one pass over it. */
export interface TableFile {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last written, as read before the pass: milliseconds since 1970. */
  readonly modified: number;
  /** SHA-256 of the bytes on the disk, lower-case hex. */
  readonly sha256: string;
  readonly encoding: Encoding;
  readonly separator: Separator;
  /** How cells are quoted. */
  readonly quoting: Quoting;
  /** Lines before the header that are no part of the table: the `sep=;` of a spreadsheet. */
  readonly preamble: number;
  /** The cells of the first line that is not empty, behind the preamble. */
  readonly header: readonly string[];
  /** How lines end; '\r' only where the file has no '\n' at all near its beginning. */
  readonly lineEnds: readonly string[];
  readonly warnings: readonly Warning[];
  /** Columns that another file adds behind those of this one; `header` names them too. */
  readonly added?: AddedColumns | undefined;
}

/** Columns that are not in the file of a table. */
interface AddedColumns {
  readonly names: readonly string[];
  /**
   * Their cells in the row that begins on a line.
   *
   * @param cells of the row in the file
   */
  cellsOf(line: number, cells: readonly string[]): readonly string[];
}

export type Separator = (typeof SEPARATORS)[number];

interface Quoting {
  /** What stands before a quote that belongs to the cell; null: quotes are text like any other. */
  readonly escape: '"' | '\\' | null;
  /** Whether spaces may stand between a quote and the separator. */
  readonly spaced: boolean;
}

/** Bytes from the beginning that the encoding and the separator are guessed from. */
const SAMPLE = 256 * 1024;
export const CHUNK = 256 * 1024;

/** What other kinds of file begin with, and what to do about them. */
const OTHER_KINDS: readonly { readonly magic: Buffer; readonly advice: string }[] = [
  { magic: Buffer.from('PK\x03\x04'), advice: 'is a workbook or an archive: export the sheet as CSV' },
  {
    magic: Buffer.from([0xd0, 0xcf, 0x11, 0xe0]),
    advice: 'is an old Excel workbook: export the sheet as CSV',
  },
  { magic: Buffer.from([0x1f, 0x8b]), advice: 'is compressed with gzip: unpack it first' },
  { magic: Buffer.from('PAR1'), advice: 'is a Parquet file: import it as predictions' },
];

/**
 * Reads a file once from end to end, in bounded memory.
 *
 * @throws UserError no-file, not-a-file, no-permission, empty-table, not-a-table, open-quote
 */
export async function inspectTable(file: string): Promise<TableFile> {
  const modified = await checkReadable(file);
  const hash = createHash('sha256');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  let size = 0;
  let sample = Buffer.alloc(0);
  let shape: LineShape | undefined;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    shape ??= new LineShape(chunk);
    shape.add(chunk);
    size += chunk.length;
    if (sample.length < SAMPLE) sample = Buffer.concat([sample, chunk]);
    isUtf8 &&= decodes(utf8, chunk);
  }
  isUtf8 &&= decodes(utf8);
  const name = path.basename(file);
  const { encoding, lineEnds, preamble, body, separator, header } = beginningOf(name, sample, isUtf8);
  const quoting = quotingOf(body, separator, lineEnds, shape);
  return {
    file,
    size,
    modified,
    sha256: hash.digest('hex'),
    encoding,
    separator,
    quoting,
    preamble,
    header: quoting.escape === null ? header.map(unquoted) : header,
    lineEnds,
    warnings: [
      ...encodingWarnings(name, encoding),
      ...(quoting.escape === null
        ? [
            {
              code: 'quotes-as-text',
              message: `${name} has a quote (") that is never closed in its line, and every line has as many cells as the header without quoting. Quotes were read as text.`,
            },
          ]
        : []),
    ],
  };
}

/**
 * The header of a file, of which no more than its beginning is read. Unlike `inspectTable`, it takes quotes as quotes.
 *
 * @param limit in bytes: a longer header is not found
 * @returns how many bytes the file has, too
 * @throws UserError no-file, not-a-file, no-permission, empty-table, not-a-table, open-quote
 */
export async function readHeader(
  file: string,
  limit: number,
): Promise<{ readonly header: readonly string[]; readonly size: number }> {
  await checkReadable(file);
  const handle = await openRegular(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(limit, size)), 0, undefined, 0);
    const sample = buffer.subarray(0, bytesRead);
    const isUtf8 = decodes(new TextDecoder('utf-8', { fatal: true }), sample);
    return { header: beginningOf(path.basename(file), sample, isUtf8).header, size };
  } finally {
    await handle.close();
  }
}

/** What the first bytes of a file tell. */
interface Beginning extends Pick<TableFile, 'encoding' | 'lineEnds' | 'preamble' | 'separator' | 'header'> {
  /** The text behind the preamble. */
  readonly body: string;
}

/** @throws UserError empty-table, not-a-table, open-quote */
function beginningOf(name: string, sample: Buffer, isUtf8: boolean): Beginning {
  const other = OTHER_KINDS.find(({ magic }) => sample.subarray(0, magic.length).equals(magic));
  if (other !== undefined) throw new UserError('not-a-table', `${name} ${other.advice}.`);
  const encoding = encodingOf(sample, isUtf8);
  if (encoding === undefined)
    throw new UserError(
      'not-a-table',
      `${name} holds binary data, not the text of a table. Export it as CSV.`,
    );
  const text = new TextDecoder(encoding).decode(sample);
  if (text.trim() === '') throw new UserError('empty-table', `${name} is empty.`);
  if (/^\s*(?:\{|\[\s*(?:[[{"\]]|-?\d))/u.test(text))
    throw new UserError(
      'not-a-table',
      `${name} holds JSON, not a table. Convert it to CSV with a header line.`,
    );
  const lineEnds = text.includes('\n') ? ['\r\n', '\n'] : ['\r'];
  const { preamble, body, separators } = withoutPreamble(text);
  const { header, separator } = bestSeparator(body, lineEnds, separators);
  if (header.length === 0)
    throw new UserError('open-quote', `${name}: a quote (") opens in the header and is never closed.`);
  return { encoding, lineEnds, preamble, body, separator, header };
}

/** The options of the CSV library for a file. */
export function csvOptions({
  separator,
  quoting,
  lineEnds,
}: Pick<TableFile, 'separator' | 'quoting' | 'lineEnds'>): Options {
  return {
    bom: true,
    delimiter: separator,
    record_delimiter: [...lineEnds],
    skip_empty_lines: true,
    ...(quoting.escape === null
      ? { quote: null }
      : { relax_quotes: true, escape: quoting.escape, trim: quoting.spaced }),
  };
}

/** A cell of a table without quoting: quotes around the whole of it are still no part of it. */
export function unquoted(cell: string): string {
  return cell.length >= 2 && cell.startsWith('"') && cell.endsWith('"')
    ? cell.slice(1, -1).replaceAll('""', '"')
    : cell;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;

/**
 * Whether the cells of every line of a file fit the first one, if quotes mean nothing, and whether every quote is closed
 * in its line. A line fits with as many cells, or with empty ones at the end that are too many.
 */
class LineShape {
  /** (256) of each byte in the line at hand; read for separators and quotes. */
  private readonly counts = new Int32Array(256);
  /** Cells of the first line, by separator, which is left out once lines differ. */
  private readonly first = new Map<Separator, Cells>();
  private readonly lineEnd: number;
  /** Bytes that are still to be passed over: those of a line before the header. */
  private skipped: number;
  private bytes = 0;
  private lines = 0;
  /** The last byte, and how many like it precede it. */
  private last = 0;
  private run = 0;
  opens = false;

  /** @param beginning of the file */
  constructor(beginning: Buffer) {
    this.lineEnd = beginning.includes(NEWLINE) ? NEWLINE : CARRIAGE_RETURN;
    this.skipped = preambleOf(beginning.toString('latin1', 0, LONGEST_PREAMBLE))?.length ?? 0;
  }

  add(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.skipped > 0) this.skipped--;
      else if (byte === this.lineEnd) this.endLine();
      else if (byte !== CARRIAGE_RETURN) {
        this.bytes++;
        this.counts[byte] = (this.counts[byte] ?? 0) + 1;
        this.run = byte === this.last ? this.run + 1 : 1;
        this.last = byte;
      }
    }
  }

  /** Call it when the whole file was added. */
  isRegular(separator: Separator): boolean {
    this.endLine();
    return this.first.has(separator);
  }

  private endLine(): void {
    // An empty line is none.
    if (this.bytes > 0) {
      this.opens ||= (this.counts[QUOTE] ?? 0) % 2 === 1;
      for (const separator of SEPARATORS) {
        const code = separator.charCodeAt(0);
        const most = this.counts[code] ?? 0;
        const cells = { most, least: most - (this.last === code ? this.run : 0) };
        const first = this.first.get(separator);
        if (this.lines === 0) this.first.set(separator, cells);
        else if (first !== undefined && (cells.least > first.most || cells.most < first.least))
          this.first.delete(separator);
      }
      this.lines++;
    }
    this.counts.fill(0);
    this.bytes = 0;
    this.last = 0;
    this.run = 0;
  }
}

/** Separators in a line: all of them, and those before its last cell that is not empty. */
interface Cells {
  readonly most: number;
  readonly least: number;
}

/** No `sep=;` is longer, with a byte order mark, quotes and its line end. */
const LONGEST_PREAMBLE = 16;

/** `sep=;` on a line of its own before the header, as spreadsheets write and read it; the mark also as its bytes. */
function preambleOf(text: string): { length: number; separator: Separator } | undefined {
  const [line, , separator] = /^(?:\uFEFF|\u00EF\u00BB\u00BF)?("?)sep=(.)\1(?:\r\n?|\n)/iu.exec(text) ?? [];
  const known = SEPARATORS.find((candidate) => candidate === separator);
  return line === undefined || known === undefined ? undefined : { length: line.length, separator: known };
}

function withoutPreamble(text: string): { preamble: number; body: string; separators: readonly Separator[] } {
  const found = preambleOf(text);
  return found === undefined
    ? { preamble: 0, body: text, separators: SEPARATORS }
    : { preamble: 1, body: text.slice(found.length), separators: [found.separator] };
}

function quotingOf(
  body: string,
  separator: Separator,
  lineEnds: readonly string[],
  shape: LineShape | undefined,
): Quoting {
  const lines = wholeLines(body, lineEnds);
  if (shape?.isRegular(separator) && shape.opens && hasNumbersInEveryLine(lines, separator))
    return { escape: null, spaced: false };
  return {
    escape: usesBackslashes(lines, separator) ? '\\' : '"',
    spaced: hasSpacesAroundQuotes(body, separator),
  };
}

/** The whole lines of a sample, which may end within one. */
function wholeLines(body: string, lineEnds: readonly string[]): string[] {
  return body.split(lineEnds.includes('\n') ? /\r?\n/u : '\r').slice(0, -1);
}

/** @returns when it was written last */
async function checkReadable(file: string): Promise<number> {
  let kind: string;
  try {
    const found = await stat(file);
    kind = kindOf(found);
    if (found.isFile()) {
      // Who may look at a file may not always read it.
      await (await open(file)).close();
      return found.mtimeMs;
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UserError('no-file', `There is no file ${file}.`);
    // EPERM: folders that macOS guards.
    if (code === 'EACCES' || code === 'EPERM')
      throw new UserError(
        'no-permission',
        `You do not have permission to read ${file}. Change the permissions of the file.`,
      );
    throw error;
  }
  throw new UserError(
    'not-a-file',
    `${file} is ${kind}, and a table must be a file. Save it to a file first.`,
  );
}

function decodes(decoder: TextDecoder, chunk?: Uint8Array): boolean {
  try {
    decoder.decode(chunk, { stream: chunk !== undefined });
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a line in which a quote stays open has numbers where all other lines have them. A text of several lines with a
 * separator in each looks the same but for that.
 */
function hasNumbersInEveryLine([, ...rows]: readonly string[], separator: Separator): boolean {
  const lines = rows.filter((line) => line !== '');
  const isOpen = (line: string): boolean => line.split('"').length % 2 === 0;
  const isNumber = (line: string, column: number): boolean =>
    !Number.isNaN(plainNumber(unquoted(line.split(separator)[column]?.trim() ?? '')));
  const [closed, open] = [lines.filter((line) => !isOpen(line)), lines.filter(isOpen)];
  const numeric = [...(closed[0]?.split(separator) ?? []).keys()].filter((column) =>
    closed.every((line) => isNumber(line, column)),
  );
  return numeric.length > 0 && open.every((line) => numeric.every((column) => isNumber(line, column)));
}

function hasSpacesAroundQuotes(body: string, separator: Separator): boolean {
  return new RegExp(`(?:^|[${separator}]) +"|" +(?:[${separator}]|$)`, 'mu').test(body);
}

/** Whether rows have as many cells as the header only if a backslash stands before the quotes inside of a cell. */
function usesBackslashes(lines: readonly string[], separator: Separator): boolean {
  if (!lines.some((line) => line.includes('\\"'))) return false;
  const whole = lines.join('\n');
  const isEven = (escape: '"' | '\\'): boolean => {
    try {
      const options = { delimiter: separator, relax_column_count: true, skip_empty_lines: true };
      const rows = parse(whole, { ...options, relax_quotes: true, escape });
      return rows.every((row) => row.length === rows[0]?.length);
    } catch {
      return false;
    }
  };
  return !isEven('"') && isEven('\\');
}

/** A smaller share of zero bytes, or a single one, strayed into a text and proves nothing. */
const ZERO_BYTES = 0.05;

/** By byte order mark; else by where the zero bytes of ASCII letters lie; else UTF-8 where it is valid. */
function encodingOf(sample: Buffer, isUtf8: boolean): Encoding | undefined {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  const looked = sample.subarray(0, 4096);
  let even = 0;
  let odd = 0;
  for (const [at, byte] of looked.entries())
    if (byte === 0 && at % 2 === 0) even++;
    else if (byte === 0) odd++;
  const fewest = Math.max(2, ZERO_BYTES * looked.length);
  if (odd >= fewest && even < odd / 10) return 'utf-16le';
  if (even >= fewest && odd < even / 10) return 'utf-16be';
  if (even + odd >= fewest) return undefined;
  return isUtf8 ? 'utf-8' : 'windows-1252';
}

function encodingWarnings(name: string, encoding: Encoding): Warning[] {
  if (encoding === 'utf-8') return [];
  const message =
    encoding === 'windows-1252'
      ? `${name} is not UTF-8 and was read as Latin-1 (Windows-1252). Save it as UTF-8 if letters look wrong.`
      : `${name} was read as UTF-16. UTF-8 is the usual encoding of a CSV.`;
  return [{ code: 'encoding', message }];
}

/** The separator under which the header has the most known columns; then the most columns. */
function bestSeparator(
  text: string,
  lineEnds: string[],
  separators: readonly Separator[],
): Pick<TableFile, 'separator' | 'header'> {
  const rated = separators.map((separator) => {
    const header = headerUnder(text, separator, lineEnds);
    return { separator, header, known: knownColumns(header) };
  });
  rated.sort((a, b) => b.known - a.known || b.header.length - a.header.length);
  return rated[0] ?? { separator: ',', header: [] };
}

/** Empty where a quote stays open. */
function headerUnder(text: string, separator: Separator, lineEnds: string[]): readonly string[] {
  try {
    const trim = hasSpacesAroundQuotes(text, separator);
    const options = { relax_quotes: true, skip_empty_lines: true, bom: true, to: 1, trim };
    return parse(text, { ...options, delimiter: separator, record_delimiter: lineEnds })[0] ?? [];
  } catch {
    return [];
  }
}
