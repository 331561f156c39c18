/** A guess of what the columns of a table are whose names do not tell: for a person, who checks it. */
import { UserError } from '../user-error';
import { flag, plainNumber } from './cells';
import {
  type ColumnOptions,
  findColumns,
  isTruthKnown,
  namedColumns,
  RAW,
  type Role,
  scoreKey,
  solePrefix,
} from './columns';
import { readLabels } from './vocabulary';

/** What names of columns look like, by role. */
const LIKE = {
  confidence: /conf|certain|sure|prob|score|likel|^p$/iu,
  label: /truth|true|gold|label|target|expect|actual|annot|human|class|categ|reference|^(?:y|gt)$/iu,
  predicted: /pred|output|model|guess|llm|response|assigned|^y_?hat$/iu,
  correct: /correct|right|match|hit|accura/iu,
} as const;
/** What people call the class that a single probability is of. */
const POSITIVE = /^(?:1(?:\.0)?|true|yes|y|pos|positive)$/iu;
/** A column of labels repeats them. */
const MOST_VALUES_PER_ROW = 0.5;

interface Column {
  readonly name: string;
  /** Trimmed, without empty ones. */
  readonly cells: readonly string[];
  readonly values: readonly string[];
}

/**
 * @param header names of the columns
 * @param rows cells of the first rows
 * @param options what is chosen already, which stays
 * @returns the mapping to add, by which the table can be read with its truth; undefined if none is seen
 */
export function guessColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: ColumnOptions = {},
): Readonly<Record<string, string>> | undefined {
  const mapping = options.mapping ?? {};
  const known = namedColumns(header, options.prefix ?? solePrefix(header)).roles;
  const columns = header.map((name, index): Column => {
    const cells = rows.map((row) => (row[index] ?? '').trim()).filter((cell) => cell !== '');
    return { name: name.trim(), cells, values: [...new Set(cells)] };
  });
  const taken = new Set([...Object.values(mapping), ...Object.values(known).flat()]);
  const free = columns.filter(
    ({ name, cells }) => name !== '' && !name.startsWith(RAW) && !taken.has(name) && cells.length > 0,
  );
  const columnOf = (role: Role) =>
    columns.find(({ name }) => name === (mapping[role] ?? known[role]?.[0]) && name !== '');

  const shares = free.filter(isShare);
  const marks = free.filter((column) => !shares.includes(column) && isCategory(column));
  const like = (role: keyof typeof LIKE, from: readonly Column[]) =>
    from.find(({ name }) => LIKE[role].test(name));
  const correct = columnOf('correct') ?? like('correct', marks.filter(isFlag));
  const labels = marks.filter((column) => column !== correct);
  const predicted = columnOf('predicted') ?? like('predicted', labels);
  const others = labels.filter((column) => column !== predicted);
  const label =
    columnOf('label') ??
    like('label', others) ??
    others.find((column) => !LIKE.predicted.test(column.name) && sharesValues(column, predicted));
  const positive = columnOf('positive');
  const confidence =
    positive ??
    columnOf('confidence') ??
    like(
      'confidence',
      shares.filter(({ name }) => !LIKE.label.test(name)),
    ) ??
    (shares.length === 1 ? shares[0] : undefined);

  const roles = (found: Partial<Record<Role, Column | undefined>>) =>
    Object.entries(found).flatMap(([role, column]): [string, string][] =>
      column === undefined || columnOf(role as Role) !== undefined ? [] : [[role, column.name]],
    );
  const guesses: (readonly (readonly [string, string])[] | undefined)[] = [
    label && scoresByName(shares, label.values),
    positive === undefined && (predicted ?? correct) ? roles({ confidence }) : undefined,
    label && confidence && shares.length <= 1
      ? [...probabilityOf(confidence, label), ...(positive ? [['positive', ''] as const] : [])]
      : undefined,
    [],
  ];
  return guesses
    .filter((guess) => guess !== undefined)
    .map((guess) => Object.fromEntries([...roles({ label, predicted, correct }), ...guess]))
    .find(
      (guess) =>
        Object.keys(guess).length > 0 &&
        isReadable(header, { ...options, mapping: { ...mapping, ...guess } }),
    );
}

/** A probability for each label, in columns that name it. */
function scoresByName(
  shares: readonly Column[],
  labels: readonly string[],
): readonly (readonly [string, string])[] | undefined {
  const found = labels.map((label) => shares.find(({ name }) => isNamed(name, label)));
  const isEach = labels.length >= 2 && new Set(found).size === labels.length && !found.includes(undefined);
  return isEach
    ? found.map((column, k) => [scoreKey('prob', labels[k] ?? ''), column?.name ?? ''] as const)
    : undefined;
}

/** One probability of two labels is that of the label in its name, or of the one that stands for yes. */
function probabilityOf({ name }: Column, { values }: Column): readonly (readonly [string, string])[] {
  const label = values.find((value) => isNamed(name, value)) ?? values.find((value) => POSITIVE.test(value));
  return label === undefined || values.length !== 2 ? [] : [[scoreKey('prob', label), name]];
}

/** Whether the words of a label are among those of a column's name; a number alone may count versions. */
function isNamed(name: string, label: string): boolean {
  const words = wordsOf(name);
  const own = wordsOf(label);
  const isVersion = own.length === 1 && /^\d+$/u.test(own[0] ?? '') && words.length > 2;
  return own.length > 0 && !isVersion && ` ${words.join(' ')} `.includes(` ${own.join(' ')} `);
}

function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function isReadable(header: readonly string[], options: ColumnOptions): boolean {
  try {
    return isTruthKnown(findColumns(header, options));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function isShare({ cells, values }: Column): boolean {
  const numbers = values.map(plainNumber);
  return (
    cells.length > 0 &&
    numbers.every((value) => value >= 0 && value <= 1) &&
    numbers.some((value) => value > 0 && value < 1)
  );
}

function isFlag({ values }: Column): boolean {
  return values.every((value) => flag(value) !== undefined);
}

function isCategory({ cells, values }: Column): boolean {
  return values.length <= Math.max(2, MOST_VALUES_PER_ROW * cells.length);
}

function sharesValues(column: Column, other: Column | undefined): boolean {
  return other !== undefined && readLabels(column.values, other.values).others.length === 0;
}
