/**
 * Messages between the host and the page of the result view, over JSON-RPC. Both sides parse what they receive.
 * The host owns the data and sends all of it whenever something changed; the page owns only what is focused.
 */
import * as z from 'zod';
import { BUCKET_TONES } from '../core/decisions/bucket-mark';
import { scoreSchema } from './engine';
import { CALIBRATOR_IDS } from '../core/calibration/registry';

/** Characters of a text that are sent to be shown. */
export const SHOWN_TEXT_LIMIT = 2000;

/** The text stands there as it was classified; it does, and was classified again since; it does not. */
const statusSchema = z.enum(['live', 'replaced', 'edited']);

const bucketSchema = z.object({ name: z.string(), tone: z.enum(BUCKET_TONES) });

/** A `Calibration`, as it is shown. */
const calibrationSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('calibrated'),
    by: z.object({
      name: z.string(),
      file: z.string(),
      method: z.enum(CALIBRATOR_IDS),
      on: z.enum(['labels', 'confidence']),
      n: z.number(),
    }),
    score: z.object({
      on: z.enum(['labels', 'confidence']),
      label: z.string(),
      confidence: z.number(),
      labels: z
        .array(z.object({ label: z.string(), confidence: z.number() }))
        .readonly()
        .nullable(),
      labelChanged: z.boolean(),
      anotherLikelier: z.boolean(),
      bucket: bucketSchema,
    }),
    warnings: z.array(z.string()).readonly(),
  }),
  z.object({ kind: z.literal('raw'), reason: z.string() }),
]);

const resultDetailSchema = z.object({
  id: z.number(),
  /** At most {@link SHOWN_TEXT_LIMIT} characters of it; `textCut` says whether that is less than all. */
  text: z.string(),
  textCut: z.boolean(),
  /** "reviews.txt, line 3" */
  place: z.string(),
  status: statusSchema,
  /** Why this text, where it was not a selection. */
  note: z.string().exactOptional(),
  classifier: z.string(),
  model: z.string(),
  device: z.string(),
  ms: z.number(),
  /** Texts in the same request. */
  batch: z.number(),
  /** ISO 8601 */
  at: z.string(),
  score: scoreSchema,
  /** Absent where the classifier names no calibrator. */
  calibration: calibrationSchema.exactOptional(),
});
export type ResultDetail = z.infer<typeof resultDetailSchema>;

const historyEntrySchema = z.object({
  id: z.number(),
  excerpt: z.string(),
  place: z.string(),
  status: statusSchema,
  label: z.string(),
  /** "63.9%", calibrated where it could be. */
  percent: z.string(),
  /** Of a calibrated confidence. */
  bucket: bucketSchema.exactOptional(),
  doubtful: z.boolean(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

export const pageStateSchema = z.object({
  /** What is shown; null where nothing was classified yet. */
  result: resultDetailSchema.nullable(),
  /** Newest first. */
  history: z.array(historyEntrySchema),
  /** What is being done, in words; null for nothing. */
  busy: z.string().nullable(),
  /** Whether there is a model on this machine; without one the page offers to get one. */
  hasModel: z.boolean(),
});
export type PageState = z.infer<typeof pageStateSchema>;

/** Commands that the page may run; nothing else is. */
export const pageCommandSchema = z.enum([
  'classifySelection',
  'classifyWith',
  'downloadModel',
  'chooseModel',
]);
export type PageCommand = z.infer<typeof pageCommandSchema>;

export const runParamsSchema = z.object({ command: pageCommandSchema });
export const idParamsSchema = z.object({ id: z.number() });

export const RESULT_PAGE_METHODS = {
  /** Notification, page -> host: the page is there and wants the state. */
  ready: 'result/ready',
  /** Notification of PageState, host -> page. */
  state: 'result/state',
  /** Notification of {command}, page -> host. */
  run: 'result/run',
  /** Notification of {id}, page -> host: show this one. */
  show: 'result/show',
  /** Notification of {id}, page -> host: select its text in the editor. */
  reveal: 'result/reveal',
  /** Notification, page -> host: stop what is being done. */
  cancel: 'result/cancel',
  /** Request with {id}, page -> host: compute its token table. Answers null when the state with it was sent. */
  tokens: 'result/tokens',
} as const;
