/** Messages between the host (extension or command line) and the engine process. */
import * as z from 'zod';
import { HEAD_MODES, SCORE_NOTES } from '../core/scoring/score';
import { VARIANTS } from '../core/model/confidence-method';
import { CHILD_CONTRACT } from './child';
import { notification, request } from './contract';

/** What a person may choose to compute on. */
export const GPU_CHOICES = ['auto', 'metal', 'cuda', 'vulkan', 'off'] as const;

/** How the model should be loaded. Fixed while the engine runs; another configuration is another engine. */
const engineOptionsSchema = z.strictObject({
  modelPath: z.string(),
  gpu: z.enum(GPU_CHOICES),
  gpuLayers: z.union([z.literal('auto'), z.int().nonnegative()]),
  /** Upper limit; the engine never uses more threads than the cores that it may use. 0: as many threads as cores. */
  threads: z.int().nonnegative(),
  /** Why the host asks for the CPU although the user chose a GPU (an earlier start hung or crashed), in words. */
  fallback: z.string().optional(),
});
export type EngineOptions = z.infer<typeof engineOptionsSchema>;

const deviceSchema = z.object({
  /** cpu, or the kind of GPU interface. */
  backend: z.enum(['cpu', 'metal', 'cuda', 'vulkan']),
  /** What the driver calls the devices; empty on the CPU. */
  names: z.array(z.string()),
  /** Layers on the GPU, and layers in total. */
  offloadedLayers: z.number(),
  totalLayers: z.number(),
  threads: z.number(),
  /** Why the CPU is used although a GPU was requested, in words; otherwise undefined. */
  fallback: z.string().optional(),
});
export type Device = z.infer<typeof deviceSchema>;

const modelInfoSchema = z.object({
  fileName: z.string(),
  bytes: z.number(),
  /** Name from the file's own metadata, where it has one. */
  name: z.string().optional(),
  architecture: z.string().optional(),
  hasChatTemplate: z.boolean(),
  trainContextTokens: z.number(),
  device: deviceSchema,
  loadMs: z.number(),
  versions: z.object({ nodeLlamaCpp: z.string(), llamaCpp: z.string() }),
});
export type ModelInfo = z.infer<typeof modelInfoSchema>;

const labelSchema = z.object({ name: z.string(), spellings: z.array(z.string()).min(1).readonly() });

/** The parts of a classifier that the engine needs; the host handles the rest. */
const wireClassifierSchema = z.object({
  name: z.string(),
  instruction: z.string(),
  template: z.string(),
  examples: z.array(z.object({ text: z.string(), label: z.string() })).readonly(),
  labels: z.array(labelSchema).min(2).readonly(),
  prompt: z.enum(['auto', 'chat', 'completion']),
  scoring: z.enum(['auto', 'first-token', 'sequence']),
  maxTextTokens: z.int().positive(),
});

/** An adapter (LoRA) on top of the model. Its path never holds another file: node-llama-cpp keeps adapters by path. */
const wireAdapterSchema = z.object({ name: z.string(), path: z.string(), sha256: z.string() });
export type WireAdapter = z.infer<typeof wireAdapterSchema>;

const scoreParamsSchema = z.object({
  classifier: wireClassifierSchema,
  adapter: wireAdapterSchema.exactOptional(),
  texts: z.array(z.string()).readonly(),
  /** Rows of the token table; 0 for none (batches), because sorting the vocabulary costs more than the decode. */
  topTokens: z.int().min(0).max(100),
});
export type ScoreParams = z.infer<typeof scoreParamsSchema>;

/** ln of a probability. JSON has no infinity: it writes null for the logarithm of 0. */
const logProbSchema = z
  .union([z.number(), z.literal(-Infinity), z.null()])
  .transform((logProb) => logProb ?? -Infinity);

const tokenRowSchema = z.object({
  rank: z.number(),
  id: z.number(),
  text: z.string(),
  logProb: logProbSchema,
  label: z.string().exactOptional(),
});

const labelScoresSchema = z
  .array(
    z.object({
      label: z.string(),
      logProb: logProbSchema,
      confidence: z.number(),
      isBound: z.boolean().exactOptional(),
      output: z.object({ index: z.int(), logit: z.number() }).exactOptional(),
      threshold: z.number().exactOptional(),
    }),
  )
  .readonly();

const agreementSchema = z.object({
  samples: z.number(),
  counts: z.array(z.number()).readonly(),
  unparsed: z.number(),
  label: z.string(),
  answerRate: z.object({ low: z.number(), high: z.number() }),
  temperature: z.number().nullable(),
  variants: z.enum(VARIANTS),
  tieBrokenBy: z.enum(['token-probability', 'label-order']).nullable(),
});

/** A Score of core. The engine itself sends token probabilities only; the rest is for the pages. */
export const scoreSchema = z.object({
  label: z.string(),
  confidence: z.number(),
  tie: z.boolean(),
  labels: labelScoresSchema,
  labelMass: z.number().nullable(),
  mode: z.enum(['first-token', 'sequence', 'sampled', ...HEAD_MODES]),
  textTokens: z.number(),
  cutTokens: z.number(),
  tokens: z.array(tokenRowSchema).readonly().exactOptional(),
  agreement: agreementSchema.exactOptional(),
  tokenLabels: labelScoresSchema.exactOptional(),
  notes: z.array(z.enum(SCORE_NOTES)).readonly().exactOptional(),
});

