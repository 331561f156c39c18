/** Records of JSON files: JSON lines in bounded memory, or one JSON document. */
import { constants } from 'node:fs';
import path from 'node:path';
import { TextDecoder } from 'node:util';
import { UserError } from '../../core/user-error';
import { openRegular } from '../read-regular';
import type { Found } from './found';

const CHUNK = 256 * 1024;
/** The longest line: far above any real record. */
const LARGEST_LINE = 64 * 1024 * 1024;
/** The largest document that is not written in lines: it is in the memory as a whole. */
const LARGEST_DOCUMENT = 400 * 1024 * 1024;

/**
 * The records of a file, in batches of what one chunk holds: each line of JSON lines, or the elements of a document that is a
 * list, or a document of another kind as one record. Empty lines are skipped.
 *
 * @throws UserError not-json, too-large-json, not-a-file; errors of node:fs
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
        yield elementsOf(opening === undefined ? await documentOf(file) : opening.value);
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
      if (isFirst) refuseUtf16(file, chunk);
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

/** @throws UserError not-json */
function refuseUtf16(file: string, bytes: Uint8Array): void {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new UserError('not-json', `${path.basename(file)} is UTF-16, but JSON is UTF-8. ${SAVE_AS_UTF8}`);
}

const SAVE_AS_UTF8 = 'Save it as UTF-8 and import it again.';

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
  if (found !== undefined) return { at, value: found.value };
  return { at, problem: line.text === null ? 'is not UTF-8' : 'is not JSON' };
}

function parsedLine({ text }: Line): ReturnType<typeof parsed> {
  return text === null ? undefined : parsed(text);
}

function elementsOf(document: unknown): readonly Found[] {
  if (!Array.isArray(document)) return [{ at: 'the document', value: document }];
  return document.map((value: unknown, index) => ({ at: `element ${index + 1}`, value }));
}

async function documentOf(file: string): Promise<unknown> {
  const name = path.basename(file);
  const handle = await openRegular(file, constants.O_RDONLY);
  try {
    if ((await handle.stat()).size > LARGEST_DOCUMENT)
      throw new UserError(
        'too-large-json',
        `${name} is one JSON document of more than 400 MB. Write it as JSON lines, one record a line.`,
      );
    const text = utf8Of(await handle.readFile());
    if (text === null) throw new UserError('not-json', `${name} is not UTF-8, as JSON is. ${SAVE_AS_UTF8}`);
    const found = parsed(text.replace(/^\ufeff/u, ''));
    if (found === undefined)
      throw new UserError('not-json', `${name} is neither JSON nor JSON lines. It may be cut in the middle.`);
    return found.value;
  } finally {
    await handle.close();
  }
}

/**
 * Undefined for what is no JSON. Python writes NaN and Infinity, which JSON has not: they are read as null. Whole numbers of
 * so many digits that JavaScript would change the last ones, as ids are, are read as texts.
 */
function parsed(text: string): { readonly value: unknown } | undefined {
  const exact = MAY_BE_LONG.test(text) ? text.replaceAll(STRING_OR_NUMBER, asTextIfLong) : text;
  for (const json of [
    exact,
    exact.replaceAll(STRING_OR_NO_JSON, (found) => (found.startsWith('"') ? found : 'null')),
  ])
    try {
      return { value: JSON.parse(json) as unknown };
    } catch {
      // Tried again without Python's numbers.
    }
  return undefined;
}

/** Strings are matched first, so that a text which holds such a word keeps it. */
const STRING_OR_NO_JSON = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
/** Not the digits behind a decimal point. */
const MAY_BE_LONG = /(?<![\d.])\d{16}/;

function asTextIfLong(found: string): string {
  return /^-?\d+$/.test(found) && !Number.isSafeInteger(Number(found)) ? `"${found}"` : found;
}
