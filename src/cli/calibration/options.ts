/**
 * Options that several commands share.
 */
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { jsonOf } from '../../core/data/json';
import { sharesInOrder } from '../../core/model/label-shares';
import type { CalibrateOn, PredictionData } from '../../core/model/predictions';
import type { ColumnOptions } from '../../core/data/columns';
import type { Acceptable } from '../../core/data/doubts';
import { type Bucket, checkBuckets } from '../../core/model/buckets';
import { UserError } from '../../core/user-error';
import { usageError } from '../command';
import type { BinningKind } from '../../core/model/evaluation';
import { exists } from '../../store/exists';
import { readSmall } from '../../store/read-regular';
import { checkFolderOf, realPathOf } from '../../store/folders';
import { checkInside } from '../../store/inside';
import { readScoreMeta, scoreMetaFile } from '../../store/tables/score-meta';
import { partFile } from '../../store/tables/scored-file';
import { decimalNumber, wholeNumber, namedNumber } from '../numbers';

/** Options of parseArgs: how a table is read. */
export const TABLE_OPTIONS = {
  scores: { type: 'string' },
  column: { type: 'string', multiple: true },
  on: { type: 'string' },
  id2label: { type: 'string' },
  label: { type: 'string' },
} as const;

/** Options of parseArgs: labels of people in place of those of the table. */
export const LABELS_OPTIONS = { labels: { type: 'string' } } as const;

export const LABELS_USAGE = `  --labels FILE          the labels that people gave, in place of those of TABLE: a filled-in table of "sample", what
                         Label Studio exports of it, or a labels file; rows are weighted by their design
`;

/** Options of parseArgs: how a table is written. */
export const WRITE_OPTIONS = { 'spreadsheet-safe': { type: 'boolean', default: false } } as const;

export const WRITE_USAGE = `  --spreadsheet-safe     put a single quote before cells that a spreadsheet would compute (=, +, -, @)
`;

/** Options of parseArgs: how a table is evaluated. */
export const EVALUATE_OPTIONS = {
  bins: { type: 'string' },
  binning: { type: 'string' },
  seed: { type: 'string' },
} as const;

export const OUTPUT_OPTIONS = { json: { type: 'boolean', default: false } } as const;

export const TABLE_USAGE = `  --scores PREFIX        use the columns that begin with PREFIX/
  --column ROLE=NAME     the column for a role, if its name does not show it; ROLE is text, label, predicted,
                         confidence, correct, positive, id, group, split, weight, labelMass or prob:LABEL,
                         logprob:LABEL, logit:LABEL, yes:LABEL, label:LABEL; an empty NAME switches a role off; may be
                         repeated
  --on labels|confidence what to evaluate (default: labels if the table has scores for them)
  --id2label ID=NAME,…   names of labels that the table writes as numbers (1, LABEL_1), or a model's config.json
  --label LABEL          the label to look at, where labels do not exclude each other (columns yes:LABEL): LABEL and
                         "not LABEL" are then the labels of the table
`;
export const EVALUATE_USAGE = `  --bins N               bins of the reliability diagram (default: 20)
  --binning width|mass   bins of equal width or of equal mass (default: width)
  --seed N               seed of everything random (default: 0)
`;
export const JSON_USAGE = `  --json                 print one JSON document
`;

interface TableValues {
  readonly scores?: string | undefined;
  readonly column?: readonly string[] | undefined;
  readonly on?: string | undefined;
  readonly id2label?: string | undefined;
  readonly label?: string | undefined;
}

