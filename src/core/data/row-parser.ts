/** The cells of one row, checked and read as numbers. */
import { trusted } from '../model/numeric';
import { SPLIT_FIT, SPLIT_TEST, UNKNOWN_CORRECT } from '../model/predictions';
import { quoted } from '../quote';
import { UserError } from '../user-error';
import { flag, kindOfList, numberProblem, plainNumber } from './cells';
import { cellOf, columnName, type ScoreColumns, type TableColumns } from './columns';
import { isHidden, maySumToOne, roundingOfSum } from './log-scores';
import { saysNothing } from './vocabulary';

/** How far from 1 (or from `label_mass`) the `prob:` columns of a row may sum. */
const SUM_TOLERANCE = 0.01;
/** Rounding of a log-probability above 0 that is no mistake. */
const ROUNDING = 1e-6;
/** Rounding of a probability beyond 0 or 1 that is none: half floats have eleven bits, and write 1 as 1.00098. */
const HALF_ROUNDING = 1e-3;
/** How people call the rows that a fit may see, and those that it may not. */
export const SPLITS: ReadonlyMap<string, number> = new Map([
  ...['fit', 'train', 'training', 'validation', 'valid', 'val', 'dev'].map(
    (name) => [name, SPLIT_FIT] as const,
  ),
  ...['test', 'testing', 'holdout'].map((name) => [name, SPLIT_TEST] as const),
]);
/** What is wrong with a row. */
export class BadRow extends Error {}

/** The content of a row, checked before any of it is added, so that a row is added whole or not at all. */
export interface ParsedRow {
  confidence: number;
  correct: number;
  labelMass: number;
  weight: number;
  split: number;
}

/** Mistakes that rows share, counted over the rows that were parsed. */
export interface SharedMistakes {
  /** Rows whose log-probabilities can only be decimal logarithms. */
  decimal: number;
  /** Probabilities outside 0 to 1, and the least and the largest of them. */
  outside: number;
  lowest: number;
  highest: number;
  /** Whether some probability is no whole number. */
  hasFractions: boolean;
  /** Rows whose logits are probabilities: between 0 and 1, summing to 1. */
  probabilities: number;
  /** Rows whose probabilities sum to more than 1, and to less without a label mass. */
  sumsAbove: number;
  sumsBelow: number;
  /** Cells of a split that name no part. */
  splits: number;
}

export class RowParser {
  /** (K) scores of the row that was parsed last. */
  readonly row: Float64Array;
  /** (K) its agreement; empty without one. */
  readonly agreement: Float64Array;
  readonly mistakes: SharedMistakes = {
    decimal: 0,
    outside: 0,
    lowest: Infinity,
    highest: -Infinity,
    hasFractions: false,
    probabilities: 0,
    sumsAbove: 0,
    sumsBelow: 0,
    splits: 0,
  };
  /** Decimals with which logarithms are written, up to {@link ENOUGH_DECIMALS}. */
  decimals = 0;

  /** Names of splits that are neither fit nor test. */
  readonly otherSplits = new Set<string>();

  constructor(private readonly columns: TableColumns) {
    const K = columns.scores?.labels.length ?? 0;
    this.row = new Float64Array(K);
    this.agreement = new Float64Array(columns.agreement === null ? 0 : K);
  }

