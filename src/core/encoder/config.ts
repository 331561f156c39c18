/** What the `config.json` of a sequence classification model says about its outputs. */
import * as z from 'zod';
import { MOST_LABELS } from '../model/most-labels';
import { quoted } from '../quote';
import { UserError } from '../user-error';

/**
 * How the outputs (logits) of a model are read:
 * - single-label: one label is right; softmax over all outputs.
 * - multi-label: each label is right or not by itself; a sigmoid for each output.
 * - binary: one output for two labels; its sigmoid is the probability of the second.
 */
export const HEAD_KINDS = ['single-label', 'multi-label', 'binary'] as const;
export type HeadKind = (typeof HEAD_KINDS)[number];

export interface EncoderConfig {
  /** "BertForSequenceClassification"; undefined where the file names none. */
  readonly architecture: string | undefined;
  /** The names of the outputs, in order; `LABEL_0`, `LABEL_1` … where the file has no names. */
  readonly outputs: readonly string[];
  /** Whether these are names that say something. */
  readonly isNamed: boolean;
  /** How the outputs may be read, the likeliest first. */
  readonly kinds: readonly [HeadKind, ...HeadKind[]];
  /** Whether the file leaves open how they are read, so that a person has to say it. */
  readonly isOpen: boolean;
  /** Most tokens of a text, special tokens included; undefined for a model without positions of its own. */
  readonly positionLimit: number | undefined;
}

const configSchema = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: z.int().positive().nullish(),
  problem_type: z.string().nullish(),
  max_position_embeddings: z.int().nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
});

/** Models whose positions begin after the padding token, as RoBERTa's do. */
const OFFSET_POSITIONS: ReadonlySet<string> = new Set([
  ...['roberta', 'roberta-prelayernorm', 'xlm-roberta', 'xlm-roberta-xl', 'camembert', 'data2vec-text'],
  ...['ibert', 'longformer', 'luke', 'mpnet', 'xmod'],
]);

/** transformers leaves out what is its default: two outputs without names. */
const DEFAULT_OUTPUTS = 2;

/**
 * Reads a parsed `config.json`.
 *
 * @throws UserError `encoder-config` for what is no sequence classification model, a regression among them
 */
export function encoderConfig(value: unknown): EncoderConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unusable(`it cannot be read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'})`);
  }
  const config = parsed.data;
  const [architecture] = config.architectures ?? [];
  if (architecture !== undefined && !architecture.endsWith('ForSequenceClassification'))
    throw unusable(
      `the model is a ${quoted(architecture)}, which does not classify whole texts (…ForSequenceClassification)`,
    );
  const outputs = outputNames(config);
  return {
    architecture,
    outputs,
    isNamed: !outputs.every((name) => /^LABEL_\d+$/i.test(name)),
    ...reading(config.problem_type ?? undefined, outputs.length),
    positionLimit: positionLimit(config),
  };
}

/** By number: as texts, "10" would come before "9". */
function outputNames({ id2label, num_labels }: z.infer<typeof configSchema>): readonly string[] {
  const count = isAbsent(id2label) ? (num_labels ?? DEFAULT_OUTPUTS) : Object.keys(id2label).length;
  if (count === 0) throw unusable('"id2label" is empty');
  if (count > MOST_LABELS)
    throw unusable(`it has ${count} labels, more than the ${MOST_LABELS} that are possible`);
  if (isAbsent(id2label)) return Array.from({ length: count }, (_, index) => `LABEL_${index}`);
  const names = Array.from({ length: count }, (_, index) => id2label[String(index)]);
  const missing = names.indexOf(undefined);
  if (missing >= 0) throw unusable(`"id2label" has ${count} labels, but none with the number ${missing}`);
  return names.map((name = '') => name);
}

/** transformers writes null for what has no value. */
function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function reading(problem: string | undefined, outputs: number): Pick<EncoderConfig, 'kinds' | 'isOpen'> {
  if (problem === 'regression')
    throw unusable('"problem_type" is "regression": the model gives a quantity, no label');
  if (problem === 'multi_label_classification')
    return { kinds: [outputs === 1 ? 'binary' : 'multi-label'], isOpen: false };
  if (problem === 'single_label_classification' && outputs > 1)
    return { kinds: ['single-label'], isOpen: false };
  if (problem !== undefined && problem !== 'single_label_classification')
    throw unusable(`"problem_type" is ${quoted(problem)}, which transformers does not know`);
  return outputs === 1
    ? { kinds: ['binary'], isOpen: true }
    : { kinds: ['single-label', 'multi-label'], isOpen: true };
}

