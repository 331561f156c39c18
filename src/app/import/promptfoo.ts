/** Results of promptfoo (`--output results.json`, or `.jsonl` with one result a line). */
import { plainNumber } from '../../core/data/cells';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { type ImportedRow, type Origin, type Reader, type ReaderOptions, RecordProblem } from './origin';
import { cellOf, fieldOf, type Fields, isFields, textOf, TRUTH_FIELDS } from './values';

/** Assertions that an answer is one value. Others (contains, a rubric) say whether it is right, not what would be. */
const EQUALS: ReadonlySet<unknown> = new Set(['equals', 'iequals']);

/** The elements of a document, most of which are results: under `results`, in newer versions once more. */
function elementsOf(record: unknown): readonly unknown[] | undefined {
  const results = fieldOf(record, 'results');
  const inner = Array.isArray(results) ? results : fieldOf(results, 'results');
  if (Array.isArray(inner) && inner.filter(isResult).length >= 0.5 * inner.length) return inner as unknown[];
  return isResult(record) ? [record] : undefined;
}

function isResult(value: unknown): boolean {
  return (
    isFields(value) &&
    'prompt' in value &&
    ('response' in value || 'error' in value) &&
    ('vars' in value || 'testCase' in value)
  );
}

function runOf(result: unknown): string {
  const provider = fieldOf(result, 'provider');
  const name = cellOf(provider) ?? cellOf(fieldOf(provider, 'label', 'id')) ?? '';
  const prompt = fieldOf(result, 'promptIdx');
  return prompt === undefined ? name : `${name} #${Number(prompt) + 1}`;
}

class PromptfooReader implements Reader {
  readonly scores = 'prob';
  private readonly runs = new Map<string, number>();
  private read = 0;
  private withLabel = 0;
  private withVerdict = 0;
  /** Results whose variable is not what promptfoo's verdict is about. */
  private disputed = 0;
  private answers = 0;
  /** Answers by where their confidence is from. */
  private stated = 0;
  private fromTokens = 0;
  /** What answers state as their confidence where that is no number from 0 to 1. */
  private readonly misstated: unknown[] = [];
  /** Numbers of the elements of a document, from 1, that are no results. */
  private readonly strange: number[] = [];

  constructor(private readonly run: string | null) {}

  look(record: unknown): void {
    const elements = wanted(record);
    for (const [at, element] of elements.entries()) if (!isResult(element)) this.strange.push(at + 1);
    for (const result of elements.filter(isResult)) {
      const run = runOf(result);
      this.runs.set(run, (this.runs.get(run) ?? 0) + 1);
      if (this.run !== null && run !== this.run) continue;
      const { label, isDisputed, correct, answer } = readingOf(result);
      this.read++;
      if (label !== undefined && !isDisputed) this.withLabel++;
      if (correct !== undefined) this.withVerdict++;
      if (isDisputed) this.disputed++;
      if (answer === null) continue;
      this.answers++;
      if (answer.stated === null) this.misstated.push(answer.given);
      else if (answer.stated !== undefined) this.stated++;
      else if (answer.fromTokens !== undefined) this.fromTokens++;
    }
  }

  /** What an answer states and what its tokens have are two things: a column holds one of them. */
  private get isStated(): boolean {
    return this.stated > 0 && this.stated >= this.fromTokens;
  }

  /** Verdicts say for every result whether it is right; labels also say what would be. */
  private get hasLabels(): boolean {
    return this.withLabel === this.read || this.withVerdict === 0;
  }

