/** The texts and true labels of imported predictions, from a table that has them. */
import path from 'node:path';
import { columnOfRole, type Role } from '../../core/data/columns';
import { quoted } from '../../core/quote';
import type { Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { inspectTable } from '../../store/tables/inspect';
import { tableRows } from '../../store/tables/rows';
import type { ImportedRow } from './origin';

/** What predictions may lack, by the name that its column gets. */
const JOINED = ['text', 'label', 'group', 'split', 'weight'] as const satisfies readonly Role[];

export interface JoinedTable {
  readonly warnings: readonly Warning[];
  /** @throws UserError import-join: neither ids nor the number of rows agree */
  to(predictions: { readonly rows: number; readonly hasIds: boolean }, columns: readonly string[]): Joining;
}

interface Joining {
  readonly columns: readonly string[];
  /** @param at number of the prediction, from 0 */
  cells(row: ImportedRow, at: number): readonly string[];
  /** How rows were joined, and how many were not found. */
  note(): string;
}

/** @throws UserError everything of `inspectTable` and `tableRows`; import-join */
export async function joinedBy(file: string): Promise<JoinedTable> {
  const source = await inspectTable(file);
  const name = path.basename(file);
  const id = columnOfRole(source.header, 'id');
  const places = JOINED.map((role) => ({
    role,
    column: columnOfRole(source.header, role),
  })).filter(({ column }) => column !== undefined);
  const rows: (readonly string[])[] = [];
  const byId = new Map<string, number>();
  let isRepeated = false;
  for await (const batch of tableRows(source))
    for (const { cells } of batch) {
      const own = id === undefined ? '' : (cells[id] ?? '').trim();
      if (byId.has(own)) isRepeated = true;
      if (own !== '') byId.set(own, rows.length);
      rows.push(places.map(({ column }) => cells[column ?? -1] ?? ''));
    }
  return {
    warnings: source.warnings,
    to({ rows: count, hasIds }, columns) {
      const own: ReadonlySet<string> = new Set(columns);
      const kept = [...places.keys()].filter((at) => !own.has(places[at]?.role ?? ''));
      if (kept.length === 0)
        throw new UserError(
          'import-join',
          `${name} has no column of texts, labels, groups, splits or weights that the predictions lack.`,
        );
      const isById = hasIds && id !== undefined;
      if (isById && isRepeated)
        throw new UserError('import-join', `${name} has an id twice, so its rows cannot be joined by id.`);
      if (!isById && rows.length !== count)
        throw new UserError(
          'import-join',
          `${name} has ${rows.length.toLocaleString('en-US')} rows, and there are ${count.toLocaleString('en-US')} predictions: without ids in both they cannot be joined.`,
        );
      let missing = 0;
      return {
        columns: kept.map((at) => places[at]?.role ?? ''),
        cells: (row, at) => {
          const found = rows[isById ? (byId.get(row.id?.trim() ?? '') ?? -1) : at];
          if (found === undefined) missing++;
          // No table is written where the last row fails.
          if (missing === count)
            throw new UserError(
              'import-join',
              `${name} has none of the ids of the ${count.toLocaleString('en-US')} predictions: its ids are like ${quoted([...byId.keys()][0] ?? '')}, and theirs like ${quoted(row.id ?? '')}.`,
            );
          return kept.map((column) => found?.[column] ?? '');
        },
        note: () =>
          `Rows are joined with ${name} by ${isById ? 'id' : 'their order: neither side has ids that the other has'}.${missing === 0 ? '' : ` ${missing.toLocaleString('en-US')} predictions are not in it.`}`,
      };
    },
  };
}
