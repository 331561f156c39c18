/**
 * The classifier file (`.prompt-confidence/classifiers/<name>.json`): what to ask the model, and which
 * answers count for which label. The JSON Schema that the editor uses is generated from this schema.
 */
import { type Bucket, bucketProblems } from '../model/buckets';
import { HEAD_KINDS, type HeadKind } from '../encoder/config';
import { isFormula } from '../formula';
import { listed, quoted, shortened } from '../quote';
import * as z from 'zod';
import { MOST_LABELS } from '../model/most-labels';
import { UserError } from '../user-error';
import {
  CONFIDENCE_METHODS,
  DEFAULT_CONSISTENCY,
  VARIANTS,
  type ConfidenceMethod,
  type ConsistencySettings,
} from '../model/confidence-method';
import {
  DEFAULT_SOURCE,
  ENCODER_SOURCE,
  parseSourceName,
  sourceForms,
  type SourceName,
  sourceNameText,
  sourcesInWords,
} from './source-name';
import { spelledLabels, spellingsOf } from './spellings';

/** The place in a template where the text to classify goes. */
export const TEXT_PLACEHOLDER = '{{text}}';

/** The place in an instruction or a template where the names of the labels go, in their order. */
export const LABELS_PLACEHOLDER = '{{labels}}';

export const CLASSIFIER_VERSION = 1;

/** Longest text in tokens where the file says nothing: a page or two of prose. */
const DEFAULT_MAX_TEXT_TOKENS = 1024;

const exampleSchema = z.strictObject({
  text: z.string().min(1).describe('A text of the kind that will be classified.'),
  label: z.string().min(1).describe('The true label, one of the names under "labels".'),
});

/** More than a prompt has room for. A file may come from anywhere, and labels are compared with each other. */
const MOST_SPELLINGS = 100;
const MOST_EXAMPLES = 10_000;
const MOST_NEUTRAL_TEXTS = 1000;
const MOST_BUCKETS = 100;

/** Characters of the longest prompt: far above what any model takes. {{labels}} makes much of a small file. */
const LONGEST_PROMPT = 4 * 1024 * 1024;

/** Problems that are told: nobody reads more, and a file of a megabyte can have a million. */
const MOST_PROBLEMS = 100;

const labelName = z
  .string()
  .refine((name) => name.trim() !== '', 'a label needs a name')
  .refine(
    (name) => !isFormula(name),
    'a label may not begin with =, +, -, @ or a tab, because a spreadsheet computes such a cell, quoted or not',
  );

const labelSchema = z.strictObject({
  name: labelName.describe(
    'The name of the label. It is a spelling of itself, with its lower, UPPER and Capitalised forms.',
  ),
  spellings: z
    .array(z.string().refine((spelling) => spelling.trim() !== '', 'a spelling may not be empty'))
    .max(MOST_SPELLINGS, { error: `a label has at most ${MOST_SPELLINGS} spellings`, abort: true })
    .optional()
    .describe('More spellings of this label, besides the forms of its name.'),
});

const modelSha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 has 64 hexadecimal digits');

const modelSource = z
  .string()
  .regex(/^(hf:|https:\/\/)/, 'a source starts with hf: or https://')
  .optional()
  .describe('Where the model can be downloaded from. It is used only when you click.');

const modelSchema = z.strictObject({
  file: z
    .string()
    .regex(/^[^/\\]+\.gguf$/i, 'the model is named by its file name, without a folder, ending in .gguf')
    .describe('File name of the model, as in the model list. Never a path.'),
  sha256: modelSha256
    .optional()
    .describe('SHA-256 of the file, so that another file of the same name is not used instead.'),
  source: modelSource,
});

/** Neutral texts: a content-free correction of the label prior scores these. */
const DEFAULT_NEUTRAL_TEXTS = ['N/A', '[MASK]', '...'];

const consistencySchema = z.strictObject({
  samples: z
    .int()
    .min(2)
    .max(10_000)
    .optional()
    .describe(`How many answers are sampled. Default ${DEFAULT_CONSISTENCY.samples}.`),
  temperature: z
    .number()
    .positive()
    .max(10)
    .optional()
    .describe(
      `The temperature at which answers are sampled. Default ${DEFAULT_CONSISTENCY.temperature.toFixed(1)}: the model as it is.`,
    ),
  variants: z
    .enum(VARIANTS)
    .optional()
    .describe(
      'permuted: each answer gets the examples (and the labels, if the prompt contains {{labels}}) in another order; plain: each answer gets the same prompt. With answers of one token, plain only adds noise to the token probability. Default permuted.',
    ),
});

