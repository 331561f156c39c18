/**
 * Samples of lm-evaluation-harness (`--log_samples`): the log-likelihood of each choice, and the target, of tasks with
 * choices. Other tasks hold generated text without a probability.
 */
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { type ImportedRow, type Origin, type Reader, RecordProblem } from './origin';
import { cellOf, fieldOf, isFields, textOf } from './values';

interface Sample {
  readonly id: string | undefined;
  readonly filter: string;
  readonly text: string | undefined;
  readonly choices: readonly string[];
  readonly logLikelihoods: readonly number[];
  readonly target: unknown;
  /** The harness's own verdict on the choice of the highest log-likelihood; null where it has none. */
  readonly acc: boolean | null;
}

/** Older versions write pairs, newer ones objects `gen_args_0: {arg_0, arg_1}`. */
function argumentsOf(record: unknown): readonly (readonly [unknown, unknown])[] {
  const found = fieldOf(record, 'arguments');
  if (Array.isArray(found))
    return found.map((pair: unknown) => (Array.isArray(pair) ? [pair[0], pair[1]] : [undefined, undefined]));
  if (!isFields(found)) return [];
  const number = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return Object.entries(found)
    .sort(([left], [right]) => number(left) - number(right))
    .map(([, pair]) => [fieldOf(pair, 'arg_0'), fieldOf(pair, 'arg_1')]);
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
  const pairs = argumentsOf(record);
  const logLikelihoods = logLikelihoodsOf(record);
  const choices = pairs.map(([, choice]) => (typeof choice === 'string' ? choice.trim() : ''));
  if (choices.length < 2 || choices.some((choice) => choice === ''))
    throw new RecordProblem('holds generated text, not the log-likelihoods of choices');
  // Some metrics ask for each choice once more, without the question.
  const scored = logLikelihoods.slice(0, choices.length);
  if (scored.length < choices.length || scored.some((value) => !Number.isFinite(value)))
    throw new RecordProblem('lacks the log-likelihood of a choice');
  if (scored.some((value) => value > 0)) throw new RecordProblem('has a log-likelihood above 0');
  const context = pairs[0]?.[0];
  const acc = fieldOf(record, 'acc');
  return {
    id: cellOf(fieldOf(record, 'doc_id')),
    filter: cellOf(fieldOf(record, 'filter')) ?? '',
    text: textOf(fieldOf(record, 'doc'))?.text ?? (typeof context === 'string' ? context : undefined),
    choices,
    logLikelihoods: scored,
    target: fieldOf(record, 'target'),
    acc: typeof acc === 'number' ? acc === 1 : typeof acc === 'boolean' ? acc : null,
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** What a target may mean: the text of a choice, its number from 0, or its letter. */
const READINGS = {
  text: ({ target, choices }: Sample) => choices.indexOf(String(target).trim()),
  number: ({ target, choices }: Sample) => {
    const at = typeof target === 'number' || /^\d+$/.test(String(target)) ? Number(target) : -1;
    return at < choices.length ? at : -1;
  },
  letter: ({ target, choices }: Sample) => {
    const at = /^[A-Za-z]$/.test(String(target)) ? LETTERS.indexOf(String(target).toUpperCase()) : -1;
    return at < choices.length ? at : -1;
  },
} as const;
type Reading = keyof typeof READINGS;

/** Test sets whose labels are secret have -1. */
function hasNoTarget({ target }: Sample): boolean {
  const cell = cellOf(target)?.trim();
  return target === undefined || cell === '' || cell === '-1';
}

class HarnessReader implements Reader {
  readonly scores = 'logprob';
  private samples = 0;
  private first: Sample | null = null;
  private choices: string | null = null;
  private hasOneSet = true;
  private readonly counts = new Map<number, number>();
  private readonly filters = new Set<string>();
  private readonly fits = new Map<Reading, { read: number; agree: number; judged: number }>();
  private reading: Reading = 'number';
  /** Samples without a target, and the first target that is none of the choices. */
  private unlabelled = 0;
  private strange: unknown;

  look(record: unknown): void {
    const sample = sampleOf(record);
    this.filters.add(sample.filter);
    this.first ??= sample;
    if (sample.filter !== this.first.filter) return;
    this.samples++;
    const set = [...sample.choices].sort().join('\n');
    this.choices ??= set;
    if (set !== this.choices) this.hasOneSet = false;
    this.counts.set(sample.choices.length, (this.counts.get(sample.choices.length) ?? 0) + 1);
    const best = sample.logLikelihoods.reduce((top, value, k, all) => (value > (all[top] ?? 0) ? k : top), 0);
    const isRead = Object.values(READINGS).some((read) => read(sample) >= 0);
    if (!isRead && hasNoTarget(sample)) this.unlabelled++;
    else if (!isRead) this.strange ??= sample.target;
    for (const reading of Object.keys(READINGS) as Reading[]) {
      const at = READINGS[reading](sample);
      const fit = this.fits.get(reading) ?? { read: 0, agree: 0, judged: 0 };
      if (at >= 0) {
        fit.read++;
        if (sample.acc !== null) fit.judged++;
        if (sample.acc === (at === best)) fit.agree++;
      }
      this.fits.set(reading, fit);
    }
  }

  settle(): readonly string[] {
    const notes = [
      'Each score is the log-likelihood of a choice as a whole; calibrators and metrics normalise them over the choices, not by length.',
    ];
    // The text first, unless the harness's own verdicts contradict it.
    const found = (['text', 'number', 'letter'] as const)
      .map((reading) => ({ reading, ...(this.fits.get(reading) ?? { read: 0, agree: 0, judged: 0 }) }))
      .filter(({ read }) => read === this.samples - this.unlabelled)
      .sort((left, right) => right.agree - left.agree);
    const [best] = found;
    if (best === undefined)
      throw new UserError(
        'import-no-target',
        `The targets are not those of the choices, neither their text nor their number nor their letter: see ${quoted(JSON.stringify([this.strange ?? this.first?.target]).slice(1, -1))}.`,
      );
    this.reading = best.reading;
    notes.push(
      `The target is read as the ${best.reading} of a choice${best.reading === 'number' ? ', from 0' : ''}${best.judged > 0 ? `, which agrees with "acc" in ${best.agree} of ${best.judged} samples` : ''}.`,
    );
    if (this.unlabelled > 0)
      notes.push(
        `${this.unlabelled.toLocaleString('en-US')} of ${this.samples.toLocaleString('en-US')} samples have no target (empty or -1), so no true label.`,
      );
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
    return notes;
  }

  private usual(): number {
    return [...this.counts].reduce((left, right) => (right[1] > left[1] ? right : left))[0];
  }

  rows(record: unknown): readonly ImportedRow[] {
    const sample = sampleOf(record);
    if (sample.filter !== this.first?.filter) return [];
    if (sample.choices.length !== this.usual())
      throw new RecordProblem(`has ${sample.choices.length} choices, not ${this.usual()}`);
    const names = this.hasOneSet ? sample.choices : sample.choices.map((_, k) => LETTERS[k] ?? String(k + 1));
    if (new Set(names).size < names.length) throw new RecordProblem('has the same choice twice');
    return [
      {
        id: sample.id,
        text: sample.text,
        label: names[READINGS[this.reading](sample)],
        scores: new Map(names.map((name, k) => [name, sample.logLikelihoods[k] ?? NaN])),
      },
    ];
  }
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
