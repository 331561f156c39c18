/** Records of JSON files: JSON lines in bounded memory, or one JSON document. */
import { constants } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
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
      const opening = parsed(first.text);
      // A document of several lines begins with lines that are no JSON by themselves.
      const isDocument = opening === undefined && (second === undefined || parsed(second.text) === undefined);
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
  readonly text: string;
}

/** The lines that are not empty. */
async function* linesOf(file: string): AsyncGenerator<readonly Line[], undefined> {
  const handle = await openRegular(file, constants.O_RDONLY);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;
  const isFilled = ({ text }: Line): boolean => text.trim() !== '';
  try {
    for await (const chunk of handle.createReadStream({
      highWaterMark: CHUNK,
      autoClose: false,
    }) as AsyncIterable<Buffer>) {
      const parts = (rest + decoder.write(chunk)).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > LARGEST_LINE)
        throw new UserError(
          'too-large-json',
          `${path.basename(file)}, line ${number + parts.length + 1}: the line is longer than 64 MB, so the file was not read.`,
        );
      const batch = parts.map((text) => ({ number: ++number, text: unmarked(text, number) }));
      yield batch.filter(isFilled);
    }
    const last = { number: number + 1, text: unmarked(rest + decoder.end(), number + 1) };
    if (isFilled(last)) yield [last];
  } finally {
    await handle.close();
  }
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

function recordOf({ number, text }: Line): Found {
  const found = parsed(text);
  const at = `line ${number}`;
  return found === undefined ? { at, problem: 'is not JSON' } : { at, value: found.value };
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
    const found = parsed((await handle.readFile('utf8')).replace(/^\ufeff/u, ''));
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
