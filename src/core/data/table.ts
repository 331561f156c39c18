/**
 * Builds a checked table of columns from rows of cells. Every row is either accepted whole or rejected with a reason.
 */
import { trusted } from '../model/numeric';
import { givenProbs, labelData, rowsWhere } from '../model/rows';
import {
  type PredictionData,
  type RejectedRow,
  SPLIT_FIT,
  SPLIT_TEST,
  UNKNOWN_CORRECT,
  UNKNOWN_LABEL,
  type Warning,
} from '../model/predictions';
import type { EvaluateOptions } from '../model/evaluation';
import { isLabelMassLow } from '../scoring/score';
import { least } from '../extremes';
import { UserError } from '../user-error';
import { flag, kindOfList, numberProblem, plainNumber } from './cells';
import {
  columnNamed,
  requireTruth,
  type Role,
  scoreKey,
  type ScoreColumns,
  type TableColumns,
} from './columns';
import { GrowingColumn } from './growing';
import { distinctSorted, groupNumbers, hash53, normaliseText } from './hash';
import { listed, quoted, shortened } from '../quote';
import {
  NOT_LABELLED,
  type Reading,
  readLabels,
  readTruth,
  saysNothing,
  type TruthReading,
  UNCLEAR,
} from './vocabulary';

/** How far from 1 (or from `label_mass`) the `prob:` columns of a row may sum. */
const SUM_TOLERANCE = 0.01;
/** Rounding of a log-probability above 0 that is no mistake. */
const ROUNDING = 1e-6;
/** Rounding of a probability beyond 0 or 1 that is none: half floats have eleven bits, and write 1 as 1.00098. */
const HALF_ROUNDING = 1e-3;
/** A share of the rows with one mistake from which it is none of single rows, but of the table. */
const SAME_MISTAKE = 0.2;
/** What shown labels leave at least for the others, where they sum to 1 by rounding. */
const SMALLEST_REST = 1e-12;
/** More than the rounding of computed probabilities, and less than anything that is told of them. */
const HAIR = 1e-9;
/** Fewer sums that are not 1 are mistakes of their rows, whatever their share. */
const FEWEST_SUMS = 10;
/** So many probabilities above 1 and up to 100 are no slips of the pen. */
const PERCENTAGES = { fewest: 2, share: 0.005 };
/** Share of rows with a probability of 0 above which a table is suspected to be rounded. */
const ZERO_WARNING = 0.01;
/** A larger share of rows with a bound in place of a score than this gets a warning. */
const BOUND_WARNING = 0.01;
/** Bad rows listed one by one; beyond, they are only counted, so that memory stays bounded. */
const LISTED_ROWS = 10_000;
/** Kinds of reasons that are counted. */
const LISTED_KINDS = 100;

/** A checked table. n: accepted rows, in file order. */
export interface PredictionTable {
  readonly columns: TableColumns;
  /** Label scores, or confidence against correct, with group, weight and split. */
  readonly data: PredictionData;
  readonly n: number;
  /** (n) physical line of the file on which each row begins; the header is on line 1. */
  readonly lines: Int32Array;
  /** (n) hash of each row's id: equal ids have equal numbers. Absent without an id column. */
  readonly id?: Float64Array | undefined;
  /** The `predicted` column, and the column of true labels as they are written; null without one. */
  readonly predicted: NamedColumn | null;
  readonly label: NamedColumn | null;
  /** The columns requested in `slices`, by name. */
  readonly slices: ReadonlyMap<string, NamedColumn>;
  /** (n) label mass of each row, NaN where its cell is empty. Absent if the table does not contain it. */
  readonly labelMass?: Float64Array | undefined;
  /** Rows that nobody has labelled: they are not read as far as their truth is needed, and nothing is wrong with them. */
  readonly unlabelled: number;
  /** The first 10,000 rows that could not be used; `rejectedCount` counts all of them. */
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  readonly warnings: readonly Warning[];
  /** The calibrator that wrote this table (its SHA-256), or null for an uncalibrated one. */
  readonly calibratedBy: string | null;
}

/** A column of words: row i holds `names[index[i]]`, or nothing if `index[i]` is −1. */
interface NamedColumn {
  readonly names: readonly string[];
  /** (n) */
  readonly index: Int32Array;
}

export interface ReadOptions {
  /** 'required': only rows with a known truth are taken. 'optional': the others are kept too, their truth unknown. */
  readonly truth: 'required' | 'optional';
  /**
   * How true labels are read, for a table that is taken in parts: from the whole of it. Absent: from the labels that were
   * added so far.
   */
  readonly reading?: TruthReading | undefined;
  /** Columns, by their names in the header, whose values define slices. */
  readonly slices?: readonly string[] | undefined;
}

