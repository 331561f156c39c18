/**
 * The results of a workspace between two sessions: numbers, names, places and hashes, never a text. A result is shown
 * again where a text with its hash stands in its document. A hash hides a text only from those who cannot guess it.
 */
import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import * as z from 'zod';
import { modelIdentitySchema, promptAddedSchema } from '../core/model/binding';
import { boundsOf, DEFAULT_BUCKETS } from '../core/model/buckets';
import { scoreSchema } from '../protocol/engine';
import { RESULTS_KEY } from '../protocol/manifest';
import { calibrationSchema } from '../protocol/result-page';
import type { ClassifiedText, NewResult } from './results';
import { placeOf, type TextPlace } from './text-place';
import { TRIGGERS } from './trigger';

/** Of all documents together; the oldest results go first. */
const MOST_RESULTS = 2000;
/** Characters of JSON. VS Code warns of half a megabyte. */
const MOST_CHARACTERS = 256 * 1024;

/** What the results of one request have in common. */
const requestSchema = z.object({
  uri: z.string(),
  run: z.int(),
  classifier: z.string(),
  origin: z.object({
    model: modelIdentitySchema.optional(),
    promptSha256: z.string().exactOptional(),
    promptAdded: promptAddedSchema.optional(),
    backend: z.string(),
    modelPath: z.string(),
  }),
  /** Results that an earlier version stored have none. */
  bounds: z
    .array(z.number())
    .readonly()
    .default(() => boundsOf(DEFAULT_BUCKETS)),
  isLeftRaw: z.boolean(),
  model: z.string(),
  device: z.string(),
  ms: z.number(),
  batch: z.number(),
  trigger: z.enum(TRIGGERS),
  /** ISO 8601 */
  at: z.iso.datetime(),
});

const line = z.int().min(0);
const placedSchema = z.object({
  /** Line and character of its start and its end. */
  range: z.tuple([line, line, line, line]),
  isWhole: z.boolean(),
  /** UTF-16 units of the text. */
  length: z.int().min(1),
  hash: z.string(),
  score: scoreSchema,
  calibration: calibrationSchema.exactOptional(),
});

/** Each result names its request by its place in the list. */
const memorySchema = z.object({
  version: z.literal(1),
  requests: z.array(requestSchema),
  results: z.array(placedSchema.extend({ request: z.int().min(0) })),
});
type Memory = z.infer<typeof memorySchema>;

type Request = z.infer<typeof requestSchema>;
type Placed = z.infer<typeof placedSchema>;

/** A result whose text is not known. */
export interface StoredResult {
  readonly request: Request;
  readonly placed: Placed;
}

/** A result with the place of its text; it is stored without the text. */
export interface LiveResult {
  readonly result: ClassifiedText;
  readonly place: TextPlace;
}

export function readStored(memory: vscode.Memento): StoredResult[] {
  // An older version may have kept another shape.
  const stored = memorySchema.safeParse(memory.get(RESULTS_KEY)).data;
  return (stored?.results ?? []).flatMap(({ request: at, ...placed }) => {
    const request = stored?.requests[at];
    return request === undefined ? [] : [{ request, placed }];
  });
}

/** @param results oldest first */
export async function storeResults(
  memory: vscode.Memento,
  results: readonly (StoredResult | LiveResult)[],
): Promise<void> {
  const requests = new Map<string, { readonly request: Request; readonly at: number }>();
  const kept: Memory['results'] = [];
  let characters = 0;
  for (const result of results.slice(-MOST_RESULTS).reverse()) {
    const { request, placed } = 'result' in result ? stored(result) : result;
    const key = JSON.stringify(request);
    const known = requests.get(key);
    characters += JSON.stringify(placed).length + (known === undefined ? key.length : 0);
    if (characters > MOST_CHARACTERS) break;
    const { at } = known ?? { at: requests.size };
    requests.set(key, { request, at });
    kept.push({ ...placed, request: at });
  }
  const value: Memory = {
    version: 1,
    requests: [...requests.values()].map(({ request }) => request),
    results: kept.reverse(),
  };
  await memory.update(RESULTS_KEY, kept.length === 0 ? undefined : value);
}

