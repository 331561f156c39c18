/** Labelled tables, and the odd forms in which people and programs write them. None of the forms changes what is meant. */
import { type Random, shuffle } from '../../src/core/random';
import { pick } from './mutate';

/** A table by columns. */
interface Table {
  readonly kind: TableKind;
  readonly labels: readonly string[];
  readonly columns: readonly Column[];
}
interface Column {
  readonly name: string;
  readonly is: 'truth' | 'predicted' | 'score' | 'other';
  readonly cells: readonly string[];
}

/** How a table is written. */
interface Style {
  readonly separator: string;
  readonly cell: (cell: string, mustBeQuoted: boolean) => string;
  readonly lineEnd: string;
  readonly start: string;
  /** `sep=;` before the header. */
  readonly namesSeparator: boolean;
  /** A separator behind every line. */
  readonly trailing: boolean;
  readonly encoding: BufferEncoding;
  readonly json: 'array' | 'lines' | null;
  /** A zero byte at this share of the file. */
  readonly zeroAt: number | null;
}

/** A table in some form, with what the reader must have noticed. */
export interface Written {
  readonly table: Table;
  readonly style: Style;
  /** Rows without a label, which were added. */
  readonly unlabelled: number;
  readonly hidden: boolean;
}

export interface Form {
  readonly name: string;
  /** Which tables can have it. Absent: all. */
  readonly fits?: (table: Table) => boolean;
  /** Whether a table in this form may be refused, too. Absent: never. */
  readonly refusable?: (written: Written) => boolean;
  readonly change: (written: Written, random: Random) => Written;
}

export const TABLE_KINDS = ['prob', 'logprob', 'y_prob', 'predicted', 'correct'] as const;
type TableKind = (typeof TABLE_KINDS)[number];

/** Labels of tables whose kind does not name them. */
export const TABLE_LABELS: readonly (readonly string[])[] = [
  ['spam', 'ham'],
  ['Positive', 'Negative', 'Neutral'],
  ['0', '1'],
  ['0', '1', '2'],
  ['LABEL_0', 'LABEL_1'],
  ['True', 'False'],
  ['né', 'año'],
  ['a, b', 'c; "d"', 'e|f'],
];

const doubled = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
const PLAIN: Style = {
  separator: ',',
  cell: (cell, mustBeQuoted) => (mustBeQuoted ? doubled(cell) : cell),
  lineEnd: '\n',
  start: '',
  namesSeparator: false,
  trailing: false,
  encoding: 'utf8',
  json: null,
  zeroAt: null,
};

/** A table in its plain form. No two rows have equal scores, and none lies on the edge of a bin. */
export function plainTable(kind: TableKind, labels: readonly string[], n: number, random: Random): Written {
  const names = kind === 'y_prob' || kind === 'correct' ? ['0', '1'] : labels;
  const rows = Array.from({ length: n }, () => {
    const weights = names.map(() => random() ** 2 + 0.01);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const probs = weights.map((weight) => weight / total);
    return { probs, best: probs.indexOf(Math.max(...probs)), truth: Math.floor(random() * names.length) };
  });
  type Row = (typeof rows)[number];
  const column = (name: string, is: Column['is'], cell: (row: Row) => string | number): Column => ({
    name,
    is,
    cells: rows.map((row) => String(cell(row))),
  });
  const truth = column('label', 'truth', (row) => names[row.truth] ?? '');
  const confidence = column('confidence', 'score', ({ probs, best }) => probs[best] ?? 0);
  const scores = (type: string, write: (p: number) => number) =>
    names.map((label, k) => column(`${type}:${label}`, 'score', ({ probs }) => write(probs[k] ?? 0)));
  const columns = {
    prob: () => [truth, ...scores('prob', (p) => p)],
    logprob: () => [truth, ...scores('logprob', Math.log)],
    y_prob: () => [truth, column('y_prob', 'score', ({ probs }) => probs[1] ?? 0)],
    predicted: () => [truth, column('predicted', 'predicted', ({ best }) => names[best] ?? ''), confidence],
    correct: () => [column('correct', 'truth', (row) => Number(row.truth === row.best)), confidence],
  }[kind]();
  return { table: { kind, labels: names, columns }, style: PLAIN, unlabelled: 0, hidden: false };
}

const isBinary = ({ labels }: Table): boolean => labels.join() === '0,1';
const namesLabels = ({ kind }: Table): boolean => kind !== 'correct';
const isLogs = ({ kind }: Table): boolean => kind === 'logprob';
const rowsOf = ({ columns }: Table): number[] => [...(columns[0]?.cells.keys() ?? [])];

