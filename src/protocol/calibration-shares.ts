/** What labels of people tell about the whole table, as the calibration panel shows it. */
import * as z from 'zod';

const number = z.number().nullable();
const count = z.int().min(0);
const error = z.object({ code: z.string(), message: z.string() });

const ended = z.object({ value: z.number(), low: number, high: number });

const estimateSchema = ended.extend({
  /** The labelled rows alone. */
  alone: ended,
  method: z.enum(['ppi', 'exact']),
  /** How many labelled rows alone would have told as much; null where nothing but those is used. */
  worth: number,
  /** If no text that people could not label counted, and if all did; null without such texts. */
  ifNone: ended.nullable(),
  ifAll: ended.nullable(),
});

const kappaSchema = z.object({ value: number, low: number, high: number, agreement: z.number(), n: count });

const sharesReportSchema = z.object({
  /** Rows of the table. */
  n: count,
  labelled: count,
  /** As many rows drawn all at random are worth the same. */
  effective: z.number(),
  missing: count,
  missingShare: z.number(),
  accuracy: estimateSchema,
  /** Empty for a table without a score for every label. */
  shares: z.array(estimateSchema.extend({ label: z.string(), predicted: z.number() })),
  kappa: kappaSchema.nullable(),
  /** Shares of the table by people's label (row) and the model's (column). */
  confusion: z.array(z.array(z.number())).nullable(),
  people: z.array(kappaSchema.extend({ one: z.string(), other: z.string().nullable() })),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type SharesReport = z.infer<typeof sharesReportSchema>;

/** The estimate of the labels that were found; null where no labels file is of the table. */
export const foundSharesSchema = z
  .object({
    /** Name of the labels file. */
    file: z.string(),
    report: sharesReportSchema.nullable(),
    /** Why nothing can be estimated from it. */
    error: error.nullable(),
  })
  .nullable();
export type FoundShares = z.infer<typeof foundSharesSchema>;