/** Fate of a labelled row of a table of confidence that names no prediction; see `vocabulary.ts` for others. */
const NO_PREDICTION = -3;
/** How people call the rows that a fit may see, and those that it may not. */
const SPLITS: ReadonlyMap<string, number> = new Map([
  ...['fit', 'train', 'training', 'validation', 'valid', 'val', 'dev'].map(
    (name) => [name, SPLIT_FIT] as const,
  ),
  ...['test', 'testing', 'holdout'].map((name) => [name, SPLIT_TEST] as const),
]);
const NOTHING_READ: Reading = { of: () => NOT_LABELLED, warnings: [], others: [] };

/** What a column does that is taken for its name. */
const TAKEN_BY_NAME = {
  weight: 'Rows are weighted by',
  group: 'Rows are grouped by',
  split: 'Rows are divided into fit and test by',
} as const satisfies Partial<Record<Role, string>>;

/** Thrown inside, caught per row. */
class BadRow extends Error {}

/** The content of a row, checked before any of it is added, so that a row is added whole or not at all. */
interface ParsedRow {
  confidence: number;
  correct: number;
  labelMass: number;
  weight: number;
  split: number;
}

export class TableBuilder {
  private readonly lines = new GrowingColumn((n) => new Int32Array(n));
  private readonly scores = new GrowingColumn((n) => new Float64Array(n));
  private readonly agreement = new GrowingColumn((n) => new Float64Array(n));
  private readonly confidence = new GrowingColumn((n) => new Float64Array(n));
  private readonly correct = new GrowingColumn((n) => new Uint8Array(n));
  private readonly labelMass = new GrowingColumn((n) => new Float64Array(n));
  private readonly weight = new GrowingColumn((n) => new Float64Array(n));
  private readonly split = new GrowingColumn((n) => new Uint8Array(n));
  private readonly group = new GrowingColumn((n) => new Float64Array(n));
  private readonly id = new GrowingColumn((n) => new Float64Array(n));

  private readonly rejected: RejectedRow[] = [];
  private rejectedCount = 0;
  private readonly reasons = new Map<string, { count: number; reason: string }>();
  private unlabelled = 0;
  /** Rows whose log-probabilities can only be decimal logarithms. */
  private decimal = 0;
  private hidden = 0;
  private base: number | null = null;
  private longRows = 0;
  private firstLongRow: number | null = null;
  private percentages = 0;
  private sumsAbove = 0;
  private sumsBelow = 0;
  private readonly otherSplits = new Set<string>();
  private accepted = 0;
  private zeros = 0;
  private bounded = 0;
  private lowMass = 0;
  private repeatedIds = 0;
  private sameTexts = 0;
  private groups = 0;
  private otherPrediction = 0;
  private otherCorrect = 0;
  private calibratedBy: string | null = null;

  private readonly label: NamesBuilder;
  private readonly predicted: NamesBuilder;
  private readonly slices: ReadonlyMap<string, NamesBuilder>;
  /** (K) */
  private labels: readonly (string | null)[];
  /** (accepted rows) the label with the highest score. */
  private readonly best = new GrowingColumn((n) => new Int32Array(n));
  private reading: Reading = NOTHING_READ;
  /** (K) scores of the row at hand. */
  private readonly row: Float64Array;
  private readonly agreementRow: Float64Array;

  /** @throws UserError no-truth: no column gives the truth, and it is required; no-such-column */
  constructor(
    private readonly columns: TableColumns,
    private readonly options: ReadOptions,
  ) {
    if (options.truth === 'required') requireTruth(columns);
    const { header, roles } = columns;
    this.label = new NamesBuilder(roles.label ?? -1, columns.named);
    this.predicted = new NamesBuilder(roles.predicted ?? -1, columns.named);
    const named = header.map((name) => name.trim());
    this.slices = new Map(options.slices?.map((name) => [name, new NamesBuilder(columnNamed(named, name))]));
    this.labels = [...(columns.scores?.labels ?? [])];
    this.row = new Float64Array(this.labels.length);
    this.agreementRow = new Float64Array(columns.agreement === null ? 0 : this.labels.length);
  }

  /**
   * Accepts or rejects one row.
   *
   * @param line physical line of the file on which the row begins
   * @returns whether the row was accepted
   * @throws UserError decimal-comma, percent-sign: the notation of the whole table makes its numbers unreliable
   */
  add(cells: readonly string[], line: number): boolean {
    let parsed: ParsedRow;
    try {
      parsed = this.parse(cells, line);
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.reject(line, error.message);
      return false;
    }
    if (cells.some((cell) => cell.includes('\n'))) {
      this.longRows++;
      this.firstLongRow ??= line;
    }
    this.push(parsed, cells, line);
    return true;
  }

