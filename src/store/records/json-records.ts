/** Records of JSON files: JSON lines in bounded memory, or one JSON document. */
import { constants } from 'node:fs';
import path from 'node:path';
import { TextDecoder } from 'node:util';
import { UserError } from '../../core/user-error';
import { openRegular } from '../read-regular';
import type { Found } from './found';
import { type ParsedJson, parsedJson } from './json-text';

const CHUNK = 256 * 1024;
/** The longest line: far above any real record. */
const LARGEST_LINE = 64 * 1024 * 1024;
/** The largest document that is not written in lines: it is in the memory as a whole. */
const LARGEST_DOCUMENT = 400 * 1024 * 1024;

/**
 * The records of a file, in batches of what one chunk holds: each line of JSON lines, or the elements of a document that is a
 * list, or a document of another kind as one record. Empty lines are skipped.
 *
 * @throws UserError not-json, import-table, too-large-json, not-a-file; errors of node:fs
 */
export async function* jsonRecords(file: string): AsyncGenerator<readonly Found[]> {
  let isOpening = true;
  for await (const lines of atLeastTwo(linesOf(file))) {
    if (isOpening) {
      const [first, second] = lines;
      if (first === undefined) throw new UserError('not-json', `${path.basename(file)} is empty.`);
      const opening = parsedLine(first);
      // A document of several lines begins with lines that are no JSON by themselves.
      const isDocument = opening === undefined && (second === undefined || parsedLine(second) === undefined);
      if (isDocument || second === undefined) {
        yield elementsOf(opening ?? (await documentOf(file)));
        return;
      }
      isOpening = false;
    }
    yield lines.map(recordOf);
  }
}

interface Line {
  readonly number: number;
  /** Null where its bytes are not UTF-8. */
  readonly text: string | null;
}

/** The lines that are not empty. */
async function* linesOf(file: string): AsyncGenerator<readonly Line[], undefined> {
  const handle = await openRegular(file, constants.O_RDONLY);
  /** The beginning of a line, in pieces. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  let number = 0;
  let isFirst = true;
  const numbered = (texts: readonly (string | null)[]): readonly Line[] =>
    texts
      .map((text) => ({ number: ++number, text: text === null ? null : unmarked(text, number) }))
      .filter(({ text }) => text?.trim() !== '');
  try {
    for await (const chunk of handle.createReadStream({
      highWaterMark: CHUNK,
      autoClose: false,
    }) as AsyncIterable<Buffer>) {
      if (isFirst) refuseOtherKinds(file, chunk);
      isFirst = false;
      const end = chunk.lastIndexOf(LINE_FEED);
      if (end >= 0) {
        yield numbered(decodedLines(Buffer.concat([...held, chunk.subarray(0, end)])));
        held = [];
        heldBytes = 0;
      }
      held.push(chunk.subarray(end + 1));
      heldBytes += chunk.length - (end + 1);
      if (heldBytes > LARGEST_LINE)
        throw new UserError(
          'too-large-json',
          `${path.basename(file)}, line ${number + 1}: the line is longer than 64 MB, so the file was not read.`,
        );
    }
    yield numbered(decodedLines(Buffer.concat(held)));
  } finally {
    await handle.close();
  }
}

const LINE_FEED = 10;

/** Whole lines; null for one that is not UTF-8. Read as another encoding, its letters would be wrong without a word. */
function decodedLines(bytes: Uint8Array): readonly (string | null)[] {
  const text = utf8Of(bytes);
  if (text !== null) return text.split('\n');
  const lines: (string | null)[] = [];
  for (let start = 0; start <= bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found;
    lines.push(utf8Of(bytes.subarray(start, end)));
    start = end + 1;
  }
  return lines;
}

function utf8Of(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const SAVE_AS_UTF8 = 'Save it as UTF-8 and import it again.';
const UNPACK = 'Unpack it, and import what it holds.';
const UTF16 = `is UTF-16, but JSON is UTF-8. ${SAVE_AS_UTF8}`;

/** What files begin with that are no JSON, and what to do about them. */
const OTHER_KINDS: readonly { readonly magic: readonly number[]; readonly advice: string }[] = [
  { magic: [0xff, 0xfe], advice: UTF16 },
  { magic: [0xfe, 0xff], advice: UTF16 },
  { magic: [0x1f, 0x8b], advice: `is compressed with gzip. ${UNPACK}` },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], advice: `is compressed with zstd. ${UNPACK}` },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], advice: `is compressed with xz. ${UNPACK}` },
  { magic: [0x42, 0x5a, 0x68], advice: `is compressed with bzip2. ${UNPACK}` },
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    advice:
      'is a zip archive, as workbooks (.xlsx) and NumPy files (.npz) are too. Write what it holds as JSON lines or Parquet.',
  },
];

