/** Records of any columns: JSON lines, a JSON list of objects, Parquet. Names stay as they are. */
import { type ImportedRow, type Origin, type Reader, RecordProblem } from './origin';
import { cellOf, isFields } from './values';

/** Deeper than this a value is written as JSON. */
const DEEPEST = 3;

class ColumnsReader implements Reader {
  readonly scores = 'prob';

  settle(): readonly string[] {
    return [
      'Columns keep their names; the parts of a list are name.0, name.1, …, those of an object name.part.',
    ];
  }

  rows(record: unknown): readonly ImportedRow[] {
    if (!isFields(record)) throw new RecordProblem('is no object with columns');
    return [{ others: Object.fromEntries(cellsOf('', record, 0)) }];
  }
}

function cellsOf(name: string, value: unknown, depth: number): [string, string][] {
  if (value === null || value === undefined) return [[name, '']];
  const cell = value instanceof Date ? value.toISOString() : cellOf(value);
  if (cell !== undefined) return [[name, cell]];
  if (depth > DEEPEST || typeof value !== 'object') return [[name, JSON.stringify(value)]];
  const join = (part: string): string => (name === '' ? part : `${name}.${part}`);
  return Object.entries(value).flatMap(([part, inner]) => cellsOf(join(part), inner, depth + 1));
}

export const COLUMNS: Origin = {
  name: 'columns',
  title: 'records with columns',
  holds: 'objects with one column a field',
  recognises: isFields,
  open: () => new ColumnsReader(),
};