function positionLimit({
  model_type,
  max_position_embeddings,
  pad_token_id,
}: z.infer<typeof configSchema>): number | undefined {
  if (isAbsent(max_position_embeddings) || max_position_embeddings <= 0) return undefined;
  const offset = OFFSET_POSITIONS.has(model_type ?? '') ? (pad_token_id ?? 1) + 1 : 0;
  const limit = max_position_embeddings - offset;
  if (limit < 1) throw unusable(`"max_position_embeddings" is ${max_position_embeddings}`);
  return limit;
}

function unusable(why: string): UserError {
  return new UserError('encoder-config', `config.json does not describe a classifier: ${why}.`);
}

/**
 * How the outputs are read.
 *
 * @param asked what the person said; undefined where nobody was asked
 * @throws UserError `encoder-problem` if that is open and nobody said it, or is said against config.json
 */
export function headKind({ kinds, isOpen, outputs }: EncoderConfig, asked: HeadKind | undefined): HeadKind {
  const [first] = kinds;
  if (asked !== undefined && kinds.includes(asked)) return asked;
  if (asked !== undefined)
    throw new UserError(
      'encoder-problem',
      `The outputs of this model cannot be read as ${asked}: by its config.json it is ${kinds.join(' or ')}, with ${outputsInWords(outputs.length)}.`,
    );
  if (!isOpen) return first;
  throw new UserError(
    'encoder-problem',
    outputs.length === 1
      ? 'The model has one output, and its config.json does not tell what it is: the log-odds of the second of two labels (binary), or a quantity (a regression, which is no classifier). Ask whoever trained it.'
      : `The model has ${outputs.length} outputs, and its config.json has no "problem_type": either one label is right (single-label), or each is right or not by itself (multi-label). Ask whoever trained it.`,
    { data: { kinds, isOpen } },
  );
}

function outputsInWords(count: number): string {
  return count === 1 ? 'one output' : `${count} outputs`;
}

/** How many labels a classifier on this model has. */
export function labelCount(kind: HeadKind, outputs: number): number {
  return kind === 'binary' ? 2 : outputs;
}

/**
 * The names of the labels of a model that has names: those of its outputs.
 *
 * @returns undefined where a person has to name them
 */
export function ownLabels(
  { outputs, isNamed }: EncoderConfig,
  kind: HeadKind,
): readonly string[] | undefined {
  return isNamed && kind !== 'binary' ? outputs : undefined;
}

/**
 * Checks that labels can stand for the outputs of a model, in this order.
 *
 * @throws UserError `encoder-labels`
 */
export function checkLabels(
  { outputs, isNamed }: EncoderConfig,
  kind: HeadKind,
  labels: readonly string[],
): void {
  const wanted = labelCount(kind, outputs.length);
  if (labels.length !== wanted)
    throw new UserError(
      'encoder-labels',
      `The classifier has ${labels.length} labels, but the model has ${outputsInWords(outputs.length)}, so it needs ${wanted}.`,
    );
  if (!isNamed) return;
  const plain = (names: readonly string[]): string[] => names.map((name) => name.trim().toLowerCase());
  const [given, own] = [plain(labels), plain(outputs)];
  // The one output is the probability of the second label, and may be named after it.
  if (kind === 'binary' && given[0] === own[0])
    throw new UserError(
      'encoder-labels',
      `The output of the model is ${quoted(outputs[0] ?? '')}, and it is the probability of the second label. Write ${quoted(outputs[0] ?? '')} as the second of the two labels.`,
    );
  if (kind === 'binary') return;
  const isReordered = given.some((name, index) => own.includes(name) && own[index] !== name);
  if (isReordered)
    throw new UserError(
      'encoder-labels',
      `The labels are in another order than the outputs of the model: ${outputs.map(quoted).join(', ')}. Write them in that order.`,
    );
}
