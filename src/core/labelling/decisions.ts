/**
 * The decisions that people make about rows, one a line of a labels file, and which of them count. The file is only ever
 * added to: an answer that is taken back or settled later is another line.
 */
import { plainNumber } from '../data/cells';
import { quoted } from '../quote';
import { type SelectedBy, SELECTED_BY } from './design';

/** @internal */
export const DECISION_KINDS = ['label', 'unsure', 'skip', 'undo', 'settled'] as const;
type DecisionKind = (typeof DECISION_KINDS)[number];

export interface Decision {
  /** The row's id in its table; empty where the table has none. */
  readonly rowId: string;
  /** SHA-256 of the text, lower-case hex; empty where the table has no texts. */
  readonly textSha256: string;
  readonly kind: DecisionKind;
  /** Empty but for a label, and for the label on which people settled. */
  readonly label: string;
  /** The design that drew the row; empty for a row that a person chose. */
  readonly design: string;
  readonly selectedBy: SelectedBy;
  /** Of being drawn by the design; null for a row that a person chose. */
  readonly probability: number | null;
  /** Whether the model's answer was hidden from the person. */
  readonly isBlind: boolean;
  readonly who: string;
  /** ISO 8601. */
  readonly time: string;
}

/** The header of a labels file. */
export const DECISION_COLUMNS = [
  'row_id',
  'text_sha256',
  'decision',
  'label',
  'design',
  'selected_by',
  'inclusion_probability',
  'blind',
  'who',
  'time',
] as const;
type Column = (typeof DECISION_COLUMNS)[number];

/** The cells of a decision; a line break in one of them is a space, so that a decision is one line of its file. */
export function decisionCells(decision: Decision): string[] {
  const cells: Record<Column, string> = {
    row_id: decision.rowId,
    text_sha256: decision.textSha256,
    decision: decision.kind,
    label: decision.label,
    design: decision.design,
    selected_by: decision.selectedBy,
    inclusion_probability: decision.probability === null ? '' : String(decision.probability),
    blind: decision.isBlind ? 'yes' : 'no',
    who: decision.who,
    time: decision.time,
  };
  return DECISION_COLUMNS.map((column) => onOneLine(cells[column]));
}

/** As ids and labels are compared. */
export function onOneLine(cell: string): string {
  return cell.replace(/[\r\n]+/gu, ' ').trim();
}

export interface ReadDecisions {
  readonly decisions: readonly Decision[];
  /** Lines that hold no decision, with the reason; they stay in the file. */
  readonly unread: readonly { readonly line: number; readonly reason: string }[];
}

/** Whether the first line of a file is that of a labels file, its columns in any order. */
export function isDecisionHeader(line: string): boolean {
  const header = cellsOfLine(line.replace(/^\uFEFF/u, ''))?.map((name) => name.trim().toLowerCase());
  return (
    header !== undefined &&
    ['row_id', 'text_sha256', 'decision', 'label'].every((name) => header.includes(name))
  );
}

/** Reads a labels file line by line: a line that was cut, or that somebody broke, spoils no other. */
export function readDecisions(text: string): ReadDecisions {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r\n|\n|\r/u);
  let at = new Map<string, number>();
  const decisions: Decision[] = [];
  const unread: { line: number; reason: string }[] = [];
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    // Two windows that begin a file at once may write its header twice.
    if (isDecisionHeader(line)) {
      at = new Map(cellsOfLine(line)?.map((name, column) => [name.trim().toLowerCase(), column]));
      return;
    }
    const found = decisionOf(line, at);
    if (typeof found === 'string') unread.push({ line: index + 1, reason: found });
    else decisions.push(found);
  });
  return { decisions, unread };
}