function stored({ result, place }: LiveResult): StoredResult {
  const { text, range, uri, at, run, classifier, origin, bounds } = result;
  const { isLeftRaw, model, device, ms, batch, trigger } = result;
  const { start, end } = range;
  // Tokens can be read again, and take more room than all other numbers.
  const score = { ...result.score };
  delete score.tokens;
  return {
    request: {
      ...{ uri: uri.toString(), at: at.toISOString(), run, classifier, origin, bounds },
      ...{ isLeftRaw, model, device, ms, batch, trigger },
    },
    placed: {
      range: [start.line, start.character, end.line, end.character],
      isWhole: place.isWhole,
      length: text.length,
      hash: hashOf(text, place),
      score,
      ...(result.calibration === undefined ? {} : { calibration: result.calibration }),
    },
  };
}

/** Cryptographic, so that nobody can write another text that gets the result of this one. */
function hashOf(text: string, { isWhole, before, after }: TextPlace): string {
  const hashed = isWhole ? [text] : [text, before, after];
  return createHash('sha256').update(JSON.stringify(hashed)).digest('base64url');
}

export interface Wakened {
  readonly found: readonly (NewResult & { readonly run: number })[];
  readonly missing: readonly StoredResult[];
}

/** Finds the texts of stored results in their document: at their places, or as lines elsewhere. */
export function wakened(document: vscode.TextDocument, results: readonly StoredResult[]): Wakened {
  const there = results.map((result) => ({ result, place: atOldPlace(document, result.placed) }));
  const taken = new Set(there.flatMap(({ place }) => (place === undefined ? [] : [place.range.start.line])));
  const lost = results.filter((_, index) => there[index]?.place === undefined);
  const lines = lost.some(({ placed }) => placed.isWhole)
    ? linesByHash(document, new Set(lost.map(({ placed }) => placed.length)), taken)
    : new Map<string, TextPlace[]>();
  const found: (NewResult & { readonly run: number })[] = [];
  const missing: StoredResult[] = [];
  for (const { result, place } of there) {
    const { isWhole, hash } = result.placed;
    const now = place ?? (isWhole ? lines.get(hash)?.shift() : undefined);
    if (now === undefined) missing.push(result);
    else found.push(awake(document, result, now));
  }
  return { found, missing };
}

function atOldPlace(
  document: vscode.TextDocument,
  { range: [line, character, endLine, endCharacter], isWhole, hash }: Placed,
): TextPlace | undefined {
  const range = new vscode.Range(line, character, endLine, endCharacter);
  if (!document.validateRange(range).isEqual(range)) return undefined;
  const place = placeOf(document, range);
  if (isWhole && !place.isWhole) return undefined;
  const known = { ...place, isWhole };
  return hashOf(document.getText(range), known) === hash ? known : undefined;
}

/** The lines whose texts, without the white space at their ends, have one of these lengths. */
function linesByHash(
  document: vscode.TextDocument,
  lengths: ReadonlySet<number>,
  taken: ReadonlySet<number>,
): Map<string, TextPlace[]> {
  const found = new Map<string, TextPlace[]>();
  for (let line = 0; line < document.lineCount; line++) {
    const { text } = document.lineAt(line);
    const trimmed = text.trim();
    if (taken.has(line) || !lengths.has(trimmed.length)) continue;
    const start = text.length - text.trimStart().length;
    const place = placeOf(document, new vscode.Range(line, start, line, start + trimmed.length));
    const hash = hashOf(trimmed, place);
    const same = found.get(hash);
    if (same === undefined) found.set(hash, [place]);
    else same.push(place);
  }
  return found;
}

function awake(
  document: vscode.TextDocument,
  { request, placed: { score, calibration } }: StoredResult,
  place: TextPlace,
): NewResult & { readonly run: number } {
  const { at, run, classifier, origin, bounds, isLeftRaw, model, device, ms, batch, trigger } = request;
  return {
    ...{ run, classifier, bounds, isLeftRaw, model, device, ms, batch, trigger, score, calibration, place },
    text: document.getText(place.range),
    origin: { ...origin, model: origin.model },
    at: new Date(at),
  };
}