/** The fields that every classifier file has, whatever its model is. */
const commonFields = {
  $schema: z.string().optional(),
  version: z.literal(CLASSIFIER_VERSION).describe('Version of this file format.'),
  name: z.string().min(1).describe('The name shown in lists.'),
  description: z.string().optional().describe('One line on what it is for.'),
  calibrator: z.string().min(1).optional().describe('Name of a saved calibrator for this classifier.'),
  buckets: z
    .array(z.strictObject({ name: z.string(), low: z.number() }))
    .min(1)
    .max(MOST_BUCKETS, { error: `a classifier has at most ${MOST_BUCKETS} buckets`, abort: true })
    .optional()
    .describe(
      'Buckets of its calibrated confidence, highest first, in place of those of the setting. Each has a name and a lower bound; the last bound must be 0.',
    ),
};

/** Reports labels that have one name, as columns of a table are compared: without outer spaces. */
function checkNames(labels: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  const names = new Set<string>();
  labels.forEach(({ name }, index) => {
    if (names.has(name.trim()))
      context.addIssue({
        code: 'custom',
        path: ['labels', index, 'name'],
        message: `the label ${quoted(name)} occurs twice`,
      });
    names.add(name.trim());
  });
}

function checkBuckets(buckets: readonly Bucket[], context: z.RefinementCtx): void {
  for (const { at, field, message } of bucketProblems(buckets))
    context.addIssue({ code: 'custom', path: ['buckets', at, field], message });
}

const kindField = z
  .enum(['prompt', 'encoder'])
  .describe(
    'prompt: a language model is asked in words; encoder: a sequence classification model, which gets the text alone. Default prompt.',
  );

const encoderModelSchema = z.strictObject({
  folder: z
    .string()
    .regex(/^(?!\.{1,2}$)[^/\\]+$/, 'the model is named by the name of its folder, without a path')
    .describe('Name of the model folder, as in the model list. Never a path.'),
  sha256: modelSha256.describe('SHA-256 of its ONNX file.'),
  source: modelSource,
});

