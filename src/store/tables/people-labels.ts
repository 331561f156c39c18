/** Labels of people, from a file of their own, put beside the rows of a table. */
import path from 'node:path';
import { plainNumber } from '../../core/data/cells';
import { hasRole, namedColumns } from '../../core/data/columns';
import { jsonOf } from '../../core/data/json';
import { saysNothing } from '../../core/data/vocabulary';
import {
  type AnsweredRow,
  answersOf,
  type Decision,
  designWeights,
  matchAnswers,
  type NamedRow,
  onOneLine,
  originOf,
  readDecisions,
} from '../../core/labelling/decisions';
import { reachedProbability, SELECTED_BY, worthOf } from '../../core/labelling/design';
import { least } from '../../core/extremes';
import type { Warning } from '../../core/model/predictions';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { readDesigns } from '../designs';
import { isLabelsFile, readLabelsText, textSha256 } from '../labels';
import { inspectTable, type TableFile } from './inspect';
import { tableRows } from './rows';

interface ReadAnswers {
  readonly answers: readonly AnsweredRow[];
  /** Rows of the table that a design was drawn from, where that is written down. */
  readonly drawnFrom: ReadonlyMap<string, number>;
  /** Designs whose record is gone: nobody knows how many rows they drew, and so how likely those reached were. */
  readonly withoutQueue: ReadonlySet<string>;
  readonly warnings: readonly Warning[];
}

/**
 * Reads what people said: a labels file, a table of `sample` that somebody filled in, or what Label Studio exports of
 * one as CSV.
 *
 * @param labelColumn the column of the labels of a table; undefined: found
 * @throws UserError no-file, not-a-file, too-large, no-such-column; everything of `inspectTable` and `tableRows`
 */
async function readAnswers(file: string, labelColumn?: string): Promise<ReadAnswers> {
  if (await isLabelsFile(file)) {
    const { decisions, unread } = readDecisions(await readLabelsText(file));
    const [first] = unread;
    const warnings: Warning[] =
      first === undefined
        ? []
        : [
            {
              code: 'labels-unread',
              message: `${unread.length} ${unread.length === 1 ? 'line' : 'lines'} of ${path.basename(file)} ${unread.length === 1 ? 'holds' : 'hold'} no decision, such as line ${first.line}: ${first.reason}.`,
            },
          ];
    const { designs } = await readDesigns(file);
    const drawnFrom = new Map(designs.map(({ id, table }) => [id, table.rows]));
    const queues = new Map(designs.map(({ id, queue }) => [id, queue.length]));
    const answers = answersOf(decisions);
    const answered = new Set(answers.flatMap((row) => [...row.designs.keys()]));
    const withoutQueue = new Set([...answered].filter((id) => !queues.has(id)));
    return { answers: ofRowsReached(answers, queues), drawnFrom, withoutQueue, warnings };
  }
  const answers = answersOf(await filledIn(await inspectTable(file), labelColumn, true));
  return { answers, drawnFrom: new Map(), withoutQueue: new Set(), warnings: [] };
}

/** A labels file holds the probabilities of whole designs; those of the rows that were reached are smaller. */
function ofRowsReached(
  answers: readonly AnsweredRow[],
  queues: ReadonlyMap<string, number>,
): readonly AnsweredRow[] {
  const reached = new Map<string, number>();
  for (const { designs } of answers)
    for (const id of designs.keys()) reached.set(id, (reached.get(id) ?? 0) + 1);
  return answers.map((row) => ({
    ...row,
    designs: new Map(
      Array.from(row.designs, ([id, probability]) => {
        const queue = queues.get(id);
        // Somebody may have added lines: no row is likelier than in the whole design.
        const rows = Math.min(reached.get(id) ?? 0, queue ?? 0);
        return [id, queue === undefined ? probability : reachedProbability(probability, rows, queue)];
      }),
    ),
  }));
}

/** How people write in a spreadsheet that they cannot tell. */
const UNSURE: ReadonlySet<string> = new Set(['unsure', '?']);

