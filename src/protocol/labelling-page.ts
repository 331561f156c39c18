/** Messages between the host and the page on which a person labels rows. */
import * as z from 'zod';
import { DESIGN_KINDS } from '../core/labelling/design';
import { goalSchema } from '../core/labelling/goal';
import { panelErrorSchema } from './calibration-page';
import { NOTHING, notification } from './contract';

const count = z.int().min(0);

/** The most characters of a text that the page shows. */
export const LONGEST_TEXT = 20_000;

/** What is chosen before rows are drawn. */
const designParamsSchema = z.object({
  kind: z.enum(DESIGN_KINDS),
  rows: z.int().min(1),
  labels: z.array(z.string()).min(1),
  /** Whether the model's answer is hidden until the person has answered. */
  isBlind: z.boolean(),
  goal: goalSchema.nullable(),
});
export type DesignParams = z.infer<typeof designParamsSchema>;

const setupSchema = z.object({
  /** Rows that can be drawn. */
  rows: count,
  isScored: z.boolean(),
  labels: z.array(z.string()),
  /** Whether the table has scores for these labels, and so there are no others. */
  areAllLabels: z.boolean(),
});

const saidSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('label'), label: z.string() }),
  z.object({ kind: z.literal('unsure') }),
  z.object({ kind: z.literal('skip') }),
]);
export type Said = z.infer<typeof saidSchema>;

const sessionSchema = z.object({
  labels: z.array(z.string()),
  isBlind: z.boolean(),
  /** Whether rows on which people differ are settled. */
  settles: z.boolean(),
  /** Whether the model has predicted anything. */
  isScored: z.boolean(),
  kind: z.enum(DESIGN_KINDS),
  /** Rows drawn all at random that estimate as well as all rows of the design. */
  worth: z.number(),
  /** The row that is shown; null: all are answered. */
  row: z
    .object({
      /** Its place in the queue, from 0. */
      at: count,
      /** Where it begins in the table's file. */
      line: z.int().min(1),
      text: z.string(),
      /** Characters behind the text that are not shown. */
      cut: count,
      /** What people said about it, where they differ. */
      others: z.string().nullable(),
      /** What this person said about it before. */
      said: saidSchema.nullable(),
      /** The model's answer, where it may be seen. */
      model: z.string().nullable(),
      /** Whether a change of what was said leaves estimates as they are. */
      isSeen: z.boolean(),
    })
    .nullable(),
  /** The last answer beside the model's. */
  last: z.object({ label: z.string(), model: z.string(), agrees: z.boolean() }).nullable(),
  answered: count,
  labelled: count,
  rows: count,
  canUndo: z.boolean(),
  accuracy: z
    .object({
      value: z.number(),
      low: z.number(),
      high: z.number(),
      kind: z.enum(['anytime', 'ordinary']),
    })
    .nullable(),
  goal: z.object({ goal: goalSchema, needed: count.nullable() }).nullable(),
});
export type ShownSession = z.infer<typeof sessionSchema>;

const labellingStateSchema = z.object({
  /** Address of the table, by which the page is opened again with the window. */
  uri: z.string(),
  file: z.string(),
  /** What is being done, in words; null for nothing. */
  busy: z.string().nullable(),
  /** Why rows of this table cannot be labelled. */
  error: panelErrorSchema.nullable(),
  /** Why answers are not saved; null if they are. */
  saving: panelErrorSchema.nullable(),
  /** What is odd about the table or its labels. */
  notes: z.array(z.string()),
  /** Rows on which people differ. */
  disputed: count,
  /** Present while rows are to be drawn. */
  setup: setupSchema.nullable(),
  session: sessionSchema.nullable(),
});
export type LabellingState = z.infer<typeof labellingStateSchema>;

/** Between the host and the labelling page. */
export const LABELLING_PAGE_CONTRACT = {
  host: {
    ready: notification(NOTHING),
    /** Draw rows. */
    begin: notification(designParamsSchema),
    /** @param at the row that the person saw */
    answer: notification(z.object({ at: count, said: saidSchema })),
    undo: notification(NOTHING),
    back: notification(NOTHING),
    forward: notification(NOTHING),
    /** Choose another design, or return from the choice. */
    setUp: notification(z.object({ isShown: z.boolean() })),
    /** Write the rows that are not answered into a table that somebody else fills in. */
    exportRows: notification(NOTHING),
    /** Read labels that somebody gave elsewhere. */
    importLabels: notification(NOTHING),
    /** Settle the rows on which people differ. */
    settle: notification(NOTHING),
    retry: notification(NOTHING),
    /** Show a line of the table in the text editor. */
    reveal: notification(z.object({ line: z.int().min(1) })),
    /** Open the calibration panel of the table. */
    openPanel: notification(NOTHING),
    manageTrust: notification(NOTHING),
    openGuide: notification(NOTHING),
  },
  page: {
    state: notification(labellingStateSchema),
  },
};
