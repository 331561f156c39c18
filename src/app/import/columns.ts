/** Records of any columns: JSON lines, a JSON list of objects, Parquet. Names stay as they are. */
import { quoted } from '../../core/quote';
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
    const others = new Map<string, string>();
    for (const [name, cell] of cellsOf('', record, 0)) {
      if (others.has(name)) throw new RecordProblem(`has two values for the column ${quoted(name)}`);
      others.set(name, cell);
    }
    return [{ others }];
  }
}

function cellsOf(name: string, value: unknown, depth: number): [string, string][] {
  if (value === null || value === undefined) return [[name, '']];
  const cell = cellOf(value);
  if (cell !== undefined) return [[name, cell]];
  if (depth > DEEPEST || typeof value !== 'object') return [[name, JSON.stringify(value, digitsOf)]];
  const join = (part: string): string => (name === '' ? part : `${name}.${part}`);
  return Object.entries(value).flatMap(([part, inner]) => cellsOf(join(part), inner, depth + 1));
}

/** JSON has no big integers: those that JavaScript's numbers would change are texts, as they are where JSON is read. */
function digitsOf(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

export const COLUMNS: Origin = {
  name: 'columns',
  title: 'records with columns',
  holds: 'objects with one column a field',
  recognises: isFields,
  open: () => new ColumnsReader(),
};