/** What columns of a filled-in table are called besides the label. */
const KNOWN = {
  rowId: ['row_id', 'id'],
  textSha256: ['text_sha256'],
  text: ['text'],
  design: ['design'],
  selectedBy: ['selected_by'],
  probability: ['inclusion_probability'],
  position: ['position'],
  who: ['who', 'annotator'],
  time: ['time', 'updated_at', 'created_at'],
} as const;
type Known = keyof typeof KNOWN;

/** Columns that Label Studio adds to an export; its own `id` is that of a task. */
const LABEL_STUDIO = [
  'annotation_id',
  'annotator',
  'lead_time',
  'created_at',
  'updated_at',
  'id',
  'agreement',
];

/** Columns of a review, which shows the model's answer. */
export const MODEL_COLUMNS = ['predicted', 'confidence', 'bucket'] as const;

interface FilledRow {
  readonly cell: (column: Known) => string;
  readonly given: string;
  readonly position: number;
}

/**
 * The decisions in a table that people filled in.
 *
 * @param isScaled whether probabilities are those of the rows that were reached, or those of the whole design
 * @throws UserError no-such-column; labels-file-other: a labels file that some program has saved in another form;
 *   bad-weight; everything of `tableRows`
 */
export async function filledIn(
  source: TableFile,
  labelColumn: string | undefined,
  isScaled: boolean,
): Promise<Decision[]> {
  const header = source.header.map((name) => name.trim());
  const lower = header.map((name) => name.toLowerCase());
  const isLabelStudio = lower.includes('annotation_id');
  const at = Object.fromEntries(
    Object.entries(KNOWN).map(([column, names]) => {
      const usable = isLabelStudio ? names.filter((name) => name !== 'id') : names;
      return [column, usable.map((name) => lower.indexOf(name)).find((index) => index >= 0) ?? -1];
    }),
  ) as Record<Known, number>;
  // Without what was taken back, said in view of the model's answer or settled, its lines say something else.
  if (['decision', 'row_id', 'text_sha256', 'label'].every((name) => lower.includes(name)))
    throw new UserError(
      'labels-file-other',
      `${path.basename(source.file)} holds the decisions of a labels file, but its first line is not the names of the columns, separated by commas. Save it with commas; nothing was read.`,
    );
  if (at.rowId < 0 && at.textSha256 < 0 && at.text < 0)
    throw new UserError(
      'no-such-column',
      `${path.basename(source.file)} does not tell which rows its labels are of: it needs a column row_id, text_sha256 or text. Its columns are ${listed(header)}.`,
    );
  const rows: (readonly string[])[] = [];
  for await (const batch of tableRows(source)) for (const { cells } of batch) rows.push(cells);
  const label = labelIndex(source, rows, labelColumn);
  const filled = rows.map((cells, index): FilledRow => {
    const cell = (column: Known): string => (at[column] < 0 ? '' : (cells[at[column]] ?? '').trim());
    const position = plainNumber(cell('position'));
    return {
      cell,
      given: choiceOf((cells[label] ?? '').trim()),
      position: Number.isNaN(position) ? index + 1 : position,
    };
  });
  const showsModel = lower.includes(MODEL_COLUMNS[0]);
  return decisionsOf(
    filled.sort((left, right) => left.position - right.position),
    { showsModel, isScaled },
  );
}

/** The answer in a cell; Label Studio writes several choices as JSON. */
function choiceOf(cell: string): string {
  if (!cell.startsWith('{')) return cell;
  const parsed = jsonOf(cell);
  const choices =
    typeof parsed === 'object' && parsed !== null && 'choices' in parsed && Array.isArray(parsed.choices)
      ? (parsed.choices as unknown[])
      : [];
  const [only] = choices;
  // Several labels for one text are none.
  return choices.length === 1 && typeof only === 'string' ? only : '?';
}

