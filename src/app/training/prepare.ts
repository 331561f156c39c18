/** Prepares the tuning of a classifier's model: reads, divides and tokenises the rows, and says what it will do. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { labelNames } from '../../core/calibration/compatibility';
import { smoothedTargets } from '../../core/calibration/smoothed-targets';
import { askingOf, type Classifier } from '../../core/classifier/definition';
import {
  checkGivenSplit,
  checkSplit,
  type Shared,
  sharedName,
  smallestDifference,
  type Split,
  splitRows,
} from '../../core/data/tuning-split';
import { normaliseText } from '../../core/data/hash';
import { jsonOf } from '../../core/data/json';
import type { AdapterCard, TuningSettings } from '../../core/model/adapter-card';
import { labelData } from '../../core/model/rows';
import { UserError } from '../../core/user-error';
import type { TokensResult } from '../../protocol/engine';
import { isFailed, type Source } from '../../sources/source';
import { writeFileAtomic } from '../../store/atomic';
import { exists } from '../../store/exists';
import { explainingWrite } from '../../store/explain-write';
import { checkFolder } from '../../store/folders';
import { boundPrompt } from '../../store/prompt-hash';
import { splitLines } from '../../store/tables/split-table';
import { readTuningRows, rowHash, type TuningRow, type TuningRows } from '../../store/tables/tuning-rows';
import { type Sources, verifiedIdentity } from '../sources';
import { tunedPrompt } from './tuned-prompt';
import { targetOf, tuningLines, type TuningExample, type TuningHead } from './tuning-input';
import { checkNoInput, isBegun, workFiles } from './tuning-run';

/** Texts on which the trainer's probabilities are compared with the engine's. */
const COMPARED_TEXTS = 32;

/** Texts of one request. */
const TEXTS_AT_ONCE = 500;

export interface TuningRequest {
  /** Absolute path of the labelled table. */
  readonly table: string;
  readonly textColumn: string;
  /** Its adapter, if it names one, is left out: the base is tuned. */
  readonly classifier: Classifier;
  /** Whether its prompt is tuned with its examples, or without them. */
  readonly examples: boolean;
  /** A Hugging Face folder of the base's weights; null for the model's own file. */
  readonly base: string | null;
  readonly settings: TuningSettings;
  /** Absolute path of the adapter to write. */
  readonly out: string;
  /** Absolute path of a folder of its own in the cache; made here. */
  readonly work: string;
  /** Absolute path of jobs/ in the cache. */
  readonly jobs: string;
  /** Discards a run that was begun, once the new one is known to be usable; absent: such a run is resumed. */
  readonly startOver?: (() => Promise<void>) | undefined;
}

/** What will be done, to be said before it is. */
export interface TuningFacts {
  readonly rows: Readonly<Record<Split, number>>;
  readonly leftOut: number;
  readonly isGrouped: boolean;
  /** Whether the table divides its rows itself. */
  readonly isGiven: boolean;
  /** The smallest difference in accuracy that the hold-out can show. */
  readonly smallestDifference: number;
  /** Texts that are longer than the classifier takes, and were cut. */
  readonly cut: number;
  readonly longestPrompt: number;
  readonly model: string;
}

/** What is known about the adapter before it exists. */
export type CardDraft = Pick<
  AdapterCard,
  'base' | 'promptSha256' | 'promptAdded' | 'labels' | 'examplesLeftOut'
> & {
  readonly table: { readonly name: string; readonly sha256: string };
  readonly split: { readonly seed: number; readonly grouped: boolean; readonly given: boolean };
  readonly rows: Readonly<Record<Split, readonly string[]>>;
  readonly settings: TuningSettings;
  /** The Hugging Face folder of the base; null where its own file is read. */
  readonly folder: string | null;
};

/**
 * Writes the trainer's input.
 *
 * @throws UserError everything of `readTuningRows`, `checkGivenSplit`, `checkSplit`, `checkNoInput` and `Sources.with`;
 *   no-folder: of the base; source-elsewhere: the model is not on this machine; run-changed: another run was begun;
 *   not-writable
 */