  /**
   * Returns the rows accepted since the last call and clears them; rejected rows and warnings accumulate. Call it once
   * for the whole table, or repeatedly for a table that does not fit into memory.
   */
  take(): PredictionTable {
    const { roles } = this.columns;
    const lines = this.lines.take();
    const label = roles.label === undefined ? null : this.label.take();
    const predicted = roles.predicted === undefined ? null : this.predicted.take();
    const truth = this.truthOf(lines, label, predicted);
    const kept = this.keptRows(truth, lines, label);
    this.accepted += kept.length;
    if (this.options.truth === 'required') this.refuseMistakes();
    const ofKept = <T extends Int32Array | Float64Array | Uint8Array>(column: T): T =>
      kept.length === lines.length ? column : (column.filter((_, row) => isKept[row] === 1) as T);
    const isKept = new Uint8Array(lines.length);
    for (const row of kept) isKept[row] = 1;
    const named = (column: NamedColumn): NamedColumn => ({ ...column, index: ofKept(column.index) });
    const data = this.takeData(ofKept, ofKept(truth));
    const id = roles.id === undefined ? undefined : ofKept(this.id.take());
    if (id !== undefined) this.repeatedIds += id.length - distinctSorted(id).length;
    return {
      columns: this.columns,
      data,
      n: kept.length,
      lines: ofKept(lines),
      id,
      label: label && named(label),
      predicted: predicted && named(predicted),
      slices: new Map(Array.from(this.slices, ([name, column]) => [name, named(column.take())])),
      labelMass: roles.labelMass === undefined ? undefined : ofKept(this.labelMass.take()),
      unlabelled: this.unlabelled,
      rejected: this.rejected.sort((left, right) => left.line - right.line),
      rejectedCount: this.rejectedCount,
      warnings: this.warnings(),
      calibratedBy: this.calibratedBy,
    };
  }

  private parse(cells: readonly string[], line: number): ParsedRow {
    const { header, roles, scores, agreement } = this.columns;
    if (!fits(cells, header))
      throw new BadRow(
        `${cells.length} cells where the header has ${header.length} (a cell that holds the separator needs ` +
          `quotes; numbers need a decimal point)`,
      );
    const labelMass = this.labelMassOf(cells, line);
    let confidence = NaN;
    if (scores === null) confidence = this.probability(cells, roles.confidence ?? -1, line);
    else this.readScores(this.row, cells, scores, labelMass, line);
    if (agreement !== null) this.readScores(this.agreementRow, cells, agreement, NaN, line);
    const weight = roles.weight === undefined ? 1 : this.number(cells, roles.weight, line);
    if (weight < 0) throw new BadRow(`${this.name(roles.weight)} is ${weight}; weights are not negative`);
    for (const role of ['label', 'predicted'] as const) this.checkName(cells, role);
    const correct = scores === null && roles.correct !== undefined ? this.correctOf(cells) : UNKNOWN_CORRECT;
    const split = roles.split === undefined ? SPLIT_FIT : this.splitOf(cells);
    return { confidence, correct, labelMass, weight, split };
  }

  private push(row: ParsedRow, cells: readonly string[], line: number): void {
    const { roles, scores } = this.columns;
    this.lines.push(line);
    if (scores === null) {
      this.confidence.push(row.confidence);
      this.correct.push(row.correct);
    } else {
      let best = 0;
      for (let k = 0; k < this.row.length; k++) {
        this.scores.push(this.row[k] ?? 0);
        if ((this.row[k] ?? 0) > (this.row[best] ?? 0)) best = k;
      }
      for (const value of this.agreementRow) this.agreement.push(value);
      this.best.push(best);
    }
    if (this.cell(cells, 'bound') !== '') this.bounded++;
    if (roles.label !== undefined) this.label.push(cells);
    if (isLabelMassLow(row)) this.lowMass++;
    if (roles.predicted !== undefined) this.predicted.push(cells);
    for (const column of this.slices.values()) column.push(cells);
    if (roles.labelMass !== undefined) this.labelMass.push(row.labelMass);
    if (roles.weight !== undefined) this.weight.push(row.weight);
    if (roles.split !== undefined) this.split.push(row.split);
    if (roles.id !== undefined) this.id.push(hash53(this.cell(cells, 'id')));
    if (roles.group !== undefined || roles.text !== undefined) this.group.push(this.groupOf(cells, line));
    this.calibratedBy ??= this.cell(cells, 'calibrator') || null;
  }

  /** Equal numbers for rows that folds must not part: equal `group` cells, or else equal texts. */
  private groupOf(cells: readonly string[], line: number): number {
    const group =
      this.columns.roles.group === undefined
        ? normaliseText(this.cell(cells, 'text'))
        : this.cell(cells, 'group');
    // A row without one is alone: no cell can hold a line break and nothing else, for cells are trimmed.
    return hash53(group === '' ? `\n${line}` : group);
  }

  /**
   * The truth of each row: index of the label, or for a table of confidence whether the prediction is right; below 0 a
   * fate of `keptRows`.
   */
  private truthOf(lines: Int32Array, label: NamedColumn | null, predicted: NamedColumn | null): Int32Array {
    if (this.columns.scores === null) return this.correctness(lines.length, label, predicted);
    const reading = this.options.reading ?? readTruth(label?.names ?? [], this.labels);
    this.reading = reading;
    this.labels = reading.labels;
    const truth = new Int32Array(lines.length).fill(NOT_LABELLED);
    const byName = label?.names.map((name) => this.reading.of(name)) ?? [];
    label?.index.forEach(
      (name, row) => (truth[row] = name < 0 ? NOT_LABELLED : (byName[name] ?? NOT_LABELLED)),
    );
    this.compareWithPredicted(predicted);
    return truth;
  }

