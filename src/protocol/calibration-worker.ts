/** Messages between the host and the thread that computes for the calibration panel. */
import * as z from 'zod';
import { CALIBRATOR_IDS } from '../core/calibration/registry';
import { savedCalibratorSchema } from '../core/calibration/saved';
import { ACCEPTABLE } from '../core/data/doubts';
import { bucketsSchema } from '../core/model/buckets';
import {
  decideParamsSchema,
  decisionReportSchema,
  progressionsSchema,
  thresholdChoiceSchema,
} from './calibration-decisions';
import {
  analysisSchema,
  breakdownSchema,
  columnListSchema,
  comparisonSchema,
  listedRowsSchema,
  methodsComparisonSchema,
  overviewSchema,
  panelSettingsSchema,
  rowParamsSchema,
} from './calibration-page';
import { foundSharesSchema } from './calibration-shares';
import { compareParamsSchema, comparisonViewSchema, listedDifferencesSchema } from './comparison-page';
import { notification, request } from './contract';

const analyseParamsSchema = z.object({
  file: z.string(),
  settings: panelSettingsSchema,
  /** Whether to read the file again although it was read before. */
  reload: z.boolean(),
});
export type AnalyseParams = z.infer<typeof analyseParamsSchema>;

/** With the settings, a thread that replaces a stopped one can compute again what the rows are of. */
const rowQuestionSchema = rowParamsSchema.extend({ file: z.string(), settings: panelSettingsSchema });
export type RowQuestion = z.infer<typeof rowQuestionSchema>;

const overviewParamsSchema = analyseParamsSchema.extend({ buckets: bucketsSchema.readonly() });
export type OverviewParams = z.infer<typeof overviewParamsSchema>;

const thresholdQuestionSchema = analyseParamsSchema.extend({
  /** Accuracy to be reached, above 0 and below 1. */
  target: z.number(),
});
export type ThresholdQuestion = z.infer<typeof thresholdQuestionSchema>;

const tableThresholdSchema = z.object({
  choice: thresholdChoiceSchema,
  /** Name of the calibrator that the confidences come from; null for raw ones. */
  calibrator: z.string().nullable(),
  /** As that of an analysis. */
  truthFrom: z.string().nullable(),
});
export type TableThreshold = z.infer<typeof tableThresholdSchema>;

const fitParamsSchema = z.object({
  file: z.string(),
  method: z.enum(CALIBRATOR_IDS),
  settings: panelSettingsSchema,
  /** Doubts about the table that the person accepts. */
  accept: z.array(z.enum(ACCEPTABLE)).optional(),
  /** Version of this extension. */
  version: z.string(),
  /** ISO 8601. */
  time: z.iso.datetime(),
});
export type FitParams = z.infer<typeof fitParamsSchema>;

/** How the panel computes, and its questions. */
const reportParamsSchema = z.object({ settings: panelSettingsSchema, decide: decideParamsSchema });
export type ReportParams = z.infer<typeof reportParamsSchema>;

/** What `evaluate --json` prints, passed on unread. */
const reportSchema = z.record(z.string(), z.unknown());
export type Report = z.infer<typeof reportSchema>;

const sharesParamsSchema = z.object({ file: z.string(), settings: panelSettingsSchema });
export type SharesParams = z.infer<typeof sharesParamsSchema>;

const differencesParamsSchema = compareParamsSchema.extend({ limit: z.int().min(1) });
export type DifferencesParams = z.infer<typeof differencesParamsSchema>;

export const CALIBRATION_WORKER_CONTRACT = {
  worker: {
    /** Reads the table unless the worker already has it. */
    analyse: request(analyseParamsSchema, analysisSchema),
    /** Read that table, for the questions that follow. */
    load: notification(analyseParamsSchema),
    columns: request(z.object({ file: z.string() }), columnListSchema),
    methods: request(analyseParamsSchema, methodsComparisonSchema),
    /** The view of the settings is not of all rows. */
    breakdown: request(analyseParamsSchema, breakdownSchema),
    compare: request(panelSettingsSchema, comparisonSchema),
    fit: request(fitParamsSchema, savedCalibratorSchema),
    decide: request(decideParamsSchema, decisionReportSchema),
    /** Of a table that is read for this alone. */
    threshold: request(thresholdQuestionSchema, tableThresholdSchema),
    progression: request(analyseParamsSchema, progressionsSchema),
    report: request(reportParamsSchema, reportSchema),
    /** What labels of people tell about a table, which is read for this alone. */
    shares: request(sharesParamsSchema, foundSharesSchema),
    rows: request(rowQuestionSchema, listedRowsSchema),
    /** Of a table without truth. */
    overview: request(overviewParamsSchema, overviewSchema),
    /** Compares several tables with the same rows. */
    compareTables: request(compareParamsSchema, comparisonViewSchema),
    /** The rows on which the tables differ, worst first: those of a list, or all with whole texts as a CSV. */
    differences: request(differencesParamsSchema, listedDifferencesSchema),
    differencesCsv: request(compareParamsSchema, z.object({ csv: z.string() })),
  },
  host: {
    progress: notification(z.object({ message: z.string() })),
    /** Numbers without intervals, while the others are computed. */
    preliminary: notification(analysisSchema),
  },
};
