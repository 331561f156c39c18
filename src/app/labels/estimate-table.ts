/** What labels of people tell about a whole table, and about its parts. */
import path from 'node:path';
import type { ColumnOptions } from '../../core/data/columns';
import type { PredictionTable } from '../../core/data/table';
import { predictedLabels, type Reading, readLabels, readTruth } from '../../core/data/vocabulary';
import type { AnsweredRow } from '../../core/labelling/decisions';
import {
  type DrawnRows,
  Estimator,
  MISSING,
  NOT_DRAWN,
  type TableEstimate,
} from '../../core/labelling/estimate';
import { cohenKappa, type Kappa } from '../../core/labelling/kappa';
import { differenceOf } from '../../core/labelling/share';
import { unitsOf } from '../../core/metrics/units';
import {
  type PredictionData,
  UNKNOWN_CORRECT,
  UNKNOWN_LABEL,
  type Warning,
} from '../../core/model/predictions';
import { confidenceOf, rowsWhere } from '../../core/model/rows';
import { listed } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { isByDesign, isSample, SELECTED } from '../../store/tables/drawn-rows';
import { refuseCalibrated } from '../../store/tables/labelled';
import {
  type Identity,
  identityOf,
  namedRow,
  type PeopleLabels,
  peopleLabels,
} from '../../store/tables/people-labels';
import { inspectTable, type TableFile } from '../../store/tables/inspect';
import { type ReadTable, readTable } from '../../store/tables/read-table';
import { tableRows } from '../../store/tables/rows';
import { countTrained, trainedRows } from '../../store/tables/trained-rows';

export interface LabelledSource {
  readonly table: string;
  readonly columns: ColumnOptions;
  /** A file with the labels that people gave; undefined: the labels of the table itself. */
  readonly labelsFrom: string | undefined;
  /** Whether a person says that the labelled rows of a table without weights were drawn at random. */
  readonly drawnAtRandom: boolean;
}

export interface EstimateOrder extends LabelledSource {
  readonly seed: number;
  /** Columns whose values are estimated each on its own. */
  readonly slices: readonly string[];
  /** Another table, with other texts, that is compared with this one. */
  readonly against?: LabelledSource | undefined;
}