export async function columnOptions(
  values: TableValues,
): Promise<ColumnOptions & { on: CalibrateOn | undefined }> {
  const mapping: Record<string, string> = {};
  for (const entry of values.column ?? []) {
    const equals = entry.indexOf('=');
    if (equals < 1) throw usageError(`--column takes ROLE=NAME, not "${entry}".`);
    mapping[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  return {
    prefix: values.scores,
    mapping,
    label: values.label,
    on: oneOf('on', values.on, ['labels', 'confidence']),
    id2label: values.id2label === undefined ? undefined : await labelNames(values.id2label),
  };
}

/** `0=NEGATIVE,1=POSITIVE`, or the file of a model that says it. */
async function labelNames(given: string): Promise<ReadonlyMap<number, string>> {
  const entries = given.includes('=') ? namedIds(given) : await configuredIds(given);
  const names = new Map(entries.map(([id, name]) => [Number(id), name.trim()]));
  const isUsable =
    entries.every(([id, name]) => /^\d+$/u.test(id) && name.trim() !== '') &&
    names.size === entries.length &&
    new Set(names.values()).size === entries.length;
  if (!isUsable || entries.length === 0)
    throw usageError('--id2label takes a different name for each number: 0=NEGATIVE,1=POSITIVE.');
  return names;
}

function namedIds(given: string): [string, string][] {
  return listEntries('id2label', given, 'ID=NAME,…').map((entry) => {
    const at = entry.indexOf('=');
    return [entry.slice(0, Math.max(0, at)).trim(), entry.slice(at + 1)];
  });
}

const configSchema = z.object({ id2label: z.record(z.string(), z.string()) });

/** @throws UserError no-file, usage, not-a-file, too-large */
async function configuredIds(file: string): Promise<[string, string][]> {
  const bytes = await readSmall(file);
  if (bytes === undefined) throw new UserError('no-file', `There is no file ${file}.`);
  const config = configSchema.safeParse(jsonOf(bytes.toString()));
  if (!config.success) throw usageError(`${file} has no "id2label" with the name of each label.`);
  return Object.entries(config.data.id2label);
}

interface EvaluateValues {
  readonly bins?: string | undefined;
  readonly binning?: string | undefined;
  readonly seed?: string | undefined;
}

export function evaluateOptions(values: EvaluateValues): {
  bins: number | undefined;
  binning: BinningKind | undefined;
  seed: number;
} {
  return {
    bins: values.bins === undefined ? undefined : wholeNumber('bins', values.bins, { low: 1, high: 1000 }),
    binning: oneOf('binning', values.binning, ['width', 'mass']),
    seed: values.seed === undefined ? 0 : wholeNumber('seed', values.seed, { low: 0, high: 4_294_967_295 }),
  };
}

export function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((entry) => entry === value);
  if (found === undefined)
    throw usageError(`--${option} must be one of ${allowed.join(', ')}, not "${value}".`);
  return found;
}

/** The doubts of --accept. */
export function acceptOption(
  values: readonly string[],
  allowed: readonly Acceptable[],
): readonly Acceptable[] {
  return values.flatMap((doubt) => oneOf('accept', doubt, allowed) ?? []);
}

/**
 * Shares of labels, "spam=.1,ham=.9" or "uniform", in the order of the table's labels.
 *
 * @returns (K)
 * @throws UserError usage, labels-differ
 */
export function labelShareOption(option: string, value: string, data: PredictionData): readonly number[] {
  if (data.kind !== 'labels') throw usageError(`--${option} needs a table with a score for every label.`);
  const { labels } = data;
  if (value === 'uniform') return labels.map(() => 1 / labels.length);
  return sharesInOrder(labels, namedNumbers(option, value));
}

/** The lines of --buckets in a command's usage. */
export function bucketsUsage(what: string): string {
  const indent = ' '.repeat(25);
  return `  --buckets NAME=LOW,…   ${what}\n${indent}(default: automatic=.9,review=.7,manual check=.5,manual=0)\n`;
}

/** The buckets of --buckets; undefined if it is not given. */
export function bucketOption(value: string | undefined): readonly Bucket[] | undefined {
  if (value === undefined) return undefined;
  const buckets = Array.from(namedNumbers('buckets', value), ([name, low]) => ({ name, low }));
  checkBuckets(buckets);
  return buckets;
}

/** A number above 0 and below 1. */
export function shareOption(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return decimalNumber(option, value, 'a number between 0 and 1', (number) => number > 0 && number < 1);
}

export function positiveOption(option: string, value: string | undefined): number | undefined {
  return value === undefined
    ? undefined
    : decimalNumber(option, value, 'a number above 0', (number) => number > 0);
}

/** "name=number,name=number" in its order. As in a CSV, a name with a comma is quoted: `"a, b=.1",c=.9`. */
function namedNumbers(option: string, value: string): Map<string, number> {
  return new Map(
    listEntries(option, value, 'NAME=NUMBER,…').map((entry) => {
      const named = namedNumber(entry);
      if (named === undefined) throw usageError(`--${option} takes NAME=NUMBER,…, not "${entry}".`);
      return [named.name, named.value];
    }),
  );
}

function listEntries(option: string, value: string, form: string): string[] {
  try {
    const [entries = []]: string[][] = parse(value, { to: 1, relax_quotes: true });
    return entries;
  } catch {
    throw usageError(`--${option} takes ${form}, not ${value}.`);
  }
}

/** The named positional arguments, exactly as many as there are names. */
export function positional(values: readonly string[], ...names: readonly string[]): string[] {
  const surplus = values[names.length];
  if (surplus !== undefined) throw usageError(`"${surplus}" is one argument too many.`);
  const missing = names[values.length];
  if (missing !== undefined) throw usageError(`${missing} is missing.`);
  return [...values];
}

/**
 * The file of a result. An existing file is replaced only with --force, and an input never, whatever its name here. A path
 * in the current folder leads nowhere else.
 *
 * @param inputs files that the command reads; undefined for an option that is not given
 * @param option that names the file, without its dashes
 * @returns the path without "..", which after a link would lead elsewhere than it seems to
 */
export async function outputFile(
  given: string | undefined,
  force: boolean,
  inputs: readonly (string | undefined)[],
  option = 'out',
): Promise<string> {
  if (given === undefined || given === '') throw usageError(`--${option} FILE is missing.`);
  const out = path.normalize(given);
  await checkNoInput(out, inputs, option);
  await checkInside(process.cwd(), path.resolve(out));
  if (!force && (await exists(out))) throw new UserError('file-exists', `${out} already exists.`);
  return out;
}

/**
 * As `outputFile`, for a table: its folder must exist, and what is written beside it replaces no other file either.
 *
 * @throws UserError as outputFile; no-folder
 */
export async function outputTable(
  given: string | undefined,
  force: boolean,
  inputs: readonly (string | undefined)[],
): Promise<string> {
  const out = await outputFile(given, force, inputs);
  await checkFolderOf(out);
  const meta = scoreMetaFile(out);
  for (const name of [meta, await partFile(out)]) await checkNoInput(name, inputs);
  if (!force && (await exists(meta)) && !(await isMeta(out)))
    throw new UserError('file-exists', `${meta} already exists, and was not written beside a scored table.`);
  return out;
}

async function checkNoInput(
  name: string,
  inputs: readonly (string | undefined)[],
  option = 'out',
): Promise<void> {
  const real = await realPathOf(name);
  // What was recorded beside a table is read with it.
  const read = inputs.flatMap((input) => (input === undefined ? [] : [input, scoreMetaFile(input)]));
  for (const input of read)
    if ((await realPathOf(input)) === real)
      throw new UserError(
        'same-file',
        `${name} is an input of this command. Choose another name for --${option}.`,
      );
}

function isMeta(table: string): Promise<boolean> {
  return readScoreMeta(table).then(
    () => true,
    () => false,
  );
}