/** @returns the decision, or why there is none */
function decisionOf(line: string, at: ReadonlyMap<string, number>): Decision | string {
  const cells = cellsOfLine(line);
  if (cells === undefined) return 'a quote (") is not closed';
  if (at.size === 0) return 'it stands before the names of the columns';
  // The time comes last: whatever is cut of it, all that counts is there.
  if (cells.length < at.size) return `it has ${cells.length} cells, and ${at.size} are needed; it may be cut`;
  const cell = (column: Column): string => (cells[at.get(column) ?? -1] ?? '').trim();
  const kind = DECISION_KINDS.find((name) => name === cell('decision').toLowerCase());
  if (kind === undefined)
    return `its decision is ${quoted(cell('decision'))}, which is none of ${DECISION_KINDS.join(', ')}`;
  const label = cell('label');
  if ((kind === 'label' || kind === 'settled') && label === '') return 'its label is empty';
  const textSha256 = cell('text_sha256').toLowerCase();
  if (textSha256 !== '' && !/^[\da-f]{64}$/u.test(textSha256)) return 'its text_sha256 is no SHA-256';
  const rowId = cell('row_id');
  if (rowId === '' && textSha256 === '') return 'it names no row';
  const origin = originOf(cell('design'), cell('selected_by'), cell('inclusion_probability'));
  if (typeof origin === 'string') return origin;
  const blind = cell('blind').toLowerCase();
  return {
    ...{ rowId, textSha256, kind, label, ...origin, who: cell('who'), time: cell('time') },
    // What was not said to be blind was not.
    isBlind: ['yes', 'true', '1'].includes(blind),
  };
}

type Origin = Pick<Decision, 'design' | 'selectedBy' | 'probability'>;

/** @returns how a row was drawn, or what is wrong with it */
export function originOf(design: string, selectedBy: string, probability: string): Origin | string {
  const by = SELECTED_BY.find((name) => name === selectedBy.toLowerCase());
  if (selectedBy !== '' && by === undefined)
    return `its selected_by is ${quoted(selectedBy)}, which is none of ${SELECTED_BY.join(', ')}`;
  if (by === undefined || by === 'user') return { design: '', selectedBy: 'user', probability: null };
  const value = plainNumber(probability);
  if (!(value > 0 && value <= 1))
    return `its inclusion_probability is ${quoted(probability)}; it must be above 0 and at most 1`;
  return { design, selectedBy: by, probability: value };
}

/** The cells of a line of a CSV; undefined where a quote is not closed, or text follows one. */
function cellsOfLine(line: string): string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    if (line[at] === '"') {
      let cell = '';
      for (at++; ; at++) {
        const next = line.indexOf('"', at);
        if (next < 0) return undefined;
        cell += line.slice(at, next);
        at = next + 1;
        if (line[at] !== '"') break;
        cell += '"';
      }
      if (at < line.length && line[at] !== ',') return undefined;
      cells.push(cell);
    } else {
      const comma = line.indexOf(',', at);
      cells.push(line.slice(at, comma < 0 ? line.length : comma));
      at = comma < 0 ? line.length : comma;
    }
    if (at >= line.length) return cells;
  }
}

/** What people said about a row. */
type Answer =
  | { readonly kind: 'label'; readonly label: string }
  /** Nobody could tell, or the row was passed over: a missing answer of a row that was drawn. */
  | { readonly kind: 'unsure' | 'skip' }
  /** People differ, and nobody has settled it. */
  | { readonly kind: 'disputed'; readonly labels: readonly string[] };

export interface AnsweredRow {
  readonly rowId: string;
  readonly textSha256: string;
  /** What counts for estimates: what a person said before the model's answer was shown to them. */
  readonly answer: Answer;
  /** What stands now: the last answer of each person. */
  readonly shown: Answer;
  /** Whether what counts was said without the model's answer. */
  readonly isBlind: boolean;
  /** Probability of being drawn, by design; empty for a row that only persons chose. */
  readonly designs: ReadonlyMap<string, number>;
  readonly selectedBy: SelectedBy;
  /** The label that each person gave, where they gave one, as it counts. */
  readonly byPerson: ReadonlyMap<string, string>;
  /** Everybody who ever answered the row, also where they took that back. */
  readonly people: ReadonlySet<string>;
  /** What each person says now. */
  readonly saidBy: ReadonlyMap<string, Exclude<Answer, { readonly kind: 'disputed' }>>;
}

