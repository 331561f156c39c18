/** Messages between the host and the page of the calibration panel; the worker that computes uses the same shapes. */
import * as z from 'zod';
import { type ColumnOptions, labelColumns } from '../core/data/columns';
import { evaluationSchema } from '../core/data/evaluation-json';
import { UserError } from '../core/user-error';
import { bucketsSchema } from '../core/model/buckets';
import {
  decisionChoicesSchema,
  decisionStateSchema,
  NO_DECISIONS,
  NO_PROGRESSION,
  progressionStateSchema,
  questionSchema,
} from './calibration-decisions';
import {
  copyParamsSchema,
  exportParamsSchema,
  pictureDataSchema,
  pictureParamsSchema,
} from './calibration-export';
import { foundSharesSchema } from './calibration-shares';
import { NOTHING, notification, request } from './contract';
import { CALIBRATOR_IDS } from '../core/calibration/registry';

/** The largest number of single predictions that are drawn; if there are more, a sample is drawn. */
export const DOT_LIMIT = 2000;
/** The most slices that are drawn; for a column with more, a message appears instead. */
export const SLICE_LIMIT = 100;
/** The fewest rows that the smooth curve rests on wherever it is drawn. */
export const CURVE_ROWS = 5;
/** Rows that are listed at first. */
export const ROW_LIMIT = 200;
/** Characters of a row's text that are listed; longer ones are cut. */
export const TEXT_LIMIT = 1000;
/** The most unsure rows of a table without truth that are listed. */
export const UNSURE_LIMIT = 30;
/** Bars of the histograms of a table without truth. */
export const OVERVIEW_BARS = 20;
/** Rejected rows that are listed. */
export const REJECTED_LIMIT = 500;

export const BIN_COUNTS = [5, 10, 15, 20, 30, 50] as const;

/** How the table is read: the command line's --scores, --column, --on, --label and --prevalence. */
export const tableOptionsSchema = z.object({
  /** Prefix of the columns to use, without the slash; null for the only one there is. */
  prefix: z.string().nullable(),
  /** Column by role (`label`) or by score (`prob:spam`), if its name does not show it; "" switches a role off. */
  mapping: z.record(z.string(), z.string()),
  /** Null: labels where the table has scores for them. */
  on: z.enum(['labels', 'confidence']).nullable(),
  /** The label that is looked at, where labels do not exclude each other; null where they do, or until one is chosen. */
  label: z.string().nullable().default(null),
  /** The label shares in use; null: as in the table. */
  prevalence: z.array(z.object({ label: z.string(), share: z.number() })).nullable(),
  /** Whose labels are the truth: those of the table, or those that people gave; null: those of people where the table has none. */
  truth: z.enum(['table', 'people']).nullable().default(null),
});
export type TableOptions = z.infer<typeof tableOptionsSchema>;
/** Columns as they are found by their names. */
export const AS_FOUND: TableOptions = {
  prefix: null,
  mapping: {},
  on: null,
  label: null,
  prevalence: null,
  truth: null,
};

/** The columns of a table for whoever reads it: what nobody chose is found by name. */
export function columnOptions({
  prefix,
  mapping,
  on,
  label,
}: Pick<TableOptions, 'prefix' | 'mapping' | 'on' | 'label'>): ColumnOptions {
  return { prefix: prefix ?? undefined, mapping, on: on ?? undefined, label: label ?? undefined };
}

/**
 * The labels that can be looked at by themselves; empty where they exclude each other, or where columns are not what the
 * mapping says, which is said when the table is read.
 */