  /**
   * @param line physical line of the file on which the row begins
   * @throws BadRow
   * @throws UserError decimal-comma, percent-sign: the notation of the whole table makes its numbers unreliable
   */
  parse(cells: readonly string[], line: number): ParsedRow {
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
    if (agreement !== null) this.readScores(this.agreement, cells, agreement, NaN, line);
    const weight = roles.weight === undefined ? 1 : this.number(cells, roles.weight, line);
    if (weight < 0)
      throw new BadRow(`${columnName(this.columns, roles.weight)} is ${weight}; weights are not negative`);
    for (const role of ['label', 'predicted'] as const) this.checkName(cells, role);
    const correct = scores === null && roles.correct !== undefined ? this.correctOf(cells) : UNKNOWN_CORRECT;
    const split = roles.split === undefined ? SPLIT_FIT : this.splitOf(cells);
    return { confidence, correct, labelMass, weight, split };
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
      else if (isHidden(cells[index] ?? '')) row[k] = -Infinity;
      else row[k] = this.number(cells, index, line);
      if (scores.type === 'logprob' && (row[k] ?? 0) > ROUNDING)
        throw new BadRow(
          `${columnName(this.columns, index)} is ${row[k] ?? 0}; a log-probability is never above 0`,
        );
    }
    if (scores.type !== 'prob') this.checkShown(row, implied);
    if (implied >= 0) row[implied] = scores.type === 'prob' ? trusted(1 - (row[1 - implied] ?? 0)) : 0;
    // Upper bounds may sum to more than 1.
    else if (
      scores.type === 'prob' ||
      (scores.type === 'logprob' && cellOf(this.columns, cells, 'bound') === '')
    )
      this.checkSum(row, scores.type, labelMass);
    if (scores.type === 'logit' && isDistribution(row)) this.mistakes.probabilities++;
  }

  /** @param implied index of the label without a column, or −1 */
  private checkShown(row: Float64Array, implied: number): void {
    if (row.every((log, k) => log === -Infinity || k === implied))
      throw new BadRow('no label has a score that was shown');
    for (const log of row)
      if (log !== -Infinity && this.decimals < ENOUGH_DECIMALS)
        this.decimals = Math.max(this.decimals, decimalsOf(log));
  }

  /**
   * Log-probabilities may sum to less than 1: what is missing fell on no label. Probabilities sum to 1, or to the row's
   * label mass. They are kept where the digits that are written can sum to no more than 1 by rounding, and renormalised
   * elsewhere.
   */
  private checkSum(row: Float64Array, type: 'prob' | 'logprob', labelMass: number): void {
    let sum = 0;
    for (const value of row) sum += type === 'prob' ? value : Math.exp(value);
    if (type === 'logprob') {
      if (sum <= 1 + SUM_TOLERANCE) return;
      const decimals = Math.max(1, mostDecimals(row));
      if (sum <= 1 + roundingOfSum(decimals)) return;
      if (maySumToOne(row, 10, decimals)) {
        this.mistakes.decimal++;
        return;
      }
    }
    if (sum > 1 + SUM_TOLERANCE) {
      this.mistakes.sumsAbove++;
      throw new BadRow(`the probabilities of the labels sum to ${shown(sum)}, above 1`);
    }
    if (sum < 1 - SUM_TOLERANCE) {
      if (Number.isNaN(labelMass)) {
        this.mistakes.sumsBelow++;
        throw new BadRow(
          `the probabilities of the labels sum to ${shown(sum)}; a sum below 0.99 needs a column "label_mass"`,
        );
      }
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
    const problem = numberProblem(columnName(this.columns, index), cell);
    if (problem.wholeTable !== null)
      throw new UserError(
        problem.wholeTable,
        `Line ${line}: ${problem.reason} No row of the table was used.`,
      );
    throw new BadRow(problem.reason);
  }

  private probability(cells: readonly string[], index: number, line: number): number {
    const { mistakes } = this;
    const value = this.number(cells, index, line);
    mistakes.hasFractions ||= !Number.isInteger(value);
    if (value >= -HALF_ROUNDING && value <= 1 + HALF_ROUNDING) return Math.min(1, Math.max(0, value));
    mistakes.outside++;
    mistakes.lowest = Math.min(mistakes.lowest, value);
    mistakes.highest = Math.max(mistakes.highest, value);
    throw new BadRow(`${columnName(this.columns, index)} is ${value}, outside 0 to 1`);
  }

  /** NaN where the table does not say it: sources that can answer nothing but a label have none. */
  private labelMassOf(cells: readonly string[], line: number): number {
    const index = this.columns.roles.labelMass;
    return index === undefined || cellOf(this.columns, cells, 'labelMass') === ''
      ? NaN
      : this.probability(cells, index, line);
  }

  private correctOf(cells: readonly string[]): number {
    const cell = cellOf(this.columns, cells, 'correct');
    if (saysNothing(cell)) return UNKNOWN_CORRECT;
    const value = flag(cell);
    if (value === undefined)
      throw new BadRow(
        `${columnName(this.columns, this.columns.roles.correct)} is ${quoted(cell)}; write 1 or 0`,
      );
    return value;
  }

  /** A list of labels is no label, and a broken one is none either; compared as one, it would be a wrong answer. */
  private checkName(cells: readonly string[], role: 'label' | 'predicted'): void {
    const cell = cellOf(this.columns, cells, role);
    if (cell.includes('\0'))
      throw new BadRow(
        `${columnName(this.columns, this.columns.roles[role])} holds a zero byte (${quoted(cell)})`,
      );
    const kind = kindOfList(cell);
    if (kind !== null && this.columns.scores?.labels.includes(cell) !== true)
      throw new BadRow(
        `${columnName(this.columns, this.columns.roles[role])} is ${kind} (${quoted(cell)}); write one label`,
      );
  }

  private splitOf(cells: readonly string[]): number {
    const cell = cellOf(this.columns, cells, 'split').toLowerCase();
    const part = SPLITS.get(cell);
    if (part === undefined) {
      this.mistakes.splits++;
      throw new BadRow(
        `${columnName(this.columns, this.columns.roles.split)} is ${quoted(cell)}; write fit (or train, validation, dev) or test`,
      );
    }
    if (cell !== 'fit' && cell !== 'test') this.otherSplits.add(cell);
    return part;
  }
}

/** How far single precision is from 1 where its numbers sum to it. */
const SINGLE_PRECISION = 1e-6;
/** Decimals up to which a number is taken for a rounded one. */
const MOST_DECIMALS = 6;

/** Whether numbers that are written with so many decimals sum to 1 up to half a unit of the last one in each. */
function isOneButForRounding(row: Float64Array, sum: number): boolean {
  const gap = Math.abs(sum - 1);
  if (gap <= SINGLE_PRECISION) return true;
  const decimals = mostDecimals(row);
  return decimals <= MOST_DECIMALS && gap <= (row.length / 2) * 10 ** -decimals + 1e-9;
}

/** Of infinite numbers none. */
function mostDecimals(row: Float64Array): number {
  return row.reduce((most, value) => Math.max(most, decimalsOf(value)), 0);
}

function decimalsOf(value: number): number {
  let decimals = 0;
  while (decimals <= MOST_DECIMALS && Math.abs(Number(value.toFixed(decimals)) - value) > 1e-12) decimals++;
  return decimals;
}

/** With more decimals, the rounding of logarithms is smaller than what is allowed for. */
const ENOUGH_DECIMALS = 4;

function isDistribution(row: Float64Array): boolean {
  const sum = row.reduce((total, value) => total + value, 0);
  return row.every((value) => value >= 0 && value <= 1) && Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/** A separator behind the last cell of a line, or of the header, is no cell. */
function fits(cells: readonly string[], header: readonly string[]): boolean {
  const [more, from] = cells.length > header.length ? [cells, header.length] : [header, cells.length];
  return more.slice(from).every((cell) => cell.trim() === '');
}

/** A sum as it is shown in a reason. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
