/**
 * What `evaluate --json` prints, read back.
 */
import * as z from 'zod';
import { UserError } from '../user-error';
import { badJsonLine } from './json';
import type { Evaluation } from '../model/evaluation';

const VERSION = 1;

const number = z.number().nullable();
const count = z.int().min(0);
const metric = z.object({
  value: number,
  low: number,
  high: number,
  se: number.exactOptional(),
  nullMean: number.exactOptional(),
  reason: z.string().exactOptional(),
});
const warning = z.object({
  code: z.string(),
  message: z.string(),
  instead: z.record(z.string(), z.string()).exactOptional(),
});

export const evaluationSchema: z.ZodType<Evaluation> = z.object({
  schema: z.literal(VERSION),
  kind: z.enum(['confidence', 'labels']),
  n: count,
  nCorrect: count,
  nWrong: count,
  nUnused: count.exactOptional(),
  nUnlabelled: count.exactOptional(),
  labels: z.array(z.string()).nullable(),
  rejected: z.array(z.object({ line: count, reason: z.string() })),
  warnings: z.array(warning),
  seed: z.int(),
  binning: z.object({ kind: z.enum(['width', 'mass']), count }),
  bins: z.array(
    z.object({
      low: z.number(),
      high: z.number(),
      count,
      meanConfidence: z.number(),
      accuracy: z.number(),
      accuracyLow: number,
      accuracyHigh: number,
    }),
  ),
  accuracy: metric,
  meanConfidence: metric,
  ece: metric,
  mce: metric.extend({ count: count.nullable() }),
  brier: metric,
  nll: metric.extend({ clipped: count }),
  auroc: metric,
  aurc: metric,
  smoothEce: metric,
  debiasedL2: metric,
  eceNull: z.object({ mean: number, q95: number, p: number }),
  labelMetrics: z
    .object({
      brier: metric,
      nll: metric,
      classwiseEce: metric,
      confusion: z.array(z.array(count)),
      perLabel: z.array(
        z.object({
          label: z.string(),
          support: count,
          predicted: count,
          precision: number,
          recall: number,
          f1: number,
          ece: z.number(),
        }),
      ),
    })
    .nullable(),
});

/**
 * @param name of the file, for the message
 * @throws UserError evaluation-invalid, evaluation-newer
 */
export function parseEvaluation(text: string, name: string): Evaluation {
  const line = badJsonLine(text);
  if (line !== undefined)
    throw new UserError('evaluation-invalid', `${name}, line ${line}: this is not JSON.`);
  const value: unknown = JSON.parse(text);
  const version = z.looseObject({ schema: z.number() }).safeParse(value);
  if (version.success && version.data.schema > VERSION)
    throw new UserError(
      'evaluation-newer',
      `${name} has version ${version.data.schema}, but this program reads only versions up to ${VERSION}. Update Prompt Confidence.`,
    );
  const parsed = evaluationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  if (z.looseObject({ kind: z.literal('multi-label') }).safeParse(value).success)
    throw new UserError(
      'evaluation-invalid',
      `${name} is an evaluation of all labels, and this compares one. Evaluate one label, and save that.`,
    );
  const [issue] = parsed.error.issues;
  throw new UserError(
    'evaluation-invalid',
    `${name} is not the JSON output of "evaluate": ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}.`,
  );
}
