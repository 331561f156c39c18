/** The view of the page, and what outlives the page. */
import * as z from 'zod';
import { decisionChoicesSchema } from '../../src/protocol/calibration-decisions';
import { panelSettingsSchema, rowSelectionSchema } from '../../src/protocol/calibration-page';

/** The diagrams whose bins can be chosen: the main one, and raw beside a calibrator. */
export const FIGURES = ['raw', 'before', 'after'] as const;
export type FigureName = (typeof FIGURES)[number];

/** Where rows can be chosen. */
const PLACES = [...FIGURES, 'matrix', 'decisions'] as const;
export type Place = (typeof PLACES)[number];

const chosenSchema = z.object({
  place: z.enum(PLACES),
  which: rowSelectionSchema,
  /** Raw or the calibrator of a decision; null elsewhere. */
  method: z.string().nullable(),
  /** Largest number of rows that are listed. */
  limit: z.number(),
});
/** The rows that are listed. */
export type Chosen = z.infer<typeof chosenSchema>;

const viewSchema = z.object({
  band: z.enum(['consistency', 'wilson']),
  withCurve: z.boolean(),
  /** Whether the form of the columns is open although the table can be used. */
  mapping: z.boolean(),
  /** The part that is drawn; null for the worst one. */
  part: z.string().nullable(),
  chosen: chosenSchema.nullable(),
  /** The calibrator beside raw; null for the recommended one. */
  method: z.string().nullable(),
  decisions: z.object({
    /** Position of the thresholds' slider. */
    at: z.number(),
    /** What a threshold is searched by. */
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
 * Kept while the page is hidden or its window is reloaded. The numbers are not kept: the host has them while the window
 * lives, and computes them again from the settings after a reload.
 */
export const keptSchema = z.object({
  view: viewSchema,
  settings: panelSettingsSchema,
  choices: decisionChoicesSchema,
  /** Pixels that the page is scrolled down. */
  scroll: z.number(),
});
export type Kept = z.infer<typeof keptSchema>;