  settle(): readonly string[] {
    const names = [...this.runs.keys()];
    if (this.run !== null && !this.runs.has(this.run))
      throw new UserError(
        'import-run',
        `The file has no run ${quoted(this.run)}. Its runs are ${listed(names)}.`,
      );
    if (this.run === null && names.length > 1)
      throw new UserError(
        'import-run',
        `The file holds ${names.length} runs of the same tests (provider and number of the prompt), and a table holds one: ${listed(names)}.`,
        { data: { runs: names } },
      );
    // Among percentages nobody knows what a 1 is.
    if (this.misstated.length > this.stated && this.misstated.length >= this.fromTokens)
      throw new UserError(
        'import-no-scores',
        `The answers state a confidence that is no number from 0 to 1, such as ${quoted(cellOf(this.misstated[0]) ?? JSON.stringify(this.misstated[0]))}. Let them state it as a share of 1: 0.93, not 93.`,
      );
    if (this.stated + this.fromTokens === 0)
      throw new UserError(
        'import-no-scores',
        'No result has a probability. promptfoo keeps the log-probabilities of an answer where the provider is asked for them ("logprobs": true in its config), and an answer that is JSON may have a "confidence".',
      );
    const without = this.answers - (this.isStated ? this.stated : this.fromTokens);
    const ofResults = (count: number): string =>
      `${count.toLocaleString('en-US')} of ${this.read.toLocaleString('en-US')} results`;
    const notes = [
      this.isStated
        ? 'The confidence is the one that the answer states as JSON.'
        : 'The confidence is the probability of the whole answer, from the log-probabilities of its tokens.',
    ];
    if (without > 0)
      notes.push(
        `${ofResults(without)} ${this.isStated ? 'state none, or one that is no number from 0 to 1' : 'have no log-probabilities, or state a confidence instead'}: they are left without a score.`,
      );
    notes.push(this.truthInWords(ofResults));
    if (this.strange.length > 0)
      notes.push(
        `Elements of "results" that are no results of promptfoo were left out, by their number: ${listed(this.strange.map(String))}.`,
      );
    return notes;
  }

  private truthInWords(ofResults: (count: number) => string): string {
    const nameless = this.read - this.withLabel;
    if (this.hasLabels)
      return `The true label is what an assertion (equals) or a variable names.${nameless === 0 ? '' : ` ${ofResults(nameless)} name none, and no assertion judges them: it is not known whether they are right.`}`;
    const reason =
      this.disputed > 0
        ? `In ${ofResults(this.disputed)} the variable that could be the true label does not agree with promptfoo's verdict`
        : `${ofResults(nameless)} name no expected answer`;
    const unjudged = this.read - this.withVerdict;
    return `${reason}: ${unjudged === 0 ? 'results' : 'those that an assertion judges'} are right where promptfoo says that they passed.${unjudged === 0 ? '' : ` Of ${unjudged.toLocaleString('en-US')} it is not known.`}`;
  }

  rows(record: unknown): readonly ImportedRow[] {
    return wanted(record)
      .filter(isResult)
      .filter((result) => this.run === null || runOf(result) === this.run)
      .map((result) => {
        const { id, text, label, correct, answer, error } = readingOf(result);
        const truth = this.hasLabels ? { label } : { correct };
        if (answer === null) return { id, text, ...truth, error };
        return { id, text, ...truth, predicted: answer.predicted, ...this.confidenceOf(answer) };
      });
  }

  /** The confidence of an answer, or why it has none. */
  private confidenceOf({ stated, fromTokens }: Answer): Pick<ImportedRow, 'confidence' | 'error'> {
    if (stated === null) return { error: 'its confidence is no number from 0 to 1' };
    if (this.isStated)
      return stated === undefined ? { error: 'its answer states no confidence' } : { confidence: stated };
    if (stated !== undefined) return { error: 'its answer states a confidence instead of its probability' };
    return fromTokens === undefined
      ? { error: 'there are no log-probabilities' }
      : { confidence: fromTokens };
  }
}

function wanted(record: unknown): readonly unknown[] {
  const elements = elementsOf(record);
  if (elements === undefined) throw new RecordProblem('is no result of promptfoo');
  return elements;
}

interface Answer {
  readonly predicted: string;
  /** What an answer that is JSON states; null where that is no number from 0 to 1. */
  readonly stated: number | null | undefined;
  /** As it is written. */
  readonly given: unknown;
  /** The probability of the whole answer. */
  readonly fromTokens: number | undefined;
}

interface Reading {
  readonly id: string | undefined;
  readonly text: string | undefined;
  readonly label: string | undefined;
  /** Whether the label is that of a variable with which promptfoo's verdict does not agree. */
  readonly isDisputed: boolean;
  readonly correct: boolean | undefined;
  readonly answer: Answer | null;
  /** Why there is no answer. */
  readonly error: string;
}

