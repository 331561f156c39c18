/**
 * Output of the text classification pipelines of Hugging Face transformers, as people save it: a list for each text
 * (`top_k=None`), the best label of each text, or the object of zero-shot classification; with other fields around it or not.
 */
import { quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { type ImportedRow, type Origin, type Reader, RecordProblem } from './origin';
import { cellOf, fieldOf, type Fields, isFields, textOf, TRUTH_FIELDS } from './values';

interface Scored {
  readonly label: string;
  readonly score: number;
}

const LISTS = ['predictions', 'prediction', 'scores', 'output', 'outputs', 'result', 'results'] as const;

function isScored(value: unknown): value is Scored {
  return typeof fieldOf(value, 'label') === 'string' && typeof fieldOf(value, 'score') === 'number';
}

/** The scores of one text, wherever they are in a record. */
function scoredOf(record: unknown): readonly Scored[] | undefined {
  if (Array.isArray(record)) {
    let list: unknown[] = record;
    for (let [only] = list; list.length === 1 && Array.isArray(only); [only] = list) list = only;
    return list.length > 0 && list.every(isScored) ? list : undefined;
  }
  const [labels, scores] = [fieldOf(record, 'labels'), fieldOf(record, 'scores')];
  if (Array.isArray(labels) && Array.isArray(scores) && labels.length === scores.length && labels.length > 0)
    return labels.map((label: unknown, k) => ({ label: String(label), score: Number(scores[k]) }));
  for (const name of LISTS) {
    const found = fieldOf(record, name);
    const own = Array.isArray(found) ? scoredOf(found) : isScored(found) ? [found] : undefined;
    if (own !== undefined) return own;
  }
  return isScored(record) ? [record] : undefined;
}

class PipelineReader implements Reader {
  /** Texts by the number of scores that they have. */
  private full = 0;
  private single = 0;
  private independent = 0;
  /** All labels. */
  private readonly names = new Set<string>();
  private singleSum = 0;

  get scores(): 'prob' | 'yes' {
    return this.areOwn ? 'yes' : 'prob';
  }

  /** Whether the scores of a text do not sum to 1, so that each label is judged by itself. */
  private get areOwn(): boolean {
    return this.full > 0 && this.independent > 0.05 * this.full;
  }

  look(record: unknown): void {
    const scored = scoredOf(record);
    if (scored === undefined) throw new RecordProblem('has no labels with scores');
    const [only] = scored;
    if (scored.length === 1 && only !== undefined) {
      this.single++;
      this.names.add(only.label);
      this.singleSum += only.score;
      return;
    }
    this.full++;
    for (const { label } of scored) this.names.add(label);
    if (!isDistribution(scored)) this.independent++;
  }

  settle(): readonly string[] {
    if (this.areOwn)
      return [
        `The scores of ${this.independent.toLocaleString('en-US')} of ${this.full.toLocaleString('en-US')} texts do not sum to 1: each is taken as the probability of its label by itself (yes:LABEL). The truth of a label belongs into a column label:LABEL, 1 or 0. If the labels exclude each other, let the pipeline use "function_to_apply": "softmax".`,
      ];
    const isOneText =
      this.full === 0 &&
      this.single > 1 &&
      this.names.size === this.single &&
      Math.abs(this.singleSum - 1) < 0.01;
    if (isOneText)
      throw new UserError(
        'import-one-text',
        `The ${this.single} scores have different labels and sum to 1: they seem to be those of one text. Write a list of scores for each text.`,
      );
    if (this.full > 0 && this.single > 0)
      return [
        `${this.single.toLocaleString('en-US')} texts have one score only, so only the confidence is written.`,
      ];
    return this.full > 0
      ? ['Each score is taken as the probability of its label.']
      : [
          'Each text has its best label only: its score is taken as the confidence. Scores of all labels (top_k=None) can be calibrated better.',
        ];
  }

  rows(record: unknown): readonly ImportedRow[] {
    const scored = scoredOf(record);
    if (scored === undefined) throw new RecordProblem('has no labels with scores');
    for (const { label, score } of scored)
      if (!(score >= 0 && score <= 1)) throw new RecordProblem(`${quoted(label)} has the score ${score}`);
    const best = scored.reduce((left, right) => (right.score > left.score ? right : left));
    const around = isFields(record) && !isScored(record) ? besideScores(record) : {};
    const hasAll = this.single === 0 || this.areOwn;
    if (hasAll && !this.areOwn && !isDistribution(scored))
      throw new RecordProblem('has scores that do not sum to 1');
    if (new Set(scored.map(({ label }) => label)).size < scored.length)
      throw new RecordProblem('has two scores of one label');
    // The best few of labels that exclude each other do not sum to 1 either, and the rest are those of low scores.
    if (this.areOwn && scored.length < this.names.size)
      throw new RecordProblem(
        `has the scores of ${scored.length} of ${this.names.size} labels; let the pipeline write all of them (top_k=None)`,
      );
    return [
      hasAll
        ? { ...around, scores: new Map(scored.map(({ label, score }) => [label, score])) }
        : { ...around, predicted: best.label, confidence: best.score },
    ];
  }
}

function isDistribution(scored: readonly Scored[]): boolean {
  return Math.abs(scored.reduce((sum, { score }) => sum + score, 0) - 1) < 0.01;
}

/** What stands beside the scores. */
function besideScores(record: Fields): ImportedRow {
  const text = textOf(record, ['sequence', 'text', 'sentence', 'input', 'inputs', 'content', 'review']);
  return {
    id: cellOf(fieldOf(record, 'id', 'uid')),
    text: text?.text,
    label: cellOf(fieldOf(record, ...TRUTH_FIELDS)),
  };
}

export const PIPELINE: Origin = {
  name: 'pipeline',
  title: 'output of a Hugging Face pipeline',
  holds: 'labels with scores ([{"label": …, "score": …}])',
  recognises: (record) => scoredOf(record) !== undefined,
  open: () => new PipelineReader(),
};
