/**
 * Builds a checked table of columns from rows of cells. Every row is either accepted whole or rejected with a reason.
 */
import { labelData, logProbsFromProbs } from '../model/rows';
import {
  type PredictionData,
  type RejectedRow,
  SPLIT_FIT,
  SPLIT_TEST,
  UNKNOWN_CORRECT,
  UNKNOWN_LABEL,
  type Warning,
} from '../model/predictions';
import { isLabelMassLow } from '../scoring/score';
import { UserError } from '../user-error';
import { flag, numberProblem, plainNumber } from './cells';
import { columnNamed, type Role, type ScoreColumns, type TableColumns } from './columns';
import { GrowingColumn } from './growing';
import { distinctSorted, groupNumbers, hash53, normaliseText } from './hash';
import { quoted, shortened } from '../quote';

/** How far from 1 (or from `label_mass`) the `prob:` columns of a row may sum. */
const SUM_TOLERANCE = 0.01;
/** Rounding of a computed probability beyond 0 or 1 that is no mistake. */
const ROUNDING = 1e-6;
/** Share of clipped rows above which a table is suspected to be rounded. */
const CLIP_WARNING = 0.01;
/** A larger share of rows with a bound in place of a score than this gets a warning. */
const BOUND_WARNING = 0.01;
/** Bad rows listed one by one; beyond, they are only counted, so that memory stays bounded. */
const LISTED_ROWS = 10_000;

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
  /** The `predicted` column; null without one. */
  readonly predicted: NamedColumn | null;
  /** The columns requested in `slices`, by name. */
  readonly slices: ReadonlyMap<string, NamedColumn>;
  /** (n) label mass of each row, NaN where its cell is empty. Absent if the table does not contain it. */
  readonly labelMass?: Float64Array | undefined;
  /** The first 10,000 rows that were not used; `rejectedCount` counts all of them. */
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
  /** 'required': a row whose truth is unknown is a bad row. 'optional': it is kept, its truth unknown. */
  readonly truth: 'required' | 'optional';
  /** Columns, by their names in the header, whose values define slices. */
  readonly slices?: readonly string[] | undefined;
}

/** Thrown inside, caught per row. */
class BadRow extends Error {}

/** The content of a row, checked before any of it is added, so that a row is added whole or not at all. */
interface ParsedRow {
  confidence: number;
  correct: number;
  truth: number;
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
  private readonly truth = new GrowingColumn((n) => new Int32Array(n));
  private readonly labelMass = new GrowingColumn((n) => new Float64Array(n));
  private readonly weight = new GrowingColumn((n) => new Float64Array(n));
  private readonly split = new GrowingColumn((n) => new Uint8Array(n));
  private readonly group = new GrowingColumn((n) => new Float64Array(n));
  private readonly id = new GrowingColumn((n) => new Float64Array(n));

  private readonly rejected: RejectedRow[] = [];
  private rejectedCount = 0;
  private accepted = 0;
  private clipped = 0;
  private bounded = 0;
  private lowMass = 0;
  private repeatedIds = 0;
  private otherPrediction = 0;
  private otherCorrect = 0;
  private calibratedBy: string | null = null;

  private readonly predicted: NamesBuilder;
  private readonly slices: ReadonlyMap<string, NamesBuilder>;
  private readonly labels: (string | null)[];
  private readonly labelIndex = new Map<string, number>();
  /** (K) scores of the row at hand. */
  private readonly row: Float64Array;
  private readonly agreementRow: Float64Array;
  private readonly isZeroOne: boolean;

  /** @throws UserError no-truth: no column gives the truth, and it is required; no-such-column */
  constructor(
    private readonly columns: TableColumns,
    private readonly options: ReadOptions,
  ) {
    if (options.truth === 'required') requireTruth(columns);
    const { header, roles } = columns;
    this.predicted = new NamesBuilder(roles.predicted ?? -1);
    const named = header.map((name) => name.trim());
    this.slices = new Map(options.slices?.map((name) => [name, new NamesBuilder(columnNamed(named, name))]));
    this.labels = [...(columns.scores?.labels ?? [])];
    for (const [index, label] of this.labels.entries()) if (label !== null) this.labelIndex.set(label, index);
    this.row = new Float64Array(this.labels.length);
    this.agreementRow = new Float64Array(columns.agreement === null ? 0 : this.labels.length);
    this.isZeroOne = this.labels.length === 2 && this.labelIndex.has('0') && this.labelIndex.has('1');
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
      this.rejectedCount++;
      if (this.rejected.length < LISTED_ROWS) this.rejected.push({ line, reason: error.message });
      return false;
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
    const n = this.lines.length;
    this.accepted += n;
    const data = this.takeData();
    const id = roles.id === undefined ? undefined : this.id.take();
    if (id !== undefined) this.repeatedIds += n - distinctSorted(id).length;
    return {
      columns: this.columns,
      data,
      n,
      lines: this.lines.take(),
      id,
      predicted: roles.predicted === undefined ? null : this.predicted.take(),
      slices: new Map(Array.from(this.slices, ([name, column]) => [name, column.take()])),
      labelMass: roles.labelMass === undefined ? undefined : this.labelMass.take(),
      rejected: this.rejected,
      rejectedCount: this.rejectedCount,
      warnings: this.warnings(),
      calibratedBy: this.calibratedBy,
    };
  }

