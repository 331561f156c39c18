/**
 * What must be known about a file before its rows can be read: encoding, separator and SHA-256.
 */
import { parse } from 'csv-parse/sync';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { TextDecoder } from 'node:util';
import type { Warning } from '../../core/model/predictions';
import { knownColumns } from '../../core/data/columns';
import { UserError } from '../../core/user-error';
import { errorCode } from '../atomic';
import { kindOf } from '../kind-of';

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
  /** The cells of the first line that is not empty. */
  readonly header: readonly string[];
  /** How lines end; '\r' only where the file has no '\n' at all near its beginning. */
  readonly lineEnds: readonly string[];
  readonly warnings: readonly Warning[];
}

const SEPARATORS = [',', ';', '\t', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

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
  { magic: Buffer.from('PAR1'), advice: 'is a Parquet file: export it as CSV' },
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
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
    if (sample.length < SAMPLE) sample = Buffer.concat([sample, chunk]);
    isUtf8 &&= decodes(utf8, chunk);
  }
  isUtf8 &&= decodes(utf8);
  const name = path.basename(file);
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
  if (/^\s*\{/u.test(text))
    throw new UserError(
      'not-a-table',
      `${name} holds JSON, not a table. Convert it to CSV with a header line.`,
    );
  const lineEnds = text.includes('\n') ? ['\r\n', '\n'] : ['\r'];
  const { header, separator } = bestSeparator(text, lineEnds);
  if (header.length === 0)
    throw new UserError('open-quote', `${name}: a quote (") opens in the header and is never closed.`);
  return {
    file,
    size,
    modified,
    sha256: hash.digest('hex'),
    encoding,
    separator,
    header,
    lineEnds,
    warnings: encodingWarnings(name, encoding),
  };
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

/** By byte order mark; else by where the zero bytes of ASCII letters lie; else UTF-8 where it is valid. */
function encodingOf(sample: Buffer, isUtf8: boolean): Encoding | undefined {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  let even = 0;
  let odd = 0;
  for (const [at, byte] of sample.subarray(0, 4096).entries())
    if (byte === 0 && at % 2 === 0) even++;
    else if (byte === 0) odd++;
  if (odd > 0 && even === 0) return 'utf-16le';
  if (even > 0 && odd === 0) return 'utf-16be';
  if (even > 0) return undefined;
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
function bestSeparator(text: string, lineEnds: string[]): Pick<TableFile, 'separator' | 'header'> {
  const rated = SEPARATORS.map((separator) => {
    const header = headerUnder(text, separator, lineEnds);
    return { separator, header, known: knownColumns(header) };
  });
  rated.sort((a, b) => b.known - a.known || b.header.length - a.header.length);
  return rated[0] ?? { separator: ',', header: [] };
}

/** Empty where a quote stays open. */
function headerUnder(text: string, separator: Separator, lineEnds: string[]): readonly string[] {
  try {
    const options = { relax_quotes: true, skip_empty_lines: true, bom: true, to: 1 };
    return parse(text, { ...options, delimiter: separator, record_delimiter: lineEnds })[0] ?? [];
  } catch {
    return [];
  }
}
