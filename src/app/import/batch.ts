/** Output of batches: OpenAI's Batch API and vLLM's run-batch, one answer a line, with log-probabilities. */
import type { Label } from '../../core/classifier/definition';
import { checkFirstWords, scoreVisible } from '../../core/scoring/visible-tokens';
import { labelOfAnswer } from '../../core/scoring/parse-answer';
import { listed } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { readReply } from '../../sources/endpoint/wire';
import { type ImportedRow, type Origin, type Reader, RecordProblem } from './origin';
import { cellOf, fieldOf, isFields } from './values';

/** The answer in a record: OpenAI wraps it in `body`, older vLLM does not. */
function bodyOf(record: unknown): unknown {
  const response = fieldOf(record, 'response');
  return fieldOf(response, 'body') ?? (fieldOf(response, 'choices') === undefined ? undefined : response);
}

class BatchReader implements Reader {
  readonly scores = 'logprob';
  private answers = 0;
  private shown = 0;
  private firstReason = '';

  constructor(private readonly labels: readonly Label[]) {
    checkFirstWords(labels);
  }

  look(record: unknown): void {
    const [row] = this.rows(record);
    this.answers++;
    if (row?.scores !== undefined) this.shown++;
    else this.firstReason ||= row?.error ?? '';
  }

  settle(): readonly string[] {
    if (this.shown === 0)
      throw new UserError(
        'import-no-scores',
        `None of the ${this.answers.toLocaleString('en-US')} answers shows the probability of a label: ${this.firstReason}. Ask for them with "logprobs": true and "top_logprobs": 20.`,
      );
    return [
      `The first token of each answer is read for the labels ${listed(this.labels.map(({ name }) => name))}, as from an endpoint.`,
      'The output of a batch holds neither texts nor true labels; a table that has them can be joined by id.',
    ];
  }

  rows(record: unknown): readonly ImportedRow[] {
    const id = cellOf(fieldOf(record, 'custom_id'));
    if (id === undefined) throw new RecordProblem('has no custom_id');
    const failed = (error: string): readonly ImportedRow[] => [{ id, error }];
    const error = fieldOf(record, 'error') ?? fieldOf(fieldOf(fieldOf(record, 'response'), 'body'), 'error');
    if (error !== undefined)
      return failed(cellOf(fieldOf(error, 'message', 'code')) ?? 'the server answered with an error');
    const reply = readReply(bodyOf(record), (text) => text);
    if (reply === undefined) return failed('the answer does not follow the API');
    const { first, answers } = reply;
    if ('why' in first) return failed(`the answer shows no token probabilities (${first.why})`);
    try {
      const { labels, labelMass, label, confidence } = scoreVisible(this.labels, first);
      return [
        {
          id,
          scores: new Map(labels.map((entry) => [entry.label, entry.logProb])),
          labelMass: labelMass ?? undefined,
          bounds: labels.filter(({ isBound }) => isBound === true).map((entry) => entry.label),
          predicted: label,
          confidence,
        },
      ];
    } catch (problem) {
      if (!(problem instanceof UserError)) throw problem;
      const answer = labelOfAnswer(answers[0]?.text ?? '', this.labels);
      return failed(answer === null ? 'the answer is no label' : problem.message);
    }
  }
}

export const BATCH: Origin = {
  name: 'batch',
  title: 'output of an OpenAI or vLLM batch',
  holds: '"custom_id" and "response" with "choices"',
  needsLabels: true,
  recognises: (record) =>
    isFields(record) &&
    typeof record.custom_id === 'string' &&
    ('response' in record || 'error' in record) &&
    !('method' in record),
  open: ({ labels }) => {
    if (labels === null)
      throw new UserError(
        'import-labels',
        'The output of a batch holds answers, so the labels must be named.',
      );
    return new BatchReader(labels);
  },
};