export async function prepareTuning(
  sources: Sources,
  request: TuningRequest,
  signal?: AbortSignal,
): Promise<TuningFacts> {
  const { settings, work } = request;
  if (request.base !== null) await checkBase(request.base);
  const classifier = tunedPrompt({ ...request.classifier, adapter: undefined }, request.examples);
  const labels = labelNames(classifier);
  const table = await readTuningRows(request.table, labels, request.textColumn);
  const { rows } = table;
  const split = splitOf(table, labels, settings.seed);
  return sources.with(classifier, signal, async (source) => {
    const tokens = await tokensOf(source, classifier, rows, signal);
    const identity = await verifiedIdentity(source, signal);
    const { model, modelFile } = identity;
    if (model.kind !== 'file' || modelFile === null) throw elsewhere(classifier);
    await checkNoInput(request.out, [request.table, modelFile.path]);
    const compared = await comparedScores(source, classifier, { rows, split, labels }, signal);
    const smoothed =
      settings.loss === 'label'
        ? new Map<number, readonly number[]>()
        : await smoothedByRow(source, classifier, { rows, split, labels }, settings.seed, signal);
    const examples = rows.map((row, at): TuningExample => {
      const part = split[at] ?? 'test';
      return {
        split: part,
        tokens: tokens.prompts[at]?.tokens ?? [],
        label: row.label,
        target: settings.loss === 'label' ? undefined : targetOf(row, labels.length, smoothed.get(at)),
        engine: compared.get(at),
      };
    });
    const part = <T>(own: Split, of: (row: TuningRow) => T): T[] =>
      rows.filter((_, at) => split[at] === own).map(of);
    const byPart = <T>(of: (row: TuningRow) => T): Record<Split, T[]> => ({
      train: part('train', of),
      validation: part('validation', of),
      test: part('test', of),
    });
    const asked: CardDraft = {
      base: { name: model.name, sha256: model.sha256 },
      ...boundPrompt({ ...classifier, asks: askingOf(classifier) }, tokens.shape),
      labels,
      ...(request.examples ? {} : { examplesLeftOut: askingOf(request.classifier).examples }),
      table: { name: path.basename(request.table), sha256: table.source.sha256 },
      split: { seed: settings.seed, grouped: table.isGrouped, given: table.isSplit },
      rows: byPart((row) => rowHash(row.text, labels[row.label] ?? '')),
      settings,
      folder: request.base,
    };
    const { input, draft: draftFile, split: splitFile } = workFiles(work);
    await request.startOver?.();
    const { threads, isResumed } = await earlierRun(request, asked);
    const draft: CardDraft = { ...asked, settings: { ...settings, threads } };
    const partOf = new Map(rows.map(({ line }, at) => [line, split[at] ?? 'test'] as const));
    const base = { gguf: modelFile.path, folder: request.base };
    const lines = tuningLines({
      base,
      answer: tokens.answer,
      settings: draft.settings,
      examples,
    });
    await explainingWrite(input, async () => {
      // Its checkpoint belongs to what it was begun with, also to scores that another device would round otherwise.
      if (isResumed && (await exists(input))) return changeHead(input, { base });
      // Token ids are as good as the texts: nobody else may read them.
      await mkdir(work, { recursive: true, mode: 0o700 });
      await writeFileAtomic(input, asyncLines(lines));
      await writeFileAtomic(draftFile, JSON.stringify(draft));
      await writeFileAtomic(splitFile, splitLines(table.source, partOf, labels));
    });
    const count = (own: Split): number => draft.rows[own].length;
    return {
      rows: { train: count('train'), validation: count('validation'), test: count('test') },
      leftOut: table.leftOut,
      isGrouped: table.isGrouped,
      isGiven: table.isSplit,
      smallestDifference: smallestDifference(count('test')),
      cut: tokens.prompts.filter(({ cutTokens }) => cutTokens > 0).length,
      longestPrompt: tokens.prompts.reduce((most, prompt) => Math.max(most, prompt.tokens.length), 0),
      model: identity.inWords,
    };
  });
}

/**
 * Checks that the weights of the base can be where they are said to be.
 *
 * @throws UserError no-folder
 */
export function checkBase(folder: string): Promise<void> {
  const remedy = 'Name the Hugging Face folder of the same weights.';
  return checkFolder(folder, remedy, remedy);
}

interface EarlierRun {
  /** Where the folder holds the same run, the number that was chosen for that by timing. */
  readonly threads: number;
  /** Whether somebody began it. */
  readonly isResumed: boolean;
}

