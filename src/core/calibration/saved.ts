import * as z from 'zod';
import {
  adapterInWords,
  type Binding,
  bindingSchema,
  type ModelIdentities,
  modelInWords,
  type ModelKind,
  promptAddedInWords,
  sha256,
  shortHash,
} from '../model/binding';
import { quoted } from '../quote';
import { UserError } from '../user-error';
import type { Calibrator } from './calibrator';
import { CALIBRATOR_IDS, type CalibratorId, CALIBRATORS, labelKind } from './registry';

/** Version of the file format. A newer one is refused. */
const SAVED_VERSION = 1;

const finite = z.number();
const count = z.int().min(0);

/** Fits of any of these calibrators, distinguished by `kind`. */
function anyOf<Schema extends z.core.$ZodTypeDiscriminable>([first, ...others]: readonly Schema[]) {
  if (first === undefined) throw new Error('The registry lists no calibrator of this shape.');
  return z.discriminatedUnion('kind', [first, ...others]);
}

const listed = Object.values(CALIBRATORS);
const scalarMap = anyOf(listed.flatMap((kind) => (kind.shape === 'scalar' ? [kind.schema] : [])));
const labelModel = anyOf(listed.flatMap((kind) => (kind.shape === 'labels' ? [kind.schema] : [])));

/** Former ids, which files may still contain, and the present ones. */
const FORMER_IDS = new Map<string, CalibratorId>(
  listed.flatMap((kind) => ('formerId' in kind ? [[kind.formerId, kind.id] as const] : [])),
);
const method = z
  .enum([...CALIBRATOR_IDS, ...FORMER_IDS.keys()])
  .transform((name) => FORMER_IDS.get(name) ?? name)
  .pipe(z.enum(CALIBRATOR_IDS));
const labels = z
  .array(z.string().min(1))
  .min(2)
  .refine((names) => new Set(names).size === names.length, 'labels must differ')
  .readonly();

const shares = z.array(finite.positive().max(1)).readonly();
const prevalence = z.strictObject({ fitted: shares, deployed: shares }).optional();

const calibrator = z
  .union([
    z.strictObject({ on: z.literal('confidence'), method, map: scalarMap }),
    z.strictObject({
      on: z.literal('labels'),
      method,
      labels,
      prevalence,
      oneVsRest: z.array(scalarMap).readonly(),
    }),
    z.strictObject({ on: z.literal('labels'), method, labels, prevalence, model: labelModel }),
  ])
  .superRefine((value, context) => {
    for (const message of disagreements(value)) context.addIssue({ code: 'custom', message });
  });

/** Checks what the schema cannot express: that the parts of a calibrator fit together. */
function disagreements(value: Calibrator): string[] {
  if (value.on === 'confidence')
    return value.map.kind === value.method
      ? []
      : [`the method is ${value.method} but the map is ${value.map.kind}`];
  const K = value.labels.length;
  const columnProblem = (columns: readonly (readonly number[])[]) =>
    columns.every((column) => column.length === K) ? [] : [`there must be ${K} numbers, one for each label`];
  const expected = value.prevalence === undefined ? [] : [value.prevalence.fitted, value.prevalence.deployed];
  if ('oneVsRest' in value) {
    const wanted = K === 2 ? 1 : K;
    const wrong = value.oneVsRest.filter(({ kind }) => kind !== value.method);
    return [
      ...columnProblem(expected),
      ...(value.oneVsRest.length === wanted
        ? []
        : [`${K} labels need ${wanted} maps, not ${value.oneVsRest.length}`]),
      ...(wrong.length === 0 ? [] : [`the method is ${value.method} but a map is ${wrong[0]?.kind ?? ''}`]),
    ];
  }
  const { model } = value;
  return [
    ...(model.kind === value.method ? [] : [`the method is ${value.method} but the model is ${model.kind}`]),
    ...columnProblem([...labelKind(model).perLabel(model), ...expected]),
  ];
}

const metric = z.strictObject({ value: finite.nullable(), low: finite.nullable(), high: finite.nullable() });
const warning = z.strictObject({ code: z.string(), message: z.string() });

