/** What labels are collected for, and how many rows are still needed for it. */
import * as z from 'zod';
import { FEWEST_OUTCOMES } from '../calibration/calibrator-kind';
import { labelsForGate, labelsForWidth } from './plan';

export const goalSchema = z.discriminatedUnion('kind', [
  /** An accuracy known to ± half of this. */
  z.object({ kind: z.literal('width'), width: z.number().gt(0).lt(1) }),
  /** A gate on accuracy that passes. */
  z.object({ kind: z.literal('gate'), limit: z.number().gt(0).lt(1) }),
  /** A calibrator that can be recommended. */
  z.object({ kind: z.literal('calibrator') }),
]);
export type Goal = z.infer<typeof goalSchema>;

/** What is labelled so far. */
export interface Reached {
  /** Labelled rows whose prediction is known. */
  readonly labelled: number;
  /** As many rows drawn all at random are worth the same: Kish's number. */
  readonly worth: number;
  /** Weighted share of them on which the model is right; null before the first. */
  readonly accuracy: number | null;
}

/** Before this many rows the accuracy is not known well enough to plan with it. */
const FEWEST_TO_PLAN = 20;
/** How often a gate passes with the labels that are planned for it. */
const POWER = 0.8;

/**
 * Rows that must still be labelled; null where no practical number would do, at the accuracy so far. Before 20 rows the
 * plan is that of the worst case: an accuracy of one half for a width, one near the limit for a gate.
 */
export function stillNeeded(goal: Goal, { labelled, worth, accuracy }: Reached): number | null {
  const known = labelled >= FEWEST_TO_PLAN ? accuracy : null;
  const more = (needed: number | null): number | null =>
    // A row of the design is worth as much as those before it.
    needed === null ? null : Math.max(0, Math.ceil((needed - worth) * (worth === 0 ? 1 : labelled / worth)));
  switch (goal.kind) {
    case 'width':
      return more(labelsForWidth(goal.width, known ?? 0.5));
    case 'gate': {
      const expected = known ?? goal.limit + (1 - goal.limit) / 3;
      return more(labelsForGate('min', { limit: goal.limit, expected, power: POWER }));
    }
    case 'calibrator': {
      // Where all were right so far, a wrong one may be one of the next rows.
      const rate = known === null ? 0.2 : Math.max(Math.min(known, 1 - known), 1 / (labelled + 2));
      return Math.max(0, Math.ceil(FEWEST_OUTCOMES / rate - 1e-9) - labelled);
    }
  }
}
