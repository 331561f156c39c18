/**
 * Samples of lm-evaluation-harness (`--log_samples`): the log-likelihood of each choice, and the target, of tasks with
 * choices. Other tasks hold generated text without a probability.
 */
import { createHash } from 'node:crypto';
import { largest } from '../../core/extremes';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { type ImportedRow, type Origin, type Reader, RecordProblem } from './origin';
import { cellOf, fieldOf, isFields, TEXT_FIELDS, textOf } from './values';

interface Sample {
  readonly id: string | undefined;
  readonly filter: string;
  readonly doc: unknown;
  /** What stands before each choice: one and the same, unless the task puts the choices into the question. */
  readonly contexts: readonly unknown[];
  readonly choices: readonly string[];
  readonly logLikelihoods: readonly number[];
  readonly target: unknown;
  /** The harness's own verdict on the choice of the highest log-likelihood; null where it has none. */
  readonly acc: boolean | null;
  /** Whether `acc` is neither 0 nor 1. */
  readonly isShared: boolean;
}

type Pair = readonly [context: unknown, choice: unknown];

/** Older versions write pairs, newer ones objects `gen_args_0: {arg_0, arg_1}`. */
function argumentsOf(record: unknown): readonly Pair[] {
  const found = fieldOf(record, 'arguments');
  if (Array.isArray(found))
    return found.map((pair: unknown) => (Array.isArray(pair) ? [pair[0], pair[1]] : [undefined, undefined]));
  if (!isFields(found)) return [];
  const number = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return Object.entries(found)
    .sort(([left], [right]) => number(left) - number(right))
    .map(([, pair]) => [fieldOf(pair, 'arg_0'), fieldOf(pair, 'arg_1')]);
}

const choiceOf = ([, choice]: Pair): string => (typeof choice === 'string' ? choice.trim() : '');

/** Without what "acc_mutual_info" asks besides: each choice once more, after nothing. */
function asked(pairs: readonly Pair[]): readonly Pair[] {
  const first = pairs.slice(0, pairs.length / 2);
  const rest = pairs.slice(first.length);
  const isAskedTwice =
    first.length === rest.length &&
    rest.every(
      (pair, k) => pair[0] === '' && choiceOf(pair) === choiceOf(first[k] ?? [undefined, undefined]),
    );
  return isAskedTwice ? first : pairs;
}

/** Both numbers and flags may be written as texts. */
function logLikelihoodsOf(record: unknown): readonly number[] {
  const found = fieldOf(record, 'filtered_resps') ?? fieldOf(record, 'resps');
  if (!Array.isArray(found)) return [];
  return found.map((entry: unknown) => {
    let value: unknown = entry;
    // [-1.2, false], ["-1.2", "False"], or one list around it
    while (Array.isArray(value)) value = (value as unknown[])[0];
    return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  });
}

