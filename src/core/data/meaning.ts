/**
 * Whether columns mean what their names say, seen on the whole table: a confidence that is a probability, a probability
 * that is a confidence, true labels that were made from the scores, labels in another order.
 */
import { binomialTail } from '../metrics/distributions';
import type { Predicted } from '../model/rows';
import { listed, quoted } from '../quote';
import { scoreKey } from './columns';
import type { PredictionTable } from './table';
import { type NamedColumn, wordsIn } from './named-column';
import { MOST_VALUES, NOT_LABELLED, readLabels } from './vocabulary';

/** Another meaning that fits a table better. */
export interface OtherMeaning {
  readonly message: string;
  /** The mapping of columns by which the table is read so; absent where the file itself must change. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** With fewer rows, chance explains what is seen. */
const FEWEST_ROWS = 20;
/** Share of rows that may be otherwise: a table may have slips. */
const SLIPS = 0.01;
/** Share of rows with the other label from which a probability should be below one half somewhere. */
const OTHERS = 0.1;
/** Rows that are surer than this are right in most tables, and say nothing. */
const SURE = 0.8;
/** How probable what is seen is at most, if the table means what it says. */
const IMPROBABLE = 0.001;

/** @param predicted of the table's data */
export function otherMeanings(table: PredictionTable, predicted: Predicted): OtherMeaning[] {
  return [probabilityAsConfidence, confidenceAsProbability, truthFromScores, otherOrder].flatMap(
    (look) => look(table, predicted) ?? [],
  );
}

/**
 * The likelier of two labels has at least one half. A "confidence" below it that divides the rows by their predicted
 * label is the probability of one of the labels.
 */
function probabilityAsConfidence({
  data,
  predicted,
  label,
  columns,
  n,
}: PredictionTable): OtherMeaning | undefined {
  if (data.kind !== 'confidence' || predicted === null) return undefined;
  const { confidence } = data;
  const answerOf = (row: number): string => predicted.names[predicted.index[row] ?? -1] ?? '';
  const answers = wordsIn(predicted);
  const classes = new Set([...answers, ...trueLabels(label, answers)]);
  if (answers.length !== 2 || classes.size > 2 || (label === null && n < FEWEST_ROWS)) return undefined;
  const rows = [...confidence.keys()];
  const means = answers.map((answer) =>
    mean(
      rows.filter((row) => answerOf(row) === answer),
      confidence,
    ),
  );
  const [lower = '', upper = ''] = (means[0] ?? 0) <= (means[1] ?? 0) ? answers : answers.toReversed();
  // Rows of equal confidence are no slips.
  rows.sort(
    (a, b) =>
      (confidence[a] ?? 0) - (confidence[b] ?? 0) ||
      Number(answerOf(b) === lower) - Number(answerOf(a) === lower),
  );
  if ((confidence[rows[0] ?? 0] ?? 1) >= 0.5) return undefined;
  const below = rows.filter((row) => answerOf(row) === lower).length;
  const slips = rows.slice(0, below).filter((row) => answerOf(row) !== lower).length;
  if (slips > SLIPS * n) return undefined;
  const { header, roles } = columns;
  const column = nameOf(header, roles.confidence);
  return {
    message:
      `The column ${quoted(column)} is lower wherever ${quoted(lower)} is predicted than where ${quoted(upper)} is, and ` +
      `below one half: it seems to be the probability of ${quoted(upper)}, and not the confidence of the prediction.` +
      (roles.label === undefined ? ' To read it so, add a column with the true labels.' : ''),
    ...(roles.label === undefined ? {} : { instead: { [scoreKey('prob', upper)]: column, confidence: '' } }),
  };
}

function mean(rows: readonly number[], values: Float64Array): number {
  return rows.reduce((sum, row) => sum + (values[row] ?? 0), 0) / rows.length;
}

/** The true labels, those as the predicted ones are written that are the same. */
function trueLabels(label: NamedColumn | null, answers: readonly string[]): string[] {
  const met = label === null ? [] : wordsIn(label);
  const reading = readLabels(met, answers);
  return met
    .filter((name) => reading.of(name) !== NOT_LABELLED)
    .map((name) => answers[reading.of(name)] ?? name);
}

/** A model that may say the other label gives its own a probability below one half somewhere. */
function confidenceAsProbability({ data, columns, n }: PredictionTable): OtherMeaning | undefined {
  const { header, roles, scores } = columns;
  const index = scores?.index[1];
  if (data.kind !== 'labels' || scores?.type !== 'prob' || scores.index[0] !== null || index === undefined)
    return undefined;
  const others = data.truth.filter((label) => label === 0).length;
  if (n < FEWEST_ROWS || others < OTHERS * n) return undefined;
  let below = 0;
  for (let row = 0; row < n; row++) if ((data.probs[2 * row + 1] ?? 0) < 0.5) below++;
  if (below > SLIPS * n) return undefined;
  const [other = '', label = ''] = data.labels;
  const column = nameOf(header, index);
  const isPossible = roles.predicted !== undefined || roles.correct !== undefined;
  return {
    message:
      `The column ${quoted(column)} is ${below === 0 ? 'never' : 'hardly ever'} below one half, also where ${quoted(other)} is true: it seems to be the ` +
      `confidence of the prediction, and not the probability of ${quoted(label)}.` +
      (isPossible ? '' : ' To read it so, add a column "predicted" with the predicted labels.'),
    ...(isPossible
      ? {
          instead: {
            confidence: column,
            ...(roles.positive === index ? { positive: '' } : { [scoreKey('prob', label)]: '' }),
          },
        }
      : {}),
  };
}

/** Labels that were copied from the predictions are right even where the model could not know. */
function truthFromScores(
  { n }: PredictionTable,
  { confidence, correct }: Predicted,
): OtherMeaning | undefined {
  if (n < FEWEST_ROWS) return undefined;
  if (correct.some((right) => right !== 1)) return undefined;
  const unsure = confidence.filter((value) => value < SURE);
  const log = unsure.reduce((total, value) => total + Math.log(value), 0);
  if (log >= Math.log(IMPROBABLE)) return undefined;
  return {
    message:
      `All of ${n.toLocaleString('en-US')} rows are right, also the ${unsure.length.toLocaleString('en-US')} with a ` +
      `confidence below ${SURE}. The truth seems to be made from the predictions. If people gave it, the model is surer than it says.`,
  };
}

/** Whether far more rows are right where the names of labels are exchanged. */
function otherOrder(table: PredictionTable, { predicted }: Predicted): OtherMeaning | undefined {
  const compared = truthAndPrediction(table, predicted);
  if (compared === undefined || table.n < FEWEST_ROWS) return undefined;
  const { labels } = compared;
  const order = likeliestOrder(compared);
  const counts = labels.map(() => ({ asWritten: 0, exchanged: 0 }));
  // The order is found in the rows with even numbers and tested in the others.
  const tested = { asWritten: 0, exchanged: 0 };
  for (const [row, label] of compared.truth.entries()) {
    const answer = compared.predicted[row] ?? -1;
    const count = counts[answer];
    if (label < 0 || count === undefined || order[answer] === answer) continue;
    const which = label === answer ? 'asWritten' : label === order[answer] ? 'exchanged' : undefined;
    if (which === undefined) continue;
    count[which]++;
    if (row % 2 === 1) tested[which]++;
  }
  const moved = labels.flatMap((_, k) =>
    order[k] === k ? [] : [counts[k] ?? { asWritten: 0, exchanged: 0 }],
  );
  const met = moved.filter(({ asWritten, exchanged }) => asWritten + exchanged > 0);
  // A model that says one label only is bad, and may still mean it.
  if (met.length < 2 || met.some(({ asWritten, exchanged }) => exchanged <= asWritten)) return undefined;
  const both = tested.asWritten + tested.exchanged;
  if (binomialTail(tested.exchanged, both, 0.5) > IMPROBABLE) return undefined;
  const sum = (which: 'asWritten' | 'exchanged') => met.reduce((total, count) => total + count[which], 0);
  const instead = scoresInOrder(table, order);
  return {
    message:
      `Of the rows called ${listed(labels.filter((_, k) => order[k] !== k))}, ${sum('asWritten').toLocaleString('en-US')} are right, but ` +
      `${sum('exchanged').toLocaleString('en-US')} would be if these names were exchanged: the labels seem to be in another order.`,
    ...(instead === undefined ? {} : { instead }),
  };
}

interface Compared {
  readonly labels: readonly string[];
  /** (n) index of a label, or below 0. */
  readonly truth: Int32Array;
  /** (n) */
  readonly predicted: Int32Array;
}

/** @param winners (n) of a label table */
function truthAndPrediction(
  { data, label, predicted }: PredictionTable,
  winners: Predicted['predicted'],
): Compared | undefined {
  if (data.kind === 'labels')
    return {
      labels: data.labels,
      truth: data.truth,
      predicted: winners ?? new Int32Array(0),
    };
  if (label === null || predicted === null || predicted.names.length > MOST_VALUES) return undefined;
  const reading = readLabels(label.names, predicted.names);
  return {
    labels: predicted.names,
    truth: label.index.map((name) => reading.of(label.names[name] ?? '')),
    predicted: predicted.index,
  };
}

/** (K) which true label each prediction is met with most, in the rows with even numbers, each label once. */
function likeliestOrder({ labels: { length: K }, truth, predicted }: Compared): Int32Array {
  const counts = new Map<number, number>();
  truth.forEach((label, row) => {
    const answer = predicted[row] ?? -1;
    if (row % 2 === 0 && label >= 0 && answer >= 0)
      counts.set(answer * K + label, (counts.get(answer * K + label) ?? 0) + 1);
  });
  const order = new Int32Array(K).fill(-1);
  const taken = new Set<number>();
  for (const [pair] of [...counts].sort(([, a], [, b]) => b - a)) {
    const [answer, label] = [Math.floor(pair / K), pair % K];
    if ((order[answer] ?? 0) >= 0 || taken.has(label)) continue;
    order[answer] = label;
    taken.add(label);
  }
  // What was never met keeps its name if that is free.
  for (let k = 0; k < K; k++) if ((order[k] ?? 0) < 0 && !taken.has(k)) taken.add((order[k] = k));
  const free = Array.from({ length: K }, (_, k) => k).filter((k) => !taken.has(k));
  return order.map((label) => (label < 0 ? (free.shift() ?? -1) : label));
}

/** The mapping that reads every score under the other label's name. */
function scoresInOrder(
  { columns: { scores, agreement, header, roles }, data }: PredictionTable,
  order: Int32Array,
): Record<string, string> | undefined {
  if (scores === null || agreement !== null || data.kind !== 'labels') return undefined;
  const instead: Record<string, string> = {};
  scores.index.forEach((index, k) => {
    const [from, to] = [data.labels[k], data.labels[order[k] ?? -1]];
    if (index === null || from === to || from === undefined || to === undefined) return;
    // The label that loses a lone column has none; otherwise it has another one.
    if (scores.index.includes(null)) {
      if (roles.positive === index) instead.positive = '';
      else instead[scoreKey(scores.type, from)] = '';
    }
    instead[scoreKey(scores.type, to)] = nameOf(header, index);
  });
  return instead;
}

function nameOf(header: readonly string[], index: number | null | undefined): string {
  return (header[index ?? -1] ?? '').trim();
}