/** Names of the metrics that a file keeps. */
const SAVED_METRICS = [
  'accuracy',
  'meanConfidence',
  'ece',
  'mce',
  'brier',
  'nll',
  'auroc',
  'aurc',
  'smoothEce',
  'debiasedL2',
  'labelBrier',
  'labelNll',
  'classwiseEce',
] as const;
const metrics = z.partialRecord(z.enum(SAVED_METRICS), metric);

const range = z.tuple([finite, finite]).readonly();
const folds = z.strictObject({
  source: z.enum(['folds', 'split']),
  count: count.min(1),
  seed: z.int(),
  stratifiedBy: z.enum(['label', 'correct']),
  grouped: z.boolean(),
  seedRange: z
    .strictObject({ seeds: z.array(z.int()).readonly(), nll: range, brier: range, ece: range })
    .nullable(),
});

export const savedCalibratorSchema = z
  .strictObject({
    $schema: z.string().optional(),
    schema: z.literal(SAVED_VERSION),
    calibrator,
    /** The label that it is for, of labels that do not exclude each other; absent where they do. */
    label: z.string().min(1).exactOptional(),
    /** Type of the columns that it was fitted on. */
    scoreType: z.enum(['logprob', 'prob', 'logit', 'confidence']),
    n: count,
    classCounts: z.record(z.string(), count).nullable(),
    nCorrect: count,
    nWrong: count,
    /** Out of sample, on the same rows. */
    before: metrics,
    after: metrics,
    inSample: metrics,
    folds,
    seed: z.int(),
    warnings: z.array(warning).readonly(),
    source: z.strictObject({ sha256, name: z.string().nullable() }),
    /** Null if the origin of the table's scores is not recorded. */
    bound: bindingSchema.nullable(),
    versions: z.record(z.string(), z.string()),
    /** ISO 8601. */
    time: z.iso.datetime(),
  })
  .refine(({ n, nCorrect, nWrong }) => n === nCorrect + nWrong, 'n must be nCorrect + nWrong');

export type SavedCalibrator = z.infer<typeof savedCalibratorSchema>;

/**
 * The JSON Schema with which an editor checks and completes a file.
 *
 * @public esbuild.mjs writes the schema with it
 */
export function calibratorJsonSchema(): object {
  return z.toJSONSchema(savedCalibratorSchema, { target: 'draft-7', io: 'input' });
}

/** Checks and returns what will be written. NaN and Infinity are refused. */
export function savedCalibrator(parts: Omit<SavedCalibrator, 'schema'>): SavedCalibrator {
  return savedCalibratorSchema.parse({ schema: SAVED_VERSION, ...parts });
}

/** Reads a calibrator file. Throws a UserError if it is invalid. */
export function parseSavedCalibrator(text: string): SavedCalibrator {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'calibrator-not-json',
      'The calibrator file is not JSON. Restore it or fit it again.',
      {
        cause: error,
      },
    );
  }
  const version = z.looseObject({ schema: finite }).safeParse(value);
  if (version.success && version.data.schema > SAVED_VERSION)
    throw new UserError(
      'calibrator-newer',
      `The calibrator file has version ${version.data.schema}, but this program reads only versions up to ${SAVED_VERSION}. Update Prompt Confidence to use it.`,
    );
  const parsed = savedCalibratorSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
  throw new UserError(
    'calibrator-invalid',
    `The calibrator file cannot be used: ${where}: ${issue?.message ?? 'invalid'}. Fit it again rather than editing it.`,
    { cause: parsed.error },
  );
}

/** Metrics of an evaluation in the form of the file. */
export function savedMetrics(evaluation: MetricSource): SavedCalibrator['after'] {
  const { labelMetrics, ...rest } = evaluation;
  const all: Record<string, MetricValue | undefined> = {
    ...rest,
    labelBrier: labelMetrics?.brier,
    labelNll: labelMetrics?.nll,
    classwiseEce: labelMetrics?.classwiseEce,
  };
  return Object.fromEntries(
    SAVED_METRICS.flatMap((name) => {
      const found = all[name];
      return found === undefined ? [] : [[name, { value: found.value, low: found.low, high: found.high }]];
    }),
  );
}