/** The column that people filled in. */
function labelIndex(
  { header, file }: TableFile,
  rows: readonly (readonly string[])[],
  wanted: string | undefined,
): number {
  const named = header.map((name) => name.trim());
  if (wanted !== undefined) {
    const found = named.indexOf(wanted.trim());
    if (found >= 0) return found;
    throw new UserError(
      'no-such-column',
      `${path.basename(file)} has no column ${quoted(wanted)}. Its columns are ${listed(named)}.`,
    );
  }
  const isFilled = (index: number): boolean => rows.some((cells) => (cells[index] ?? '').trim() !== '');
  const own = named.findIndex((name) => name.toLowerCase() === 'label');
  if (own >= 0 && isFilled(own)) return own;
  const others = new Set<string>([
    ...Object.values(KNOWN).flat(),
    ...LABEL_STUDIO,
    ...MODEL_COLUMNS,
    ...['label', 'blind'],
  ]);
  const candidates = [...named.keys()].filter(
    (index) => !others.has(named[index]?.toLowerCase() ?? '') && isFilled(index),
  );
  const [only, more] = candidates;
  if (only !== undefined && more === undefined) return only;
  throw new UserError(
    'no-such-column',
    own >= 0 && candidates.length === 0
      ? `No row of ${path.basename(file)} is labelled yet: its column "label" is empty.`
      : `${path.basename(file)} does not tell which of its columns are the labels: ${listed(named)}.`,
    { data: { role: 'people' } },
  );
}

/**
 * The rows of each design up to the last one that was answered; a row that was left empty before that was passed over. Of
 * the rows behind it nobody knows, so that the probabilities are those of a shorter queue.
 */
function decisionsOf(
  rows: readonly FilledRow[],
  { showsModel, isScaled }: { readonly showsModel: boolean; readonly isScaled: boolean },
): Decision[] {
  const queues = new Map<string, { reached: number; rows: number }>();
  const keyOf = ({ cell }: FilledRow): string => `${cell('design')}\n${cell('who')}`;
  const placed = rows.map((row) => {
    const queue = queues.get(keyOf(row)) ?? { reached: 0, rows: 0 };
    queues.set(keyOf(row), queue);
    queue.rows++;
    if (!saysNothing(row.given) || UNSURE.has(row.given)) queue.reached = queue.rows;
    return { row, place: queue.rows };
  });
  return placed.flatMap(({ row, place }): Decision[] => {
    const { cell, given } = row;
    const queue = queues.get(keyOf(row)) ?? { reached: 0, rows: 1 };
    if (place > queue.reached) return [];
    // What another program wrote into a column of this name is no way of drawing.
    const isOurs = SELECTED_BY.some((name) => name === cell('selectedBy').toLowerCase());
    // Spreadsheets of many countries write 0,05.
    const probabilityCell = cell('probability').replace(',', '.');
    const origin = originOf(cell('design'), isOurs ? cell('selectedBy') : 'user', probabilityCell);
    if (typeof origin === 'string')
      throw new UserError(
        'bad-weight',
        `The row at position ${row.position} was drawn, but ${origin}. A spreadsheet may have changed it: copy the column inclusion_probability from the table that "sample" wrote.`,
      );
    const isEmpty = saysNothing(given) && !UNSURE.has(given);
    if (isEmpty && origin.probability === null) return [];
    const kind = UNSURE.has(given.toLowerCase())
      ? 'unsure'
      : isEmpty || given.toLowerCase() === 'skip'
        ? 'skip'
        : 'label';
    const { probability } = origin;
    return [
      {
        rowId: onOneLine(cell('rowId')),
        textSha256: cell('textSha256').toLowerCase() || textSha256(cell('text')),
        kind,
        label: kind === 'label' ? given : '',
        ...origin,
        probability:
          probability === null || !isScaled
            ? probability
            : reachedProbability(probability, queue.reached, queue.rows),
        // A table of `sample` does not show the model's answer, but for a review; of another table nobody knows.
        isBlind: probability !== null && !showsModel,
        who: cell('who'),
        time: cell('time'),
      },
    ];
  });
}

/** The columns that tell rows apart. */
export interface Identity {
  /** Index of the column; undefined without one. */
  readonly id: number | undefined;
  readonly text: number | undefined;
}

/**
 * @param mapping column by role, as for `findColumns`
 * @throws UserError no-such-column: the table has neither ids nor texts
 */
