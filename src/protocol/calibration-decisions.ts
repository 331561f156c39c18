/**
 * The part of the calibration panel's messages about what to do with the numbers: buckets, thresholds, costs, and
 * whether more labelled rows would help.
 */
import * as z from 'zod';
import type { Progression } from '../core/calibration/progression';
import type { BucketCount } from '../core/decisions/bucket-counts';
import { bucketsSchema, DEFAULT_BUCKETS } from '../core/model/buckets';
import type { CostChoice } from '../core/decisions/costs';
import type { ThresholdPoint } from '../core/decisions/threshold-curve';
import type { ThresholdChoice } from '../core/decisions/threshold';
import { CALIBRATOR_IDS, type CalibratorId } from '../core/calibration/registry';

/** Labels beyond this many have one cost for every mistake, not one for each pair. */
export const MOST_LABELS_WITH_PAIR_COSTS = 8;

const share = z.number().min(0).max(1);
const number = z.number().nullable();
const cost = z.number().min(0);
const error = z.object({ code: z.string(), message: z.string() });
const calibratorSchema = z.enum(CALIBRATOR_IDS);

const costsSchema = z.object({
  /** Cost of a wrong automatic decision: one number, or (K×K) by true label (row) and predicted label (column). */
  wrong: z.union([cost, z.array(z.array(cost))]),
  review: cost,
});

export const questionSchema = z.object({
  /** Target accuracy of automatic decisions. */
  target: z.number().gt(0).lt(1),
  costs: costsSchema,
});
export type DecisionQuestion = z.infer<typeof questionSchema>;

/** What is chosen in the page and survives a reload. */
export const decisionChoicesSchema = questionSchema.extend({
  /** Buckets of this panel only, if they cannot be kept in the settings; otherwise null. */
  ownBuckets: bucketsSchema.nullable(),
});
export type DecisionChoices = z.infer<typeof decisionChoicesSchema>;

const bucketCountSchema: z.ZodType<BucketCount> = z.object({
  name: z.string(),
  low: share,
  high: share,
  rows: z.number(),
  errors: z.number(),
  meanConfidence: number,
  accuracy: number,
  accuracyLow: number,
  accuracyHigh: number,
});

const curvePointSchema: z.ZodType<ThresholdPoint> = z.object({
  threshold: share,
  rows: z.number(),
  coverage: z.number(),
  accuracy: z.number(),
  accuracyLow: number,
  accuracyHigh: number,
});

export const thresholdChoiceSchema: z.ZodType<ThresholdChoice> = z.object({
  risk: z.enum(['accuracy', 'precision', 'fpr', 'cost']),
  target: z.number(),
  estimate: z.object({
    threshold: number,
    value: number,
    low: number,
    high: number,
    coverage: number,
    rows: z.number(),
  }),
  threshold: number,
  message: z.string(),
});

const costChoiceSchema: z.ZodType<CostChoice> = z.object({
  threshold: number,
  choosing: number,
  scored: z
    .object({
      n: z.number(),
      cost: z.number(),
      low: number,
      high: number,
      reviewAll: z.number(),
      automaticAll: z.number(),
      automaticShare: z.number(),
    })
    .nullable(),
});

/** The decisions on raw confidences, or on the cross-fitted confidences of one calibrator. */
const decidedSchema = z.object({
  method: z.union([calibratorSchema, z.literal('raw')]),
  buckets: z.array(bucketCountSchema),
  /** A point for each threshold 0, .01, … .99 that a row reaches. */
  curve: z.array(curvePointSchema),
  threshold: thresholdChoiceSchema,
  /** Null where the costs are for other labels than the table's. */
  costs: costChoiceSchema.nullable(),
});
export type Decided = z.infer<typeof decidedSchema>;

export const decisionReportSchema = z.object({
  /** The question that these numbers answer. */
  question: questionSchema,
  buckets: bucketsSchema,
  /** Rows decided on, the same ones for every method. */
  n: z.number(),
  /** Whether they are only the rows marked test, because calibrators were fitted on the others. */
  isTestPart: z.boolean(),
  /** Raw first; then every calibrator that was compared. */
  methods: z.array(decidedSchema),
});
export type DecisionReport = z.infer<typeof decisionReportSchema>;

export const decisionStateSchema = z.object({
  choices: decisionChoicesSchema,
  /** The buckets in use. */
  buckets: bucketsSchema,
  /** A remark on where the buckets are kept; null for none. */
  bucketNote: z.string().nullable(),
  /** Null until computed. */
  report: decisionReportSchema.nullable(),
  error: error.nullable(),
});
export type DecisionState = z.infer<typeof decisionStateSchema>;

/** @internal */
export const DEFAULT_CHOICES: DecisionChoices = {
  target: 0.95,
  costs: { wrong: 5, review: 1 },
  ownBuckets: null,
};

/** Until the host has read the settings. */
export const NO_DECISIONS: DecisionState = {
  choices: DEFAULT_CHOICES,
  buckets: [...DEFAULT_BUCKETS],
  bucketNote: null,
  report: null,
  error: null,
};

const spread = z.object({ median: z.number(), low: z.number(), high: z.number() });
const progressionScores = z.object({ nll: spread, brier: spread, ece: spread, eceNull: spread });

const methodProgressionSchema: z.ZodType<Progression & { readonly method: CalibratorId }> = z.object({
  method: calibratorSchema,
  verdict: z.enum(['still-improving', 'flat', 'unknown', 'too-few-rows']),
  message: z.string(),
  holdOut: z.number(),
  repeats: z.number(),
  raw: progressionScores.nullable(),
  points: z.array(progressionScores.extend({ rows: z.number(), failures: z.number() })),
  lastGain: spread.extend({ from: z.number(), to: z.number() }).nullable(),
});
export type MethodProgression = z.infer<typeof methodProgressionSchema>;

/** One for every calibrator that the table allows. */
export const progressionsSchema = z.array(methodProgressionSchema);

export const progressionStateSchema = z.object({
  /** What is being computed, in words; null for nothing. */
  busy: z.string().nullable(),
  error: error.nullable(),
  /** Null until asked for and computed. */
  methods: progressionsSchema.nullable(),
});
export type ProgressionState = z.infer<typeof progressionStateSchema>;
export const NO_PROGRESSION: ProgressionState = { busy: null, error: null, methods: null };

export const decideParamsSchema = z.object({ question: questionSchema, buckets: bucketsSchema.readonly() });
export type DecideParams = z.infer<typeof decideParamsSchema>;