/** How texts were put through the model: fixed per model and classifier, and saved beside the scores. */
const contextShapeSchema = z.object({
  prompt: z.enum(['chat', 'completion']),
  /** The date that the chat template was told, if it asked for one. */
  promptDate: z.string().exactOptional(),
  /** What follows the chat template's own text so that the next token is the answer, if anything had to. */
  answerStart: z.string().exactOptional(),
  sequences: z.number(),
  contextTokens: z.number(),
  batchTokens: z.number(),
  prefixTokens: z.number(),
  padding: z.number(),
  flashAttention: z.boolean(),
  swaFullCache: z.boolean(),
});
export type ContextShape = z.infer<typeof contextShapeSchema>;

/** One score for each text, in order. */
const scoreResultSchema = z.object({
  shape: contextShapeSchema,
  scores: z.array(scoreSchema).readonly(),
});
export type ScoreResult = z.infer<typeof scoreResultSchema>;

const sampleParamsSchema = z.object({
  /** Variants of one classifier, and the number of answers to sample under each. */
  prompts: z
    .array(z.object({ classifier: wireClassifierSchema, samples: z.int().positive() }))
    .min(1)
    .readonly(),
  adapter: wireAdapterSchema.exactOptional(),
  texts: z.array(z.string()).readonly(),
  temperature: z.number().positive(),
  seed: z.int(),
});
export type SampleParams = z.infer<typeof sampleParamsSchema>;

/** The answers to each text, in order; those under the first prompt first. */
const sampleResultSchema = z.object({
  /** Shape for the first prompt. */
  shape: contextShapeSchema,
  samples: z
    .array(
      z.object({
        answers: z.array(z.object({ text: z.string(), label: z.string().nullable() })).readonly(),
        textTokens: z.number(),
        cutTokens: z.number(),
      }),
    )
    .readonly(),
});
export type SampleResult = z.infer<typeof sampleResultSchema>;

const promptParamsSchema = z.object({
  classifier: wireClassifierSchema,
  adapter: wireAdapterSchema.exactOptional(),
  text: z.string(),
});
export type PromptParams = z.infer<typeof promptParamsSchema>;

/** A TokenPrompt of core. */
const promptResultSchema = z.object({
  kind: z.literal('tokens'),
  template: z.enum(['chat', 'completion']),
  pieces: z.array(z.object({ text: z.string(), isSpecial: z.boolean() })).readonly(),
  tokens: z.number(),
  textTokens: z.number(),
  cutTokens: z.number(),
  mode: z.enum(['first-token', 'sequence']),
  labels: z
    .array(
      z.object({
        label: z.string(),
        spellings: z.array(z.array(z.object({ id: z.number(), text: z.string() })).readonly()).readonly(),
      }),
    )
    .readonly(),
});
export type PromptResult = z.infer<typeof promptResultSchema>;

const tokensParamsSchema = z.object({
  classifier: wireClassifierSchema,
  texts: z.array(z.string()).readonly(),
});
export type TokensParams = z.infer<typeof tokensParamsSchema>;

/** What a trainer needs of prompts and answers: token ids, and no texts. */
const tokensResultSchema = z.object({
  shape: contextShapeSchema,
  /** How label probabilities are read after a prompt; see AnswerPlan in core. */
  answer: z.object({
    mode: z.enum(['first-token', 'sequence']),
    events: z
      .array(z.object({ label: z.int(), path: z.array(z.int()).readonly(), ends: z.boolean() }))
      .readonly(),
    endTokens: z.array(z.int()).readonly(),
  }),
  /** The prompt of each text, in order. */
  prompts: z
    .array(z.object({ tokens: z.array(z.int()).readonly(), textTokens: z.number(), cutTokens: z.number() }))
    .readonly(),
});
export type TokensResult = z.infer<typeof tokensResultSchema>;

/**
 * What the engine does for a classifier before it evaluates texts. Null: none of it.
 *
 * - template: renders the model's chat template, which is a program that somebody else wrote, and makes tokens and a
 *   plan of what comes out. `spentMs` says how many milliseconds the request has spent in this step before, `prompts`
 *   for how many prompts it is needed at most.
 * - context: makes the context, or has the model evaluate what all texts begin with.
 */
const preparationSchema = z.discriminatedUnion('step', [
  z.object({
    step: z.literal('template'),
    spentMs: z.number().nonnegative(),
    prompts: z.int().positive(),
  }),
  z.object({ step: z.literal('context') }),
  z.object({ step: z.null() }),
]);
export type Preparation = z.infer<typeof preparationSchema>;
export type PreparationStep = NonNullable<Preparation['step']>;

/** Between the host and the engine. */
export const ENGINE_CONTRACT = {
  engine: {
    /** Sends `loadProgress` while it works. */
    load: request(engineOptionsSchema, modelInfoSchema),
    /** Can be cancelled between decodes. */
    score: request(scoreParamsSchema, scoreResultSchema),
    /** Can be cancelled between decodes. */
    sample: request(sampleParamsSchema, sampleResultSchema),
    /** What the model gets for a text, as `score` gives it. Nothing is evaluated for the text. */
    prompt: request(promptParamsSchema, promptResultSchema),
    /** The tokens of prompts, as `score` gives them. Nothing is evaluated for the texts. */
    tokens: request(tokensParamsSchema, tokensResultSchema),
  },
  host: {
    ...CHILD_CONTRACT,
    /** Sent at the beginning and the end of each step. The engine hears nothing during a step. */
    preparing: notification(preparationSchema),
  },
};