/** A number of one part less that of another, with its 95% interval. */
export interface Difference {
  readonly what: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface SliceEstimate {
  readonly column: string;
  readonly name: string;
  readonly estimate: TableEstimate;
  /** This part less all other rows. */
  readonly differences: readonly Difference[];
}

/** The document of `estimate --json`. */
export interface EstimateReport extends TableEstimate {
  readonly schema: 1;
  /** Agreement of people with each other, and of the model with each of them, where several people labelled. */
  readonly people: readonly (Kappa & { readonly one: string; readonly other: string | null })[];
  readonly slices: readonly SliceEstimate[];
  /** This table less the other one; null if there is none. */
  readonly against: { readonly estimate: TableEstimate; readonly differences: readonly Difference[] } | null;
}

/** @throws UserError everything of `drawnTable`; no-truth */
export async function estimateFrom(order: EstimateOrder): Promise<EstimateReport> {
  const here = await drawnTable(order, order.slices);
  const estimator = new Estimator(here.data, here.drawn, order.seed);
  const all = rowsWhere(here.table.n, () => true);
  const estimate = estimator.estimate(all);
  const slices = order.slices.flatMap((column) => sliceEstimates(column, here, estimator));
  const there = order.against === undefined ? null : await drawnTable(order.against, []);
  if (order.against !== undefined) await refuseSameTexts(order, order.against);
  const other =
    there &&
    new Estimator(there.data, there.drawn, order.seed).estimate(rowsWhere(there.table.n, () => true));
  return {
    schema: 1,
    ...estimate,
    warnings: [...here.warnings, ...estimate.warnings, ...(there?.warnings ?? [])],
    people: here.people === null ? [] : agreements(here.people, here),
    slices,
    against: other && { estimate: other, differences: differencesOf(estimate, other) },
  };
}

/** A table with the rows that were drawn from it. */
export interface DrawnTable {
  readonly table: PredictionTable;
  readonly data: PredictionData;
  readonly drawn: DrawnRows;
  readonly labels: readonly string[];
  /** How labels are read, as they are written. */
  readonly indexOf: (label: string) => number;
  readonly people: PeopleLabels | null;
  readonly warnings: readonly Warning[];
}

/**
 * Reads a table and the labels of some of its rows.
 *
 * @throws UserError not-at-random: nothing tells how the labelled rows were chosen; everything of `readTable` and
 *   `peopleLabels`; already-calibrated
 */
export async function drawnTable(
  { table: file, columns, labelsFrom, drawnAtRandom }: LabelledSource,
  slices: readonly string[],
): Promise<DrawnTable> {
  if (labelsFrom !== undefined) return withPeople(file, columns, labelsFrom, slices);
  const isJoined = isSample(await inspectTable(file));
  const read = await readTable(file, {
    ...columns,
    truth: 'optional',
    slices: [...slices, ...(isJoined ? [SELECTED] : [])],
  });
  const { table } = read;
  refuseCalibrated(table, file);
  const { data } = table;
  const truth = truthOf(data);
  const origin = isJoined ? table.slices.get(SELECTED) : undefined;
  // Where all rows are labelled, nobody chose among them.
  const isSaid = origin === undefined ? !truth.includes(-1) : data.weight !== undefined;
  if (!isSaid && !drawnAtRandom)
    throw new UserError(
      'not-at-random',
      `Nothing in ${path.basename(file)} tells how its labelled rows were chosen. Labels of rows that were not drawn at random stand for no other rows.`,
      { data: { isUnsaid: true } },
    );
  const isDrawn = (row: number): boolean => {
    if (origin === undefined) return (truth[row] ?? -1) >= 0;
    const by = origin.names[origin.index[row] ?? -1];
    return by !== undefined && isByDesign(by);
  };
  const answer = truth.map((label, row) => (!isDrawn(row) ? NOT_DRAWN : label >= 0 ? label : MISSING));
  // The weights of a joined table are those of the design, and no property of the rows.
  const own = { ...data, weight: origin === undefined ? data.weight : undefined };
  const unknown = await refuseTrained(read, answer);
  return {
    table,
    data: own,
    drawn: { answer, weight: origin === undefined ? null : (data.weight ?? null) },
    labels: data.kind === 'labels' ? data.labels : [],
    indexOf: () => -1,
    people: null,
    warnings: [...table.warnings, ...unknown],
  };
}

/**
 * On rows that trained it, a model is right more often than elsewhere: they say nothing of the rows that nobody labelled.
 *
 * @param answer (n) of people
 * @returns that it is not known which rows these are
 * @throws UserError train-rows
 */
async function refuseTrained(
  { source, table }: Pick<ReadTable, 'source' | 'table'>,
  answer: Int32Array,
): Promise<readonly Warning[]> {
  const trained = await trainedRows(source, table.columns.roles.text);
  if (trained === undefined) return [];
  const lines = new Set(table.lines.filter((_, row) => answer[row] !== NOT_DRAWN));
  const known = await countTrained(source, trained, lines);
  if (known === 0) return trained.warnings(0);
  throw new UserError(
    'train-rows',
    `The adapter ${trained.adapter} was trained on ${known.toLocaleString('en-US')} of the labelled rows of ${path.basename(source.file)}, so what it gets right there says nothing about other rows. Estimate from the scores of the base, or label rows that the adapter has not seen.`,
  );
}

/** (n) index of the true label, or 1 and 0 for right and wrong; −1 where it is not known. */
function truthOf(data: PredictionData): Int32Array {
  return data.kind === 'labels'
    ? data.truth.map((label) => (label === UNKNOWN_LABEL ? -1 : label))
    : Int32Array.from(data.correct, (right) => (right === UNKNOWN_CORRECT ? -1 : right));
}

async function withPeople(
  file: string,
  columns: ColumnOptions,
  labelsFrom: string,
  slices: readonly string[],
): Promise<DrawnTable> {
  // What the table itself says to be true plays no part here.
  const mapping = { ...columns.mapping, label: '', correct: '' };
  const { source, table } = await readTable(file, {
    ...{ ...columns, mapping, truth: 'optional', slices },
    isDrawnElsewhere: true,
  });
  refuseCalibrated(table, file);
  const people = await peopleLabels(source, labelsFrom, { mapping: columns.mapping });
  if (people.weights.size === 0)
    throw new UserError(
      'not-at-random',
      `All ${people.rows.size} labelled rows of ${path.basename(labelsFrom)} were chosen by a person, so they stand for no other rows, and nothing can be estimated from them. Draw rows with "sample".`,
    );
  const named = (label: string): string => table.columns.named(label);
  const given = [...new Set([...people.rows.values()].flatMap(labelsOf).map(named))];
  const { data, reading, labels } = readInto(table, given, file);
  const unknown = new Set<string>();
  const answer = new Int32Array(table.n).fill(NOT_DRAWN);
  const weight = new Float64Array(table.n);
  table.lines.forEach((line, row) => {
    const drawnWeight = people.weights.get(line);
    const said = people.rows.get(line)?.answer;
    if (drawnWeight === undefined || said === undefined) return;
    weight[row] = drawnWeight;
    const index = said.kind === 'label' ? reading.of(named(said.label)) : -1;
    if (said.kind === 'label' && index < 0) unknown.add(said.label);
    answer[row] =
      index < 0 ? MISSING : data.kind === 'labels' ? index : isPredicted(table, row, labels, index);
  });
  const unknownRows = await refuseTrained({ source, table }, answer);
  const warnings: Warning[] = [...table.warnings, ...unknownRows, ...people.warnings, ...reading.warnings];
  if (unknown.size > 0)
    warnings.push({
      code: 'labels-unknown',
      message: `People gave labels that the table has no scores for: ${listed([...unknown])}. Such rows count as rows that people could not label.`,
    });
  return {
    table,
    data,
    drawn: { answer, weight },
    labels,
    indexOf: (label) => reading.of(named(label)),
    people,
    warnings,
  };
}

function labelsOf({ answer, byPerson }: AnsweredRow): string[] {
  return [...(answer.kind === 'label' ? [answer.label] : []), ...byPerson.values()];
}

/** The labels of a table, with the name of one that only people name. */
function readInto(
  table: PredictionTable,
  given: readonly string[],
  file: string,
): { data: PredictionData; reading: Reading; labels: readonly string[] } {
  const { data, columns, predicted } = table;
  if (data.kind === 'labels') {
    const reading = readTruth(given, columns.scores?.labels ?? data.labels);
    const labels = reading.labels.map((label, k) => label ?? data.labels[k] ?? '');
    return { data: { ...data, labels }, reading, labels };
  }
  if (predicted === null)
    throw new UserError(
      'no-predicted',
      `${path.basename(file)} gives confidences, but does not name the predicted labels, so that labels of people cannot be compared with them.`,
    );
  const labels = predictedLabels(predicted.names, given);
  return { data, reading: readLabels(given, labels), labels };
}

function isPredicted(
  { predicted }: PredictionTable,
  row: number,
  labels: readonly string[],
  label: number,
): number {
  return Number(predicted?.names[predicted.index[row] ?? -1] === labels[label]);
}

function sliceEstimates(column: string, { table, drawn }: DrawnTable, estimator: Estimator): SliceEstimate[] {
  const named = table.slices.get(column);
  if (named === undefined) return [];
  return named.names.flatMap((name, index): SliceEstimate[] => {
    const rows = rowsWhere(table.n, (row) => named.index[row] === index);
    const others = rowsWhere(table.n, (row) => named.index[row] !== index);
    const isLabelled = (row: number): boolean => (drawn.answer[row] ?? NOT_DRAWN) >= 0;
    if (!rows.some(isLabelled)) return [];
    const estimate = estimator.estimate(rows);
    const differences = others.some(isLabelled) ? differencesOf(estimate, estimator.estimate(others)) : [];
    return [{ column, name, estimate, differences }];
  });
}

/** Both parts have rows of their own, so that their estimates are independent. */
function differencesOf(one: TableEstimate, other: TableEstimate): Difference[] {
  const shares = one.shares.flatMap((share) => {
    const same = other.shares.find(({ label }) => label === share.label);
    return same === undefined ? [] : [{ what: `share of ${share.label}`, ...differenceOf(share, same) }];
  });
  return [{ what: 'accuracy', ...differenceOf(one.accuracy, other.accuracy) }, ...shares];
}

/**
 * Refuses two tables with mostly the same texts, which are compared row by row. Rows are known by their texts, where both
 * tables have some: ids, such as 1, 2, 3, are those of any table.
 *
 * @throws UserError unpaired
 */
async function refuseSameTexts(one: LabelledSource, other: LabelledSource): Promise<void> {
  const [here, there] = [await identified(one), await identified(other)];
  const by = here.text !== undefined && there.text !== undefined ? 'text' : 'id';
  if (here[by] === undefined || there[by] === undefined) return;
  const [left, right] = [await namesOf(here, by), await namesOf(there, by)];
  const common = [...left].filter((name) => right.has(name)).length;
  if (common <= Math.min(left.size, right.size) / 2) return;
  throw new UserError(
    'unpaired',
    `${common} rows of the two tables have the same ${by}. The difference of two estimates needs other texts in each; models on the same texts are compared row by row.`,
  );
}

async function identified({
  table,
  columns,
}: LabelledSource): Promise<Partial<Identity> & { source: TableFile }> {
  const source = await inspectTable(table);
  try {
    return { source, ...identityOf(source, columns.mapping) };
  } catch (error) {
    if (error instanceof UserError && error.code === 'no-such-column') return { source };
    throw error;
  }
}

/** The different texts, or ids, of a table. */
async function namesOf(
  { source, id, text }: Partial<Identity> & { source: TableFile },
  by: 'id' | 'text',
): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const row = namedRow({ id, text }, line, cells);
      names.add(by === 'id' ? row.id : row.textSha256);
    }
  names.delete('');
  return names;
}