export function labelChoices(
  header: readonly string[],
  { mapping }: Pick<TableOptions, 'mapping'>,
): readonly string[] {
  try {
    return labelColumns(header, mapping).map(({ label }) => label);
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** How the rows are divided into diagrams. */
const rowViewSchema = z.discriminatedUnion('by', [
  /** Confidence against correct, all rows. */
  z.object({ by: z.literal('all') }),
  /** Confidence against correct, for each predicted label (top-label calibration). */
  z.object({ by: z.literal('predicted') }),
  /** P(label) against truth = label, for each label (classwise calibration). */
  z.object({ by: z.literal('label') }),
  /** Confidence against correct, for each value of a column. */
  z.object({ by: z.literal('column'), column: z.string() }),
]);
export type RowView = z.infer<typeof rowViewSchema>;

/** What the numbers depend on, chosen in the page. */
export const panelSettingsSchema = z.object({
  table: tableOptionsSchema,
  view: rowViewSchema,
  /** Null: as many as the number of rows allows. */
  bins: z.int().min(1).max(1000).nullable(),
  binning: z.enum(['width', 'mass']),
  /** Whether calibrators are compared, which takes longer. */
  compare: z.boolean(),
});
export type PanelSettings = z.infer<typeof panelSettingsSchema>;

/** The most bins that are drawn by default, and the fewest rows that each has on average. */
const MOST_BINS = 20;
const ROWS_IN_A_BIN = 20;

/** The number of bins: as chosen, or fewer for few rows, whose bins would show chance. */
export function binsOf({ bins }: Pick<PanelSettings, 'bins'>, rows: number): number {
  const fitting = BIN_COUNTS.filter((count) => count <= MOST_BINS && rows >= ROWS_IN_A_BIN * count);
  return bins ?? fitting.at(-1) ?? BIN_COUNTS[0];
}
export const DEFAULT_PANEL_SETTINGS: PanelSettings = {
  table: AS_FOUND,
  view: { by: 'all' },
  bins: null,
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

/** The smooth reliability curve; entry j is at confidence j / (length − 1). */
const curveSchema = z.object({
  /** Width of its kernel. */
  sigma: z.number(),
  /** Null beyond the confidences of the rows, and where fewer than {@link CURVE_ROWS} rows are near. */
  accuracy: z.array(z.number().nullable()),
});
export type Curve = z.infer<typeof curveSchema>;

export const diagramSchema = z.object({
  evaluation: evaluationSchema,
  /** For each of the evaluation's bins: the middle 95% of its accuracy if the confidences were calibrated. */
  consistency: z.array(interval.nullable()),
  dots: dotsSchema,
  /** Null without rows. */
  curve: curveSchema.nullable(),
});
export type Diagram = z.infer<typeof diagramSchema>;

export const analysisSchema = diagramSchema.extend({
  settings: panelSettingsSchema,
  /** True for the first numbers of a table, before the intervals and the null. */
  preliminary: z.boolean(),
  /** The number of all rejected rows; the evaluation lists the first {@link REJECTED_LIMIT}. */
  rejectedCount: z.number(),
  /** Rows whose label mass is below one half. */
  lowMass: z.number(),
  /** Name of the file with the labels of people that are the truth; null for that of the table itself. */
  truthFrom: z.string().nullable(),
  /** What a calibrator fitted here would be bound to, in words. */
  origin: z.string(),
  /** SHA-256 of the table's file, lower-case hex. */
  sha256: z.string(),
  /** Bytes of the file, and when it was last changed, in milliseconds since 1970. */
  size: z.number(),
  modified: z.number(),
});
export type Analysis = z.infer<typeof analysisSchema>;

/** The rows in parts, each with numbers of its own. */
export const breakdownSchema = z.object({
  view: rowViewSchema,
  /** Worst first: by the lower end of the accuracy's interval; for labels by ECE. */
  parts: z.array(z.object({ name: z.string(), diagram: diagramSchema })),
  /** Rows that a part must have. */
  minimumRows: z.number(),
  /** Parts with fewer, the first {@link SLICE_LIMIT} of them. */
  tooSmall: z.array(z.object({ name: z.string(), rows: z.number() })),
  tooSmallCount: z.number(),
  /** Rows that are in no part, because they have no value. */
  withoutValue: z.number(),
});
export type Breakdown = z.infer<typeof breakdownSchema>;

const comparedScores = z.object({
  /** Answers of the model that a row takes; null if the table does not record it. */
  answersPerRow: z.number().nullable(),
  /** Seconds that a row took; null if the table does not record it. */
  secondsPerRow: z.number().nullable(),
  diagram: diagramSchema,
});

/** The confidence methods of one table, on the rows that all of them have. */
export const methodsComparisonSchema = z.object({
  rows: z.number(),
  /** Rows that some method has no scores for. */
  leftOut: z.number(),
  methods: z.array(
    comparedScores.extend({
      /** Column prefix, without the slash. */
      prefix: z.string(),
    }),
  ),
  /**
   * The fitted combination of token probability and agreement, on rows that the fit did not see, or why there is
   * none; null where the table lacks one of them.
   */
  combination: z
    .union([
      z.object({ reason: z.string() }),
      comparedScores.extend({
        method: z.enum(CALIBRATOR_IDS),
        /** How the rows were scored, in words. */
        folds: z.string(),
        /** What it adds to the token probability alone. */
        gain: z.object({ beats: z.boolean(), message: z.string() }),
        /** What a saved copy would be bound to, in words. */
        origin: z.string(),
      }),
    ])
    .nullable(),
});
export type MethodsComparison = z.infer<typeof methodsComparisonSchema>;

/** The columns of a table, with samples, for choosing a mapping. */
export const columnListSchema = z.object({
  /** Names as they stand in the first line, less outer spaces. */
  header: z.array(z.string()),
  /** A few different values of each column from the beginning of the file; long ones are shortened. */
  samples: z.array(z.array(z.string())),
  /** The mapping that may fit where names do not tell the columns; null if none is seen. */
  guess: z.record(z.string(), z.string()).nullable(),
});
export type ColumnList = z.infer<typeof columnListSchema>;

/** Which rows are listed. */
export const rowSelectionSchema = z.discriminatedUnion('kind', [
  /** Those of a bin, (low, high]; the first bin also contains 0. */
  z.object({ kind: z.literal('bin'), low: z.number(), high: z.number() }),
  /** Those of a bucket, [low, high), or at or above a threshold; a range up to 1 contains it. */
  z.object({ kind: z.literal('range'), low: z.number(), high: z.number() }),
  /** Those of a cell of the confusion matrix. */
  z.object({ kind: z.literal('cell'), truth: z.string(), predicted: z.string() }),
]);
export type RowSelection = z.infer<typeof rowSelectionSchema>;

export const listedRowsSchema = z.object({
  total: z.number(),
  /** Whether a column of the table holds the texts. */
  hasText: z.boolean(),
  /** Worst first: wrong rows by confidence from high to low, then correct rows from low to high. */
  rows: z.array(
    z.object({
      line: z.number(),
      confidence: z.number(),
      correct: z.boolean(),
      predicted: z.string().nullable(),
      truth: z.string().nullable(),
      /** Cut after {@link TEXT_LIMIT} characters; null where it is not known. */
      text: z.string().nullable(),
    }),
  ),
});
export type ListedRows = z.infer<typeof listedRowsSchema>;

const calibratorSchema = z.enum(CALIBRATOR_IDS);

/** Every calibrator that the table allows, cross-fitted. */
export const comparisonSchema = z.object({
  on: z.enum(['labels', 'confidence']),
  verdict: z.enum(['use', 'keep-raw', 'not-enough-data']),
  choice: z.union([calibratorSchema, z.literal('raw')]).nullable(),
  /** One sentence. */
  reason: z.string(),
  /** How the rows were scored, in words. */
  folds: z.string(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  excluded: z.array(z.object({ method: calibratorSchema, reason: z.string() })),
  /** Raw first. */
  methods: z.array(
    z.object({
      method: z.union([calibratorSchema, z.literal('raw')]),
      diagram: diagramSchema,
      /** Cross-fitted NLL above the best one's, with the paired standard error; null where none is recommended. */
      gap: z.object({ value: z.number(), se: z.number(), withinOneSe: z.boolean() }).nullable(),
    }),
  ),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export const panelErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  /** The mapping of columns that would do, where one is known. */
  instead: z.record(z.string(), z.string()).exactOptional(),
});

const warningSchema = z.object({
  code: z.string(),
  message: z.string(),
  instead: z.record(z.string(), z.string()).exactOptional(),
});

/** What a table without truth shows: what was predicted, and how surely. */
export const overviewSchema = z.object({
  rows: z.number(),
  /** What a person should know about the table. */
  warnings: z.array(warningSchema),
  /** Commonest first; null where the table does not name its predictions. */
  labels: z.array(z.object({ label: z.string(), rows: z.number(), meanConfidence: z.number() })).nullable(),
  /** Rows by confidence, in {@link OVERVIEW_BARS} ranges of equal width from 0 to 1. */
  confidence: z.array(z.number()),
  /** Rows by label mass, in the same ranges; null where the table does not hold it. */
  labelMass: z.array(z.number()).nullable(),
  /** Rows whose label mass is below one half. */
  lowMass: z.number(),
  buckets: z.array(z.object({ name: z.string(), low: z.number(), rows: z.number() })),
  hasText: z.boolean(),
  /** The rows with the lowest confidence, lowest first. */
  unsure: z.array(
    z.object({
      line: z.number(),
      confidence: z.number(),
      predicted: z.string().nullable(),
      text: z.string().nullable(),
    }),
  ),
  /** Where the scores come from, in words. */
  origin: z.string(),
});
export type Overview = z.infer<typeof overviewSchema>;

const panelStateSchema = z.object({
  /** Name of the file. */
  name: z.string(),
  settings: panelSettingsSchema,
  /** What is being done, in words; null for nothing. */
  busy: z.string().nullable(),
  /** Why the file in its present form has no numbers; null if it has. */
  error: panelErrorSchema.nullable(),
  /** The last numbers. With an error or while busy, they may belong to an earlier version of the file. */
  analysis: analysisSchema.nullable(),
  /** In place of an analysis, for a table without truth. */
  overview: overviewSchema.nullable(),
  /** The breakdown of settings.view; null for all rows, until it is computed, or if it cannot be computed. */
  breakdown: breakdownSchema.nullable(),
  /** Why the breakdown of settings.view is not possible. */
  breakdownError: panelErrorSchema.nullable(),
  /** Null until it is requested and computed. It is computed at once if there are several methods and none is chosen. */
  methods: methodsComparisonSchema.nullable(),
  /** Why the methods cannot be compared. */
  methodsError: panelErrorSchema.nullable(),
  /** Null where the file's first line cannot be read. */
  columns: columnListSchema.nullable(),
  /** Null until it is asked for and computed. */
  comparison: comparisonSchema.nullable(),
  /** Why calibrators cannot be compared on this table. */
  comparisonError: panelErrorSchema.nullable(),
  decisions: decisionStateSchema,
  progression: progressionStateSchema,
  /** Null where no labels of people were found for the table. */
  shares: foundSharesSchema,
});
export type PanelState = z.infer<typeof panelStateSchema>;

/** The state of a panel that has not read its file yet. */
export function emptyPanelState(name: string): PanelState {
  return {
    name,
    settings: DEFAULT_PANEL_SETTINGS,
    busy: null,
    error: null,
    analysis: null,
    overview: null,
    breakdown: null,
    breakdownError: null,
    methods: null,
    methodsError: null,
    columns: null,
    comparison: null,
    comparisonError: null,
    decisions: NO_DECISIONS,
    progression: NO_PROGRESSION,
    shares: null,
  };
}

const readyParamsSchema = z.object({
  settings: panelSettingsSchema.nullable(),
  choices: decisionChoicesSchema.nullable(),
});

const methodOrRaw = z.union([calibratorSchema, z.literal('raw')]);

/** The rows and the scores that something shown is of. */
const rowOwnerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('table') }),
  /** A part of the breakdown. */
  z.object({ kind: z.literal('part'), name: z.string() }),
  /** An entry of the comparison of calibrators. */
  z.object({ kind: z.literal('calibrator'), method: methodOrRaw }),
  /** An entry of the decisions, which are under the label shares in use. */
  z.object({ kind: z.literal('decision'), method: methodOrRaw }),
]);
export type RowOwner = z.infer<typeof rowOwnerSchema>;