  /** Counts rows in which another label is named than the one with the highest score. */
  private compareWithPredicted(predicted: NamedColumn | null): void {
    const best = this.best.take();
    // What both together predict is no claim about either of them.
    if (predicted === null || this.columns.agreement !== null) return;
    const reading = readTruth(predicted.names, this.labels);
    const byName = predicted.names.map((name) => reading.of(name));
    predicted.index.forEach((name, row) => {
      if (name >= 0 && byName[name] !== NOT_LABELLED && byName[name] !== best[row]) this.otherPrediction++;
    });
  }

  private correctness(n: number, label: NamedColumn | null, predicted: NamedColumn | null): Int32Array {
    const given = this.correct.take();
    const isGiven = this.columns.roles.correct !== undefined;
    if (label !== null && predicted !== null) {
      const labels = predicted.names.filter((name) => !saysNothing(name));
      this.reading = this.options.reading ?? readLabels(label.names, labels);
      const truthOf = label.names.map((name) => this.reading.of(name));
      const answerOf = predicted.names.map((name) => labels.indexOf(name));
      const isRight = Int32Array.from({ length: n }, (_, row) => {
        const truth = truthOf[label.index[row] ?? -1] ?? NOT_LABELLED;
        const answer = answerOf[predicted.index[row] ?? -1] ?? -1;
        if (truth === NOT_LABELLED || truth === UNCLEAR) return truth;
        return answer < 0 ? NO_PREDICTION : Number(truth === answer);
      });
      if (!isGiven) return isRight;
      isRight.forEach((right, row) => {
        if (right >= 0 && given[row] !== UNKNOWN_CORRECT && given[row] !== right) this.otherCorrect++;
      });
    }
    return Int32Array.from(given, (right) => (!isGiven || right === UNKNOWN_CORRECT ? NOT_LABELLED : right));
  }

  /** The rows to take; the others are unlabelled, or rejected with the reason. */
  private keptRows(truth: Int32Array, lines: Int32Array, label: NamedColumn | null): Uint32Array {
    const isNeeded = this.options.truth === 'required';
    return rowsWhere(truth.length, (row) => {
      const fate = truth[row] ?? NOT_LABELLED;
      if (fate >= 0 || (!isNeeded && (fate === NOT_LABELLED || fate === NO_PREDICTION))) return true;
      if (fate === NOT_LABELLED) this.unlabelled++;
      else this.reject(lines[row] ?? 0, this.truthProblem(fate, label?.names[label.index[row] ?? -1] ?? ''));
      return false;
    });
  }

  private truthProblem(fate: number, value: string): string {
    const { roles } = this.columns;
    if (fate === NO_PREDICTION) return `${this.name(roles.predicted)} is empty`;
    if (fate === UNCLEAR)
      return `${this.name(roles.label)} is ${quoted(value)}, which is written in several ways; write every label in one way`;
    const labels = this.labels.map((name) => quoted(name ?? '')).join(', ');
    return `${this.name(roles.label)} is ${quoted(value)}, a label without scores (there are ${labels})`;
  }

  /** Mistakes that so many rows share that the rest of the table cannot be what it seems either. */
  private refuseMistakes(): void {
    const { percentages, sumsAbove, sumsBelow } = this;
    const rows = this.accepted + this.rejectedCount + this.unlabelled;
    const of = rows.toLocaleString('en-US');
    const none = 'No row of the table was used.';
    const { roles, scores } = this.columns;
    const [one, other] = this.reading.others;
    if (this.accepted === 0 && one !== undefined && scores !== null && roles.positive === scores.index[1])
      throw new UserError(
        'positive-unnamed',
        `The true labels are ${listed(this.reading.others)}, and the column "${this.name(roles.positive)}" does not tell which of them it is the probability of.`,
        { data: { label: other ?? one, columns: this.namedPositive(other ?? one) } },
      );
    if (percentages >= PERCENTAGES.fewest && percentages >= PERCENTAGES.share * rows)
      throw new UserError(
        'percentages',
        `${percentages.toLocaleString('en-US')} of ${of} rows have a probability above 1 and up to 100, so the column seems to hold percentages. Divide all of its numbers by 100. ${none}`,
      );
    const sums = sumsAbove + sumsBelow;
    if (sums < FEWEST_SUMS || sums <= SAME_MISTAKE * rows) return;
    throw new UserError(
      'other-sums',
      sumsAbove > 0
        ? `In ${sums.toLocaleString('en-US')} of ${of} rows the probabilities of the labels do not sum to 1: they seem to be independent of each other (sigmoids, where several labels may be true). Evaluate one label at a time, with its probability as y_prob and 0 or 1 as the label. ${none}`
        : `In ${sums.toLocaleString('en-US')} of ${of} rows the probabilities of the labels sum to less than 0.99. Add the columns of the missing labels, or a column "label_mass" with the sum. ${none}`,
    );
  }

