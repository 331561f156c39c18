/**
 * Whether columns mean what their names say, seen on the whole table: a confidence that is a probability, a probability
 * that is a confidence, true labels that were made from the scores, labels in another order.
 */
import { confidenceOf } from '../model/rows';
import { listed, quoted } from '../quote';
import { scoreKey } from './columns';
import type { PredictionTable } from './table';
import { MOST_VALUES, readLabels } from './vocabulary';

/** Another meaning that fits a table better. */
export interface OtherMeaning {
  readonly message: string;
  /** The mapping of columns by which the table is read so; absent where the file itself must change. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** With fewer rows, chance explains what is seen. */
const FEWEST_ROWS = 20;
/** Share of rows with the label 0 from which a probability of 1 should be below one half somewhere. */
const ZEROS = 0.1;
/** How probable it is, if the confidences are true, that no row is wrong. Below, the truth was not found independently. */
const ALL_RIGHT = 0.001;
/** How many more of the rows must be right in another order of the labels. */
const MORE_RIGHT = 0.3;

export function otherMeanings(table: PredictionTable): OtherMeaning[] {
  return [probabilityAsConfidence, confidenceAsProbability, truthFromScores, otherOrder].flatMap(
    (look) => look(table) ?? [],
  );
}

/** The likelier of two labels has at least one half: a "confidence" below it belongs to the other one. */
function probabilityAsConfidence({ data, predicted, columns }: PredictionTable): OtherMeaning | undefined {
  if (data.kind !== 'confidence' || predicted === null) return undefined;
  /** By predicted label, of its rows: whether all are below one half (true), none is (false), or some are (null). */
  const isBelow = new Map<string, boolean | null>();
  predicted.index.forEach((name, row) => {
    const label = predicted.names[name];
    if (label === undefined) return;
    const below = (data.confidence[row] ?? 0) < 0.5;
    isBelow.set(label, (isBelow.get(label) ?? below) === below ? below : null);
  });
  const labels = [...isBelow.keys()];
  const positive = labels.find((label) => isBelow.get(label) === false);
  const negative = labels.find((label) => isBelow.get(label) === true);
  if (labels.length !== 2 || positive === undefined || negative === undefined) return undefined;
  const { header, roles } = columns;
  const column = nameOf(header, roles.confidence);
  return {
    message:
      `The column ${quoted(column)} is below one half wherever ${quoted(negative)} is predicted, and nowhere else: ` +
      `it seems to be the probability of ${quoted(positive)}, and not the confidence of the prediction.` +
      (roles.label === undefined ? ' To read it so, add a column with the true labels.' : ''),
    ...(roles.label === undefined
      ? {}
      : { instead: { [scoreKey('prob', positive)]: column, confidence: '' } }),
  };
}

/** A model that may say 0 gives 1 a probability below one half somewhere. */
function confidenceAsProbability({ data, columns, n }: PredictionTable): OtherMeaning | undefined {
  const { header, roles, scores } = columns;
  const index = scores?.index[1];
  if (data.kind !== 'labels' || scores?.type !== 'prob' || scores.index[0] !== null || index === undefined)
    return undefined;
  if (n < FEWEST_ROWS || data.truth.filter((label) => label === 0).length < ZEROS * n) return undefined;
  for (let row = 0; row < n; row++) if ((data.probs[2 * row + 1] ?? 0) < 0.5) return undefined;
  const [other = '', label = ''] = data.labels;
  const column = nameOf(header, index);
  const isPossible = roles.predicted !== undefined || roles.correct !== undefined;
  return {
    message:
      `The column ${quoted(column)} is never below one half, also where ${quoted(other)} is true: it seems to be the ` +
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
function truthFromScores({ data, n }: PredictionTable): OtherMeaning | undefined {
  if (n < FEWEST_ROWS) return undefined;
  const { confidence, correct } = confidenceOf(data);
  if (correct.some((right) => right !== 1)) return undefined;
  let log = 0;
  let wrong = 0;
  for (const value of confidence) {
    log += Math.log(value);
    wrong += 1 - value;
  }
  if (log >= Math.log(ALL_RIGHT)) return undefined;
  return {
    message:
      `All of ${n.toLocaleString('en-US')} rows are right, though such confidences leave ` +
      `${wrong < 20 ? wrong.toFixed(1) : Math.round(wrong).toLocaleString('en-US')} wrong on average. ` +
      `The true labels seem to be made from the predictions. If people gave them, the model is surer than it says.`,
  };
}

/** Whether far more rows are right where the names of the labels are exchanged. */
function otherOrder(table: PredictionTable): OtherMeaning | undefined {
  const compared = truthAndPrediction(table);
  if (compared === undefined || table.n < FEWEST_ROWS) return undefined;
  const { labels, truth, predicted } = compared;
  const order = likeliestOrder(labels.length, truth, predicted);
  let right = 0;
  let rightInOrder = 0;
  for (const [row, label] of truth.entries()) {
    if (label < 0) continue;
    if (label === predicted[row]) right++;
    if (label === order[predicted[row] ?? -1]) rightInOrder++;
  }
  const isOneTruth = new Set(truth.filter((label) => label >= 0)).size < 2;
  if (isOneTruth || rightInOrder - right <= MORE_RIGHT * table.n) return undefined;
  const moved = labels.filter((_, k) => order[k] !== k);
  const instead = scoresInOrder(table, order);
  return {
    message:
      `${right.toLocaleString('en-US')} of ${table.n.toLocaleString('en-US')} rows are right, but ` +
      `${rightInOrder.toLocaleString('en-US')} would be if the names of ${listed(moved)} were exchanged: ` +
      `the labels seem to be in another order.`,
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

function truthAndPrediction({ data, label, predicted }: PredictionTable): Compared | undefined {
  if (data.kind === 'labels')
    return {
      labels: data.labels,
      truth: data.truth,
      predicted: confidenceOf(data).predicted ?? new Int32Array(0),
    };
  if (label === null || predicted === null || predicted.names.length > MOST_VALUES) return undefined;
  const reading = readLabels(label.names, predicted.names);
  return {
    labels: predicted.names,
    truth: label.index.map((name) => reading.of(label.names[name] ?? '')),
    predicted: predicted.index,
  };
}

/** (K) which label's rows each prediction is met in most, each label once: the commonest pairs first. */
function likeliestOrder(K: number, truth: Int32Array, predicted: Int32Array): Int32Array {
  const counts = new Map<number, number>();
  truth.forEach((label, row) => {
    const answer = predicted[row] ?? -1;
    if (label >= 0 && answer >= 0) counts.set(answer * K + label, (counts.get(answer * K + label) ?? 0) + 1);
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