/** Names a row: by its id and its text. */
export function rowKey({ rowId, textSha256 }: Pick<Decision, 'rowId' | 'textSha256'>): string {
  return `${rowId}\n${textSha256}`;
}

/** A decision with its place in the file. */
type Placed = Decision & { readonly at: number };

/**
 * What counts of all decisions, row by row. The last line of each person counts, unless the model's answer was shown in
 * between: then what was said before it. A row whose only answers were taken back is not answered, or passed over
 * where the same design went on after it.
 */
export function answersOf(decisions: readonly Decision[]): AnsweredRow[] {
  const byRow = new Map<string, Placed[]>();
  decisions.forEach((decision, at) => {
    const key = rowKey(decision);
    const placed = { ...decision, at };
    const known = byRow.get(key);
    if (known === undefined) byRow.set(key, [placed]);
    else known.push(placed);
  });
  /** Where in the file each design was answered last. */
  const reached = new Map<string, number>();
  decisions.forEach(({ design, kind }, at) => {
    if (design !== '' && kind !== 'undo') reached.set(design, at);
  });
  return [...byRow.values()].flatMap((own) => rowOf(own, reached) ?? []);
}

function rowOf(own: readonly Placed[], reached: ReadonlyMap<string, number>): AnsweredRow | undefined {
  const [first] = own;
  if (first === undefined) return undefined;
  const designs = new Map<string, number>();
  for (const { design, probability } of own) if (probability !== null) designs.set(design, probability);
  const people = [...new Set(own.map(({ who }) => who))];
  const stacks = people.map((who) => own.filter((entry) => entry.who === who));
  const counting = stacks.flatMap((lines) => countingOf(lines) ?? []);
  const last = stacks.flatMap((lines) => standing(lines).filter(isAnswer).at(-1) ?? []);
  const saidBy = new Map(last.map((entry) => [entry.who, saidIn(entry)]));
  const settled = stacks
    .flatMap((lines) => standing(lines).filter(({ kind }) => kind === 'settled'))
    .sort((left, right) => left.at - right.at)
    .at(-1);
  const drawn = own.find(({ selectedBy }) => selectedBy !== 'user');
  const row = {
    rowId: first.rowId,
    textSha256: first.textSha256,
    designs,
    selectedBy: drawn?.selectedBy ?? 'user',
    people: new Set(people),
    saidBy,
    byPerson: new Map(counting.flatMap(({ kind, who, label }) => (kind === 'label' ? [[who, label]] : []))),
  } as const;
  if (counting.length === 0 && settled === undefined) {
    const wentOn = [...designs.keys()].some((design) => (reached.get(design) ?? -1) > (own.at(-1)?.at ?? 0));
    if (!wentOn) return undefined;
    return { ...row, answer: { kind: 'skip' }, shown: { kind: 'skip' }, isBlind: true };
  }
  const agreed: Answer | undefined = settled && { kind: 'label', label: settled.label };
  return {
    ...row,
    answer: agreed ?? together(counting),
    shown: agreed ?? (last.length === 0 ? { kind: 'skip' } : together(last)),
    isBlind: counting.every(({ isBlind }) => isBlind),
  };
}

/** The lines of one person on one row that no undo took back, in their order. */
function standing(lines: readonly Placed[]): Placed[] {
  const left: Placed[] = [];
  for (const line of lines) {
    if (line.kind === 'undo') left.pop();
    else left.push(line);
  }
  return left;
}

function isAnswer({ kind }: Decision): boolean {
  return kind !== 'settled';
}

/** What counts of one person on one row: the last answer that they gave blindly, if there is one. */
function countingOf(lines: readonly Placed[]): Placed | undefined {
  const blind = lines.filter(({ isBlind }) => isBlind);
  return standing(blind).filter(isAnswer).at(-1) ?? standing(lines).filter(isAnswer).at(-1);
}