  /** The mapping by which the only probability is that of a label. */
  private namedPositive(label: string): Readonly<Record<string, string>> {
    const column = this.columns.header[this.columns.roles.positive ?? 0]?.trim() ?? '';
    return { [scoreKey('prob', label)]: column, positive: '' };
  }

  private reject(line: number, reason: string): void {
    this.rejectedCount++;
    const kind = kindOfReason(reason);
    const seen = this.reasons.get(kind);
    if (seen !== undefined) seen.count++;
    else if (this.reasons.size < LISTED_KINDS) this.reasons.set(kind, { count: 1, reason });
    if (this.rejected.length < LISTED_ROWS) this.rejected.push({ line, reason });
  }

  /** @param truth of the kept rows, below 0 where it is unknown */
  private takeData(
    ofKept: <T extends Int32Array | Float64Array | Uint8Array>(column: T) => T,
    truth: Int32Array,
  ): PredictionData {
    const { roles, scores } = this.columns;
    const hashes = ofKept(this.group.take());
    this.groups = distinctSorted(hashes).length;
    if (roles.group === undefined) this.sameTexts += hashes.length - distinctSorted(hashes).length;
    const rows = {
      group: groupNumbers(hashes),
      weight: roles.weight === undefined ? undefined : ofKept(this.weight.take()),
      split: roles.split === undefined ? undefined : ofKept(this.split.take()),
    };
    if (scores === null)
      return {
        kind: 'confidence',
        confidence: ofKept(this.confidence.take()),
        correct: Uint8Array.from(truth, (right) => (right < 0 ? UNKNOWN_CORRECT : right)),
        ...rows,
      };
    const labels = this.labels.map((label, k) => label ?? `not ${this.labels[1 - k] ?? ''}`);
    const K = labels.length;
    const matrix = (column: Float64Array): Float64Array =>
      truth.length * K === column.length
        ? column
        : takeBlocks(column, K, ofKept(rowNumbers(column.length / K)));
    const given = matrix(this.scores.take());
    const agreement = this.columns.agreement === null ? undefined : matrix(this.agreement.take());
    if (agreement !== undefined) boundHidden(agreement, K);
    const columns = {
      labels,
      agreement,
      truth: truth.map((label) => (label < 0 ? UNKNOWN_LABEL : label)),
      ...rows,
    };
    if (scores.type !== 'prob') {
      const logs = scores.type === 'logprob' ? this.natural(given, K) : given;
      this.hidden += boundHidden(logs, K);
      return labelData({ ...columns, scores: logs });
    }
    const { data, zeros } = givenProbs({ ...columns, probs: given });
    this.zeros += zeros;
    return data;
  }

  /** Logarithms to the base e, from those of another base to which every row sums to 1 whose labels were all shown. */
  private natural(logs: Float64Array, K: number): Float64Array {
    const base = OTHER_BASES.find((other) => sumsToOne(logs, K, other));
    if (base !== 10 && this.decimal > 0)
      throw new UserError(
        'other-sums',
        `In ${this.decimal} rows the log-probabilities are logarithms to the base 10, and in others they are not. Write natural logarithms. No row of the table was used.`,
      );
    if (base === undefined || sumsToOne(logs, K, Math.E)) return logs;
    this.base = base;
    const scale = Math.log(base);
    return logs.map((log) => log * scale);
  }