type MetricValue = z.infer<typeof metric>;
type OwnMetric = Exclude<(typeof SAVED_METRICS)[number], 'labelBrier' | 'labelNll' | 'classwiseEce'>;
type MetricSource = Readonly<Record<OwnMetric, MetricValue>> & {
  readonly labelMetrics: Readonly<Record<'brier' | 'nll' | 'classwiseEce', MetricValue>> | null;
};

/** What a calibrator will be used on. Absent fields are unknown. */
export interface CalibrationTarget {
  /** The label that is looked at, of labels that do not exclude each other; "" for all of them together. */
  readonly label?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly model?: Binding['model'] | undefined;
  readonly promptSha256?: string | undefined;
  readonly promptAdded?: Binding['promptAdded'] | undefined;
  readonly scoring?: Binding['scoring'] | undefined;
  readonly backend?: string | undefined;
}

export interface Mismatch {
  readonly field: 'labels' | 'model' | 'prompt' | 'scoring' | 'backend' | 'binding';
  /** refuse: known to differ; unknown: cannot be compared; warn: differs, with small effect. */
  readonly severity: 'refuse' | 'unknown' | 'warn';
  readonly message: string;
}

/** Why a calibrator may not fit its target; empty if everything agrees. */
export function mismatches(saved: SavedCalibrator, target: CalibrationTarget): Mismatch[] {
  const other = otherLabel(saved, target);
  if (other !== undefined) return [other];
  return [...labelMismatch(saved, target), ...bindingMismatches(saved.bound, target)];
}

/** A calibrator of one label is for no other, nor for labels that exclude each other, and the reverse. */
function otherLabel({ label: own }: SavedCalibrator, { label }: CalibrationTarget): Mismatch | undefined {
  if (own === label) return undefined;
  const here =
    label === undefined
      ? 'no label here is looked at by itself under that name'
      : label === ''
        ? 'here each label has a calibrator of its own'
        : `here is the label ${quoted(label)}`;
  const fitted = own === undefined ? 'labels that exclude each other' : `the label ${quoted(own)} by itself`;
  return { field: 'labels', severity: 'refuse', message: `It was fitted on ${fitted}; ${here}.` };
}

function labelMismatch(
  { calibrator: fitted }: SavedCalibrator,
  { labels: wanted }: CalibrationTarget,
): Mismatch[] {
  if (fitted.on === 'confidence') return [];
  const own = fitted.labels;
  if (wanted === undefined)
    return [{ field: 'labels', severity: 'unknown', message: 'The labels of these scores are not known.' }];
  if (own.length === wanted.length && own.every((label, k) => label === wanted[k])) return [];
  const sameSet = own.length === wanted.length && own.every((label) => wanted.includes(label));
  return [
    {
      field: 'labels',
      severity: 'refuse',
      message: sameSet
        ? `The labels are in another order: fitted on ${own.join(', ')}; here ${wanted.join(', ')}.`
        : `The labels differ: fitted on ${own.join(', ')}; here ${wanted.join(', ')}.`,
    },
  ];
}

function bindingMismatches(bound: Binding | null, target: CalibrationTarget): Mismatch[] {
  if (bound === null)
    return [
      {
        field: 'binding',
        severity: 'unknown',
        message:
          'This calibrator was fitted on a table that does not name its model and prompt, so whether they are the same is not known.',
      },
    ];
  return [
    ...modelMismatch(bound.model, target.model),
    ...promptMismatch(bound, target),
    ...fieldMismatch('scoring', 'confidence method', bound.scoring.method, target.scoring?.method, 'refuse'),
    ...fieldMismatch('scoring', 'scoring mode', bound.scoring.mode, target.scoring?.mode, 'refuse'),
    ...samplingMismatches(bound.scoring.sampling, target.scoring?.sampling),
    ...fieldMismatch('backend', 'backend', bound.backend, target.backend, 'warn'),
  ];
}

function promptMismatch(bound: Binding, target: CalibrationTarget): Mismatch[] {
  const found = fieldMismatch(
    'prompt',
    'prompt',
    bound.promptSha256,
    target.promptSha256,
    'refuse',
    shortHash,
  );
  const [own, other] = [bound, target].map(({ promptAdded }) => promptAddedInWords(promptAdded));
  return found.map((mismatch) =>
    mismatch.severity === 'refuse' && own !== other
      ? { ...mismatch, message: `${mismatch.message} The chat template added ${own}; here ${other}.` }
      : mismatch,
  );
}