export const rowParamsSchema = z.object({
  which: rowSelectionSchema,
  of: rowOwnerSchema,
  /** Rows that are listed at most. */
  limit: z.int().min(1),
});
export type RowParams = z.infer<typeof rowParamsSchema>;

/** A threshold that a person wants to use: on raw confidences, or on those of a calibrator. */
const thresholdParamsSchema = z.object({ threshold: z.number().min(0).lt(1), method: methodOrRaw });
export type ThresholdParams = z.infer<typeof thresholdParamsSchema>;

/** Between the host and the page. The host owns the numbers; the page owns what is looked at. */
export const CALIBRATION_PAGE_CONTRACT = {
  host: {
    /** The page has loaded; params: its kept state, or null. */
    ready: notification(readyParamsSchema),
    settings: notification(panelSettingsSchema),
    /** Null if the rows no longer exist. */
    rows: request(rowParamsSchema, listedRowsSchema.nullable()),
    /** Show a line of the file in the text editor. */
    reveal: notification(z.object({ line: z.int().min(1) })),
    /** Show the file in the text editor. */
    openText: notification(NOTHING),
    /** Show the document that explains the panel. */
    openGuide: notification(NOTHING),
    /** Fit it on all rows and save it. */
    save: notification(z.object({ method: calibratorSchema })),
    /** Write a calibrated copy of the table. */
    applyCalibrator: notification(NOTHING),
    /** Write the buckets of a threshold into a classifier. */
    useThreshold: notification(thresholdParamsSchema),
    /** Score the table with a classifier. */
    scoreTable: notification(NOTHING),
    /** Label rows of the table. */
    labelRows: notification(NOTHING),
    /** Write a copy of the table with the labels of people as its truth, and open it. */
    saveLabelled: notification(NOTHING),
    /** Copy what labels tell about the model, in words. */
    copyAudit: notification(NOTHING),
    /** Compare the table with others that have the same rows. */
    compareWith: notification(NOTHING),
    /** Score the same rows in another way, and compare the two. */
    tryAnother: notification(NOTHING),
    /** Tune a classifier's model on the table. */
    fineTune: notification(NOTHING),
    /** Compare the confidence methods of the table. */
    compareConfidenceMethods: notification(NOTHING),
    /** Compute again. */
    retry: notification(NOTHING),
    /** Stop what is being done. */
    cancel: notification(NOTHING),
    /** What to decide on. */
    ask: notification(questionSchema),
    /** Buckets as edited; null for the default ones. */
    editBuckets: notification(z.object({ buckets: bucketsSchema.readonly().nullable() })),
    startProgression: notification(NOTHING),
    cancelProgression: notification(NOTHING),
    /** The person asks for a file. */
    export: notification(exportParamsSchema),
    /** The person asks for a text on the clipboard. */
    copy: notification(copyParamsSchema),
  },
  page: {
    /** The whole state, once the page is ready. */
    state: notification(panelStateSchema),
    /** The parts of the state that changed since. */
    change: notification(panelStateSchema.partial()),
    picture: request(pictureParamsSchema, pictureDataSchema),
  },
};