function withColumns(written: Written, change: (column: Column) => Column): Written {
  const { table } = written;
  return { ...written, table: { ...table, columns: table.columns.map(change) } };
}

function cells(
  name: string,
  is: Column['is'],
  write: (cell: string) => string,
  form: Partial<Form> = {},
): Form {
  return {
    ...form,
    name,
    change: (written) =>
      withColumns(written, (column) =>
        column.is === is ? { ...column, cells: column.cells.map(write) } : column,
      ),
  };
}

function truths(name: string, write: (truth: string) => string, fits: Form['fits'] = namesLabels): Form {
  return cells(name, 'truth', write, { fits });
}

function numbers(name: string, write: (value: number) => string, form: Partial<Form> = {}): Form {
  return cells(name, 'score', (cell) => write(Number(cell)), form);
}

function headers(name: string, write: (name: string) => string, form: Partial<Form> = {}): Form {
  return {
    ...form,
    name,
    change: (written) => withColumns(written, (column) => ({ ...column, name: write(column.name) })),
  };
}

function another(name: string, cell: (row: number, random: Random) => string): Form {
  return {
    name: `another column "${name}"`,
    change: (written, random) => {
      const { table } = written;
      const column = { name, is: 'other', cells: rowsOf(table).map((row) => cell(row, random)) } as const;
      return { ...written, table: { ...table, columns: [...table.columns, column] } };
    },
  };
}

function style(name: string, change: Partial<Style>, form: Partial<Form> = {}): Form {
  return {
    ...form,
    name,
    change: (written) => ({ ...written, style: { ...written.style, ...change } }),
  };
}

function unlabelled(marker: string): Form {
  return {
    name: `rows labelled "${marker}"`,
    change: (written) => ({
      ...withColumns(written, (column) => ({
        ...column,
        cells: [
          ...column.cells,
          ...column.cells.slice(0, 2).map((cell) => (column.is === 'truth' ? marker : cell)),
        ],
      })),
      unlabelled: 2,
    }),
  };
}

/** The least score of every third row was not shown: the reader can tell it from the others. */
function hidden(marker: string): Form {
  return {
    name: `${marker} for hidden labels`,
    fits: isLogs,
    change: (written) => {
      const scores = written.table.columns.filter(({ is }) => is === 'score');
      const least = rowsOf(written.table).map((row) =>
        Math.min(...scores.map((column) => Number(column.cells[row]))),
      );
      return {
        ...withColumns(written, (column) =>
          column.is === 'score'
            ? {
                ...column,
                cells: column.cells.map((cell, row) =>
                  row % 3 === 0 && Number(cell) === least[row] ? marker : cell,
                ),
              }
            : column,
        ),
        hidden: true,
      };
    },
  };
}

const shuffled = <T>(values: readonly T[], random: Random): T[] => {
  const copy = [...values];
  shuffle(copy, random);
  return copy;
};

const TEXTS = [
  'fine',
  'a, b',
  'c; d',
  'a\tb',
  'a|b',
  'say "hi"',
  '"all"',
  'C:\\',
  '5" wide',
  'a\nb, c',
  ' ',
  '',
  '1',
  "'",
];
const isSpread = ({ table }: Written): boolean =>
  table.columns.some((column) => column.cells.some((cell) => cell.includes('\n')));
const always = (): boolean => true;

