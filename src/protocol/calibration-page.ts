/**
 * Messages between the host and the page of the calibration panel, over JSON-RPC; the worker that computes makes
 * the same shapes. Each side parses what it receives. The host owns the numbers; the page owns what is looked at.
 */
import * as z from 'zod';
import { METHODS } from '../core/calibration/types';
import { evaluationSchema } from '../core/data/evaluation-json';

/** Individual predictions that are drawn; more of them are sampled. */
export const DOT_LIMIT = 2000;
/** Rows of a bin that are listed. */
export const BIN_ROW_LIMIT = 200;
/** Rejected rows that are listed. */
export const REJECTED_LIMIT = 500;
/** Below this many rows there is a sentence in place of a plot. */
export const FEWEST_FOR_PLOT = 10;

export const BIN_COUNTS = [5, 10, 15, 20, 30, 50] as const;

/** How the table is read: the command line's --scores, --column, --on and --prevalence. */
export const tableOptionsSchema = z.object({
  /** Prefix of the columns to use, without the slash; null for the only one there is. */
  method: z.string().nullable(),
  /** Column by role (`label`) or by score (`prob:spam`), where its name does not say; "" switches a role off. */
  mapping: z.record(z.string(), z.string()),
  /** Null: labels where the table has scores for them. */
  on: z.enum(['labels', 'confidence']).nullable(),
  /** The share of every label in deployment; null: as in the table. */
  prevalence: z.array(z.object({ label: z.string(), share: z.number() })).nullable(),
});
export type TableOptions = z.infer<typeof tableOptionsSchema>;
/** Columns as they are found by their names. */
export const AS_FOUND: TableOptions = { method: null, mapping: {}, on: null, prevalence: null };

/** What the numbers depend on, chosen in the page. */
export const panelSettingsSchema = z.object({
  table: tableOptionsSchema,
  bins: z.int().min(1).max(1000),
  binning: z.enum(['width', 'mass']),
  /** Whether calibrators are compared, which takes longer. */
  compare: z.boolean(),
});
export type PanelSettings = z.infer<typeof panelSettingsSchema>;
export const DEFAULT_PANEL_SETTINGS: PanelSettings = {
  table: AS_FOUND,
  bins: 20,
  binning: 'width',
  compare: false,
};

const interval = z.object({ low: z.number(), high: z.number() });

/** Single predictions, sampled: parallel arrays. */
const dotsSchema = z.object({
  /** In [0, 1]. */
  confidence: z.array(z.number()),
  /** 1 or 0. */
  correct: z.array(z.number()),
  /** In [0, 1): where a dot stands across its strip. */
  jitter: z.array(z.number()),
  /** Rows that they were sampled from. */
  total: z.number(),
});
export type Dots = z.infer<typeof dotsSchema>;

export const diagramSchema = z.object({
  evaluation: evaluationSchema,
  /** For each of the evaluation's bins: the middle 95% of its accuracy if the confidences were right. */
  consistency: z.array(interval.nullable()),
  dots: dotsSchema,
});
export type Diagram = z.infer<typeof diagramSchema>;

export const analysisSchema = diagramSchema.extend({
  settings: panelSettingsSchema,
  /** True for the first numbers of a table, before the intervals and the null. */
  preliminary: z.boolean(),
  /** All of them; the evaluation lists the first {@link REJECTED_LIMIT}. */
  rejectedCount: z.number(),
  /** What a calibrator fitted here would be bound to, in words. */
  origin: z.string(),
  /** Of the table's file, lower-case hex. */
  sha256: z.string(),
});
export type Analysis = z.infer<typeof analysisSchema>;

export const binRowsSchema = z.object({
  low: z.number(),
  high: z.number(),
  total: z.number(),
  /** Worst first: wrong ones by confidence from high to low, then right ones from low to high. */
  rows: z.array(
    z.object({
      line: z.number(),
      confidence: z.number(),
      correct: z.boolean(),
      predicted: z.string().nullable(),
      truth: z.string().nullable(),
    }),
  ),
});
export type BinRows = z.infer<typeof binRowsSchema>;

const methodSchema = z.enum(METHODS);

