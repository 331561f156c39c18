/** Messages between the host and the page of a comparison; the worker that computes uses the same shapes. */
import * as z from 'zod';
import { CALIBRATOR_IDS } from '../core/calibration/registry';
import { STAGES } from '../core/comparison/compare-runs';
import { COMPARED_METRICS, type RunNumbers } from '../core/comparison/metrics';
import type { ComparisonReport, ReportedStage } from '../core/comparison/report';
import { pictureDataSchema, pictureParamsSchema, pictureSchema } from './calibration-export';
import { diagramSchema, panelErrorSchema, tableOptionsSchema } from './calibration-page';
import { NOTHING, notification, request } from './contract';

/** Rows that are listed at first. */
export const DIFFERENCE_LIMIT = 50;

const number = z.number().nullable();
const count = z.int().min(0);
const metric = z.object({
  value: number,
  low: number,
  high: number,
  reason: z.string().exactOptional(),
});

const differenceSchema = z.object({
  metric: z.enum(COMPARED_METRICS),
  value: number,
  low: number,
  high: number,
  test: z.enum(['mcnemar', 'sign-flip', 'bootstrap', 'intervals']).nullable(),
  p: number,
  adjustedP: number,
  finding: z.enum(['better', 'worse', 'higher', 'lower', 'not-shown', 'not-tested', 'undefined']),
  neededRows: number,
});

const highSchema = z.object({
  rows: count,
  errors: count,
  share: metric,
  accuracy: metric,
  errorShare: metric,
});

/** A run with what its diagram is drawn from. */
const drawnRunSchema = z.object({ diagram: diagramSchema, high: highSchema });
export type DrawnRun = z.infer<typeof drawnRunSchema>;

const drawnStageSchema = z.object({
  stage: z.enum(STAGES),
  runs: z.array(drawnRunSchema),
  differences: z.array(z.array(differenceSchema)),
  winner: z
    .object({
      run: count,
      picks: z.array(count),
      accuracy: metric,
      nll: metric,
    })
    .nullable(),
});
export type DrawnStage = z.infer<typeof drawnStageSchema>;

/** A stage as reports have it. */
export function reportedOf({ runs, ...stage }: DrawnStage): ReportedStage {
  return { ...stage, runs: runs.map(numbersOf) };
}

export function numbersOf({ diagram, high }: DrawnRun): RunNumbers {
  return { evaluation: diagram.evaluation, high };
}

const changeSchema = z.enum(['lost', 'both-wrong', 'gained']);

export const listedDifferencesSchema = z.array(
  z.object({
    change: changeSchema,
    truth: z.string().nullable(),
    text: z.string().nullable(),
    runs: z.array(
      z.object({
        line: z.int().min(1),
        predicted: z.string().nullable(),
        confidence: z.number(),
        correct: z.boolean(),
      }),
    ),
  }),
);
export type ListedDifferences = z.infer<typeof listedDifferencesSchema>;

/** The report of a comparison, with the diagrams of every stage. */
const drawnReportSchema = z.object({
  schema: z.literal(1),
  names: z.array(z.string()).min(2),
  on: z.enum(['labels', 'confidence']),
  labels: z.array(z.string()).nullable(),
  threshold: z.number(),
  seed: z.int(),
  binning: z.object({ kind: z.enum(['width', 'mass']), count }),
  tables: z.array(
    z.object({
      name: z.string(),
      file: z.string(),
      sha256: z.string(),
      rows: count,
      missing: count,
      repeated: count,
      differing: count,
      origin: z.string(),
    }),
  ),
  pairing: z.object({ by: z.enum(['id', 'text']), rows: count, compared: count }),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  folds: z.object({ source: z.enum(['folds', 'split']), count }).nullable(),
  recommended: z.array(z.union([z.enum(CALIBRATOR_IDS), z.literal('raw')]).nullable()),
  stages: z.array(drawnStageSchema),
  excluded: z.array(z.object({ stage: z.enum(STAGES), reason: z.string() })),
  slices: z.array(
    z.object({
      column: z.string(),
      slices: z.array(
        z.object({
          name: z.string(),
          rows: count,
          runs: z.array(drawnRunSchema),
          differences: z.array(z.array(differenceSchema)),
        }),
      ),
      minimumRows: count,
      /** The first ones; `tooSmallCount` counts all. */
      tooSmall: z.array(z.object({ name: z.string(), rows: count })),
      tooSmallCount: count,
      notCompared: count,
      withoutValue: count,
    }),
  ),
  differing: z.object({ lost: count, 'both-wrong': count, gained: count }),
});
export type DrawnReport = z.infer<typeof drawnReportSchema>;

