/** Reasons to conclude nothing from a table, and to fit nothing on it, unless a person accepts them. */
import { listed } from '../quote';
import { UNKNOWN_LABEL, type Warning } from '../model/predictions';
import { otherMeanings } from './meaning';
import type { PredictionTable } from './table';

export const ACCEPTABLE = ['unused-rows', 'missing-label', 'other-meaning'] as const;
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
  for (const meaning of otherMeanings(table)) doubts.push({ code: 'other-meaning', ...meaning });
  return doubts;
}