export function identityOf(
  { header, file }: Pick<TableFile, 'header' | 'file'>,
  mapping: Readonly<Record<string, string>> = {},
): Identity {
  const named = header.map((name) => name.trim());
  const found = namedColumns(header, null).roles;
  const index = (role: 'id' | 'text'): number | undefined => {
    const name = mapping[role] ?? found[role]?.[0] ?? '';
    const at = name === '' ? -1 : named.indexOf(name.trim());
    return at < 0 ? undefined : at;
  };
  const identity = { id: index('id'), text: index('text') };
  if (identity.id === undefined && identity.text === undefined)
    throw new UserError(
      'no-such-column',
      `${path.basename(file)} has neither a column "id" nor a column "text", so its rows cannot be told apart.`,
    );
  return identity;
}

/** What names a row of a table. */
export function namedRow({ id, text }: Identity, line: number, cells: readonly string[]): NamedRow {
  return {
    line,
    id: id === undefined ? '' : onOneLine(cells[id] ?? ''),
    textSha256: text === undefined ? '' : textSha256(cells[text] ?? ''),
  };
}

export interface PeopleLabels {
  /** What people said, by the line of the table's row. */
  readonly rows: ReadonlyMap<number, AnsweredRow>;
  /** Weights of the rows that a design drew, of mean 1, by line. */
  readonly weights: ReadonlyMap<number, number>;
  /**
   * Probabilities of being drawn and reached, by line: of rows that one design drew, and where it is known how far its
   * queue was labelled.
   */
  readonly probabilities: ReadonlyMap<number, number>;
  /** Rows that were drawn and have no label, and the share of the table that they stand for. */
  readonly missing: number;
  readonly missingShare: number;
  readonly warnings: readonly Warning[];
}

/**
 * Finds the rows of a table that people answered.
 *
 * @throws UserError labels-foreign: none of the answers is of this table; everything of `readAnswers`, `identityOf` and
 *   `tableRows`
 */
export async function peopleLabels(
  source: TableFile,
  file: string,
  {
    mapping,
    labelColumn,
  }: {
    readonly mapping?: Readonly<Record<string, string>> | undefined;
    readonly labelColumn?: string | undefined;
  } = {},
): Promise<PeopleLabels> {
  const { answers, drawnFrom, withoutQueue, warnings } = await readAnswers(file, labelColumn);
  const identity = identityOf(source, mapping);
  // An answer of a table without texts names its row by the id alone.
  const ids = new Set(answers.map(({ rowId }) => rowId));
  const texts = new Set(answers.map((answer) => answer.textSha256));
  const rows: NamedRow[] = [];
  const isByText = answers.some((answer) => answer.textSha256 !== '');
  let n = 0;
  for await (const batch of tableRows(source)) {
    n += batch.length;
    for (const { line, cells } of batch) {
      const row = namedRow(isByText ? identity : { ...identity, text: undefined }, line, cells);
      if (ids.has(row.id) || texts.has(row.textSha256)) rows.push(row);
    }
  }
  const matched = matchAnswers(answers, rows);
  const names = `${path.basename(file)} and ${path.basename(source.file)}`;
  if (matched.rows.size === 0)
    throw new UserError(
      'labels-foreign',
      answers.length === 0
        ? `${path.basename(file)} holds no label yet.`
        : `None of the ${answers.length} labelled rows of ${path.basename(file)} is a row of ${path.basename(source.file)}, by id and text: ${matched.changed} have an id of the table, but another text. The labels may be of another table.`,
    );
  const said: Warning[] = [...warnings];
  const say = (code: string, message: string): void => void said.push({ code, message });
  if (matched.changed > 0)
    say(
      'labels-changed',
      `The text of ${matched.changed} labelled rows has changed since. Their labels count for no row.`,
    );
  if (matched.foreign > 0)
    say(
      'labels-foreign',
      `${matched.foreign} labelled rows are not in both ${names}. Their labels count for no row.`,
    );
  const drawn = [...matched.rows].filter(([, { designs }]) => designs.size > 0);
  const chosen = matched.rows.size - drawn.length;
  if (chosen > 0)
    say(
      'labels-chosen',
      `${chosen} labelled rows were chosen by a person. They stand for no other rows, and no estimate uses them.`,
    );
  const weights = designWeights(drawn.map(([, { designs }]) => designs));
  const isMissing = drawn.map(([, { answer }]) => answer.kind !== 'label');
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const lost = weights.reduce((sum, weight, i) => sum + (isMissing[i] === true ? weight : 0), 0);
  const seen = drawn.filter(([, { isBlind }]) => !isBlind).length;
  if (seen > 0)
    say(
      'labels-not-blind',
      `${seen} rows were labelled with the model's answer in view, which pulls people towards it.`,
    );
  const disputed = drawn.filter(([, { answer }]) => answer.kind === 'disputed').length;
  if (disputed > 0)
    say(
      'labels-disputed',
      `People differ about ${disputed} rows, which count as unlabelled until somebody settles them.`,
    );
  const designs = new Set(drawn.flatMap(([, row]) => [...row.designs.keys()]));
  const fewest = least(Array.from(designs, (id) => drawnFrom.get(id) ?? Infinity));
  if (fewest < n)
    say(
      'labels-of-fewer',
      `Rows were drawn from ${fewest.toLocaleString('en-US')} rows, and ${path.basename(source.file)} has ${n.toLocaleString('en-US')}. The labels stand for no row that was not among them.`,
    );
  if (drawn.length > 0) say('labels-weighted', weightedInWords(drawn.map(([, row]) => row)));
  return {
    rows: matched.rows,
    weights: new Map(drawn.map(([line], i) => [line, weights[i] ?? 0])),
    probabilities: new Map(
      drawn.flatMap(([line, { designs: own }]) => {
        const [only, another] = own;
        return only === undefined || another !== undefined || withoutQueue.has(only[0])
          ? []
          : [[line, only[1]]];
      }),
    ),
    missing: isMissing.filter(Boolean).length,
    missingShare: total === 0 ? 0 : lost / total,
    warnings: said,
  };
}

