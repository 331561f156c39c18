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

/** How far from 1 the reader of tables lets the sum of a row be. */
const SUM_TOLERANCE = 0.01;
/** From here on the rounding of scores would explain sums that labels by themselves have as well. */
const MOST_ROUNDING = 0.2;
/** With more decimals, rounding explains nothing. */
const MOST_DECIMALS = 6;
/** Damaged texts do not decide what all of them are. */
const MOST_OTHERS = 0.05;

class PipelineReader implements Reader {
  /** Texts by the number of scores that they have. */
  private full = 0;
  private single = 0;
  /** With so many decimals the scores of all texts are written. */
  private decimals = 1;
  /** By decimals: texts whose sum their rounding does not explain, and those that are farther from 1 than is allowed for. */
  private readonly unexplained = new Array<number>(MOST_DECIMALS + 1).fill(0);
  private readonly far = new Array<number>(MOST_DECIMALS + 1).fill(0);
  /** All labels. */
  private readonly names = new Set<string>();
  private singleSum = 0;

  get scores(): 'prob' | 'yes' {
    return this.areOwn ? 'yes' : 'prob';
  }

  /** Whether the scores of a text do not sum to 1, so that each label is judged by itself. */
  private get areOwn(): boolean {
    return this.full > 0 && (this.unexplained[this.decimals] ?? 0) > MOST_OTHERS * this.full;
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
    for (const { label, score } of scored) {
      this.names.add(label);
      this.decimals = Math.max(this.decimals, decimalsOf(score));
    }
    const gap = Math.abs(sumOf(scored) - 1);
    for (let decimals = 1; decimals <= MOST_DECIMALS; decimals++) {
      if (gap > tolerance(scored, decimals))
        this.unexplained[decimals] = (this.unexplained[decimals] ?? 0) + 1;
      if (gap > allowed(scored, decimals)) this.far[decimals] = (this.far[decimals] ?? 0) + 1;
    }
  }

  settle(): readonly string[] {
    const unexplained = this.unexplained[this.decimals] ?? 0;
    const far = this.far[this.decimals] ?? 0;
    if (this.areOwn)
      return [
        `The scores of ${unexplained.toLocaleString('en-US')} of ${this.full.toLocaleString('en-US')} texts do not sum to 1: each is taken as the probability of its label by itself (yes:LABEL). The truth of a label belongs into a column label:LABEL, 1 or 0. If the labels exclude each other, let the pipeline use "function_to_apply": "softmax".`,
      ];
    if (far > MOST_OTHERS * this.full)
      throw new UserError(
        'import-no-scores',
        `The scores are rounded to ${this.decimals} decimals, and those of ${far.toLocaleString('en-US')} of ${this.full.toLocaleString('en-US')} texts sum to far more or less than 1. So nobody can tell whether the labels exclude each other. Write the scores with all of their digits.`,
      );
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
    const rounded = (this.unexplained[MOST_DECIMALS] ?? 0) - far;
    return this.full > 0
      ? [
          `Each score is taken as the probability of its label.${rounded === 0 ? '' : ` The scores of ${rounded.toLocaleString('en-US')} of ${this.full.toLocaleString('en-US')} texts do not sum to 1 because they are rounded: they are divided by their sum.`}`,
        ]
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
    const [only]: readonly unknown[] = scored;
    const around = isFields(record) ? besideScores(record, only === record) : {};
    const hasAll = this.single === 0 || this.areOwn;
    const sum = sumOf(scored);
    const isExclusive = hasAll && !this.areOwn;
    if (isExclusive && Math.abs(sum - 1) > allowed(scored, this.decimals))
      throw new RecordProblem('has scores that do not sum to 1');
    if (new Set(scored.map(({ label }) => label)).size < scored.length)
      throw new RecordProblem('has two scores of one label');
    // The best few of labels that exclude each other do not sum to 1 either, and the rest are those of low scores.
    if (this.areOwn && scored.length < this.names.size)
      throw new RecordProblem(
        `has the scores of ${scored.length} of ${this.names.size} labels; let the pipeline write all of them (top_k=None)`,
      );
    const unit = isExclusive && Math.abs(sum - 1) > SUM_TOLERANCE ? sum : 1;
    return [
      hasAll
        ? { ...around, scores: new Map(scored.map(({ label, score }) => [label, score / unit])) }
        : { ...around, predicted: best.label, confidence: best.score },
    ];
  }
}

function sumOf(scored: readonly Scored[]): number {
  return scored.reduce((sum, { score }) => sum + score, 0);
}

/** How far from 1 rounding can bring the sum: by half a unit of the last decimal for each label. */
function tolerance(scored: readonly Scored[], decimals: number): number {
  return Math.max(SUM_TOLERANCE, (scored.length / 2) * 10 ** -decimals + 1e-9);
}

function allowed(scored: readonly Scored[], decimals: number): number {
  return Math.min(tolerance(scored, decimals), MOST_ROUNDING);
}

/** Programs write a rounded number of single precision with more digits: 0.93 as 0.9300000071525574. */
function decimalsOf(score: number): number {
  let decimals = 1;
  while (decimals < MOST_DECIMALS && Math.abs(Number(score.toFixed(decimals)) - score) > 1e-7) decimals++;
  return decimals;
}

/** The names of a truth where "label" is that of the score. */
const TRUTH_BESIDE_LABEL = TRUTH_FIELDS.filter((name) => name !== 'label');

/**
 * What stands beside the scores.
 *
 * @param isFlat whether the record itself is the label with its score
 */
function besideScores(record: Fields, isFlat: boolean): ImportedRow {
  const text = textOf(record, ['sequence', 'text', 'sentence', 'input', 'inputs', 'content', 'review']);
  return {
    id: cellOf(fieldOf(record, 'id', 'uid')),
    text: text?.text,
    label: cellOf(fieldOf(record, ...(isFlat ? TRUTH_BESIDE_LABEL : TRUTH_FIELDS))),
  };
}

export const PIPELINE: Origin = {
  name: 'pipeline',
  title: 'output of a Hugging Face pipeline',
  holds: 'labels with scores ([{"label": …, "score": …}])',
  recognises: (record) => scoredOf(record) !== undefined,
  open: () => new PipelineReader(),
};