function readingOf(result: unknown): Reading {
  const test = fieldOf(result, 'testCase');
  const vars = fieldOf(result, 'vars') ?? fieldOf(test, 'vars');
  const response = fieldOf(result, 'response');
  const output = fieldOf(response, 'output');
  const answer = output === undefined ? null : answerOf(output, fieldOf(response, 'logProbs'));
  const correct = answer === null ? undefined : verdictOf(result, test);
  const expected = expectedOf(test, vars);
  const label = expected ?? named(fieldOf(vars, ...TRUTH_FIELDS));
  return {
    id: cellOf(fieldOf(result, 'testIdx')) ?? cellOf(fieldOf(result, 'id')),
    text: varsInWords(vars),
    label,
    isDisputed:
      expected === undefined &&
      label !== undefined &&
      correct !== undefined &&
      correct !== (label.toLowerCase() === answer?.predicted.toLowerCase()),
    correct,
    answer,
    error: cellOf(fieldOf(response, 'error')) ?? 'there is no answer',
  };
}

/** An answer that is JSON names its label, and may say how sure it is. */
function answerOf(output: unknown, logProbs: unknown): Answer {
  const found = typeof output === 'string' ? jsonOf(output) : output;
  const label = cellOf(fieldOf(found, 'label', 'answer', 'class', 'category', 'prediction', 'output'));
  const given = label === undefined ? undefined : fieldOf(found, 'confidence', 'probability');
  const share = plainNumber(cellOf(given)?.trim() ?? '');
  return {
    predicted: label?.trim() ?? (typeof output === 'string' ? output.trim() : JSON.stringify(output)),
    stated: given === undefined ? undefined : share >= 0 && share <= 1 ? share : null,
    given,
    fromTokens: probabilityOf(logProbs),
  };
}

/** An answer that is JSON, in a fence or not. */
function jsonOf(text: string): Fields | undefined {
  const bare = /^```\w*\s(.*)```$/s.exec(text.trim())?.[1] ?? text;
  if (!bare.trim().startsWith('{')) return undefined;
  try {
    const found: unknown = JSON.parse(bare);
    return isFields(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function probabilityOf(logProbs: unknown): number | undefined {
  if (!Array.isArray(logProbs) || logProbs.length === 0) return undefined;
  if (!logProbs.every((value): value is number => typeof value === 'number' && value <= 0)) return undefined;
  return Math.exp(logProbs.reduce((sum, value) => sum + value, 0));
}

/** Whether promptfoo says that a result is right. A test without an assertion passes, whatever the answer is. */
function verdictOf(result: unknown, test: unknown): boolean | undefined {
  const success = fieldOf(result, 'success');
  if (typeof success !== 'boolean') return undefined;
  const grading = fieldOf(result, 'gradingResult');
  const assertions = [fieldOf(test, 'assert'), fieldOf(grading, 'componentResults')].filter(Array.isArray);
  const isUnjudged =
    success && (isFields(test) || isFields(grading)) && assertions.every((list) => list.length === 0);
  return isUnjudged ? undefined : success;
}

/** What an assertion names as the answer. */
function expectedOf(test: unknown, vars: unknown): string | undefined {
  const assertions = fieldOf(test, 'assert');
  const equals: unknown = Array.isArray(assertions)
    ? assertions.find((one: unknown) => EQUALS.has(fieldOf(one, 'type')))
    : undefined;
  const value = fieldOf(equals, 'value');
  // {{label}} stands for a variable.
  const variable = /^\{\{\s*(\w+)\s*\}\}$/.exec(cellOf(value)?.trim() ?? '')?.[1];
  return named(variable === undefined ? value : fieldOf(vars, variable));
}

/** A label, unless that is a template of which nobody knows what it stands for. */
function named(value: unknown): string | undefined {
  const label = cellOf(value)?.trim();
  return label === undefined || /\{\{|\{%/.test(label) ? undefined : label;
}

function varsInWords(vars: unknown): string | undefined {
  if (!isFields(vars)) return undefined;
  const names = Object.keys(vars);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return cellOf(vars[only]);
  return textOf(vars)?.text ?? JSON.stringify(vars);
}

export const PROMPTFOO: Origin = {
  name: 'promptfoo',
  title: 'results of promptfoo',
  holds: '"results" with "prompt", "vars" and "response"',
  recognises: (record) => elementsOf(record) !== undefined,
  open: ({ run }: ReaderOptions) => new PromptfooReader(run),
};
