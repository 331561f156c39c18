/** What the scores of a sequence classification model depend on. */
import type { HeadKind } from './config';

/** A file of a model folder. */
export interface ModelPart {
  /** Relative to the folder, with forward slashes. */
  readonly name: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * Everything that decides the scores, in one string. Its hash binds tables and calibrators to the model.
 *
 * @param parts the ONNX file, the files with its weights, and those of its tokenizer
 * @param labels in the order of the outputs
 * @param positionLimit of config.json: where a text is cut if the tokenizer's files do not say it
 */
export function encoderIdentity(
  parts: readonly ModelPart[],
  kind: HeadKind,
  labels: readonly string[],
  positionLimit: number | undefined,
): string {
  const files = [...parts]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => [name, sha256]);
  return JSON.stringify([files, kind, labels, positionLimit ?? null]);
}
