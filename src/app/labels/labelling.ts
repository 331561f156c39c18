/** From a table to the queue of rows that a person labels, and back to it in a later session. */
import path from 'node:path';
import { columnOfRole } from '../../core/data/columns';
import type { PredictionTable } from '../../core/data/table';
import { saysNothing } from '../../core/data/vocabulary';
import {
  type AnsweredRow,
  answersOf,
  type Decision,
  onOneLine,
  readDecisions,
  rowKey,
} from '../../core/labelling/decisions';
import type { DesignKind } from '../../core/labelling/design';
import { least } from '../../core/extremes';
import type { Goal } from '../../core/labelling/goal';
import { confidenceOf } from '../../core/model/rows';
import { UserError } from '../../core/user-error';
import { type WrittenDesign } from '../../store/designs';
import { readLabelsText } from '../../store/labels';
import { namedRow } from '../../store/tables/people-labels';
import { tableRows } from '../../store/tables/rows';
import { drawRows, type Frame } from './draw-rows';
import type { QueueRow } from './session';

/** More different values than this are no labels, but texts. */
const MOST_VALUES = 50;

/**
 * The labels that a table names: those with scores, those that are predicted, or those of its column of labels.
 *
 * @returns empty where it names none; whether they are all that there can be
 */
export async function labelsOfTable({
  source,
  table,
}: Frame): Promise<{ labels: string[]; areAll: boolean }> {
  if (table?.data.kind === 'labels') return { labels: table.data.labels.map(onOneLine), areAll: true };
  const column = columnOfRole(source.header, 'label');
  const found = new Set(table?.predicted?.names.map(onOneLine) ?? []);
  if (column !== undefined)
    for await (const batch of tableRows(source)) {
      for (const { cells } of batch) {
        const value = onOneLine(cells[column] ?? '');
        if (value !== '' && !saysNothing(value)) found.add(value);
      }
      if (found.size > MOST_VALUES) return { labels: [], areAll: false };
    }
  return { labels: [...found].sort(), areAll: false };
}

export interface NewDesign {
  /** For a review: rows of a lower confidence need one. */
  readonly below?: number | undefined;
  readonly kind: DesignKind;
  readonly rows: number;
  readonly seed: number;
  readonly labels: readonly string[];
  readonly isBlind: boolean;
  readonly goal: Goal | null;
  readonly now: Date;
}

/** @throws UserError what `drawRows` throws */
export async function designOf(frame: Frame, order: NewDesign): Promise<WrittenDesign> {
  const { design, id, kind } = await drawRows(frame, order);
  const { source, identity, lines } = frame;
  const places = new Map(design.queue.map(({ row }, at) => [lines[row] ?? 0, at]));
  const queue: (WrittenDesign['queue'][number] | undefined)[] = design.queue.map(() => undefined);
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const at = places.get(line);
      const drawn = at === undefined ? undefined : design.queue[at];
      if (at === undefined || drawn === undefined) continue;
      const row = namedRow(identity, line, cells);
      const { selectedBy, probability } = drawn;
      queue[at] = { rowId: row.id, textSha256: row.textSha256, selectedBy, probability };
    }
  return {
    version: 1,
    id,
    kind,
    seed: order.seed,
    table: { name: path.basename(source.file), sha256: source.sha256, rows: lines.length },
    leastProbability: least(design.probability),
    worth: design.worth,
    labels: [...order.labels],
    isBlind: order.isBlind,
    goal: order.goal,
    time: order.now.toISOString(),
    queue: queue.flatMap((row) => row ?? []),
  };
}

export interface LabellingQueue {
  readonly rows: readonly QueueRow[];
  /** Where each of them begins in the table's file. */
  readonly lines: readonly number[];
  /** Rows of the design that the table no longer has, or whose text is another one now. */
  readonly gone: number;
}