const encoderLabelSchema = z.strictObject({
  name: labelName.describe('The name of the label.'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .exactOptional()
    .describe(
      'From which probability on the label is right; of its calibrator, if it has one. Only for labels that do not exclude each other (multi-label). Default 0.5.',
    ),
  calibrator: z
    .string()
    .min(1)
    .exactOptional()
    .describe(
      'Name of a saved calibrator for this label. Only for labels that do not exclude each other (multi-label).',
    ),
});

const encoderSchema = z
  .strictObject({
    ...commonFields,
    kind: kindField.extract(['encoder']),
    labels: z
      .array(encoderLabelSchema)
      .min(2, 'a classifier needs at least two labels')
      .max(MOST_LABELS, { error: `a classifier has at most ${MOST_LABELS} labels`, abort: true })
      .describe(
        'The labels in the order of the outputs of the model. Of a model with one output, the second label is that of the output.',
      ),
    outputs: z
      .enum(HEAD_KINDS)
      .optional()
      .describe(
        'How the outputs of the model are read, if its config.json does not say it. single-label: one label is right (softmax); multi-label: each label is right or not by itself (a sigmoid for each); binary: one output for two labels (its sigmoid is the probability of the second).',
      ),
    model: encoderModelSchema,
  })
  .superRefine(({ labels, outputs, calibrator, buckets }, context) => {
    checkNames(labels, context);
    checkBuckets(buckets ?? [], context);
    const own = labels.findIndex((label) => label.threshold !== undefined || label.calibrator !== undefined);
    if (own >= 0 && (outputs === 'single-label' || outputs === 'binary'))
      context.addIssue({
        code: 'custom',
        path: ['labels', own],
        message: `only labels that do not exclude each other ("outputs": "multi-label") have a threshold and a calibrator each`,
      });
    if (calibrator !== undefined && (own >= 0 || outputs === 'multi-label'))
      context.addIssue({
        code: 'custom',
        path: ['calibrator'],
        message: 'labels that do not exclude each other have a calibrator each: name it beside the label',
      });
  });

const promptSchema = z
  .strictObject({
    ...commonFields,
    kind: kindField.extract(['prompt']).optional(),
    instruction: z
      .string()
      .optional()
      .describe(
        'What the model is asked to do: the system message of a chat model, the first lines for a base model. {{labels}} is replaced by the names of the labels.',
      ),
    template: z
      .string()
      .refine(
        (template) => template.split(TEXT_PLACEHOLDER).length === 2,
        `write ${TEXT_PLACEHOLDER} exactly once`,
      )
      .describe(
        'What surrounds the text. {{text}} is replaced by the text; the answer is expected at the end.',
      ),
    examples: z
      .array(exampleSchema)
      .max(MOST_EXAMPLES, { error: `a classifier has at most ${MOST_EXAMPLES} examples`, abort: true })
      .optional()
      .describe('Answered examples, put before the text.'),
    labels: z
      .array(labelSchema)
      .min(2, 'a classifier needs at least two labels')
      .max(MOST_LABELS, { error: `a classifier has at most ${MOST_LABELS} labels`, abort: true }),
    prompt: z
      .enum(['auto', 'chat', 'completion'])
      .optional()
      .describe(
        'chat: through the chat template of the model; completion: plain text; auto: chat where the model has a template.',
      ),
    scoring: z
      .enum(['auto', 'first-token', 'sequence'])
      .optional()
      .describe(
        'first-token: read the first token of the answer; sequence: whole labels; auto: the first token if it distinguishes the labels, otherwise whole labels.',
      ),
    method: z
      .enum(CONFIDENCE_METHODS)
      .optional()
      .describe(
        'How the confidence is computed. token-probability: the probability of the label as an answer; consistency: how often the label is the answer among several sampled answers; ensemble: both. Default token-probability.',
      ),
    consistency: consistencySchema.optional(),
    source: z
      .string()
      .superRefine((name, context) => {
        if (parseSourceName(name) === undefined)
          context.addIssue({
            code: 'custom',
            message: `a source is ${sourceForms()}`,
          });
      })
      .optional()
      .describe(`Which model answers. ${sourcesInWords()}. Default ${sourceNameText(DEFAULT_SOURCE)}.`),
    maxTextTokens: z
      .int()
      .min(16)
      .max(131_072)
      .optional()
      .describe(
        `Longest text in tokens; longer ones are cut in the middle. Default ${DEFAULT_MAX_TEXT_TOKENS}.`,
      ),
    neutralTexts: z
      .array(z.string().refine((text) => text.trim() !== '', 'a neutral text may not be empty'))
      .min(1)
      .max(MOST_NEUTRAL_TEXTS, {
        error: `a classifier has at most ${MOST_NEUTRAL_TEXTS} neutral texts`,
        abort: true,
      })
      .optional()
      .describe(
        `Texts without content, for the content-free correction of the label prior. Default ${DEFAULT_NEUTRAL_TEXTS.map((text) => JSON.stringify(text)).join(', ')}.`,
      ),
    model: modelSchema.optional(),
    adapter: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Name of an adapter that was tuned for this classifier: .prompt-confidence/adapters/NAME.gguf.',
      ),
  })
  .superRefine((file, context) => {
    checkNames(file.labels, context);
    const names = new Set(file.labels.map(({ name }) => name));
    const known = listed([...names]);
    const unknown = strangers(file.examples ?? [], names);
    file.examples?.forEach((example, index) => {
      const others = unknown.get(example.label);
      // One problem for one name, however many examples have it.
      if (others?.first !== index) return;
      const more = others.count === 1 ? '' : `; ${others.count} examples have it`;
      context.addIssue({
        code: 'custom',
        path: ['examples', index, 'label'],
        message: `${quoted(example.label)} is not one of the labels (${known})${more}`,
      });
    });
    const claimed = new Map<string, string>();
    for (const label of file.labels) {
      for (const spelling of new Set([label.name, ...(label.spellings ?? [])].map((text) => text.trim()))) {
        const other = claimed.get(spelling);
        if (other !== undefined && other !== label.name)
          context.addIssue({
            code: 'custom',
            path: ['labels'],
            message: `the spelling ${quoted(spelling)} is claimed by two labels: ${shortened(other)} and ${shortened(label.name)}`,
          });
        claimed.set(spelling, label.name);
      }
    }
    checkBuckets(file.buckets ?? [], context);
    if (
      file.adapter !== undefined &&
      file.source !== undefined &&
      parseSourceName(file.source)?.kind !== 'engine'
    )
      context.addIssue({
        code: 'custom',
        path: ['adapter'],
        message: `an adapter works with the source ${sourceNameText(DEFAULT_SOURCE)} only`,
      });
    if (promptLength(file) > LONGEST_PROMPT)
      context.addIssue({
        code: 'custom',
        path: ['template'],
        message: `the prompt would have more than ${LONGEST_PROMPT / 1024 / 1024} million characters`,
      });
  });

