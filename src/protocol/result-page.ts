/** Messages between the host and the page of the result view. */
import * as z from 'zod';
import { BUCKET_TONES } from '../core/decisions/bucket-mark';
import { NOTHING, notification } from './contract';
import { scoreSchema } from './engine';
import type { COMMANDS } from './manifest';
import { CALIBRATOR_IDS } from '../core/calibration/registry';

/** The most characters of a text that are sent to the page. */
export const SHOWN_TEXT_LIMIT = 2000;

/** live: the text is unchanged; replaced: it is unchanged and was classified again; edited: it changed. */
const statusSchema = z.enum(['live', 'replaced', 'edited']);

const bucketSchema = z.object({ name: z.string(), tone: z.enum(BUCKET_TONES) });

/** A `Calibration`, as it is shown. */
export const calibrationSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('calibrated'),
    by: z.object({
      name: z.string(),
      file: z.string(),
      method: z.enum(CALIBRATOR_IDS),
      on: z.enum(['labels', 'confidence']),
      n: z.number(),
      measured: z.object({ accuracy: z.number(), confidence: z.number(), ece: z.number() }).nullable(),
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
    notes: z.array(z.string()).readonly(),
  }),
  z.object({ kind: z.literal('raw'), reason: z.string() }),
  z.object({
    kind: z.literal('each'),
    labels: z
      .array(
        z.object({
          label: z.string(),
          confidence: z.number().nullable(),
          by: z.string(),
          notes: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
  }),
]);

/** A label that a person gives to a text, or says that they cannot tell. */
const textAnswerSchema = z.union([z.object({ label: z.string() }), z.literal('unsure')]);
export type TextAnswer = z.infer<typeof textAnswerSchema>;

const resultDetailSchema = z.object({
  id: z.number(),
  /** What the person said about the text; null for nothing yet. */
  said: textAnswerSchema.nullable(),
  /** At most {@link SHOWN_TEXT_LIMIT} characters of it; `textCut` says whether that is less than all. */
  text: z.string(),
  textCut: z.boolean(),
  /** "reviews.txt, line 3"; empty for a text that is tried. */
  place: z.string(),
  status: statusSchema,
  /** Why this text was classified, if it was not selected, and what came out for those that were classified with it. */
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
  /** Where the classifier's buckets begin. No figure is rounded over them. */
  bounds: z.array(z.number()).readonly(),
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
  /** "63.9%", calibrated if possible. */
  percent: z.string(),
  /** Only for a calibrated confidence. */
  bucket: bucketSchema.exactOptional(),
  doubtful: z.boolean(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

const trialSchema = z.object({
  /** Unique in this session. */
  id: z.number(),
  /** The classifier file, on one line. */
  file: z.string(),
  /** What the text field starts with; from then on it is the page's own. */
  text: z.string(),
  /** Where a text is sent if it is classified; null where it stays on this machine and is classified by itself. */
  sendsTextsTo: z.string().nullable(),
  /** Why there is no result, in a sentence. */
  problem: z.string().nullable(),
  /** True while text or file have changed since the result. */
  isOutdated: z.boolean(),
  result: resultDetailSchema.nullable(),
});
export type TrialState = z.infer<typeof trialSchema>;

const pageStateSchema = z.object({
  /** A classifier that is being tried; it is shown instead of the result. */
  trial: trialSchema.nullable(),
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

/** The only commands that the page may run. */
const PAGE_COMMANDS = [
  'classifySelection',
  'classifyWith',
  'measure',
  'scoreCsv',
  'openCalibration',
  'downloadModel',
  'chooseModel',
] as const satisfies readonly (keyof typeof COMMANDS)[];
export type PageCommand = (typeof PAGE_COMMANDS)[number];

const idParamsSchema = z.object({ id: z.number() });

/** Between the host and the page. The host owns the data; the page owns only what is focused. */
export const RESULT_PAGE_CONTRACT = {
  host: {
    /** The page has loaded and needs the state. */
    ready: notification(NOTHING),
    run: notification(z.object({ command: z.enum(PAGE_COMMANDS) })),
    /** Show this one. */
    show: notification(idParamsSchema),
    /** Select its text in the editor. */
    reveal: notification(idParamsSchema),
    /** Label its text; null takes the last answer back. */
    label: notification(idParamsSchema.extend({ answer: textAnswerSchema.nullable() })),
    /** Stop what is being done. */
    cancel: notification(NOTHING),
    /** Show what the model got for it. */
    showPrompt: notification(idParamsSchema),
    /** The text to try has changed. */
    tryText: notification(z.object({ text: z.string() })),
    /** Classify it now. */
    tryNow: notification(NOTHING),
    /** Show what the model gets for the text that is tried. */
    showTrialPrompt: notification(NOTHING),
    /** Back to the results. */
    endTrial: notification(NOTHING),
    /** Read the token table of one: it comes with the next state. */
    readTokens: notification(idParamsSchema),
  },
  page: {
    /** All of it, whenever something changed. */
    state: notification(pageStateSchema),
  },
};
