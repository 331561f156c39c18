/** Messages between the host (extension or command line) and the process for sequence classification models. */
import * as z from 'zod';
import { CHILD_CONTRACT } from './child';
import { request } from './contract';

/** How a model is loaded. Fixed while the process runs; another configuration is another process. */
const encoderOptionsSchema = z.strictObject({
  /** The ONNX file; absolute. */
  modelPath: z.string(),
  /** The folder with the files of its tokenizer; absolute. */
  folder: z.string(),
  /** Outputs of the head that its config.json names. */
  outputs: z.int().positive(),
  /** Most tokens that it has positions for, special tokens included; absent where it has none of its own. */
  positionLimit: z.int().positive().exactOptional(),
  /** Upper limit; never more threads than the cores that the process may use. 0: as many threads as cores. */
  threads: z.int().nonnegative(),
});
export type EncoderOptions = z.infer<typeof encoderOptionsSchema>;

const encoderInfoSchema = z.object({
  /** Most tokens of a text, special tokens included. */
  tokenLimit: z.int(),
  /** Whether texts of one length are evaluated together: only where each gets the same bits as alone. */
  batches: z.boolean(),
  threads: z.int(),
  loadMs: z.number(),
  versions: z.object({ onnxruntime: z.string() }),
});
export type EncoderInfo = z.infer<typeof encoderInfoSchema>;

const outputsParamsSchema = z.object({ texts: z.array(z.string()).readonly() });

/** A HeadOutput of core for each text, in order, or why there is none. */
const outputsResultSchema = z.object({
  outputs: z
    .array(
      z.union([
        z.object({ logits: z.array(z.number()).readonly(), textTokens: z.int(), cutTokens: z.int() }),
        z.object({ reason: z.string() }),
      ]),
    )
    .readonly(),
});
export type OutputsResult = z.infer<typeof outputsResultSchema>;

/** Between the host and the process. */
export const ENCODER_CONTRACT = {
  encoder: {
    load: request(encoderOptionsSchema, encoderInfoSchema),
    /** Can be cancelled between groups of texts. */
    outputs: request(outputsParamsSchema, outputsResultSchema),
  },
  host: CHILD_CONTRACT,
};
