/** Reasons to conclude nothing from a table, and to fit nothing on it, unless a person accepts them. */
import { listed } from '../quote';
import { UNKNOWN_LABEL, type Warning } from '../model/predictions';
import { confidenceOf, type Predicted } from '../model/rows';
import { otherMeanings } from './meaning';
import { wordsIn } from './named-column';
import { isAlike, readLabels } from './vocabulary';
import type { PredictionTable } from './table';

export const ACCEPTABLE = ['unused-rows', 'missing-label', 'other-meaning', 'other-labels'] as const;
export type Acceptable = (typeof ACCEPTABLE)[number];

export interface Doubt extends Warning {
  readonly code: Acceptable;
}

/** Share of the labelled rows that may be unreadable: beyond, what is left says little about the whole. */
const MOST_UNUSED = 0.05;
/** With so many labelled rows, a label that none of them has is misspelled or was left out. */
const ROWS_FOR_EVERY_LABEL = 200;

export function doubtsOf(table: PredictionTable): Doubt[] {
  const { n, rejectedCount, swallowed, data } = table;
  const doubts: Doubt[] = [];
  const labelled = n + rejectedCount + swallowed;
  if (labelled - n > MOST_UNUSED * labelled)
    doubts.push({
      code: 'unused-rows',
      message: `Only ${n.toLocaleString('en-US')} of ${labelled.toLocaleString('en-US')} labelled rows could be used. ${
        swallowed === 0
          ? 'The others may be of another kind: see their reasons.'
          : `${swallowed.toLocaleString('en-US')} lines that may be rows are inside of a cell, so a quote (") is probably not closed.`
      }`,
    });
  if (data.kind === 'labels' && n >= ROWS_FOR_EVERY_LABEL) {
    const met = new Set(data.truth);
    met.delete(UNKNOWN_LABEL);
    const absent = data.labels.filter((_, k) => !met.has(k));
    if (absent.length > 0)
      doubts.push({
        code: 'missing-label',
        message: `None of ${n.toLocaleString('en-US')} labelled rows is ${listed(absent)}, though the table has scores for it. The labels may be written in another way.`,
      });
  }
  const { outside, lowest, highest } = table.mistakes;
  const { scores } = table.columns;
  // Columns for every label sum to 1, which percentages do not.
  const isAlone = scores === null || scores.index.includes(null);
  if (isAlone && outside > 0 && lowest > 1 && highest <= 100)
    doubts.push({
      code: 'other-meaning',
      message: `${outside === 1 ? 'One row has' : `${outside} rows have`} a probability above 1 (${highest}). If the column holds percentages, all of its numbers are 100 times too large: divide them by 100. Otherwise correct ${outside === 1 ? 'that row' : 'those rows'}.`,
    });
  const winners = confidenceOf(data);
  for (const meaning of otherMeanings(table, winners)) doubts.push({ code: 'other-meaning', ...meaning });
  for (const message of otherLabels(table, winners)) doubts.push({ code: 'other-labels', message });
  return doubts;
}

/** With so many rows, a model of any worth is right somewhere. */
const ROWS_FOR_ONE_RIGHT = 10;

/** Labels that are compared though they seem to be written in different ways. */
function otherLabels({ label, predicted, data, n }: PredictionTable, { correct }: Predicted): string[] {
  if (data.kind === 'confidence' && label !== null && predicted !== null) {
    const truths = wordsIn(label);
    const answers = wordsIn(predicted);
    const reading = readLabels(truths, answers);
    const isTrue = new Set(truths.map((value) => reading.of(value)));
    if (!answers.some((_, k) => isTrue.has(k)))
      return [
        `No predicted label (${listed(answers)}) is among the true ones (${listed(truths)}), so no row is right. They may stand for each other.`,
      ];
    const alike = answers.filter(
      (answer, k) => !isTrue.has(k) && answers.some((other, at) => isTrue.has(at) && isAlike(answer, other)),
    );
    if (alike.length > 0)
      return [
        `${listed(alike)} ${alike.length === 1 ? 'is' : 'are'} predicted and never true, but for case or a full stop as a true label is written. Such rows count as wrong. Write every label in one way.`,
      ];
  }
  return correct.includes(1) || n < ROWS_FOR_ONE_RIGHT
    ? []
    : ['No row is right. The true labels may be written in another way than the predicted ones.'];
}
