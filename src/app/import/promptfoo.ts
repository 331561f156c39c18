/** Results of promptfoo (`--output results.json`, or `.jsonl` with one result a line). */
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { type ImportedRow, type Origin, type Reader, type ReaderOptions, RecordProblem } from './origin';
import { cellOf, fieldOf, type Fields, isFields, textOf, TRUTH_FIELDS } from './values';

/** Assertions that an answer is one value. Others (contains, a rubric) say whether it is right, not what would be. */
const EQUALS: ReadonlySet<unknown> = new Set(['equals', 'iequals']);

/** A document holds results under `results`, in newer versions once more. */
function resultsOf(record: unknown): readonly unknown[] | undefined {
  const results = fieldOf(record, 'results');
  const inner = Array.isArray(results) ? results : fieldOf(results, 'results');
  if (Array.isArray(inner) && inner.every(isResult)) return inner as unknown[];
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
  private withConfidence = 0;
  private withLabel = 0;
  private read = 0;

  constructor(private readonly run: string | null) {}

  look(record: unknown): void {
    for (const result of wanted(record)) {
      const run = runOf(result);
      this.runs.set(run, (this.runs.get(run) ?? 0) + 1);
      if (this.run !== null && run !== this.run) continue;
      const row = rowOf(result);
      this.read++;
      if (row.confidence !== undefined) this.withConfidence++;
      if (row.label !== undefined) this.withLabel++;
    }
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
    if (this.withConfidence === 0)
      throw new UserError(
        'import-no-scores',
        'No result has a probability. promptfoo keeps the log-probabilities of an answer where the provider is asked for them ("logprobs": true in its config), and an answer that is JSON may have a "confidence".',
      );
    return [
      'The confidence is the probability of the whole answer, from the log-probabilities of its tokens, or the "confidence" of an answer that is JSON.',
      this.withLabel === this.read
        ? 'The true label is what an assertion (equals) or a variable names.'
        : `${(this.read - this.withLabel).toLocaleString('en-US')} of ${this.read.toLocaleString('en-US')} results name no expected answer; they are right where promptfoo says that they passed.`,
    ];
  }

  rows(record: unknown): readonly ImportedRow[] {
    return wanted(record)
      .filter((result) => this.run === null || runOf(result) === this.run)
      .map(rowOf)
      .map(({ label, correct, ...row }) =>
        this.withLabel === this.read ? { ...row, label } : { ...row, correct },
      );
  }
}

function wanted(record: unknown): readonly unknown[] {
  const results = resultsOf(record);
  if (results === undefined) throw new RecordProblem('is no result of promptfoo');
  return results;
}

function rowOf(result: unknown): ImportedRow {
  const test = fieldOf(result, 'testCase');
  const vars = fieldOf(result, 'vars') ?? fieldOf(test, 'vars');
  const response = fieldOf(result, 'response');
  const output = fieldOf(response, 'output');
  const id = cellOf(fieldOf(result, 'testIdx')) ?? cellOf(fieldOf(result, 'id'));
  const base = { id, text: varsInWords(vars), label: expectedOf(test, vars) };
  const error = cellOf(fieldOf(response, 'error'));
  if (output === undefined) return { ...base, error: error ?? 'there is no answer' };
  const answer = answerOf(output);
  const success = fieldOf(result, 'success');
  return {
    ...base,
    predicted: answer.label,
    confidence: answer.confidence ?? probabilityOf(fieldOf(response, 'logProbs')),
    correct: typeof success === 'boolean' ? success : undefined,
  };
}

/** An answer that is JSON names its label, and may say how sure it is. */
function answerOf(output: unknown): { label: string; confidence: number | undefined } {
  const found = typeof output === 'string' ? jsonOf(output) : output;
  const label = cellOf(fieldOf(found, 'label', 'answer', 'class', 'category', 'prediction', 'output'));
  const confidence = fieldOf(found, 'confidence', 'probability');
  if (label !== undefined)
    return {
      label: label.trim(),
      confidence:
        typeof confidence === 'number' && confidence >= 0 && confidence <= 1 ? confidence : undefined,
    };
  return {
    label: typeof output === 'string' ? output.trim() : JSON.stringify(output),
    confidence: undefined,
  };
}

function jsonOf(text: string): Fields | undefined {
  if (!text.trim().startsWith('{')) return undefined;
  try {
    const found: unknown = JSON.parse(text);
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

function expectedOf(test: unknown, vars: unknown): string | undefined {
  const assertions = fieldOf(test, 'assert');
  const values = Array.isArray(assertions)
    ? assertions.filter((one) => EQUALS.has(fieldOf(one, 'type'))).map((one) => cellOf(fieldOf(one, 'value')))
    : [];
  const [value] = values;
  // {{label}} stands for a variable.
  const named = /^\{\{\s*(\w+)\s*\}\}$/.exec(value?.trim() ?? '')?.[1];
  if (named !== undefined) return cellOf(fieldOf(vars, named));
  return value?.trim() ?? cellOf(fieldOf(vars, ...TRUTH_FIELDS));
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
  recognises: (record) => resultsOf(record) !== undefined,
  open: ({ run }: ReaderOptions) => new PromptfooReader(run),
};
