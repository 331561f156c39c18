/**
 * Which rows of two tables are the same row: those with the same id.
 */
import { UNKNOWN_LABEL, type PredictionData } from '../model/predictions';
import type { PredictionTable } from './table';

/** Row `left[i]` of one table is row `right[i]` of the other. */
export interface Pairs {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
}

/**
 * Pairs the rows of two tables by id, in the order of the first. Ids that a table repeats are left out. Null if
 * the tables have no ids, if fewer than half of the smaller table's rows find a partner, or if partners have
 * different true labels: then equal ids are an accident (row numbers, say) and the tables are different samples.
 */
export function pairRows(first: PredictionTable, second: PredictionTable): Pairs | null {
  if (first.id === undefined || second.id === undefined) return null;
  const own = rowsById(first.id);
  const others = rowsById(second.id);
  const left: number[] = [];
  const right: number[] = [];
  for (const [id, row] of own) {
    const other = others.get(id);
    if (row === REPEATED || other === undefined || other === REPEATED) continue;
    if (!sameTruth(first.data, row, second.data, other)) return null;
    left.push(row);
    right.push(other);
  }
  if (2 * left.length < Math.min(first.n, second.n)) return null;
  return { left: Uint32Array.from(left), right: Uint32Array.from(right) };
}

/** A table that is compared with itself needs no ids. */
export function pairedWithItself({ n }: PredictionTable): Pairs {
  const rows = Uint32Array.from({ length: n }, (_, row) => row);
  return { left: rows, right: rows };
}

const REPEATED = -1;

function rowsById(ids: Float64Array): Map<number, number> {
  const rows = new Map<number, number>();
  for (const [row, id] of ids.entries()) rows.set(id, rows.has(id) ? REPEATED : row);
  return rows;
}

/** Tables of confidence have no true labels; their ids are trusted. */
function sameTruth(a: PredictionData, rowA: number, b: PredictionData, rowB: number): boolean {
  if (a.kind !== 'labels' || b.kind !== 'labels') return true;
  const truth = (data: typeof a, row: number) => data.labels[data.truth[row] ?? UNKNOWN_LABEL];
  return truth(a, rowA) === truth(b, rowB);
}
