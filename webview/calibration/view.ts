/** What is looked at in the page, and what of it outlives the page. */
import * as z from 'zod';
import { decisionChoicesSchema } from '../../src/protocol/calibration-decisions';
import { panelSettingsSchema } from '../../src/protocol/calibration-page';

/** The diagrams whose bins can be chosen: the main one, and raw beside a calibrator. */
export const FIGURES = ['raw', 'before', 'after'] as const;
export type FigureName = (typeof FIGURES)[number];

const chosenSchema = z.object({
  figure: z.enum(FIGURES),
  low: z.number(),
  high: z.number(),
  /** Rows that are listed at most. */
  limit: z.number(),
});
/** A bin whose rows are listed. */
export type Chosen = z.infer<typeof chosenSchema>;

const viewSchema = z.object({
  band: z.enum(['consistency', 'wilson']),
  withCurve: z.boolean(),
  /** Whether the form of the columns is open though the table can be used. */
  mapping: z.boolean(),
  /** The part that is drawn; null for the worst one. */
  part: z.string().nullable(),
  chosen: chosenSchema.nullable(),
  /** The calibrator that stands beside raw; null for the recommended one. */
  method: z.string().nullable(),
  decisions: z.object({
    /** Where the slider of the thresholds stands. */
    at: z.number(),
    /** What a threshold is looked for by. */
    by: z.enum(['target', 'costs']),
  }),
  progression: z.enum(['nll', 'brier']),
});
export type View = z.infer<typeof viewSchema>;

export const FIRST_VIEW: View = {
  band: 'consistency',
  withCurve: true,
  mapping: false,
  part: null,
  chosen: null,
  method: null,
  decisions: { at: 0.9, by: 'target' },
  progression: 'nll',
};

/**
 * Kept while the page is away. Not the numbers: the host has them while the window lives, and computes them anew by
 * the settings where it was loaded anew.
 */
export const keptSchema = z.object({
  view: viewSchema,
  settings: panelSettingsSchema,
  choices: decisionChoicesSchema,
});
export type Kept = z.infer<typeof keptSchema>;
