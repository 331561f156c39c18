/** What the host and the thread that computes for the calibration panel say to each other. */
import * as z from 'zod';
import { CALIBRATOR_IDS } from '../core/calibration/registry';
import { savedCalibratorSchema } from '../core/calibration/saved';
import { decideParamsSchema, decisionReportSchema, progressionsSchema } from './calibration-decisions';
import {
  analysisSchema,
  binParamsSchema,
  binRowsSchema,
  breakdownSchema,
  columnListSchema,
  comparisonSchema,
  methodsComparisonSchema,
  panelSettingsSchema,
} from './calibration-page';
import { notification, request } from './contract';

const analyseParamsSchema = z.object({
  file: z.string(),
  settings: panelSettingsSchema,
  /** The file is read again even where it was read before. */
  reload: z.boolean(),
});
export type AnalyseParams = z.infer<typeof analyseParamsSchema>;

/** A thread that replaces a stopped one makes what the bin is of anew, by the settings. */
const binQuestionSchema = binParamsSchema.extend({ file: z.string(), settings: panelSettingsSchema });
export type BinQuestion = z.infer<typeof binQuestionSchema>;

const fitParamsSchema = z.object({
  file: z.string(),
  method: z.enum(CALIBRATOR_IDS),
  settings: panelSettingsSchema,
  /** Of this extension. */
  version: z.string(),
  /** ISO 8601. */
  time: z.iso.datetime(),
});
export type FitParams = z.infer<typeof fitParamsSchema>;

/** How the panel computes, and what it asks. */
const reportParamsSchema = z.object({ settings: panelSettingsSchema, decide: decideParamsSchema });
export type ReportParams = z.infer<typeof reportParamsSchema>;

/** What `evaluate --json` prints, as the worker hands it over: nobody but its reader looks into it. */
const reportSchema = z.record(z.string(), z.unknown());
export type Report = z.infer<typeof reportSchema>;

export const CALIBRATION_WORKER_CONTRACT = {
  worker: {
    /** Reads the table unless it has it. */
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
    progression: request(analyseParamsSchema, progressionsSchema),
    report: request(reportParamsSchema, reportSchema),
    binRows: request(binQuestionSchema, binRowsSchema),
  },
  host: {
    progress: notification(z.object({ message: z.string() })),
    /** Numbers without intervals, while the others are computed. */
    preliminary: notification(analysisSchema),
  },
};