/**
 * What the folder of a run knows of it already: of the same rows, prompt, base and settings.
 *
 * @throws UserError run-changed: another run was begun
 */
async function earlierRun(
  place: Pick<TuningRequest, 'out' | 'work' | 'jobs'>,
  draft: CardDraft,
): Promise<EarlierRun> {
  const { threads } = draft.settings;
  const isResumed = await isBegun(place.jobs, place);
  const text = await readFile(workFiles(place.work).draft, 'utf8').catch(() => '');
  const earlier = draftSchema.safeParse(jsonOf(text || 'null')).data;
  if (earlier !== undefined) {
    const same = { ...earlier, settings: { ...earlier.settings, threads } };
    // Through JSON: a draft has fields that are undefined.
    if (isDeepStrictEqual(same, JSON.parse(JSON.stringify(draft))))
      return { threads: earlier.settings.threads, isResumed };
  }
  if (!isResumed) return { threads, isResumed };
  const on = earlier === undefined ? '' : ` (on ${earlier.table.name})`;
  throw new UserError(
    'run-changed',
    `The fine-tuning of an adapter of this name was begun with other rows, another prompt, another base or other settings${on}. Resume that, or discard it first.`,
  );
}

const draftSchema = z.looseObject({
  table: z.looseObject({ name: z.string() }),
  settings: z.looseObject({ threads: z.int().min(1) }),
});

/** Changes the number of threads of a run that has not begun. */
export async function setThreads(work: string, threads: number): Promise<void> {
  const { input, draft } = workFiles(work);
  // Written by us, in the person's cache.
  const card = JSON.parse(await readFile(draft, 'utf8')) as CardDraft;
  if (card.settings.threads === threads) return;
  const settings = { ...card.settings, threads };
  await explainingWrite(input, async () => {
    await changeHead(input, { settings });
    await writeFileAtomic(draft, JSON.stringify({ ...card, settings }));
  });
}

/** Changes the trainer's input without its examples. */
async function changeHead(input: string, change: Partial<TuningHead>): Promise<void> {
  const [head = '', ...examples] = (await readFile(input, 'utf8')).split('\n');
  // Written by us, as above.
  const changed = { ...(JSON.parse(head) as TuningHead), ...change };
  await writeFileAtomic(input, [JSON.stringify(changed), ...examples].join('\n'));
}

/**
 * (n) part of each row: as the table says, or else by label.
 *
 * @throws UserError everything of `checkGivenSplit` and `checkSplit`
 */
function splitOf(
  { source, rows, isSplit }: TuningRows,
  names: readonly string[],
  seed: number,
): readonly Split[] {
  const labels = Int32Array.from(rows, ({ label }) => label);
  if (isSplit) {
    const given = rows.map(({ split }) => split ?? 'test');
    checkGivenSplit(
      rows.map((row, at) => ({ line: row.line, part: given[at] ?? 'test', shared: sharedOf(row) })),
      path.basename(source.file),
    );
    checkSplit(given, labels, names);
    return given;
  }
  const own = togetherOf(rows);
  const group = own.every((number, row) => number === row) ? undefined : own;
  const split = splitRows({ labels, group, seed });
  checkSplit(split, labels, names, group && new Set(group).size);
  return split;
}

/** By what a row stays together with others: equal texts are one row, and what has trained must not be held out. */
function sharedOf({ group, text }: TuningRow): Shared[] {
  return [['text', normaliseText(text)], ...(group === '' ? [] : [['group', group] as const])];
}

/** (n) number of what each row stays together with, in the order of the rows: its group, and equal texts in any group. */
function togetherOf(rows: readonly TuningRow[]): Int32Array {
  const before = Int32Array.from(rows.keys());
  const firstOf = (row: number): number => {
    let at = row;
    while (before[at] !== at) at = before[at] ?? at;
    return at;
  };
  const known = new Map<string, number>();
  rows.forEach((shared, row) => {
    for (const name of sharedOf(shared).map(sharedName)) {
      const [one, other] = [firstOf(known.get(name) ?? row), firstOf(row)];
      before[Math.max(one, other)] = Math.min(one, other);
      known.set(name, Math.min(one, other));
    }
  });
  const numbers = new Map<number, number>();
  return Int32Array.from(rows, (_, row) => {
    const first = firstOf(row);
    const number = numbers.get(first) ?? numbers.size;
    numbers.set(first, number);
    return number;
  });
}