  private warnings(): Warning[] {
    const warnings: Warning[] = [];
    const warn = (code: string, message: string) => warnings.push({ code, message });
    const { accepted, zeros, rejectedCount } = this;
    if (this.unlabelled > 0)
      warn(
        'unlabelled-rows',
        `${this.unlabelled} of ${accepted + rejectedCount + this.unlabelled} rows are not labelled, and only the others count.`,
      );
    for (const { code, message } of this.reading.warnings) warn(code, message);
    if (this.otherSplits.size > 0)
      warn(
        'split-names',
        `In the column "${this.name(this.columns.roles.split)}", ${listed([...this.otherSplits])} ${this.otherSplits.size === 1 ? 'was' : 'were'} read as ` +
          `${[...this.otherSplits].map((name) => (SPLITS.get(name) === SPLIT_FIT ? 'fit' : 'test')).join(', ')}.`,
      );
    if (this.columns.scores === null && this.reading.others.length > 0)
      warn(
        'never-predicted',
        `True labels that are never predicted count as wrong answers: ${listed(this.reading.others)}.`,
      );
    if (rejectedCount > 0)
      warn(
        'rejected-rows',
        `${rejectedCount} of ${accepted + rejectedCount} rows were not used; see their reasons.${this.sharedReason()}`,
      );
    if (rejectedCount > LISTED_ROWS)
      warn('rejected-not-listed', `Only the first ${LISTED_ROWS} of ${rejectedCount} bad rows are listed.`);
    if (zeros > ZERO_WARNING * accepted)
      warn(
        'clipped',
        `${zeros} of ${accepted} rows have a probability of 0, which counts as 1e-12: the table seems to be ` +
          `rounded, so its most confident rows cannot be distinguished. Log-probabilities (logprob:LABEL) keep their order.`,
      );
    if (this.bounded > BOUND_WARNING * accepted)
      warn(
        'bounded-scores',
        `In ${this.bounded} of ${accepted} rows the server did not show every label among its likeliest tokens. The ` +
          `labels in the column "${this.name(this.columns.roles.bound)}" have an upper bound instead of a score. ` +
          `Numbers and calibrators of this table are approximate; ask the server for more tokens, or use consistency.`,
      );
    if (this.base !== null)
      warn(
        'log-base',
        `The log-probabilities are logarithms to the base ${this.base}: to that base every row sums to 1. They were read as such.`,
      );
    if (this.hidden > 0)
      warn(
        'hidden-scores',
        `In ${this.hidden} of ${accepted} rows a label has no log-probability (−inf, or a number like −9999): it was not shown. An upper bound stands for it, so the numbers of these rows are approximate.`,
      );
    if (this.lowMass > 0)
      warn(
        'low-label-mass',
        `In ${this.lowMass} of ${accepted} rows the label mass is below one half: the model tends to answer something ` +
          `else there, so these confidences mean little. Specify in the instruction or by examples how to answer.`,
      );
    if (this.otherPrediction > 0)
      warn(
        'other-prediction',
        `In ${this.otherPrediction} rows the column "${this.name(this.columns.roles.predicted)}" names a ` +
          `label that does not have the highest score. The scores were used.`,
      );
    if (this.otherCorrect > 0)
      warn(
        'other-correct',
        `In ${this.otherCorrect} rows "${this.name(this.columns.roles.correct)}" contradicts the ` +
          `predicted and the true label. The column was used.`,
      );
    if (this.longRows > 0)
      warn(
        'long-rows',
        `${this.longRows} of ${accepted} rows have a cell of several lines, the first on line ${this.firstLongRow ?? 0}. If that is not so, a quote (") in it is not closed.`,
      );
    for (const [role, words] of Object.entries(TAKEN_BY_NAME)) this.sayTaken(role as Role, words, warn);
    if (this.sameTexts > 0)
      warn(
        'same-texts',
        this.sameTexts === accepted - 1 && accepted > 1
          ? `All rows have the same text in the column "${this.name(this.columns.roles.text)}", so they count as one group. If that is a prompt and not the text that was classified, assign no column as the text.`
          : `${this.sameTexts} of ${accepted} rows have a text that an earlier row has too, but for case, spaces and punctuation. Rows of ` +
              `the same text count as one group: they are kept together in folds, and intervals count groups.`,
      );
    if (this.repeatedIds > 0)
      warn(
        'repeated-ids',
        `${this.repeatedIds} rows repeat the id of another row; such rows cannot be paired.`,
      );
    return warnings;
  }

  /** A reason that a large share of the rows have in common, in a sentence. */
  private sharedReason(): string {
    const rows = this.accepted + this.rejectedCount + this.unlabelled;
    const [most] = [...this.reasons.values()].sort((left, right) => right.count - left.count);
    return most === undefined || most.count <= SAME_MISTAKE * rows
      ? ''
      : ` ${most.count} of them have the same one, which is a problem of the table: ${most.reason}.`;
  }

  /** A column that changes numbers because of its name is said. */
  private sayTaken(role: Role, words: string, warn: (code: string, message: string) => void): void {
    const { roles, found } = this.columns;
    if (!found.includes(role)) return;
    const groups =
      role === 'group' && this.groups > 0 ? ` (${this.groups.toLocaleString('en-US')} groups)` : '';
    warn(
      `${role}-by-name`,
      `${words} the column "${this.name(roles[role])}"${groups}, which was found by its name. Assign no column as the ${role} to switch that off.`,
    );
  }

  private readScores(
    row: Float64Array,
    cells: readonly string[],
    scores: ScoreColumns,
    labelMass: number,
    line: number,
  ): void {
    let implied = -1;
    for (let k = 0; k < row.length; k++) {
      const index = scores.index[k] ?? null;
      if (index === null) implied = k;
      else if (scores.type === 'prob') row[k] = this.probability(cells, index, line);
      else if (scores.type === 'logprob' && isHidden(cells[index] ?? '')) row[k] = -Infinity;
      else row[k] = this.number(cells, index, line);
      if (scores.type === 'logprob' && (row[k] ?? 0) > ROUNDING)
        throw new BadRow(`${this.name(index)} is ${row[k] ?? 0}; a log-probability is never above 0`);
    }
    if (scores.type === 'logprob' && row.every((log) => log === -Infinity))
      throw new BadRow('no label has a log-probability that was shown');
    if (implied >= 0) row[implied] = scores.type === 'prob' ? trusted(1 - (row[1 - implied] ?? 0)) : 0;
    // Upper bounds may sum to more than 1.
    else if (scores.type === 'prob' || (scores.type === 'logprob' && this.cell(cells, 'bound') === ''))
      this.checkSum(row, scores.type, labelMass);
  }

