/** Between the host and the page of a fine-tuning. */
import * as z from 'zod';
import { curvePointSchema, proofSchema } from '../core/model/adapter-card';
import { NOTHING, notification } from './contract';

const TUNING_PHASES = ['running', 'paused', 'failed', 'finished', 'discarded'] as const;

const tuningStateSchema = z.object({
  /** Of the adapter, the classifier, and the file of the labelled table. */
  name: z.string(),
  classifier: z.string(),
  table: z.string(),
  phase: z.enum(TUNING_PHASES),
  /** What is being done, or how far it was. */
  words: z.string(),
  /** Share done, from 0 to 1; null before anything is known. */
  share: z.number().min(0).max(1).nullable(),
  /** Why it failed; null unless it did. */
  error: z.string().nullable(),
  /** What was said before it began, in sentences. */
  facts: z.array(z.string()),
  /** Evaluations on the validation rows, in their order. */
  curve: z.array(curvePointSchema),
  /** The evaluation whose weights became the adapter; null before that. */
  chosenStep: z.int().nullable(),
  /** What the hold-out said; null before that. */
  proof: proofSchema.nullable(),
});
export type TuningState = z.infer<typeof tuningStateSchema>;

export const TUNING_PAGE_CONTRACT = {
  host: {
    ready: notification(NOTHING),
    pause: notification(NOTHING),
    resume: notification(NOTHING),
    /** Ends it and deletes what is done, after a question. */
    discard: notification(NOTHING),
    showLog: notification(NOTHING),
    /** Show base and tuned on the hold-out. */
    compare: notification(NOTHING),
    /** Write the adapter into a classifier, after a question. */
    useAdapter: notification(NOTHING),
    openGuide: notification(NOTHING),
  },
  page: {
    state: notification(tuningStateSchema),
  },
};
