/** Columns that are called like the labels, and hold their probabilities. */
import { plainNumber } from '../../core/data/cells';
import { type ColumnOptions, findColumns, scoreKey, type TableColumns } from '../../core/data/columns';
import type { Warning } from '../../core/model/predictions';
import { listed } from '../../core/quote';
import { UserError } from '../../core/user-error';
import type { TableFile } from './inspect';
import { firstRows, type TableRow } from './rows';

/** How far from 1 the probabilities of a row may sum. */
const TOLERANCE = 0.01;

/**
 * The columns of a file; where none is called like a score, those that sum to 1 in every one of the first rows.
 *
 * @throws UserError everything of `findColumns`
 */
export async function columnsOf(
  source: TableFile,
  options: ColumnOptions,
): Promise<{ columns: TableColumns; warnings: readonly Warning[] }> {
  try {
    return { columns: findColumns(source.header, options), warnings: [] };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'no-columns') throw error;
    const names = classColumns(source.header, await firstRows(source));
    if (names === undefined) throw error;
    const scores = Object.fromEntries(names.map((name) => [scoreKey('prob', name), name]));
    return {
      columns: findColumns(source.header, { ...options, mapping: { ...options.mapping, ...scores } }),
      warnings: [
        {
          code: 'class-columns',
          message: `The columns ${listed(names)} sum to 1 in every row, so they were read as the probabilities of labels with these names.`,
        },
      ],
    };
  }
}

/** Names of two columns or more whose numbers are shares that sum to 1 in every row; undefined if there are none. */
function classColumns(header: readonly string[], rows: readonly TableRow[]): readonly string[] | undefined {
  const isShare = (cell: string | undefined): boolean => {
    const value = plainNumber((cell ?? '').trim());
    return value >= 0 && value <= 1;
  };
  const candidates = [...header.keys()].filter(
    (column) => header[column]?.trim() !== '' && rows.every(({ cells }) => isShare(cells[column])),
  );
  const sumsToOne = rows.every(({ cells }) => {
    const sum = candidates.reduce((total, column) => total + Number(cells[column]), 0);
    return Math.abs(sum - 1) <= TOLERANCE;
  });
  return rows.length === 0 || candidates.length < 2 || !sumsToOne
    ? undefined
    : candidates.map((column) => header[column]?.trim() ?? '');
}