async function tokensOf(
  source: Source,
  classifier: Classifier,
  rows: readonly TuningRow[],
  signal: AbortSignal | undefined,
): Promise<TokensResult> {
  if (source.tokens === null) throw elsewhere(classifier);
  let all: TokensResult | undefined;
  for (let at = 0; at < rows.length; at += TEXTS_AT_ONCE) {
    signal?.throwIfAborted();
    const texts = rows.slice(at, at + TEXTS_AT_ONCE).map(({ text }) => text);
    const found = await source.tokens(classifier, texts, signal);
    all = { ...found, prompts: [...(all?.prompts ?? []), ...found.prompts] };
  }
  if (all === undefined) throw new Error('no rows to tune on');
  return all;
}

interface Divided {
  readonly rows: readonly TuningRow[];
  readonly split: readonly Split[];
  readonly labels: readonly string[];
}

/** ln P(label) of some training rows, spread over them, by the number of the row. */
async function comparedScores(
  source: Source,
  classifier: Classifier,
  { rows, split, labels }: Divided,
  signal: AbortSignal | undefined,
): Promise<Map<number, readonly number[]>> {
  const train = [...rows.keys()].filter((at) => split[at] === 'train');
  const step = Math.max(1, Math.floor(train.length / COMPARED_TEXTS));
  const chosen = train.filter((_, at) => at % step === 0).slice(0, COMPARED_TEXTS);
  return scoresOf(source, classifier, { rows, labels, chosen }, signal);
}

/** What the errors of the model itself say of each training row, by the number of the row. */
async function smoothedByRow(
  source: Source,
  classifier: Classifier,
  { rows, split, labels }: Divided,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<Map<number, readonly number[]>> {
  const train = [...rows.keys()].filter((at) => split[at] === 'train');
  const found = [...(await scoresOf(source, classifier, { rows, labels, chosen: train }, signal))];
  const groups = [...new Set(found.map(([at]) => rows[at]?.group ?? ''))];
  const data = labelData({
    labels,
    scores: Float64Array.from(found.flatMap(([, logProbs]) => logProbs)),
    truth: Int32Array.from(found, ([at]) => rows[at]?.label ?? 0),
    group:
      groups.length < 2 ? undefined : Int32Array.from(found, ([at]) => groups.indexOf(rows[at]?.group ?? '')),
  });
  const targets = smoothedTargets(data, seed);
  return new Map(found.map(([at], place) => [at, targets[place] ?? []]));
}

/** ln P(label) of rows, by their number. */
async function scoresOf(
  source: Source,
  classifier: Classifier,
  {
    rows,
    labels,
    chosen,
  }: {
    readonly rows: readonly TuningRow[];
    readonly labels: readonly string[];
    readonly chosen: readonly number[];
  },
  signal: AbortSignal | undefined,
): Promise<Map<number, readonly number[]>> {
  if (source.score === null) throw elsewhere(classifier);
  const found = new Map<number, readonly number[]>();
  for (let from = 0; from < chosen.length; from += TEXTS_AT_ONCE) {
    const part = chosen.slice(from, from + TEXTS_AT_ONCE);
    const texts = part.map((at) => rows[at]?.text ?? '');
    const { scores } = await source.score({ classifier, texts, topTokens: 0 }, signal);
    part.forEach((row, at) => {
      const score = scores[at];
      if (score === undefined || isFailed(score)) return;
      const byLabel = new Map(score.labels.map(({ label, logProb }) => [label, logProb]));
      // JSON has no infinity, and a probability of exp(-1000) is 0.
      found.set(
        row,
        labels.map((label) => Math.max(-1000, byLabel.get(label) ?? -1000)),
      );
    });
  }
  return found;
}

// eslint-disable-next-line @typescript-eslint/require-await -- what is written is read as a stream
async function* asyncLines(lines: Iterable<string>): AsyncGenerator<string> {
  yield* lines;
}

function elsewhere({ name }: Classifier): UserError {
  return new UserError(
    'source-elsewhere',
    `The classifier "${name}" asks a model that is not a file on this machine, so it cannot be tuned here.`,
  );
}
