import { type PredictionData, UNKNOWN_LABEL } from '../model/predictions';
import { least } from '../extremes';
import { normaliseText } from './hash';
import type { PredictionTable } from './table';

/** Of a table, what its rows are known by. */
export type PairingTable = Pick<PredictionTable, 'n' | 'id' | 'text' | 'label' | 'data'>;

/** The rows that several tables have in common. */
export interface SharedRows {
  readonly by: 'id' | 'text';
  /** For each table its rows; row i of all of them is the same, in the order of the first table. */
  readonly rows: readonly Uint32Array[];
  /** For each table the rows that are left out, by the reason. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  /** Rows that not every other table has. */
  readonly missing: number;
  /** Rows whose id another row of the table has too. */
  readonly repeated: number;
  /** Rows that every table has, but with another true label or, under one id, another text. */
  readonly differing: number;
}

/** The least share of partners that must have one true label: below, equal ids are an accident (row numbers, say). */
const SAME_TRUTH = 0.9;
/** The least share of partners by id that must have one text, where the tables have texts. */
const SAME_TEXT = 0.5;

/**
 * Pairs the rows of several tables by id, else by text. Ids that a table repeats are left out. Rows that share a text are
 * paired among themselves, in their order, those of one true label with each other.
 *
 * @returns null if no row is in every table
 */
export function sharedRows(tables: readonly PairingTable[]): SharedRows | null {
  return byId(tables) ?? byText(tables);
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
  return {
    by: 'id',
    rows: columnsOf(tables, partners),
    leftOut: tables.map(({ n, id }) => {
      const repeated = id === undefined ? 0 : repeats(id);
      const differing = met - partners.length;
      return { missing: n - partners.length - repeated - differing, repeated, differing };
    }),
  };
}

function byText(tables: readonly PairingTable[]): SharedRows | null {
  if (tables.some(({ text }) => text === undefined)) return null;
  const truths = truthsOf(tables);
  const found = tables.map(({ text }, at) => rowsByText(text ?? new Float64Array(0), truths?.[at]));
  const [first, ...others] = found;
  const partners: number[][] = [];
  let differing = 0;
  for (const [text, own] of first ?? []) {
    const all = [own, ...others.map((rowsOf) => rowsOf.get(text) ?? NONE)];
    let left = least(all.map(({ count }) => count));
    for (const [truth, rows] of own.byTruth) {
      const lists = [rows, ...all.slice(1).map(({ byTruth }) => byTruth.get(truth) ?? [])];
      const paired = least(lists.map(({ length }) => length));
      left -= paired;
      for (let i = 0; i < paired; i++) partners.push(lists.map((list) => list[i] ?? 0));
    }
    differing += left;
  }
  // Where many labels differ, equal texts do not make rows the same, and those that agree are a choice of rows.
  if (partners.length === 0 || partners.length < SAME_TRUTH * (partners.length + differing)) return null;
  partners.sort(([left = 0], [right = 0]) => left - right);
  return {
    by: 'text',
    rows: columnsOf(tables, partners),
    leftOut: tables.map(({ n }) => ({ missing: n - partners.length - differing, repeated: 0, differing })),
  };
}

/** A table that is compared with itself needs neither ids nor texts. */
export function pairedWithItself({ n }: Pick<PredictionTable, 'n'>): SharedRows {
  const rows = Uint32Array.from({ length: n }, (_, row) => row);
  const nothing = { missing: 0, repeated: 0, differing: 0 };
  return { by: 'id', rows: [rows, rows], leftOut: [nothing, nothing] };
}

function columnsOf(tables: readonly unknown[], partners: readonly (readonly number[])[]): Uint32Array[] {
  return tables.map((_, at) => Uint32Array.from(partners, (rows) => rows[at] ?? 0));
}

const ABSENT = -1;
const REPEATED = -2;

function rowsById(ids: Float64Array): Map<number, number> {
  const rows = new Map<number, number>();
  for (const [row, id] of ids.entries()) rows.set(id, rows.has(id) ? REPEATED : row);
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

function rowsByText(texts: Float64Array, truths: Truths | undefined): Map<number, SameText> {
  const found = new Map<number, SameText>();
  for (const [row, text] of texts.entries()) {
    // A row without a text is alone.
    if (Number.isNaN(text)) continue;
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