/** Finds the rows of a design in a table: by id and text, else by text. */
export async function queueOf(
  { source, identity, table }: Frame,
  { id, queue }: Pick<WrittenDesign, 'id' | 'queue'>,
): Promise<LabellingQueue> {
  const byKey = new Map<string, number>();
  const byText = new Map<string, number[]>();
  queue.forEach((row, at) => {
    byKey.set(rowKey(row), at);
    if (row.textSha256 !== '') byText.set(row.textSha256, [...(byText.get(row.textSha256) ?? []), at]);
  });
  const predicted = predictedByLine(table);
  const found: ({ row: QueueRow; line: number } | undefined)[] = queue.map(() => undefined);
  const loose: { at: number; row: QueueRow; line: number }[] = [];
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const named = namedRow(identity, line, cells);
      const exact = byKey.get(rowKey({ rowId: named.id, textSha256: named.textSha256 }));
      const places = exact === undefined ? (byText.get(named.textSha256) ?? []) : [exact];
      for (const at of places) {
        const drawn = queue[at];
        if (drawn === undefined) continue;
        const row: QueueRow = {
          ...drawn,
          design: id,
          text: identity.text === undefined ? named.id : (cells[identity.text] ?? ''),
          predicted: predicted.get(line) ?? null,
        };
        if (exact === undefined) loose.push({ at, row, line });
        else found[at] ??= { row, line };
      }
    }
  for (const { at, ...row } of loose) found[at] ??= row;
  const kept = found.flatMap((entry) => entry ?? []);
  return {
    rows: kept.map(({ row }) => row),
    lines: kept.map(({ line }) => line),
    gone: queue.length - kept.length,
  };
}

/** The label that the model predicts, by the line of the row. */
export function predictedByLine(table: PredictionTable | null): Map<number, string> {
  if (table === null) return new Map();
  const { data, predicted } = table;
  const index = data.kind === 'labels' ? confidenceOf(data).predicted : (predicted?.index ?? null);
  const names = data.kind === 'labels' ? data.labels : (predicted?.names ?? []);
  return new Map(
    Array.from(table.lines).flatMap((line, row): [number, string][] => {
      const name = names[index?.[row] ?? -1];
      return name === undefined ? [] : [[line, onOneLine(name)]];
    }),
  );
}

/** What a labels file says, row by row. */
export interface SavedAnswers {
  readonly decisions: readonly Decision[];
  readonly answers: readonly AnsweredRow[];
  /** Lines that hold no decision. */
  readonly unread: number;
}

/** @throws UserError not-a-file, too-large */
export async function savedAnswers(file: string): Promise<SavedAnswers> {
  const text = await readLabelsText(file).catch((error: unknown) => {
    if (error instanceof UserError && error.code === 'no-file') return '';
    throw error;
  });
  const { decisions, unread } = readDecisions(text);
  return { decisions, answers: answersOf(decisions), unread: unread.length };
}

/** Whether a person has answered all rows of a design. */
export function isAnswered(
  { id, queue }: WrittenDesign,
  answers: readonly AnsweredRow[],
  who: string,
): boolean {
  const answered = new Set(
    answers.flatMap((row) => (row.designs.has(id) && row.saidBy.has(who) ? [rowKey(row)] : [])),
  );
  return queue.every((row) => answered.has(rowKey(row)));
}

/** The rows of a table on which people differ, with what each of them says. */
export interface Disputed {
  readonly queue: LabellingQueue;
  /** By the place in the queue: "Ana: spam, Ben: ham". */
  readonly said: readonly string[];
}

export async function disputedOf(frame: Frame, answers: readonly AnsweredRow[]): Promise<Disputed> {
  const disputed = new Map(
    answers.flatMap((row) => (row.answer.kind === 'disputed' ? [[rowKey(row), row] as const] : [])),
  );
  const queue = await queueOf(frame, {
    id: '',
    queue: [...disputed.values()].map(({ rowId, textSha256, selectedBy }) => ({
      ...{ rowId, textSha256, selectedBy, probability: 1 },
    })),
  });
  const rows = queue.rows.map((row) => {
    const answered = disputed.get(rowKey(row));
    const [design, probability] = [...(answered?.designs ?? [])][0] ?? ['', null];
    // Whoever settles reads the text, and what people said: the model has no say.
    return { ...row, design, probability, predicted: null };
  });
  const said = queue.rows.map((row) =>
    [...(disputed.get(rowKey(row))?.saidBy ?? [])]
      .map(
        ([who, answer]) =>
          `${who === '' ? 'no name' : who}: ${answer.kind === 'label' ? answer.label : answer.kind}`,
      )
      .join(', '),
  );
  return { queue: { ...queue, rows }, said };
}