type Sampling = Binding['scoring']['sampling'];

/** Absent on one side only goes with methods that differ, which is a mismatch already. */
function samplingMismatches(own: Sampling, other: Sampling): Mismatch[] {
  if (own === undefined || other === undefined) return [];
  const temperature = (value: number | null): string => (value === null ? 'unknown' : String(value));
  return [
    ...fieldMismatch('scoring', 'number of samples', String(own.samples), String(other.samples), 'refuse'),
    ...fieldMismatch(
      'scoring',
      'temperature',
      temperature(own.temperature),
      temperature(other.temperature),
      'refuse',
    ),
    ...fieldMismatch('scoring', 'kind of prompt variants', own.variants, other.variants, 'refuse'),
  ];
}

function modelMismatch(own: Binding['model'], other: Binding['model'] | undefined): Mismatch[] {
  if (other === undefined)
    return [{ field: 'model', severity: 'unknown', message: 'The model of these scores is not known.' }];
  if (own.kind === other.kind) return sameKind(own.kind, own, other);
  const message = `The calibrator was fitted on ${own.name} as ${ARTICLES[own.kind]}; here the model is ${ARTICLES[other.kind]}.`;
  return [{ field: 'model', severity: 'refuse', message }];
}

const ARTICLES: Readonly<Record<ModelKind, string>> = {
  file: 'a file',
  encoder: 'a sequence classification model',
  endpoint: 'an endpoint',
};

/** How two models of one kind differ. */
const MODEL_MISMATCHES: {
  readonly [Kind in ModelKind]: (own: ModelIdentities[Kind], other: ModelIdentities[Kind]) => Mismatch[];
} = {
  file: (own, other) => {
    if (own.sha256 !== other.sha256)
      return fieldMismatch('model', 'model file', modelInWords(own), modelInWords(other), 'refuse');
    // A tuned model is another model: what was fitted on the base does not hold for it, nor the reverse.
    return own.adapter?.sha256 === other.adapter?.sha256
      ? []
      : fieldMismatch('model', 'adapter', adapterInWords(own), adapterInWords(other), 'refuse');
  },
  encoder: (own, other) =>
    own.sha256 === other.sha256
      ? []
      : fieldMismatch(
          'model',
          'model, its tokenizer or its labels',
          modelInWords(own),
          modelInWords(other),
          'refuse',
        ),
  endpoint: (own, other) => {
    const known = [
      ...fieldMismatch('model', 'endpoint', own.address, other.address, 'refuse'),
      ...fieldMismatch('model', 'model name', own.name, other.name, 'refuse'),
      ...(own.fingerprint === null || other.fingerprint === null
        ? []
        : fieldMismatch('model', 'model fingerprint', own.fingerprint, other.fingerprint, 'refuse')),
    ];
    if (known.length > 0) return known;
    return [
      {
        field: 'model',
        severity: 'warn',
        message: 'The model of an endpoint cannot be verified: its name says nothing about its weights.',
      },
    ];
  },
};

function sameKind<Kind extends ModelKind>(
  kind: Kind,
  own: ModelIdentities[Kind],
  other: ModelIdentities[Kind],
): Mismatch[] {
  return MODEL_MISMATCHES[kind](own, other);
}

function fieldMismatch(
  field: Mismatch['field'],
  name: string,
  own: string | undefined,
  other: string | undefined,
  severity: 'refuse' | 'warn',
  shown: (value: string) => string = (value) => value,
): Mismatch[] {
  if (own === undefined || own === other) return [];
  if (other === undefined)
    return [{ field, severity: 'unknown', message: `The ${name} of these scores is not known.` }];
  return [
    { field, severity, message: `The ${name} differs: fitted with ${shown(own)}; here ${shown(other)}.` },
  ];
}

/** True if the calibrator was fitted on this table, so that its numbers are in-sample. */
export function isFittedOn(saved: SavedCalibrator, tableSha256: string): boolean {
  return saved.source.sha256 === tableSha256;
}