/** Every calibrator that the table allows, on rows that it did not see. */
export const comparisonSchema = z.object({
  on: z.enum(['labels', 'confidence']),
  verdict: z.enum(['use', 'keep-raw', 'not-enough-data']),
  choice: z.union([methodSchema, z.literal('raw')]).nullable(),
  /** One sentence. */
  reason: z.string(),
  /** How the rows were scored, in words. */
  folds: z.string(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  excluded: z.array(z.object({ method: methodSchema, reason: z.string() })),
  /** Raw first. */
  methods: z.array(
    z.object({
      method: z.union([methodSchema, z.literal('raw')]),
      diagram: diagramSchema,
      /** Cross-fitted NLL above the best one's, with the paired standard error; null where none is recommended. */
      gap: z.object({ value: z.number(), se: z.number(), withinOneSe: z.boolean() }).nullable(),
    }),
  ),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export const panelErrorSchema = z.object({ code: z.string(), message: z.string() });
export type PanelError = z.infer<typeof panelErrorSchema>;

export const panelStateSchema = z.object({
  /** Name of the file. */
  name: z.string(),
  settings: panelSettingsSchema,
  /** What is being done, in words; null for nothing. */
  busy: z.string().nullable(),
  /** Why there are no numbers of the file as it is now; null where there are. */
  error: panelErrorSchema.nullable(),
  /** The last numbers; with an error or while busy they may be of an earlier content of the file. */
  analysis: analysisSchema.nullable(),
  /** Null until it is asked for and computed. */
  comparison: comparisonSchema.nullable(),
  /** Why calibrators cannot be compared on this table. */
  comparisonError: panelErrorSchema.nullable(),
});
export type PanelState = z.infer<typeof panelStateSchema>;

export const readyParamsSchema = z.object({ settings: panelSettingsSchema.nullable() });
export const binParamsSchema = z.object({ low: z.number(), high: z.number() });
export const saveParamsSchema = z.object({ method: methodSchema });
export const lineParamsSchema = z.object({ line: z.int().min(1) });

export const CALIBRATION_PAGE_METHODS = {
  /** Notification of {settings}, page -> host: the page is there; the settings that it had before, or null. */
  ready: 'calibration/ready',
  /** Notification of PanelState, host -> page. */
  state: 'calibration/state',
  /** Notification of PanelSettings, page -> host. */
  settings: 'calibration/settings',
  /** Request with {low, high} of a bin, page -> host; answers BinRows, or null where they are gone. */
  binRows: 'calibration/binRows',
  /** Notification of {line}, page -> host: show it in the text editor. */
  reveal: 'calibration/reveal',
  /** Notification, page -> host: show the file in the text editor. */
  openText: 'calibration/openText',
  /** Notification of {method}, page -> host: fit it on all rows and save it. */
  save: 'calibration/save',
  /** Notification, page -> host: compute again. */
  retry: 'calibration/retry',
  /** Notification, page -> host: stop what is being done. */
  cancel: 'calibration/cancel',
} as const;

/** Between the host and the worker. */
export const WORKER_METHODS = {
  /** Request with AnalyseParams; answers Analysis. */
  analyse: 'worker/analyse',
  /** Notification of AnalyseParams: read that table, for the questions that follow. */
  load: 'worker/load',
  /** Notification of Analysis, worker -> host: numbers without intervals, while the others are computed. */
  preliminary: 'worker/preliminary',
  /** Notification of {message}, worker -> host. */
  progress: 'worker/progress',
  /** Request with {low, high}; answers BinRows. */
  binRows: 'worker/binRows',
  /** Request with PanelSettings; answers Comparison. */
  compare: 'worker/compare',
  /** Request with FitParams; answers a saved calibrator. */
  fit: 'worker/fit',
} as const;

export const fitParamsSchema = z.object({
  method: methodSchema,
  settings: panelSettingsSchema,
  /** Of this extension. */
  version: z.string(),
  /** ISO 8601. */
  time: z.iso.datetime(),
});
export type FitParams = z.infer<typeof fitParamsSchema>;

export const analyseParamsSchema = z.object({
  file: z.string(),
  settings: panelSettingsSchema,
  /** The file is read again even where it was read before. */
  reload: z.boolean(),
});
export type AnalyseParams = z.infer<typeof analyseParamsSchema>;

export const progressParamsSchema = z.object({ message: z.string() });

/** What a failed request carries as the data of its error, where the failure is one for people. */
export const workerErrorSchema = panelErrorSchema;
