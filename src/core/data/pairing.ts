import { type PredictionData, UNKNOWN_LABEL } from '../model/predictions';
import { least } from '../extremes';
import { normaliseText } from './hash';
import type { PredictionTable } from './table';

/** Of a table, what its rows are known by. */
export type PairingTable = Pick<PredictionTable, 'n' | 'id' | 'text' | 'group' | 'label' | 'data'>;

/** The rows that several tables have in common. */
export interface SharedRows {
  readonly by: 'id' | 'text';
  /** For each table its rows; row i of all of them is the same, in the order of the first table. */
  readonly rows: readonly Uint32Array[];
  /** For each table the rows that are left out, by the reason. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  /** Rows that were not found in every other table. */
  readonly missing: number;
  /** Rows whose id another row of the table has too. */
  readonly repeated: number;
  /** Rows that every table has, but with another true label, under one id another text, or in one of several rows of a text another group. */
  readonly differing: number;
}

/** The least share of partners that must have one true label: below, equal ids are an accident (row numbers, say). */
const SAME_TRUTH = 0.9;
/** The least share of partners by id that must have one text, where the tables have texts. */
const SAME_TEXT = 0.5;

/**
 * Pairs the rows of several tables by id, else by text. Ids that a table repeats are left out; rows without an id are
 * paired by text among themselves. Rows that share a text are paired with rows of the same true label, and within their
 * group where every table has a column of groups: elsewhere in their order.
 *
 * @returns null if no row is in every table
 */
export function sharedRows(tables: readonly PairingTable[]): SharedRows | null {
  return byId(tables) ?? byText(tables, () => true);
}

function byId(tables: readonly PairingTable[]): SharedRows | null {
  const found = tables.map(({ id }) => (id === undefined ? null : rowsById(id)));
  const [first, ...others] = found.filter((rows) => rows !== null);
  if (first === undefined || others.length + 1 < tables.length) return null;
  const agree = sameTruths(tables);
  const partners: number[][] = [];
  let sameTruth = 0;
  let sameText = 0;
  let met = 0;
  for (const [id, row] of first) {
    const rows = [row, ...others.map((rowOf) => rowOf.get(id) ?? ABSENT)];
    if (rows.some((other) => other < 0)) continue;
    met++;
    const [truth, text] = [agree(rows), haveOneText(tables, rows)];
    if (truth) sameTruth++;
    if (text) sameText++;
    if (truth && text) partners.push(rows);
  }
  if (met === 0 || sameTruth < SAME_TRUTH * met || sameText < SAME_TEXT * met) return null;
  const without = byText(tables, (row, { id }) => Number.isNaN(id?.[row] ?? 0));
  const differing = met - partners.length + (without?.leftOut[0]?.differing ?? 0);
  for (const [at, row] of without?.rows[0]?.entries() ?? [])
    partners.push([row, ...(without?.rows.slice(1) ?? []).map((rows) => rows[at] ?? 0)]);
  return {
    by: 'id',
    rows: columnsOf(tables, partners),
    leftOut: tables.map(({ n, id }) => {
      const repeated = id === undefined ? 0 : repeats(id);
      return { missing: n - partners.length - repeated - differing, repeated, differing };
    }),
  };
}

/** @param isOffered whether a row of a table is to be paired by its text */
function byText(
  tables: readonly PairingTable[],
  isOffered: (row: number, table: PairingTable) => boolean,
): SharedRows | null {
  if (tables.some(({ text }) => text === undefined)) return null;
  const truths = truthsOf(tables);
  const areGrouped = tables.every(({ group }) => group !== undefined);
  const found = tables.map((table, at) => rowsByText(table, truths?.[at], (row) => isOffered(row, table)));
  const [first, ...others] = found;
  const partners: number[][] = [];
  let otherTruth = 0;
  let otherGroup = 0;
  for (const [text, own] of first ?? []) {
    const all = [own, ...others.map((rowsOf) => rowsOf.get(text) ?? NONE)];
    let left = least(all.map(({ count }) => count));
    for (const [truth, rows] of own.byTruth) {
      const lists = [rows, ...all.slice(1).map(({ byTruth }) => byTruth.get(truth) ?? [])];
      const met = least(lists.map(({ length }) => length));
      const paired = pairsOf(lists, areGrouped ? tables : []);
      left -= met;
      otherGroup += met - paired.length;
      partners.push(...paired);
    }
    otherTruth += left;
  }
  // Where many labels differ, equal texts do not make rows the same, and those that agree are a choice of rows.
  const sameTruth = partners.length + otherGroup;
  if (partners.length === 0 || sameTruth < SAME_TRUTH * (sameTruth + otherTruth)) return null;
  const differing = otherTruth + otherGroup;
  return {
    by: 'text',
    rows: columnsOf(tables, partners),
    leftOut: tables.map(({ n }) => ({ missing: n - partners.length - differing, repeated: 0, differing })),
  };
}