function sampleOf(record: unknown): Sample {
  const pairs = asked(argumentsOf(record));
  const logLikelihoods = logLikelihoodsOf(record);
  const choices = pairs.map(choiceOf);
  if (choices.length < 2 || choices.some((choice) => choice === ''))
    throw new RecordProblem('holds generated text, not the log-likelihoods of choices');
  // The answers to what "acc_mutual_info" asks besides come last.
  const scored = logLikelihoods.slice(0, choices.length);
  if (scored.length < choices.length || scored.some((value) => !Number.isFinite(value)))
    throw new RecordProblem('lacks the log-likelihood of a choice');
  if (scored.some((value) => value > 0)) throw new RecordProblem('has a log-likelihood above 0');
  const acc = fieldOf(record, 'acc');
  const isVerdict = acc === true || acc === false || acc === 1 || acc === 0;
  return {
    id: cellOf(fieldOf(record, 'doc_id')),
    filter: cellOf(fieldOf(record, 'filter')) ?? '',
    doc: fieldOf(record, 'doc'),
    contexts: pairs.map(([context]) => context),
    choices,
    logLikelihoods: scored,
    target: fieldOf(record, 'target'),
    acc: isVerdict ? Boolean(acc) : null,
    isShared: typeof acc === 'number' && !isVerdict,
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** What a target may mean: the text of a choice, its number from 0, or its letter. Each gives the choices that it fits. */
const READINGS = {
  text: ({ target, choices }: Sample) =>
    [...choices.keys()].filter((at) => choices[at] === String(target).trim()),
  number: ({ target, choices }: Sample) =>
    (typeof target === 'number' || /^\d+$/.test(String(target))) && choices[Number(target)] !== undefined
      ? [Number(target)]
      : [],
  letter: ({ target, choices }: Sample) => {
    const at = /^[A-Za-z]$/.test(String(target)) ? LETTERS.indexOf(String(target).toUpperCase()) : -1;
    return choices[at] === undefined ? [] : [at];
  },
} as const;
type Reading = keyof typeof READINGS;

/**
 * Those of the choices that the target fits of which the harness's verdict leaves open that they are right. Of three equal
 * choices a verdict would tell the right one only where that was chosen, and all rows with a true label would be right.
 */
function possible(fitting: readonly number[], { acc, choices, logLikelihoods }: Sample): readonly number[] {
  if (acc === null || (fitting.length > 1 && choices.length > 2)) return fitting;
  const likeliest = logLikelihoods.indexOf(largest(logLikelihoods));
  return fitting.filter((at) => (at === likeliest) === acc);
}

/** Test sets whose labels are secret have -1. */
function hasNoTarget({ target }: Sample): boolean {
  const cell = cellOf(target)?.trim();
  return target === undefined || cell === '' || cell === '-1';
}

/** How the targets of all samples fit one reading: numbers of samples. */
interface Fit {
  read: number;
  /** With a verdict on a target that fits one choice. */
  judged: number;
  contradicted: number;
  /** With a target that fits several choices, of which the verdict leaves one, and of which it leaves more. */
  told: number;
  untold: number;
}

/** More samples than this share whose targets contradict the harness's verdicts: the targets mean something else. */
const MOST_CONTRADICTED = 0.05;
/** A field of the documents tells them from each other if it has so many different texts, as a share of the questions. */
const FEWEST_DIFFERENT = 0.9;
/** A higher sum than the table's reader takes for 1. */
const ABOVE_ONE = 1.01;

class HarnessReader implements Reader {
  private samples = 0;
  private first: Sample | null = null;
  private choices: string | null = null;
  private hasOneSet = true;
  private hasOneContext = true;
  /** Samples whose likelihoods sum to more than 1, because a choice begins as another one does. */
  private above = 0;
  private shared = 0;
  private readonly counts = new Map<number, number>();
  private readonly filters = new Set<string>();
  private readonly fits: Readonly<Record<Reading, Fit>> = { text: noFit(), number: noFit(), letter: noFit() };
  private reading: Reading = 'number';
  /** Samples without a target, and the first target that is none of the choices. */
  private unlabelled = 0;
  private strange: unknown;
  /** Hashes of the different questions, and of the different texts of each field of the documents. */
  private readonly questions = new Set<string>();
  private readonly texts = new Map<string, Set<string>>();
  /** The field of the documents that is the text; undefined where that is what stood before the first choice. */
  private textField: string | undefined;

  /** What likelihoods sum to says something only where all samples ask for the same answers after one question each. */
  get scores(): 'logprob' | 'logit' {
    return this.hasOneSet && this.hasOneContext && this.above === 0 ? 'logprob' : 'logit';
  }

  look(record: unknown): void {
    const sample = sampleOf(record);
    this.filters.add(sample.filter);
    this.first ??= sample;
    if (sample.filter !== this.first.filter) return;
    this.samples++;
    const { choices, contexts, logLikelihoods } = sample;
    const set = [...choices].sort().join('\n');
    this.choices ??= set;
    if (set !== this.choices || new Set(choices).size < choices.length) this.hasOneSet = false;
    if (new Set(contexts).size > 1) this.hasOneContext = false;
    if (logLikelihoods.reduce((sum, value) => sum + Math.exp(value), 0) > ABOVE_ONE) this.above++;
    if (sample.isShared) this.shared++;
    this.counts.set(choices.length, (this.counts.get(choices.length) ?? 0) + 1);
    this.lookAtTexts(sample);
    this.lookAtTarget(sample);
  }

  private lookAtTexts({ doc, contexts }: Sample): void {
    this.questions.add(hashOf(JSON.stringify(contexts.map(cellOf))));
    for (const name of TEXT_FIELDS) {
      const text = textOf(doc, [name])?.text;
      if (text === undefined) continue;
      const seen = this.texts.get(name) ?? new Set();
      this.texts.set(name, seen.add(hashOf(text)));
    }
  }

  private lookAtTarget(sample: Sample): void {
    let isRead = false;
    for (const reading of ORDER) {
      const fitting = READINGS[reading](sample);
      if (fitting.length === 0) continue;
      isRead = true;
      const fit = this.fits[reading];
      const left = possible(fitting, sample).length;
      fit.read++;
      if (fitting.length === 1 && sample.acc !== null) fit.judged++;
      if (left === 0) fit.contradicted++;
      if (fitting.length > 1 && left === 1) fit.told++;
      if (left > 1) fit.untold++;
    }
    if (isRead) return;
    if (hasNoTarget(sample)) this.unlabelled++;
    else this.strange ??= sample.target;
  }

  settle(): readonly string[] {
    this.textField = TEXT_FIELDS.find(
      (name) => (this.texts.get(name)?.size ?? 0) >= FEWEST_DIFFERENT * this.questions.size,
    );
    const notes = [
      'Each score is the log-likelihood of a choice as a whole; calibrators and metrics normalise them over the choices, not by length.',
    ];
    if (this.scores === 'logit')
      notes.push(
        `They are written as logits, whose sum means nothing, because ${
          !this.hasOneContext
            ? 'the choices of a sample follow different texts'
            : !this.hasOneSet
              ? 'the choices differ from sample to sample'
              : 'a choice begins as another one does'
        }.`,
      );
    notes.push(...this.settleTarget());
    if (!this.hasOneSet)
      notes.push('The choices differ from sample to sample, so the labels are their places: A, B, C, …');
    if (this.counts.size > 1)
      notes.push(
        `The samples have ${[...this.counts.keys()].sort((a, b) => a - b).join(', ')} choices. Those with ${this.usual()} are read.`,
      );
    if (this.filters.size > 1)
      notes.push(
        `Each sample stands there once for each filter (${listed([...this.filters])}); those of ${quoted(this.first?.filter ?? '')} are read.`,
      );
    notes.push(
      this.textField === undefined
        ? 'The text is what stands before the first choice.'
        : `The text is "${this.textField}" of each document.`,
    );
    return notes;
  }

  private settleTarget(): readonly string[] {
    const ofSamples = (count: number): string =>
      `${count.toLocaleString('en-US')} of ${this.samples.toLocaleString('en-US')} samples`;
    if (this.shared > 0)
      throw new UserError(
        'import-no-target',
        `In ${ofSamples(this.shared)} "acc" is neither 0 nor 1, so several choices may be right. A table has one true label for each row.`,
      );
    // The text first, unless the harness's own verdicts contradict it.
    const [reading] = ORDER.filter((one) => this.fits[one].read === this.samples - this.unlabelled).sort(
      (left, right) => this.fits[left].contradicted - this.fits[right].contradicted,
    );
    if (reading === undefined)
      throw new UserError(
        'import-no-target',
        `The targets are not those of the choices, neither their text nor their number nor their letter: see ${quoted(JSON.stringify([this.strange ?? this.first?.target]).slice(1, -1))}.`,
      );
    this.reading = reading;
    const { judged, contradicted, told, untold } = this.fits[reading];
    const read = `The target is read as the ${reading} of a choice${reading === 'number' ? ', from 0' : ''}`;
    if (contradicted > MOST_CONTRADICTED * (judged + told))
      throw new UserError(
        'import-no-target',
        `${read}, but then "acc" contradicts it in ${ofSamples(contradicted)}, so the true labels would be wrong. If "acc" does not say whether the likeliest choice is right, take it out of the file.`,
      );
    const notes = [
      `${read}${judged > 0 ? `, which agrees with "acc" in ${(judged - contradicted).toLocaleString('en-US')} of ${judged.toLocaleString('en-US')} samples` : ''}.`,
    ];
    if (contradicted > 0)
      notes.push(`"acc" contradicts the target in ${ofSamples(contradicted)}: they have no true label.`);
    if (told > 0)
      notes.push(
        `The target of ${ofSamples(told)} fits several choices; "acc" tells which of them is right.`,
      );
    if (untold > 0)
      notes.push(
        `The target of ${ofSamples(untold)} fits several choices, and nothing tells which of them is right: they have no true label.`,
      );
    if (this.unlabelled > 0)
      notes.push(`${ofSamples(this.unlabelled)} have no target (empty or -1), so no true label.`);
    return notes;
  }

  private usual(): number {
    return [...this.counts].reduce((left, right) => (right[1] > left[1] ? right : left))[0];
  }

  rows(record: unknown): readonly ImportedRow[] {
    const sample = sampleOf(record);
    if (sample.filter !== this.first?.filter) return [];
    const { id, doc, contexts, choices, logLikelihoods } = sample;
    if (choices.length !== this.usual())
      throw new RecordProblem(`has ${choices.length} choices, not ${this.usual()}`);
    const names = this.hasOneSet ? choices : choices.map((_, k) => LETTERS[k] ?? String(k + 1));
    const [right, other] = possible(READINGS[this.reading](sample), sample);
    const text = this.textField === undefined ? undefined : textOf(doc, [this.textField])?.text;
    const [context] = contexts;
    return [
      {
        id,
        text: text ?? (typeof context === 'string' ? context : undefined),
        label: right === undefined || other !== undefined ? undefined : names[right],
        scores: new Map(names.map((name, k) => [name, logLikelihoods[k] ?? NaN])),
      },
    ];
  }
}

/** The readings in order of preference. */
const ORDER = ['text', 'number', 'letter'] as const satisfies readonly Reading[];

function noFit(): Fit {
  return { read: 0, judged: 0, contradicted: 0, told: 0, untold: 0 };
}

/** Texts may be long, and there may be many. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

export const HARNESS: Origin = {
  name: 'lm-eval',
  title: 'samples of lm-evaluation-harness',
  holds: '"doc_id", "arguments" and "resps"',
  recognises: (record) =>
    isFields(record) &&
    'doc_id' in record &&
    'arguments' in record &&
    ('resps' in record || 'filtered_resps' in record),
  open: () => new HarnessReader(),
};
