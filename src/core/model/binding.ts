/** Where scores come from: what a calibrator is valid for, and what is written beside scored tables. */
import * as z from 'zod';
import { VARIANTS } from './confidence-method';

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hexadecimal digits');

/** An adapter on top of a model file. */
export const adapterIdentitySchema = z.strictObject({ name: z.string(), sha256 });
export type AdapterIdentity = z.infer<typeof adapterIdentitySchema>;

export const modelIdentitySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    name: z.string(),
    sha256,
    /** The adapter on top of the file; absent for the file alone. */
    adapter: adapterIdentitySchema.exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('encoder'),
    /** Name of the model folder. */
    name: z.string(),
    /** Of the ONNX file, the files of the tokenizer, the order of the labels and how the outputs are read, together. */
    sha256,
  }),
  z.strictObject({
    kind: z.literal('endpoint'),
    address: z.string(),
    name: z.string(),
    fingerprint: z.string().nullable(),
    verified: z.literal(false),
  }),
]);

/** What the model's chat template adds to the classifier's own prompt; absent where it adds nothing. */
export const promptAddedSchema = z.strictObject({
  /** The date that it was told, because it asked for one. */
  promptDate: z.string().exactOptional(),
  /** What closes the thought that it leaves open, or opens the channel of the answer. */
  answerStart: z.string().exactOptional(),
});

/** Where scores come from: what a calibrator is valid for. */
export const bindingSchema = z.strictObject({
  model: modelIdentitySchema,
  /** Absent for a model that gets the text alone. */
  promptSha256: sha256.exactOptional(),
  promptAdded: promptAddedSchema.exactOptional(),
  scoring: z.strictObject({
    method: z.string(),
    mode: z.string(),
    /** How answers were sampled, for consistency and ensemble; the temperature is null if unknown. */
    sampling: z
      .strictObject({
        samples: z.int().min(1),
        temperature: z.number().positive().nullable(),
        variants: z.enum(VARIANTS),
      })
      .optional(),
  }),
  backend: z.string(),
});

export type Binding = z.infer<typeof bindingSchema>;

/** What a chat template adds to a prompt, in words. */
export function promptAddedInWords(added: Binding['promptAdded']): string {
  const { promptDate, answerStart } = added ?? {};
  const parts = [
    ...(promptDate === undefined ? [] : [`the date ${promptDate}`]),
    ...(answerStart === undefined ? [] : [`${JSON.stringify(answerStart)} before the answer`]),
  ];
  return parts.length === 0 ? 'nothing that is fixed' : parts.join(' and ');
}

/** Every kind of identity that a model can have. */
export type ModelIdentities = {
  [Model in Binding['model'] as Model['kind']]: Model;
};
export type ModelKind = keyof ModelIdentities;

/** The first digits of a SHA-256, for people. */
export function shortHash(hash: string): string {
  return `${hash.slice(0, 12)}…`;
}

/** The adapter of a model file. */
export function adapterInWords({ adapter }: ModelIdentities['file']): string {
  return adapter === undefined ? 'none' : `${adapter.name} (SHA-256 ${shortHash(adapter.sha256)})`;
}

const IN_WORDS: { readonly [Kind in ModelKind]: (model: ModelIdentities[Kind]) => string } = {
  file: (model) => {
    const base = `${model.name} (SHA-256 ${shortHash(model.sha256)})`;
    return model.adapter === undefined ? base : `${base} with the adapter ${adapterInWords(model)}`;
  },
  encoder: (model) => `${model.name} (SHA-256 ${shortHash(model.sha256)} of model, tokenizer and labels)`,
  endpoint: ({ name, address }) => `${name} at ${address} (its weights cannot be verified)`,
};

/** A model as a calibrator is bound to it. */
export function modelInWords<Kind extends ModelKind>(model: ModelIdentities[Kind] & { kind: Kind }): string {
  return IN_WORDS[model.kind](model);
}