  /**
   * Probabilities sum to 1, or to the row's label mass. They are kept where the digits that are written can sum to no
   * more than 1 by rounding, and renormalised elsewhere.
   */
  private checkSum(row: Float64Array, type: 'prob' | 'logprob', labelMass: number): void {
    let sum = 0;
    for (const value of row) sum += type === 'prob' ? value : Math.exp(value);
    if (sum > 1 + SUM_TOLERANCE && type === 'logprob' && maySumToOne(row, 10)) {
      this.decimal++;
      return;
    }
    if (sum > 1 + SUM_TOLERANCE) this.sumsAbove++;
    if (sum > 1 + SUM_TOLERANCE)
      throw new BadRow(`the probabilities of the labels sum to ${shown(sum)}, above 1`);
    // Log-probabilities say the rest themselves: what is missing fell on no label.
    if (type === 'logprob') return;
    if (sum < 1 - SUM_TOLERANCE) {
      if (Number.isNaN(labelMass)) this.sumsBelow++;
      if (Number.isNaN(labelMass))
        throw new BadRow(
          `the probabilities of the labels sum to ${shown(sum)}; a sum below 0.99 needs a column "label_mass"`,
        );
      if (Math.abs(sum - labelMass) > SUM_TOLERANCE)
        throw new BadRow(
          `the probabilities of the labels sum to ${shown(sum)}, but label_mass is ${shown(labelMass)}`,
        );
      if (sum === 0) throw new BadRow('all probabilities of the labels are 0');
    }
    if (isOneButForRounding(row, sum)) return;
    for (let k = 0; k < row.length; k++) row[k] = trusted((row[k] ?? 0) / sum);
  }

  private number(cells: readonly string[], index: number, line: number): number {
    const cell = (cells[index] ?? '').trim();
    const value = plainNumber(cell);
    if (!Number.isNaN(value)) return value;
    const problem = numberProblem(this.name(index), cell);
    if (problem.wholeTable !== null)
      throw new UserError(
        problem.wholeTable,
        `Line ${line}: ${problem.reason} No row of the table was used.`,
      );
    throw new BadRow(problem.reason);
  }

  private probability(cells: readonly string[], index: number, line: number): number {
    const value = this.number(cells, index, line);
    if (value >= -HALF_ROUNDING && value <= 1 + HALF_ROUNDING) return Math.min(1, Math.max(0, value));
    const isPercentage = value > 1 && value <= 100;
    if (isPercentage) this.percentages++;
    const hint = isPercentage ? '; divide percentages by 100' : '';
    throw new BadRow(`${this.name(index)} is ${value}, outside 0 to 1${hint}`);
  }

  /** NaN where the table does not say it: sources that can answer nothing but a label have none. */
  private labelMassOf(cells: readonly string[], line: number): number {
    const index = this.columns.roles.labelMass;
    return index === undefined || this.cell(cells, 'labelMass') === ''
      ? NaN
      : this.probability(cells, index, line);
  }

  private correctOf(cells: readonly string[]): number {
    const cell = this.cell(cells, 'correct');
    if (saysNothing(cell)) return UNKNOWN_CORRECT;
    const value = flag(cell);
    if (value === undefined)
      throw new BadRow(`${this.name(this.columns.roles.correct)} is ${quoted(cell)}; write 1 or 0`);
    return value;
  }

  /** A list of labels is no label, and a broken one is none either; compared as one, it would be a wrong answer. */
  private checkName(cells: readonly string[], role: 'label' | 'predicted'): void {
    const cell = this.cell(cells, role);
    if (cell.includes('\0'))
      throw new BadRow(`${this.name(this.columns.roles[role])} holds a zero byte (${quoted(cell)})`);
    const kind = kindOfList(cell);
    if (kind !== null && !this.labels.includes(cell))
      throw new BadRow(
        `${this.name(this.columns.roles[role])} is ${kind} (${quoted(cell)}); write one label`,
      );
  }

  private splitOf(cells: readonly string[]): number {
    const cell = this.cell(cells, 'split').toLowerCase();
    const part = SPLITS.get(cell);
    if (part === undefined)
      throw new BadRow(
        `${this.name(this.columns.roles.split)} is ${quoted(cell)}; write fit (or train, validation, dev) or test`,
      );
    if (cell !== 'fit' && cell !== 'test') this.otherSplits.add(cell);
    return part;
  }

  private cell(cells: readonly string[], role: Role): string {
    const index = this.columns.roles[role];
    return index === undefined ? '' : (cells[index] ?? '').trim();
  }