/** The document of `compare --json`. */
export function reportOfDrawn({ stages, slices, ...report }: DrawnReport): ComparisonReport {
  return {
    ...report,
    stages: stages.map(reportedOf),
    slices: slices.map(({ slices: parts, ...sliced }) => ({
      ...sliced,
      slices: parts.map(({ runs, ...part }) => ({ ...part, runs: runs.map(numbersOf) })),
    })),
  };
}

/** What a comparison shows. */
export const comparisonViewSchema = z.object({
  report: drawnReportSchema,
  /** The first rows on which runs differ, worst first. */
  rows: listedDifferencesSchema,
  /** Columns of the first table by whose values rows can be sliced. */
  columns: z.array(z.string()),
});
export type ComparisonView = z.infer<typeof comparisonViewSchema>;

/** What the numbers depend on, chosen in the page. */
export const comparisonSettingsSchema = z.object({
  threshold: z.number().gt(0).lt(1),
  /** Null: as many as the number of rows allows. */
  bins: z.int().min(1).max(1000).nullable(),
  binning: z.enum(['width', 'mass']),
  /** Null: not sliced. */
  slice: z.string().nullable(),
});
export type ComparisonSettings = z.infer<typeof comparisonSettingsSchema>;

export const DEFAULT_COMPARISON_SETTINGS: ComparisonSettings = {
  threshold: 0.9,
  bins: null,
  binning: 'width',
  slice: null,
};

export const compareParamsSchema = z.object({
  tables: z.array(z.object({ file: z.string(), options: tableOptionsSchema })).min(2),
  settings: comparisonSettingsSchema,
});
export type CompareParams = z.infer<typeof compareParamsSchema>;

const comparisonStateSchema = z.object({
  /** Names of the tables' files. */
  files: z.array(z.string()),
  settings: comparisonSettingsSchema,
  /** What is being done, in words; null for nothing. */
  busy: z.string().nullable(),
  error: panelErrorSchema.nullable(),
  /** The last numbers; with an error or while busy they may belong to earlier settings or files. */
  view: comparisonViewSchema.nullable(),
});
export type ComparisonState = z.infer<typeof comparisonStateSchema>;

/** Between the host and the page of a comparison. */
export const COMPARISON_PAGE_CONTRACT = {
  host: {
    ready: notification(z.object({ settings: comparisonSettingsSchema.nullable() })),
    settings: notification(comparisonSettingsSchema),
    /** All rows on which runs differ, up to a number. Null if they cannot be listed. */
    rows: request(z.object({ limit: z.int().min(1) }), listedDifferencesSchema.nullable()),
    /** Show a line of one of the tables in the text editor. */
    reveal: notification(z.object({ table: count, line: z.int().min(1) })),
    /** Open the calibration panel of one of the tables. */
    openTable: notification(z.object({ table: count })),
    /** Score the same rows in another way, and compare it too. */
    tryAnother: notification(NOTHING),
    /** Compare further tables too. */
    compareWith: notification(NOTHING),
    openGuide: notification(NOTHING),
    retry: notification(NOTHING),
    cancel: notification(NOTHING),
    export: notification(z.object({ pictures: z.array(pictureSchema) })),
    /** The report, to the clipboard. */
    copy: notification(NOTHING),
  },
  page: {
    state: notification(comparisonStateSchema),
    picture: request(pictureParamsSchema, pictureDataSchema),
  },
};