/** The labels of examples that are no labels of the classifier: where each occurs first, and how often. */
function strangers(
  examples: readonly { readonly label: string }[],
  names: ReadonlySet<string>,
): ReadonlyMap<string, { readonly first: number; readonly count: number }> {
  const found = new Map<string, { readonly first: number; readonly count: number }>();
  examples.forEach(({ label }, index) => {
    if (names.has(label)) return;
    const before = found.get(label) ?? { first: index, count: 0 };
    found.set(label, { ...before, count: before.count + 1 });
  });
  return found;
}

/** Characters of a prompt without a text; as a model without a chat template gets it, or a few more. */
function promptLength({
  instruction = '',
  template,
  labels,
  examples = [],
}: Pick<ClassifierFile, 'instruction' | 'template' | 'labels' | 'examples'>): number {
  const names = labels.reduce((sum, { name }) => sum + name.length + 2, 0);
  const lengthOf = (text: string): number =>
    text.length + names * (text.split(LABELS_PLACEHOLDER).length - 1);
  const answered = examples.reduce((sum, { text, label }) => sum + text.length + label.length + 2, 0);
  return lengthOf(instruction) + lengthOf(template) * (examples.length + 1) + answered;
}

/** A classifier file of a language model, as it is written on disk. */
export type ClassifierFile = z.infer<typeof promptSchema>;
/** A classifier file of a sequence classification model. */
export type EncoderClassifierFile = z.infer<typeof encoderSchema>;

/** A file says by `kind` what it is. */
function isEncoderFile(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'encoder';
}

/** A label with all its spellings; examples use the first. */
export interface Label {
  readonly name: string;
  readonly spellings: readonly string[];
}

/** How a language model is asked, and which of its answers count for which label. */
export interface Asking {
  readonly kind: 'prompt';
  /** The name of the classifier, for messages. */
  readonly name: string;
  readonly instruction: string;
  readonly template: string;
  readonly examples: readonly { readonly text: string; readonly label: string }[];
  /** In the classifier's order, with all spellings; the order may differ in a variant of the prompt. */
  readonly labels: readonly Label[];
  readonly prompt: 'auto' | 'chat' | 'completion';
  readonly scoring: 'auto' | 'first-token' | 'sequence';
  readonly maxTextTokens: number;
  readonly neutralTexts: readonly string[];
}

/** How the outputs of a sequence classification model are read. */
export interface HeadReading {
  readonly kind: 'encoder';
  /** Undefined where the config.json of the model decides. */
  readonly outputs: HeadKind | undefined;
}

interface ClassifierLabel {
  readonly name: string;
  /** From which probability on it is right, and the name of its calibrator, of labels that do not exclude each other. */
  readonly threshold?: number;
  readonly calibrator?: string;
}

/**
 * A classifier with every default filled in; the rest of the program works with it. Its own fields are those that every
 * classifier has, whatever its model is; `asks` says how that
 * model is asked.
 */
export interface Classifier {
  readonly name: string;
  readonly description: string;
  readonly labels: readonly ClassifierLabel[];
  readonly method: ConfidenceMethod;
  readonly consistency: ConsistencySettings;
  readonly source: SourceName;
  readonly model: { readonly file: string; readonly sha256?: string; readonly source?: string } | undefined;
  /** Name of the adapter that the engine puts on top of the model. */
  readonly adapter: string | undefined;
  readonly calibrator: string | undefined;
  /** Buckets of its calibrated confidence, valid; undefined for those of the settings or of an option. */
  readonly buckets: readonly Bucket[] | undefined;
  readonly asks: Asking | HeadReading;
}

/** A classifier of a language model. */
export type PromptClassifier = Classifier & { readonly asks: Asking };