  /** Name of a column, for a sentence. */
  private name(index: number | null | undefined): string {
    return index === undefined || index === null ? '' : shortened((this.columns.header[index] ?? '').trim());
  }
}

/** Numbers the words of a column in the order in which they are met. */
class NamesBuilder {
  private readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly index = new GrowingColumn((n) => new Int32Array(n));

  constructor(
    private readonly column: number,
    private readonly nameOf: TableColumns['named'] = (name) => name,
  ) {}

  push(cells: readonly string[]): void {
    const written = (cells[this.column] ?? '').trim();
    this.index.push(written === '' ? -1 : this.number(this.nameOf(written)));
  }

  take(): NamedColumn {
    return { names: this.names, index: this.index.take() };
  }

  private number(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

function rowNumbers(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, row) => row);
}

/** The given rows of a matrix (n·K). */
function takeBlocks(matrix: Float64Array, K: number, rows: Int32Array): Float64Array {
  const taken = new Float64Array(rows.length * K);
  rows.forEach((row, i) => taken.set(matrix.subarray(row * K, row * K + K), i * K));
  return taken;
}

/** How far single precision is from 1 where its numbers sum to it. */
const SINGLE_PRECISION = 1e-6;
/** Decimals up to which a number is taken for a rounded one. */
const MOST_DECIMALS = 6;

/** Whether numbers that are written with so many decimals sum to 1 up to half a unit of the last one in each. */
function isOneButForRounding(row: Float64Array, sum: number): boolean {
  const gap = Math.abs(sum - 1);
  if (gap <= SINGLE_PRECISION) return true;
  const decimals = row.reduce((most, value) => Math.max(most, decimalsOf(value)), 0);
  return decimals <= MOST_DECIMALS && gap <= (row.length / 2) * 10 ** -decimals + 1e-9;
}

function decimalsOf(value: number): number {
  let decimals = 0;
  while (decimals <= MOST_DECIMALS && Math.abs(Number(value.toFixed(decimals)) - value) > 1e-12) decimals++;
  return decimals;
}

const OTHER_BASES: readonly number[] = [2, 10];
/** How far from 1 the sum of a row may be that is taken for a proof of the base. */
const BASE_TOLERANCE = 1e-3;

/** Whether every row may sum to 1 in a base, and one whose labels were all shown does. */
function sumsToOne(logs: Float64Array, K: number, base: number): boolean {
  let isProven = false;
  for (let at = 0; at < logs.length; at += K) {
    const row = logs.subarray(at, at + K);
    if (!maySumToOne(row, base)) return false;
    isProven ||= !row.includes(-Infinity);
  }
  return isProven;
}

/** A row with labels that were not shown sums to less. */
function maySumToOne(row: Float64Array, base: number): boolean {
  const scale = Math.log(base);
  let sum = 0;
  for (const log of row) sum += Math.exp(log * scale);
  return sum <= 1 + BASE_TOLERANCE && (sum >= 1 - BASE_TOLERANCE || row.includes(-Infinity));
}

/**
 * A label that was not shown is no likelier than any that was, and has no more than what those leave. That bound stands
 * for its natural logarithm, a hair below, so that a label that was shown is predicted.
 *
 * @param logs (n·K), changed in place
 * @returns the number of rows with such labels
 */
function boundHidden(logs: Float64Array, K: number): number {
  let rows = 0;
  for (let at = 0; at < logs.length; at += K) {
    const row = logs.subarray(at, at + K);
    if (!row.includes(-Infinity)) continue;
    const known = row.filter((log) => log !== -Infinity);
    const rest = known.reduce((left, log) => left - Math.exp(log), 1);
    const bound = Math.min(least(known), Math.log(Math.max(rest, SMALLEST_REST))) - HAIR;
    for (let k = 0; k < K; k++) if (row[k] === -Infinity) row[k] = bound;
    rows++;
  }
  return rows;
}

/** Below any log-probability that a model can have: what programs write for a token that they did not show. */
const HIDDEN = -1000;

function isHidden(cell: string): boolean {
  const trimmed = cell.trim();
  return /^-(?:inf|infinity|∞)$/iu.test(trimmed) || plainNumber(trimmed) <= HIDDEN;
}

/** A separator behind the last cell of a line, or of the header, is no cell. */
function fits(cells: readonly string[], header: readonly string[]): boolean {
  const [more, from] = cells.length > header.length ? [cells, header.length] : [header, cells.length];
  return more.slice(from).every((cell) => cell.trim() === '');
}

/** A reason without what is different from row to row. */
function kindOfReason(reason: string): string {
  return reason.replace(/"[^"]*"/gu, '""').replace(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/giu, '#');
}

/** A sum as it is shown in a reason. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** How many rows an evaluation leaves out, and why. */
export function leftOut({
  rejected,
  rejectedCount,
  unlabelled,
}: PredictionTable): Pick<EvaluateOptions, 'rejected' | 'unused' | 'unlabelled'> {
  return { rejected, unused: rejectedCount, unlabelled };
}