  private parse(cells: readonly string[], line: number): ParsedRow {
    const { header, roles, scores, agreement } = this.columns;
    if (cells.length !== header.length)
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
    const truth = scores === null ? UNKNOWN_LABEL : this.truthOf(cells);
    const correct = scores === null ? this.correctOf(cells) : UNKNOWN_CORRECT;
    const split = roles.split === undefined ? SPLIT_FIT : this.splitOf(cells);
    return { confidence, correct, truth, labelMass, weight, split };
  }

  private push(row: ParsedRow, cells: readonly string[], line: number): void {
    const { roles, scores } = this.columns;
    this.lines.push(line);
    if (scores === null) {
      this.confidence.push(row.confidence);
      this.correct.push(row.correct);
      const label = this.cell(cells, 'label');
      const predicted = this.cell(cells, 'predicted');
      if (row.correct !== UNKNOWN_CORRECT && label !== '' && predicted !== '')
        if (row.correct !== Number(label === predicted)) this.otherCorrect++;
    } else {
      let best = 0;
      for (let k = 0; k < this.row.length; k++) {
        this.scores.push(this.row[k] ?? 0);
        if ((this.row[k] ?? 0) > (this.row[best] ?? 0)) best = k;
      }
      for (const value of this.agreementRow) this.agreement.push(value);
      this.truth.push(row.truth);
      // What both together predict is no claim about either of them.
      const predicted = this.columns.agreement === null ? this.cell(cells, 'predicted') : '';
      if (predicted !== '' && this.indexOf(predicted) !== best) this.otherPrediction++;
    }
    if (this.cell(cells, 'bound') !== '') this.bounded++;
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

  private takeData(): PredictionData {
    const { roles, scores } = this.columns;
    const rows = {
      group: groupNumbers(this.group.take()),
      weight: roles.weight === undefined ? undefined : this.weight.take(),
      split: roles.split === undefined ? undefined : this.split.take(),
    };
    if (scores === null)
      return {
        kind: 'confidence',
        confidence: this.confidence.take(),
        correct: this.correct.take(),
        ...rows,
      };
    const labels = this.labels.map((label, k) => label ?? `not ${this.labels[1 - k] ?? ''}`);
    let matrix: Float64Array = this.scores.take();
    if (scores.type === 'prob') {
      const { logProbs, clipped } = logProbsFromProbs(matrix, labels.length);
      this.clipped += clipped;
      matrix = logProbs;
    }
    const agreement = this.columns.agreement === null ? undefined : this.agreement.take();
    return labelData({ labels, scores: matrix, agreement, truth: this.truth.take(), ...rows });
  }

  private warnings(): Warning[] {
    const warnings: Warning[] = [];
    const warn = (code: string, message: string) => warnings.push({ code, message });
    const { accepted, clipped, rejectedCount } = this;
    if (rejectedCount > 0)
      warn(
        'rejected-rows',
        `${rejectedCount} of ${accepted + rejectedCount} rows were not used; see their reasons.`,
      );
    if (rejectedCount > LISTED_ROWS)
      warn('rejected-not-listed', `Only the first ${LISTED_ROWS} of ${rejectedCount} bad rows are listed.`);
    if (clipped > CLIP_WARNING * accepted)
      warn(
        'clipped',
        `${clipped} of ${accepted} rows have a probability below 1e-12, which counts as 1e-12: the table seems to be ` +
          `rounded, so its most confident rows cannot be distinguished. Log-probabilities (logprob:LABEL) keep their order.`,
      );
    if (this.bounded > BOUND_WARNING * accepted)
      warn(
        'bounded-scores',
        `In ${this.bounded} of ${accepted} rows the server did not show every label among its likeliest tokens. The ` +
          `labels in the column "${this.name(this.columns.roles.bound)}" have an upper bound instead of a score. ` +
          `Numbers and calibrators of this table are approximate; ask the server for more tokens, or use consistency.`,
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
    if (this.repeatedIds > 0)
      warn(
        'repeated-ids',
        `${this.repeatedIds} rows repeat the id of another row; such rows cannot be paired.`,
      );
    return warnings;
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
      else row[k] = this.number(cells, index, line);
      if (scores.type === 'logprob' && (row[k] ?? 0) > ROUNDING)
        throw new BadRow(`${this.name(index)} is ${row[k] ?? 0}; a log-probability is never above 0`);
    }
    if (implied >= 0) row[implied] = scores.type === 'prob' ? 1 - (row[1 - implied] ?? 0) : 0;
    // Upper bounds may sum to more than 1.
    else if (scores.type === 'prob' || (scores.type === 'logprob' && this.cell(cells, 'bound') === ''))
      this.checkSum(row, scores.type, labelMass);
  }

  /** Probabilities sum to 1, or to the row's label mass; those within the tolerance are renormalised. */
  private checkSum(row: Float64Array, type: 'prob' | 'logprob', labelMass: number): void {
    let sum = 0;
    for (const value of row) sum += type === 'prob' ? value : Math.exp(value);
    if (sum > 1 + SUM_TOLERANCE)
      throw new BadRow(`the probabilities of the labels sum to ${shown(sum)}, above 1`);
    // Log-probabilities say the rest themselves: what is missing fell on no label.
    if (type === 'logprob') return;
    if (sum < 1 - SUM_TOLERANCE) {
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
    for (let k = 0; k < row.length; k++) row[k] = (row[k] ?? 0) / sum;
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
    if (value >= -ROUNDING && value <= 1 + ROUNDING) return Math.min(1, Math.max(0, value));
    const hint = value > 1 && value <= 100 ? '; divide percentages by 100' : '';
    throw new BadRow(`${this.name(index)} is ${value}, outside 0 to 1${hint}`);
  }

  /** NaN where the table does not say it: sources that can answer nothing but a label have none. */
  private labelMassOf(cells: readonly string[], line: number): number {
    const index = this.columns.roles.labelMass;
    return index === undefined || this.cell(cells, 'labelMass') === ''
      ? NaN
      : this.probability(cells, index, line);
  }

  private truthOf(cells: readonly string[]): number {
    const label = this.cell(cells, 'label');
    if (label === '') return this.unknownTruth('label', UNKNOWN_LABEL);
    const index = this.indexOf(label);
    if (index !== undefined) return index;
    const open = this.labels.indexOf(null);
    if (open >= 0) {
      this.labels[open] = label;
      this.labelIndex.set(label, open);
      return open;
    }
    const labels = this.labels.map((name) => quoted(name ?? '')).join(', ');
    throw new BadRow(
      `${this.name(this.columns.roles.label)} is ${quoted(label)}, a label without scores (there are ${labels})`,
    );
  }

  private indexOf(label: string): number | undefined {
    const index = this.labelIndex.get(label);
    if (index !== undefined || !this.isZeroOne) return index;
    const value = flag(label);
    return value === undefined ? undefined : this.labelIndex.get(String(value));
  }

  private correctOf(cells: readonly string[]): number {
    const { correct } = this.columns.roles;
    if (correct === undefined) {
      const label = this.cell(cells, 'label');
      if (label === '') return this.unknownTruth('label', UNKNOWN_CORRECT);
      const predicted = this.cell(cells, 'predicted');
      if (predicted === '') return this.unknownTruth('predicted', UNKNOWN_CORRECT);
      return Number(label === predicted);
    }
    const cell = this.cell(cells, 'correct');
    if (cell === '') return this.unknownTruth('correct', UNKNOWN_CORRECT);
    const value = flag(cell);
    if (value === undefined) throw new BadRow(`${this.name(correct)} is ${quoted(cell)}; write 1 or 0`);
    return value;
  }

  private unknownTruth(role: 'label' | 'predicted' | 'correct', unknown: number): number {
    if (this.options.truth === 'optional') return unknown;
    throw new BadRow(`${this.name(this.columns.roles[role])} is empty`);
  }

  private splitOf(cells: readonly string[]): number {
    const cell = this.cell(cells, 'split').toLowerCase();
    if (cell === 'fit') return SPLIT_FIT;
    if (cell === 'test') return SPLIT_TEST;
    throw new BadRow(`${this.name(this.columns.roles.split)} is ${quoted(cell)}; write fit or test`);
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

  constructor(private readonly column: number) {}

  push(cells: readonly string[]): void {
    const name = (cells[this.column] ?? '').trim();
    this.index.push(name === '' ? -1 : this.number(name));
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

function requireTruth({ roles, scores }: TableColumns): void {
  if (scores !== null && roles.label === undefined)
    throw new UserError(
      'no-truth',
      'The table has scores but no truth: add a column "label" with the true label of each row.',
    );
  const known = roles.correct !== undefined || (roles.label !== undefined && roles.predicted !== undefined);
  if (scores === null && !known)
    throw new UserError(
      'no-truth',
      'The table gives the confidence of each prediction, but not whether it is correct: add a column "correct" (1 or 0), ' +
        'or both "label" and "predicted".',
    );
}

/** A sum as it is shown in a reason. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
