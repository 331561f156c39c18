/** The tiny sequence classification models of the tests, which scripts/fixtures/encoder.py makes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { fixture } from './paths';

export const ENCODERS = ['single-label', 'multi-label', 'one-logit'] as const;
export type EncoderFixture = (typeof ENCODERS)[number];

export function encoderFolder(name: EncoderFixture): string {
  return fixture(path.join('encoder', name));
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

const reference = z.object({
  logits: z.array(z.object({ text: z.string(), logits: z.array(z.number()) })),
  /** The first digits of the SHA-256 of the ids of every ten odd texts. */
  ids: z.array(z.string()),
});

/** What transformers and tokenizers give. */
export function encoderReference(name: EncoderFixture): z.infer<typeof reference> {
  return reference.parse(readJson(fixture(`encoder/${name}.json`)));
}

const variants = z.array(
  z.object({
    of: z.enum(ENCODERS),
    part: z.enum(['normalizer', 'pre_tokenizer']),
    value: z.unknown(),
    ids: z.array(z.string()),
  }),
);

/** Further tokenizers: one of the above with another part. */
export function tokenizerVariants(): z.infer<typeof variants> {
  return variants.parse(readJson(fixture('encoder/variants.json')));
}

const addedTokens = z.object({
  pieces: z.array(z.string()),
  /** Lists of added tokens; the variants name one by its number. */
  added: z.array(z.array(z.looseObject({ content: z.string() }))),
  variants: z.array(
    z.object({
      of: z.enum(ENCODERS),
      added: z.int(),
      changes: z.record(z.string(), z.unknown()),
      ids: z.array(z.string()),
    }),
  ),
});

/** Further tokenizers: one of the above with added tokens, as scripts/fixtures/encoder-added-tokens.py makes them. */
export function addedTokenVariants(): z.infer<typeof addedTokens> {
  return addedTokens.parse(readJson(fixture('encoder/added-tokens.json')));
}

/** Tokens that the texts of the references are cut to. */
export const LIMIT = 24;

/** The texts of the references, in order: scripts/fixtures/encoder.py makes the same ones. */
export function oddTexts(): readonly string[] {
  return textsOf(z.array(z.string()).parse(readJson(fixture('encoder/odd-pieces.json'))), 1000);
}

/** Texts of random pieces, as scripts/fixtures/encoder_texts.py makes them. */
export function textsOf(pieces: readonly string[], count: number): readonly string[] {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff);
  return Array.from({ length: count }, () => {
    const length = 1 + ((next() >>> 16) % 12);
    return Array.from({ length }, () => pieces[(next() >>> 8) % pieces.length]).join('');
  });
}