function together(answers: readonly Placed[]): Answer {
  const given = new Set(answers.map(({ kind, label }) => (kind === 'label' ? `=${label}` : kind)));
  const [only] = answers;
  if (given.size > 1 || only === undefined)
    return {
      kind: 'disputed',
      labels: [...new Set(answers.flatMap(({ label }) => (label === '' ? [] : [label])))],
    };
  return saidIn(only);
}

function saidIn({ kind, label }: Placed): Exclude<Answer, { readonly kind: 'disputed' }> {
  if (kind === 'label') return { kind, label };
  return { kind: kind === 'unsure' ? kind : 'skip' };
}

/** A row of a table, as far as decisions name it. */
export interface NamedRow {
  /** Where it begins in its file. */
  readonly line: number;
  readonly id: string;
  readonly textSha256: string;
}

export interface Matched {
  /** By the line of the row. */
  readonly rows: ReadonlyMap<number, AnsweredRow>;
  /** Answers to a row whose text is another one now. */
  readonly changed: number;
  /** Answers to rows that the table does not have. */
  readonly foreign: number;
}

/**
 * Finds the rows that were answered: by id and text, else by text alone. A text that has changed is another row. An
 * answer belongs to one row, also where other rows have the same text.
 *
 * @param rows of the table, at least those that share an id or a text with an answer
 */
export function matchAnswers(answers: readonly AnsweredRow[], rows: readonly NamedRow[]): Matched {
  const byKey = new Map<string, NamedRow[]>();
  const byText = new Map<string, NamedRow[]>();
  const ids = new Set<string>();
  const put = (map: Map<string, NamedRow[]>, key: string, row: NamedRow): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, [row]);
    else known.push(row);
  };
  for (const row of rows) {
    put(byKey, rowKey({ rowId: row.id, textSha256: row.textSha256 }), row);
    if (row.textSha256 !== '') put(byText, row.textSha256, row);
    ids.add(row.id);
  }
  const found = new Map<number, AnsweredRow>();
  const free = (row: NamedRow): boolean => !found.has(row.line);
  const open: AnsweredRow[] = [];
  for (const answer of answers) {
    const row = byKey.get(rowKey(answer))?.find(free);
    if (row === undefined) open.push(answer);
    else found.set(row.line, answer);
  }
  let changed = 0;
  let foreign = 0;
  for (const answer of open) {
    const row = byText.get(answer.textSha256)?.find(free);
    if (row !== undefined) found.set(row.line, answer);
    else if (answer.rowId !== '' && ids.has(answer.rowId)) changed++;
    else foreign++;
  }
  return { rows: found, changed, foreign };
}

/**
 * Weights of rows that designs drew. The rows of one design weigh 1/π; where a file holds several designs, each counts by
 * the rows that it is worth, and a row that several drew counts in each.
 *
 * @param drawn for each row, its probability by design
 * @returns (rows) of mean 1; 0 for a row that no design drew
 */
export function designWeights(drawn: readonly ReadonlyMap<string, number>[]): Float64Array {
  const sums = new Map<string, { mass: number; squares: number }>();
  for (const designs of drawn)
    for (const [design, p] of designs) {
      const { mass, squares } = sums.get(design) ?? { mass: 0, squares: 0 };
      sums.set(design, { mass: mass + 1 / p, squares: squares + 1 / (p * p) });
    }
  const weights = Float64Array.from(drawn, (designs) => {
    let weight = 0;
    for (const [design, p] of designs) {
      const { mass, squares } = sums.get(design) ?? { mass: 1, squares: 1 };
      // Kish's number of the design, times the row's share of it.
      weight += mass / squares / p;
    }
    return weight;
  });
  const drawnRows = weights.reduce((count, weight) => count + Number(weight > 0), 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? weights : weights.map((weight) => (weight * drawnRows) / total);
}