/**
 * How the language model of a classifier is asked.
 *
 * @throws UserError `no-prompt` for one of a model that gets the text alone
 */
export function askingOf({ name, asks }: Pick<Classifier, 'name' | 'asks'>): Asking {
  if (asks.kind === 'prompt') return asks;
  throw new UserError(
    'no-prompt',
    `The classifier "${name}" has no prompt: its model is a sequence classification model, which gets the text alone.`,
  );
}

/** The names of all calibrators of a classifier: its own, or those of its labels. */
export function calibratorsNamed({
  calibrator,
  labels,
}: Pick<Classifier, 'calibrator' | 'labels'>): string[] {
  return [calibrator, ...labels.map((label) => label.calibrator)].filter((name) => name !== undefined);
}

/** The labels of a classifier with all their spellings. */
export function labelsOf({ labels, asks }: Pick<Classifier, 'labels' | 'asks'>): readonly Label[] {
  return asks.kind === 'prompt' ? asks.labels : spelledLabels(labels.map(({ name }) => name));
}

/**
 * Reads a classifier file.
 *
 * @param json text of the file
 * @param where its name, for messages
 * @throws UserError `classifier-invalid` naming every field that is wrong and why
 */
export function parseClassifier(json: string, where: string): Classifier {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UserError(
      'classifier-invalid',
      `${where} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return classifierFrom(value, where);
}

/** One problem of a classifier file. */
export interface ClassifierProblem {
  /** Field names and list positions from the top of the file. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** True for a field that no classifier has. */
  readonly isUnknown: boolean;
}

/** The problems of a value that should be a classifier file, the first hundred of them; empty for a valid one. */
export function classifierProblems(value: unknown): ClassifierProblem[] {
  const parsed = (isEncoderFile(value) ? encoderSchema : promptSchema).safeParse(value);
  return parsed.success ? [] : problemsOf(parsed.error, value);
}

function problemsOf({ issues }: z.ZodError, value: unknown): ClassifierProblem[] {
  const found = issues.slice(0, MOST_PROBLEMS).flatMap((issue): Misnamed[] => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    return issue.code === 'unrecognized_keys'
      ? issue.keys.slice(0, MOST_PROBLEMS).map((key) => misnamed(path, key, value))
      : [{ path, message: issue.message, isUnknown: false }];
  });
  // A misspelt field is not missing as well.
  const meant = new Set(
    found.flatMap(({ path, meant: name }) => (name === undefined ? [] : [pathKey(path, name)])),
  );
  return found
    .filter(({ path, isUnknown }) => isUnknown || !meant.has(JSON.stringify(path)))
    .slice(0, MOST_PROBLEMS);
}

/** A field that no classifier has, and the one that was probably meant. */
function misnamed(path: readonly (string | number)[], key: string, value: unknown): Misnamed {
  const there = valueAt(value, path);
  const meant = fieldsAt(path, isEncoderFile(value)).find(
    (field) => !(field in there) && isNearly(key.slice(0, LONGEST_FIELD), field),
  );
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return { path: [...path, key], message: `there is no field of this name${hint}`, isUnknown: true, meant };
}

interface Misnamed extends ClassifierProblem {
  readonly meant?: string | undefined;
}

/** Names of fields are shorter. */
const LONGEST_FIELD = 40;

/** The fields that an object at a path may have. */
function fieldsAt(path: readonly (string | number)[], isEncoder: boolean): string[] {
  switch (path[0]) {
    case undefined:
      return Object.keys((isEncoder ? encoderSchema : promptSchema).shape);
    case 'labels':
      return Object.keys((isEncoder ? encoderLabelSchema : labelSchema).shape);
    case 'examples':
      return Object.keys(exampleSchema.shape);
    case 'model':
      return Object.keys((isEncoder ? encoderModelSchema : modelSchema).shape);
    case 'consistency':
      return Object.keys(consistencySchema.shape);
    default:
      return [];
  }
}

function valueAt(value: unknown, path: readonly (string | number)[]): object {
  const found = path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
  return typeof found === 'object' && found !== null ? found : {};
}

function pathKey(path: readonly (string | number)[], name: string): string {
  return JSON.stringify([...path.slice(0, -1), name]);
}

/** Whether one or two letters were mistyped, left out, added or exchanged, or the case is another. */
function isNearly(typed: string, wanted: string): boolean {
  const [a, b] = [typed.toLowerCase(), wanted.toLowerCase()];
  return distance(a, b) <= (b.length > 4 ? 2 : 1);
}

/** Levenshtein’s distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}

/** If a newer version wrote the file, a sentence about it. */
export function newerVersion(value: unknown, where: string): string | undefined {
  const found = z.object({ version: z.number() }).safeParse(value);
  return found.success && found.data.version > CLASSIFIER_VERSION
    ? `${where} was written for a newer version of Prompt Confidence (file version ${found.data.version}; this version reads up to ${CLASSIFIER_VERSION}). Update Prompt Confidence.`
    : undefined;
}

/** Like {@link parseClassifier}, for a value that is already parsed. */
export function classifierFrom(value: unknown, where: string): Classifier {
  const newer = newerVersion(value, where);
  if (newer !== undefined) throw new UserError('classifier-newer', newer);
  if (isEncoderFile(value)) return encoderClassifier(parsedBy(encoderSchema, value, where));
  const file = parsedBy(promptSchema, value, where);
  const spellings = spellingsOf(file.labels);
  return {
    name: file.name,
    description: file.description ?? '',
    labels: file.labels.map(({ name }) => ({ name })),
    method: file.method ?? 'token-probability',
    consistency: {
      samples: file.consistency?.samples ?? DEFAULT_CONSISTENCY.samples,
      temperature: file.consistency?.temperature ?? DEFAULT_CONSISTENCY.temperature,
      variants: file.consistency?.variants ?? DEFAULT_CONSISTENCY.variants,
    },
    source: parseSourceName(file.source ?? '') ?? DEFAULT_SOURCE,
    model:
      file.model === undefined
        ? undefined
        : {
            file: file.model.file,
            ...(file.model.sha256 === undefined ? {} : { sha256: file.model.sha256 }),
            ...(file.model.source === undefined ? {} : { source: file.model.source }),
          },
    adapter: file.adapter,
    calibrator: file.calibrator,
    buckets: file.buckets,
    asks: {
      kind: 'prompt',
      name: file.name,
      instruction: file.instruction ?? '',
      template: file.template,
      examples: file.examples ?? [],
      labels: file.labels.map(({ name }, index) => ({ name, spellings: spellings[index] ?? [name] })),
      prompt: file.prompt ?? 'auto',
      scoring: file.scoring ?? 'auto',
      maxTextTokens: file.maxTextTokens ?? DEFAULT_MAX_TEXT_TOKENS,
      neutralTexts: file.neutralTexts ?? DEFAULT_NEUTRAL_TEXTS,
    },
  };
}

function parsedBy<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, value).map(({ path, message }) =>
    path.length === 0 ? message : `${shortened(path.join('.'))}: ${message}`,
  );
  throw new UserError('classifier-invalid', `${where}: ${problems.join('; ')}`);
}

function encoderClassifier(file: EncoderClassifierFile): Classifier {
  const { folder, sha256, source } = file.model;
  return {
    name: file.name,
    description: file.description ?? '',
    labels: file.labels,
    method: 'token-probability',
    consistency: DEFAULT_CONSISTENCY,
    source: ENCODER_SOURCE,
    model: { file: folder, sha256, ...(source === undefined ? {} : { source }) },
    adapter: undefined,
    calibrator: file.calibrator,
    buckets: file.buckets,
    asks: { kind: 'encoder', outputs: file.outputs },
  };
}

/**
 * The JSON Schema (draft 7, the newest that VS Code completes fully) that the extension contributes for classifier files.
 * It has no opinion on missing and unknown fields: the extension reports these itself, once, with the field that was
 * probably meant.
 *
 * @public esbuild.mjs writes the schema with it
 */
export function classifierJsonSchema(): object {
  const [encoder, prompt] = [encoderSchema, promptSchema].map((schema) =>
    z.toJSONSchema(schema, {
      target: 'draft-7',
      io: 'input',
      override: ({ jsonSchema }) => {
        delete jsonSchema.required;
        delete jsonSchema.additionalProperties;
      },
    }),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { kind: z.toJSONSchema(kindField, { target: 'draft-7' }) },
    if: { properties: { kind: { const: 'encoder' } }, required: ['kind'] },
    then: encoder,
    else: prompt,
  };
}