function weightedInWords(rows: readonly AnsweredRow[]): string {
  const designs = new Set(rows.flatMap((row) => [...row.designs.keys()]));
  const parts = [...designs].map((design) => {
    const own = rows.flatMap((row) => row.designs.get(design) ?? []);
    return `${design} (${own.length} rows, worth ${Math.round(worthOf(own))})`;
  });
  const more = parts.length > 3 ? ` and ${parts.length - 3} more` : '';
  return `Rows are weighted by 1 / their probability of being drawn: ${parts.slice(0, 3).join(', ')}${more}.`;
}

/** Names of the columns that labels of people are read from, when they are put beside a table. */
function addedNames(file: string): { label: string; weight: string } {
  const name = path.basename(file);
  return { label: `label (${name})`, weight: `weight (${name})` };
}

/**
 * A table with the labels of people as its true labels, and their weights.
 *
 * @param weight index of the table's own weights; undefined without
 * @throws UserError not-at-random: no design drew any of the labelled rows
 */
export function withLabels(
  source: TableFile,
  file: string,
  { rows, weights }: PeopleLabels,
  weight: number | undefined,
): { source: TableFile; mapping: Record<string, string> } {
  if (weights.size === 0)
    throw new UserError(
      'not-at-random',
      `All ${rows.size} labelled rows of ${path.basename(file)} were chosen by a person, so they stand for no other rows, and nothing can be estimated from them. Draw rows with "sample".`,
    );
  const names = addedNames(file);
  const added = {
    names: [names.label, names.weight],
    cellsOf: (line: number, cells: readonly string[]): string[] => {
      const drawn = weights.get(line);
      const answer = rows.get(line)?.answer;
      if (drawn === undefined || answer?.kind !== 'label') return ['', '1'];
      const own = weight === undefined ? 1 : plainNumber((cells[weight] ?? '').trim());
      return [answer.label, Number.isNaN(own) ? (cells[weight ?? -1] ?? '') : String(drawn * own)];
    },
  };
  return {
    source: { ...source, header: [...source.header, ...added.names], added },
    mapping: { label: names.label, weight: names.weight, correct: '' },
  };
}

/** Index of the column with a table's own weights. */
export function weightColumn(
  header: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
): number | undefined {
  const name =
    mapping.weight ?? (hasRole(header, 'weight') ? namedColumns(header, null).roles.weight?.[0] : '') ?? '';
  const at = name === '' ? -1 : header.findIndex((other) => other.trim() === name.trim());
  return at < 0 ? undefined : at;
}