/**
 * Pairs rows of one text and one true label. A text with one such row in every table is one row, whatever its group. Of
 * several, nothing but the group tells which is which, so those that have none in common are not paired: in their order,
 * rows would be compared with other ones.
 *
 * @param lists for each table its rows
 * @param grouped the tables, if all have a column of groups; else none
 */
function pairsOf(lists: readonly (readonly number[])[], grouped: readonly PairingTable[]): number[][] {
  if (grouped.length === 0 || lists.every(({ length }) => length === 1)) return inOrder(lists);
  const [first = new Map<number, number[]>(), ...others] = lists.map((rows, at) =>
    rowsByGroup(rows, grouped[at]?.group),
  );
  return [...first].flatMap(([group, own]) => inOrder([own, ...others.map((rows) => rows.get(group) ?? [])]));
}

/** Rows without a group are of one, the nameless one. */
function rowsByGroup(rows: readonly number[], group: Float64Array | undefined): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const row of rows) {
    const name = group?.[row] ?? NaN;
    const known = found.get(name);
    if (known === undefined) found.set(name, [row]);
    else known.push(row);
  }
  return found;
}

function inOrder(lists: readonly (readonly number[])[]): number[][] {
  const paired = least(lists.map(({ length }) => length));
  return Array.from({ length: paired }, (_, i) => lists.map((list) => list[i] ?? 0));
}

/** A table that is compared with itself needs neither ids nor texts. */
export function pairedWithItself({ n }: Pick<PredictionTable, 'n'>): SharedRows {
  const rows = Uint32Array.from({ length: n }, (_, row) => row);
  const nothing = { missing: 0, repeated: 0, differing: 0 };
  return { by: 'id', rows: [rows, rows], leftOut: [nothing, nothing] };
}

/** For each table the rows of partners, in the order of the first table. */
function columnsOf(tables: readonly unknown[], partners: readonly (readonly number[])[]): Uint32Array[] {
  const sorted = partners.toSorted(([left = 0], [right = 0]) => left - right);
  return tables.map((_, at) => Uint32Array.from(sorted, (rows) => rows[at] ?? 0));
}

const ABSENT = -1;
const REPEATED = -2;

function rowsById(ids: Float64Array): Map<number, number> {
  const rows = new Map<number, number>();
  for (const [row, id] of ids.entries()) {
    // A row without an id is not known by it.
    if (!Number.isNaN(id)) rows.set(id, rows.has(id) ? REPEATED : row);
  }
  return rows;
}

/** Rows whose id is not theirs alone. */
function repeats(ids: Float64Array): number {
  const rows = rowsById(ids);
  return ids.reduce((count, id) => count + Number(rows.get(id) === REPEATED), 0);
}

/** Rows of one text, by their true label. */
interface SameText {
  count: number;
  readonly byTruth: Map<string, number[]>;
}
const NONE: SameText = { count: 0, byTruth: new Map() };

function rowsByText(
  { text: texts }: PairingTable,
  truths: Truths | undefined,
  isOffered: (row: number) => boolean,
): Map<number, SameText> {
  const found = new Map<number, SameText>();
  for (const [row, text] of texts?.entries() ?? []) {
    // A row without a text is alone.
    if (Number.isNaN(text) || !isOffered(row)) continue;
    const same = found.get(text) ?? { count: 0, byTruth: new Map<string, number[]>() };
    found.set(text, same);
    const truth = truths?.(row) ?? '';
    const rows = same.byTruth.get(truth);
    if (rows === undefined) same.byTruth.set(truth, [row]);
    else rows.push(row);
    same.count++;
  }
  return found;
}

function haveOneText(tables: readonly PairingTable[], rows: readonly number[]): boolean {
  const texts = tables.map(({ text }, at) => text?.[rows[at] ?? 0]);
  return texts.includes(undefined) || texts.every((text) => Object.is(text, texts[0]));
}

function sameTruths(tables: readonly PairingTable[]): (rows: readonly number[]) => boolean {
  const truths = truthsOf(tables);
  return (rows) => {
    const names = truths?.map((truth, at) => truth(rows[at] ?? 0)) ?? [];
    return names.every((name) => name === names[0]);
  };
}

/** The true label of each row. */
type Truths = (row: number) => string;

/** Null where some table does not name its true labels: then its rows are trusted. */
function truthsOf(tables: readonly PairingTable[]): Truths[] | null {
  const truths = tables.map(truthOf);
  return truths.includes(null) ? null : (truths as Truths[]);
}

function truthOf({ data, label }: PairingTable): Truths | null {
  if (data.kind === 'labels') return (row) => labelOf(data, row);
  if (label === null) return null;
  const names = label.names.map(normaliseText);
  return (row) => names[label.index[row] ?? -1] ?? '';
}

function labelOf(data: Extract<PredictionData, { kind: 'labels' }>, row: number): string {
  return normaliseText(data.labels[data.truth[row] ?? UNKNOWN_LABEL] ?? '');
}