/**
 * Every pair of people, and the model with each of them, on the rows that were drawn and that both labelled, by their
 * weights.
 */
function agreements(
  { rows, weights }: PeopleLabels,
  { table, data, labels, indexOf }: DrawnTable,
): EstimateReport['people'] {
  const people = [...new Set([...rows.values()].flatMap(({ byPerson }) => [...byPerson.keys()]))].sort();
  if (people.length < 2) return [];
  const { predicted } = confidenceOf(data);
  const rowOf = new Map(Array.from(table.lines, (line, row) => [line, row]));
  const answered = [...weights].map(([line, weight]) => ({
    weight,
    by: (who: string): number => indexOf(rows.get(line)?.byPerson.get(who) ?? ''),
    model: predicted?.[rowOf.get(line) ?? -1] ?? -1,
  }));
  const kappaOf = (one: (row: (typeof answered)[number]) => number, other: typeof one): Kappa => {
    const both = answered.filter((row) => one(row) >= 0 && other(row) >= 0);
    const weight = Float64Array.from(both, (row) => row.weight);
    const units = unitsOf({}, both.length, weight);
    return cohenKappa(both.map(one), both.map(other), labels.length, { weight, units });
  };
  const pairs = people.flatMap((one, at) =>
    people.slice(at + 1).map((other) => ({
      one,
      other,
      ...kappaOf(
        (row) => row.by(one),
        (row) => row.by(other),
      ),
    })),
  );
  const ofModel = people.map((one) => ({
    one,
    other: null,
    ...kappaOf(
      (row) => row.by(one),
      (row) => row.model,
    ),
  }));
  return [...pairs, ...(predicted === null ? [] : ofModel)].filter(({ n }) => n > 0);
}
