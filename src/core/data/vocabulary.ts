/**
 * Two vocabularies of one table: the true labels as they are written, and the labels that are predicted or scored. They
 * are compared once for the whole table, and never cell by cell.
 */
import type { Warning } from '../model/predictions';
import { listed, quoted } from '../quote';
import { plainNumber } from './cells';

/** What a true label can be, beside the index of a label. */
export const NOT_LABELLED = -1;
/** @internal */
export const NO_LABEL_OF_SCORES = -2;
/** It is like a label, but another value is too, or another label is. */
export const UNCLEAR = -4;

/** How values that are written in the table are read. */
export interface Reading {
  /** Index of a label, {@link NOT_LABELLED}, {@link NO_LABEL_OF_SCORES} or {@link UNCLEAR}. */
  of(value: string): number;
  /** What was not taken as it is written. */
  readonly warnings: readonly Warning[];
  /** Values that stand for no label and are no markers either, in the order in which they are met. */
  readonly others: readonly string[];
}

/** What people and libraries write where a label is missing. */
const MARKERS: ReadonlySet<string> = new Set([
  ...['', 'nan', 'none', 'null', 'na', 'n/a', '<na>', 'nat', '?', '-', '#n/a', '#na'],
]);
/** Those that are also names of classes. */
const MARKERS_OR_NAMES: ReadonlySet<string> = new Set(['none', 'null', 'na']);
/** With more values than this, a column holds texts and no labels; they are compared as they are written. */
export const MOST_VALUES = 1000;

/**
 * Reads true labels against the labels of the scores (or the predicted ones). Values that are equal as numbers or as
 * true and false are the same label. Those that are equal but for case or a full stop are, where that pairs both whole
 * vocabularies one to one.
 *
 * @param values different true labels, trimmed
 * @param labels different labels of the scores, trimmed
 */
export function readLabels(values: readonly string[], labels: readonly string[]): Reading {
  const known = new Map(labels.map((label, index) => [label, index]));
  const found = new Map<string, number>();
  for (const value of values) {
    const index = known.get(value);
    if (index !== undefined) found.set(value, index);
  }
  const open = values.filter((value) => !found.has(value));
  const matched = values.length > MOST_VALUES ? [] : matchOpen(open, values, labels, found);
  for (const { value, index } of matched) found.set(value, index);
  const missing = open.filter((value) => !found.has(value) && isMarker(value, values));
  for (const value of missing) found.set(value, NOT_LABELLED);
  const shapes = new Set(labels.map(folded));
  for (const value of open) if (!found.has(value) && shapes.has(folded(value))) found.set(value, UNCLEAR);
  const others = open.filter((value) => !found.has(value));
  return {
    of: (value) => found.get(value) ?? NO_LABEL_OF_SCORES,
    warnings: matched.length === 0 ? [] : [matchWarning(matched, labels)],
    others,
  };
}

/** A reading, with the labels of the scores. */
export interface TruthReading extends Reading {
  /** (K) null: nothing names it. */
  readonly labels: readonly (string | null)[];
}

/**
 * Reads true labels against the labels of scores, one of which may be without a name (the other side of a single logit):
 * it is the first true label that is none of the others.
 */
export function readTruth(values: readonly string[], labels: readonly (string | null)[]): TruthReading {
  const named = (from: readonly (string | null)[]) => from.map((label) => label ?? '');
  const reading = readLabels(values, named(labels));
  const [other] = reading.others;
  if (other === undefined || !labels.includes(null)) return { ...reading, labels };
  const isMet = values.some((value) => reading.of(value) >= 0);
  const flags = isMet ? undefined : flagsOf(reading.others, labels);
  if (flags !== undefined) return { ...reading, ...flags, labels, others: [] };
  const filled = labels.map((label) => label ?? other);
  return { ...readLabels(values, named(filled)), labels: filled };
}

/** Where the only score is that of a label with a name, true or 1 says that it is that label, and false or 0 another. */
function flagsOf(
  values: readonly string[],
  labels: readonly (string | null)[],
): Pick<Reading, 'of' | 'warnings'> | undefined {
  const form = isSigned(values) ? unsigned : truthValue;
  if (!values.every((value) => form(value) === '1' || form(value) === '0')) return undefined;
  const known = labels.findIndex((label) => label !== null);
  const index = new Map(values.map((value) => [value, form(value) === '1' ? known : 1 - known]));
  const named = (shape: string): string => listed(values.filter((value) => form(value) === shape));
  return {
    of: (value) => index.get(value) ?? (saysNothing(value) ? NOT_LABELLED : NO_LABEL_OF_SCORES),
    warnings: [
      {
        code: 'labels-matched',
        message: `No true label is ${quoted(labels[known] ?? '')}. ${named('1') === '' ? 'None' : named('1')} was read as that label, and ${named('0') === '' ? 'none' : named('0')} as any other.`,
      },
    ],
  };
}