/** @throws UserError not-json */
function refuseOtherKinds(file: string, opening: Uint8Array): void {
  const kind = OTHER_KINDS.find(({ magic }) => magic.every((byte, at) => opening[at] === byte));
  if (kind !== undefined) throw new UserError('not-json', `${path.basename(file)} ${kind.advice}`);
}

/** Without a byte order mark at the beginning. */
function unmarked(text: string, line: number): string {
  return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Batches of which the first holds at least two lines, where there are as many. */
async function* atLeastTwo(batches: AsyncIterable<readonly Line[]>): AsyncGenerator<readonly Line[]> {
  let held: readonly Line[] | null = [];
  for await (const batch of batches) {
    if (held === null) yield batch;
    else {
      held = [...held, ...batch];
      if (held.length < 2) continue;
      yield held;
      held = null;
    }
  }
  if (held !== null) yield held;
}

function recordOf(line: Line): Found {
  const found = parsedLine(line);
  const at = `line ${line.number}`;
  if (found !== undefined) return { at, ...found };
  return { at, problem: line.text === null ? 'is not UTF-8' : 'is not JSON' };
}

function parsedLine({ text }: Line): ParsedJson {
  return text === null ? undefined : parsedJson(text);
}

function elementsOf(document: NonNullable<ParsedJson>): readonly Found[] {
  if ('problem' in document || !Array.isArray(document.value)) return [{ at: 'the document', ...document }];
  return document.value.map((value: unknown, index) => ({ at: `element ${index + 1}`, value }));
}

/** @throws UserError too-large-json, not-json, import-table */
async function documentOf(file: string): Promise<NonNullable<ParsedJson>> {
  const name = path.basename(file);
  const handle = await openRegular(file, constants.O_RDONLY);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAMPLE), 0, SAMPLE, 0);
    const sample = buffer.subarray(0, bytesRead);
    if (sample.includes(0))
      throw new UserError(
        'not-json',
        `${name} holds zero bytes, so it is no JSON but a binary file, or UTF-16.`,
      );
    if (isTable(sample))
      throw new UserError('import-table', `${name} looks like a table (CSV). A table needs no import.`);
    if ((await handle.stat()).size > LARGEST_DOCUMENT)
      throw new UserError(
        'too-large-json',
        `${name} is one JSON document of more than 400 MB. Write it as JSON lines, one record a line.`,
      );
    const text = utf8Of(await handle.readFile());
    if (text === null) throw new UserError('not-json', `${name} is not UTF-8, as JSON is. ${SAVE_AS_UTF8}`);
    const found = parsedJson(unmarked(text, 1));
    if (found !== undefined) return found;
    throw new UserError(
      'not-json',
      !text.includes('\n') && text.trim().includes('\r')
        ? `${name} is no JSON as a whole, and its lines end with a carriage return (CR) alone. Save it with line feeds (LF) and import it again.`
        : `${name} is neither JSON nor JSON lines.${beginsAsJson(text) ? ' It may be cut in the middle.' : ''}`,
    );
  } finally {
    await handle.close();
  }
}

/** Bytes from the beginning that tell the kind of a file. */
const SAMPLE = 64 * 1024;

function beginsAsJson(text: string): boolean {
  return /^\ufeff?\s*[[{]/u.test(text);
}

/** Whether the first two lines have cells. Those of JSON would begin with a bracket. */
function isTable(sample: Buffer): boolean {
  const text = sample.toString('utf8');
  const [header, row] = text.split(/[\r\n]+/u).filter((line) => line.trim() !== '');
  return (
    !beginsAsJson(text) &&
    [',', ';', '\t'].some((separator) => [header, row].every((line) => line?.includes(separator)))
  );
}
