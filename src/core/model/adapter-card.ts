/**
 * The card of an adapter (`.prompt-confidence/adapters/<name>.json`): which base and prompt it was tuned for, on which rows
 * and how. llama.cpp takes any base of equal shapes, so without a card nothing shows that an adapter belongs to a model.
 */
import * as z from 'zod';
import { UserError } from '../user-error';
import { promptAddedSchema, sha256 } from './binding';

/** Version of the file format. A newer one is refused. */
const CARD_VERSION = 1;

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** The first 64 bits of the SHA-256 of a row's text and label: enough to know a row again. */
const rowHash = z.string().regex(/^[0-9a-f]{16}$/, 'the hash of a row has 16 hexadecimal digits');
const rowHashes = z.array(rowHash).readonly();

export const TUNING_LOSSES = ['label', 'confidence-aware'] as const;
export const STOP_ON = ['nll', 'ece'] as const;

const tuningSettingsSchema = z.strictObject({
  loss: z.enum(TUNING_LOSSES),
  rank: z.int().min(1).max(256),
  alpha: z.number().positive(),
  dropout: share,
  learningRate: z.number().positive().max(1),
  epochs: z.int().min(1).max(100),
  /** Rows of one step of the optimiser, and of one forward pass. */
  batch: z.int().min(1),
  microBatch: z.int().min(1),
  /** Evaluations without a gain of validation NLL after which training ends. */
  patience: z.int().min(1),
  stopOn: z.enum(STOP_ON),
  threads: z.int().min(1),
  seed: count,
});
export type TuningSettings = z.infer<typeof tuningSettingsSchema>;

/** What is asked for unless a person wants something else. */
export const DEFAULT_TUNING = {
  rank: 16,
  alpha: 16,
  dropout: 0.05,
  learningRate: 5e-4,
  epochs: 3,
  batch: 16,
  microBatch: 8,
  patience: 3,
  stopOn: 'nll',
} as const satisfies Partial<TuningSettings>;

/** One evaluation on the validation rows. */
export const curvePointSchema = z.strictObject({
  step: count,
  epoch: z.number().min(0),
  /** Mean training loss since the last evaluation; null before the first step. */
  loss: z.number().nullable(),
  accuracy: share,
  nll: z.number().min(0),
  ece: share,
  /** What the ECE of a calibrated model with these confidences would be: its mean, and the value that 5% exceed. */
  eceNull: z.strictObject({ mean: share, q95: share }),
});
export type CurvePoint = z.infer<typeof curvePointSchema>;

const metricSchema = z.strictObject({
  value: z.number().nullable(),
  /** Ends of the 95% interval. */
  low: z.number().nullable(),
  high: z.number().nullable(),
});

const proofResultSchema = z.strictObject({
  model: z.enum(['base', 'tuned']),
  /** Method of the calibrator; null for raw scores. */
  calibrator: z.string().nullable(),
  accuracy: metricSchema,
  meanConfidence: metricSchema,
  nll: metricSchema,
  ece: metricSchema,
  /** What the ECE of a calibrated model with these confidences would be, on average. */
  eceNull: share.nullable(),
});
export type ProofResult = z.infer<typeof proofResultSchema>;

/** What the hold-out said, which neither model nor calibrator had seen. */
export const proofSchema = z.strictObject({
  rows: count,
  /** Adapters that this hold-out has scored, this one included. */
  candidates: z.int().min(1),
  /** Simplest first. */
  results: z.array(proofResultSchema).min(2).readonly(),
  /** Place in the results: the simplest whose NLL is within one standard error of the lowest. */
  chosen: count,
  /** What a reader must know of the calibrators, in sentences. */
  notes: z.array(z.string()).readonly(),
});
export type Proof = z.infer<typeof proofSchema>;

const tuningSchema = z.strictObject({
  table: z.strictObject({ name: z.string(), sha256 }),
  rows: z.strictObject({ train: rowHashes, validation: rowHashes, test: rowHashes }),
  split: z.strictObject({
    seed: count,
    /** Whether groups were kept whole, and whether the table had a split of its own. */
    grouped: z.boolean(),
    given: z.boolean(),
  }),
  settings: tuningSettingsSchema,
  curve: z.array(curvePointSchema).readonly(),
  /** Step of the checkpoint that became the adapter. */
  chosenStep: count,
  /** False if the micro-batch was halved for memory on the way: the same run need not give the same bits. */
  sameBits: z.boolean(),
  /** Absent until the hold-out was scored. */
  proof: proofSchema.exactOptional(),
});

const adapterCardSchema = z.strictObject({
  $schema: z.string().optional(),
  schema: z.literal(CARD_VERSION),
  /** Of the adapter's file. */
  sha256,
  bytes: z.int().positive(),
  base: z.strictObject({ name: z.string(), sha256 }),
  promptSha256: sha256,
  promptAdded: promptAddedSchema.exactOptional(),
  labels: z.array(z.string().min(1)).min(2).readonly(),
  /** Examples of the classifier that the prompt of the adapter leaves out; they come back with the base. */
  examplesLeftOut: z
    .array(z.strictObject({ text: z.string(), label: z.string() }))
    .readonly()
    .exactOptional(),
  /** Null for an adapter that another program made. */
  tuning: tuningSchema.nullable(),
  versions: z.record(z.string(), z.string()),
  /** ISO 8601. */
  time: z.iso.datetime(),
});

export type AdapterCard = z.infer<typeof adapterCardSchema>;

/** Checks and returns what will be written. */
export function adapterCard(parts: Omit<AdapterCard, 'schema'>): AdapterCard {
  return adapterCardSchema.parse({ schema: CARD_VERSION, ...parts });
}

/**
 * Reads a card.
 *
 * @param where its name, for messages
 * @throws UserError adapter-card, adapter-newer
 */
export function parseAdapterCard(text: string, where: string): AdapterCard {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError('adapter-card', `${where} is not JSON. Restore it, or tune again.`, { cause: error });
  }
  const version = z.looseObject({ schema: z.number() }).safeParse(value);
  if (version.success && version.data.schema > CARD_VERSION)
    throw new UserError(
      'adapter-newer',
      `${where} has version ${version.data.schema}, but this program reads only versions up to ${CARD_VERSION}. Update Prompt Confidence to use it.`,
    );
  const parsed = adapterCardSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
  throw new UserError(
    'adapter-card',
    `${where} cannot be used: ${at}: ${issue?.message ?? 'invalid'}. Tune again rather than editing it.`,
    { cause: parsed.error },
  );
}