/** Predicted labels, without the cells that hold none: "none" is a label where it is a true one too. */
export function predictedLabels(answers: readonly string[], truths: readonly string[]): readonly string[] {
  return answers.filter(
    (answer) =>
      !saysNothing(answer) || (MARKERS_OR_NAMES.has(answer.toLowerCase()) && truths.includes(answer)),
  );
}

/** Values that are equal but for case, a full stop or the notation of a number. */
export function isAlike(left: string, right: string): boolean {
  return folded(left) === folded(right);
}

interface Match {
  readonly value: string;
  readonly index: number;
}

/** Each way of being equal is tried on all that is still open, the strictest first. */
function matchOpen(
  open: readonly string[],
  values: readonly string[],
  labels: readonly string[],
  found: ReadonlyMap<string, number>,
): Match[] {
  const taken = new Set(found.values());
  const matched: Match[] = [];
  const forms = [folded, numbered, truthValue, ...(isSigned(values) ? [unsigned] : [])];
  for (const form of forms) {
    const own = formsOf(values, form);
    const other = formsOf(labels, form);
    for (const value of open) {
      if (matched.some((match) => match.value === value)) continue;
      const shape = form(value);
      const [label, second] = other.get(shape) ?? [];
      const index = label === undefined || second !== undefined ? -1 : labels.indexOf(label);
      if (index < 0) continue;
      // 1, 1.0 and True are one value, however many ways a column writes it. Yes and YES may be two labels.
      const isNumber = !Number.isNaN(plainNumber(shape));
      if (!isNumber && (own.get(shape)?.length !== 1 || taken.has(index))) continue;
      taken.add(index);
      matched.push({ value, index });
    }
  }
  return matched;
}

function formsOf(values: readonly string[], form: (value: string) => string): Map<string, string[]> {
  const forms = new Map<string, string[]>();
  for (const value of values) {
    const shape = form(value);
    forms.set(shape, [...(forms.get(shape) ?? []), value]);
  }
  return forms;
}

/** Without case and full stops; numbers by their value. */
function folded(value: string): string {
  const bare = value
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[.\s]+$/u, '')
    .replace(/^\u2212(?=\d)/u, '-');
  const number = plainNumber(bare);
  return Number.isNaN(number) ? bare : String(number);
}

/** `LABEL_1`, as models without names call their second label, is 1. */
function numbered(value: string): string {
  return /^label_(\d+)$/iu.exec(value)?.[1] ?? folded(value);
}

/** True is 1 and false is 0. */
function truthValue(value: string): string {
  const shape = folded(value);
  return shape === 'true' ? '1' : shape === 'false' ? '0' : shape;
}

/** Where the classes are 1 and −1, −1 is what others call 0. */
function unsigned(value: string): string {
  const shape = folded(value);
  return shape === '-1' ? '0' : shape;
}

function isSigned(values: readonly string[]): boolean {
  const shapes = new Set(values.filter((value) => !saysNothing(value)).map(folded));
  return shapes.has('-1') && [...shapes].every((shape) => shape === '1' || shape === '-1');
}

/** −1 means "no label" in a column that holds other values than 1. */
function isMarker(value: string, values: readonly string[]): boolean {
  return saysNothing(value) || (folded(value) === '-1' && !isSigned(values));
}

/** Whether a cell says that it holds no label. */
export function saysNothing(value: string): boolean {
  return MARKERS.has(value.toLowerCase());
}

function matchWarning(matched: readonly Match[], labels: readonly string[]): Warning {
  const pairs = matched
    .slice(0, 6)
    .map(({ value, index }) => `${quoted(value)} as ${quoted(labels[index] ?? '')}`);
  const more = matched.length > 6 ? ` and ${matched.length - 6} more` : '';
  return {
    code: 'labels-matched',
    message: `True labels are written in another way than the labels that they are compared with. Read were ${pairs.join(', ')}${more}.`,
  };
}