/** Of each group a table has one form or none; they are applied in this order. */
export const ODD_FORMS: readonly (readonly Form[])[] = [
  [
    truths('truths in capitals', (truth) => truth.toUpperCase()),
    truths('truths in small letters', (truth) => truth.toLowerCase()),
    truths('a full stop behind truths', (truth) => `${truth}.`),
    truths(
      '−1 for 0',
      (truth) => (truth === '0' ? '-1' : truth),
      (table) => isBinary(table) && namesLabels(table),
    ),
    truths('True and False', (truth) => (truth === '1' ? 'True' : 'False'), isBinary),
    truths('1.0 and 0.0', (truth) => `${truth}.0`, isBinary),
    truths(
      'LABEL_1 and LABEL_0',
      (truth) => `LABEL_${truth}`,
      (table) => isBinary(table) && namesLabels(table),
    ),
  ],
  [
    numbers('exponents', (value) => value.toExponential()),
    numbers('plus signs', (value) => (value < 0 ? String(value) : `+${value}`)),
    numbers('percentages', (value) => String(value * 100), {
      fits: (table) => !isLogs(table),
      refusable: always,
    }),
    numbers('percent signs', (value) => `${value * 100}%`, {
      fits: (table) => !isLogs(table),
      refusable: always,
    }),
    numbers('decimal commas', (value) => String(value).replace('.', ','), { refusable: always }),
    numbers('logarithms to the base 2', (value) => String(value / Math.LN2), { fits: isLogs }),
    numbers('logarithms to the base 10', (value) => String(value / Math.LN10), { fits: isLogs }),
  ],
  ['-inf', '-Infinity', '-9999', '-9999.0', '-3.4e38'].map(hidden),
  ['', 'nan', 'NaN', 'None', 'null', 'NA', 'n/a', '<NA>', '?'].map(unlabelled),
  [
    another('text', (row, random) => `${row} ${pick(random, TEXTS)}`),
    another('note', (_, random) => pick(random, TEXTS)),
  ],
  [
    another('id', (row) => String(row + 1)),
    another('split', (_, random) => pick(random, ['train', 'test', 'val', 'dev', 'Validation', 'TEST'])),
  ],
  [another('loss', (_, random) => random().toFixed(3)), another('fold', () => '7'), another('', () => '')],
  [
    headers('a header in capitals', (name) => {
      const [type, ...label] = name.split(':');
      return [type?.toUpperCase(), ...label].join(':');
    }),
    headers('a header of words', (name) => name.charAt(0).toUpperCase() + name.slice(1)),
    headers('columns that are called like the labels', (name) => name.replace(/^prob:/u, ''), {
      fits: ({ kind }) => kind === 'prob',
      // Another column of numbers may look like that of a label.
      refusable: always,
    }),
  ],
  [
    {
      name: 'columns in another order',
      change: (written, random) => ({
        ...written,
        table: { ...written.table, columns: shuffled(written.table.columns, random) },
      }),
    },
  ],
  [
    {
      name: 'rows in another order',
      change: (written, random) => {
        const order = shuffled(rowsOf(written.table), random);
        return withColumns(written, (column) => ({
          ...column,
          cells: order.map((row) => column.cells[row] ?? ''),
        }));
      },
    },
  ],
  [
    style('semicolons', { separator: ';' }),
    style('tabs', { separator: '\t' }),
    style('bars', { separator: '|' }),
  ],
  [
    style('quotes around all cells', { cell: doubled }),
    style('spaces before quotes', { cell: (cell) => ` ${doubled(cell)}` }),
    style('spaces behind quotes', { cell: (cell) => `${doubled(cell)} ` }),
    style('spaces around cells', { cell: (cell, mustBeQuoted) => ` ${PLAIN.cell(cell, mustBeQuoted)} ` }),
  ],
  // A cell of several lines shows line feeds, which are then taken for the ends of the rows.
  [style('CR LF', { lineEnd: '\r\n' }), style('CR', { lineEnd: '\r' }, { refusable: isSpread })],
  [style('a byte order mark', { start: '\uFEFF' })],
  [style('sep=', { namesSeparator: true })],
  [style('a separator behind each line', { trailing: true })],
  [
    style('UTF-16', { encoding: 'utf16le' }),
    style('Latin-1', { encoding: 'latin1', start: '' }),
    style('a JSON array', { json: 'array' }, { refusable: always }),
    style('JSON lines', { json: 'lines' }, { refusable: always }),
    {
      name: 'a zero byte',
      refusable: always,
      change: (written, random) => ({ ...written, style: { ...written.style, zeroAt: random() } }),
    },
  ],
];

/** The file. */
export function fileOf({ table, style: { separator, cell, lineEnd, start, ...style } }: Written): Buffer {
  const { columns } = table;
  if (style.json !== null) {
    const objects = rowsOf(table).map((row) =>
      JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, column.cells[row]]))),
    );
    return Buffer.from(style.json === 'lines' ? objects.join('\n') : `[${objects.join(',\n')}]`);
  }
  const rows = [
    columns.map(({ name }) => name),
    ...rowsOf(table).map((row) => columns.map((column) => column.cells[row] ?? '')),
  ];
  const lineOf = (texts: readonly string[]): string =>
    texts.map((text) => cell(text, text.includes(separator) || /["\r\n]/u.test(text))).join(separator) +
    (style.trailing ? separator : '') +
    lineEnd;
  const preamble = style.namesSeparator ? `sep=${separator}${lineEnd}` : '';
  const file = Buffer.from(start + preamble + rows.map(lineOf).join(''), style.encoding);
  if (style.zeroAt === null) return file;
  const at = Math.round(style.zeroAt * file.length);
  return Buffer.concat([file.subarray(0, at), Buffer.from([0]), file.subarray(at)]);
}
