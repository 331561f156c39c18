/** Labelling in words, for the page and for what is read aloud. */
import type { DesignKind } from '../labelling/design';
import type { Goal } from '../labelling/goal';
import type { RunningAccuracy } from '../labelling/running-accuracy';
import { count, number } from './calibration';

/** A design as people choose it, and what it is good for. */
export const DESIGN_WORDS: Readonly<Record<DesignKind, { readonly title: string; readonly words: string }>> =
  {
    stratified: {
      title: 'Random, in every part of the table',
      words: 'Random rows within each predicted label and confidence. Rare labels come more often.',
    },
    random: {
      title: 'All random',
      words: 'Every row has the same chance.',
    },
    review: {
      title: 'Review',
      words:
        'The least sure rows below the highest bucket, and 10% random ones of all others, which show what the review misses. For decisions; poor for estimates.',
    },
    errors: {
      title: 'Find errors',
      words:
        'The least sure rows of each label, and 30% random ones. Good to find errors, poor for estimates: 100 labels are worth about 30.',
    },
  };

/** @param isScored false: there is no accuracy, so the goal is about the shares of the labels */
function goalInWords(goal: Goal, isScored: boolean): string {
  switch (goal.kind) {
    case 'width':
      return `${isScored ? 'accuracy' : 'shares'} to ± ${Number((50 * goal.width).toPrecision(2))} points`;
    case 'gate':
      return `a gate: accuracy of at least ${number(goal.limit, 2)}`;
    case 'calibrator':
      return 'a calibrator';
  }
}

/** @param needed as `stillNeeded` */
export function neededInWords(goal: Goal, needed: number | null, isScored: boolean): string {
  const name = goalInWords(goal, isScored);
  if (needed === null)
    return `Goal: ${name}. At the accuracy so far no practical number of labels reaches it.`;
  if (needed === 0) return `Goal: ${name}. These labels are enough.`;
  return `Goal: ${name}. About ${count(needed, 'more label')} needed.`;
}

/** How often the model is right, of the rows that could be labelled. */
export function accuracyInWords({ value, low, high, kind }: RunningAccuracy): string {
  const ends = `${number(low, 2)} to ${number(high, 2)}`;
  return kind === 'anytime'
    ? `The model is right for ${number(value, 2)} of the texts that you could label (95%: ${ends}, whenever you look).`
    : `The model is right for ${number(value, 2)} of the texts that you could label (95%: ${ends}).`;
}
