/**
 * Builds a checked table of columns from rows of cells. Every row is either accepted whole or rejected with a reason.
 */
import { givenProbs, labelData, rowsWhere } from '../model/rows';
import {
  type PredictionData,
  type RejectedRow,
  UNKNOWN_CORRECT,
  UNKNOWN_LABEL,
  type Warning,
} from '../model/predictions';
import type { EvaluateOptions } from '../model/evaluation';
import { isLabelMassLow } from '../scoring/score';
import { UserError } from '../user-error';
import {
  cellOf,
  columnName,
  columnNamed,
  requireTruth,
  scoreKey,
  type ScoreType,
  type TableColumns,
} from './columns';
import { GrowingColumn } from './growing';
import { distinctSorted, groupNumbers, hash53, normaliseText } from './hash';
import { BaseEvidence, boundHidden, sumTo } from './log-scores';
import { LongCells } from './long-cells';
import { refuseSigned } from './multi-label';
import { type NamedColumn, NamesBuilder } from './named-column';
import { BadRow, type ParsedRow, RowParser, type SharedMistakes } from './row-parser';
import { LISTED_ROWS, nothingSeen, tableWarnings } from './table-warnings';
import { listed, quoted } from '../quote';
import {
  NOT_LABELLED,
  predictedLabels,
  type Reading,
  readLabels,
  readTruth,
  saysNothing,
  type TruthReading,
  UNCLEAR,
} from './vocabulary';

/** A share of the rows with one mistake from which it is none of single rows, but of the table. */
const SAME_MISTAKE = 0.2;
/** Fewer mistakes are those of their rows, whatever their share. */
const FEWEST_SHARED = 10;
/** So many probabilities above 1 and up to 100 are no slips of the pen. */
const PERCENTAGES = { fewest: 2, share: 0.005 };
/** The best mark that people give. */
const RATINGS = 10;
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
  /** (n) hash of each row's id: equal ids have equal numbers; NaN where it has none. Absent without an id column. */
  readonly id?: Float64Array | undefined;
  /** (n) hash of each row's normalised text, NaN where it has none. Absent without a text column. */
  readonly text?: Float64Array | undefined;
  /** (n) hash of the name of each row's group, NaN where it has none. Absent without a column of groups. */
  readonly group?: Float64Array | undefined;
  /** The `predicted` column, and the column of true labels as they are written; null without one. */
  readonly predicted: NamedColumn | null;
  readonly label: NamedColumn | null;
  /** The columns requested in `slices`, by name. */
  readonly slices: ReadonlyMap<string, NamedColumn>;
  /** (n) label mass of each row, NaN where its cell is empty. Absent if the table does not contain it. */
  readonly labelMass?: Float64Array | undefined;
  /** Rows whose label mass is below one half. */
  readonly lowMass: number;
  /** Rows that nobody has labelled: they are not read as far as their truth is needed, and nothing is wrong with them. */
  readonly unlabelled: number;
  /** The first 10,000 rows that could not be used; `rejectedCount` counts all of them. */
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  /** Lines inside of cells of several lines that may be rows. */
  readonly swallowed: number;
  /** True labels that are none of those that they are compared with. */
  readonly otherTruths: readonly string[];
  /** Mistakes that rows share. */
  readonly mistakes: Readonly<SharedMistakes>;
  readonly warnings: readonly Warning[];
  /** The calibrator that wrote this table (its SHA-256), or null for an uncalibrated one. */
  readonly calibratedBy: string | null;
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
const NOTHING_READ: Reading = { of: () => NOT_LABELLED, warnings: [], others: [] };

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
  private readonly text = new GrowingColumn((n) => new Float64Array(n));

  private readonly rejected: RejectedRow[] = [];
  private rejectedCount = 0;
  private readonly reasons = new Map<string, { count: number; reason: string }>();
  /** How cells say that there is no label, and in how many rows. */
  private readonly notLabelled = new Map<string, number>();
  /** Predicted labels of a table of confidence that no true label is. */
  private neverTrue: readonly string[] = [];
  /** Whether some true label is that of a lone score. */
  private isPositiveMet = false;
  private calibratedBy: string | null = null;

  private readonly label: NamesBuilder;
  private readonly predicted: NamesBuilder;
  private readonly slices: ReadonlyMap<string, NamesBuilder>;
  /** (K) */
  private labels: readonly (string | null)[];
  /** (accepted rows) the label with the highest score. */
  private readonly best = new GrowingColumn((n) => new Int32Array(n));
  /** (accepted rows) 1 where a label has a bound in place of a score. */
  private readonly bounded = new GrowingColumn((n) => new Uint8Array(n));
  /** (accepted rows) 1 where the label mass is low. */
  private readonly low = new GrowingColumn((n) => new Uint8Array(n));
  private reading: Reading = NOTHING_READ;
  private readonly baseEvidence = new BaseEvidence();
  /** Base of the logarithms of the rows that were taken. */
  private base: number | undefined;
  private readonly parser: RowParser;
  private readonly longCells: LongCells;
  /** What warnings are about. */
  private readonly seen = nothingSeen();

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
    this.slices = new Map(
      options.slices?.map((name) => [
        name,
        new NamesBuilder(columnNamed(named, name, [], { role: 'slice' })),
      ]),
    );
    this.labels = [...(columns.scores?.labels ?? [])];
    this.parser = new RowParser(columns);
    this.longCells = new LongCells(header.length);
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
      parsed = this.parser.parse(cells, line);
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      const isUnlabelled = this.isUnlabelled(cells);
      const lines = this.longCells.add(cells, line, !isUnlabelled);
      const unclosed = lines > 1 ? `; a cell has ${lines} lines, so a quote in it may not be closed` : '';
      if (isUnlabelled) this.countUnlabelled(cellOf(this.columns, cells, 'label'));
      else this.reject(line, `${error.message}${unclosed}`);
      return false;
    }
    this.longCells.add(cells, line, false);
    this.push(parsed, cells, line);
    return true;
  }

  /** Whether a truth is needed that nobody gave: then nothing else in the row matters. A row without its cell is broken. */
  private isUnlabelled(cells: readonly string[]): boolean {
    const { header, roles, scores } = this.columns;
    // A row that is cut has no empty truth, but none.
    if (this.options.truth !== 'required' || cells.length < header.length) return false;
    const role = scores === null && roles.correct !== undefined ? 'correct' : 'label';
    const truth = cellOf(this.columns, cells, role);
    const isThere = (roles[role] ?? 0) < cells.length;
    return isThere && saysNothing(truth) && scores?.labels.includes(truth) !== true;
  }

  private countUnlabelled(truth: string): void {
    this.seen.unlabelled++;
    if (this.notLabelled.size < LISTED_KINDS || this.notLabelled.has(truth))
      this.notLabelled.set(truth, (this.notLabelled.get(truth) ?? 0) + 1);
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
    this.seen.accepted += kept.length;
    if (this.options.truth === 'required') this.refuseMistakes();
    const ofKept = <T extends Int32Array | Float64Array | Uint8Array>(column: T): T =>
      kept.length === lines.length ? column : (column.filter((_, row) => isKept[row] === 1) as T);
    const isKept = new Uint8Array(lines.length);
    for (const row of kept) isKept[row] = 1;
    const countKept = (flags: Uint8Array): number => ofKept(flags).reduce((sum, flag) => sum + flag, 0);
    this.seen.bounded += countKept(this.bounded.take());
    this.seen.lowMass += countKept(this.low.take());
    this.compareWithPredicted(predicted, isKept);
    const named = (column: NamedColumn): NamedColumn => ({ ...column, index: ofKept(column.index) });
    const labelMass = roles.labelMass === undefined ? undefined : ofKept(this.labelMass.take());
    const text = roles.text === undefined ? undefined : ofKept(this.text.take());
    const group = roles.group === undefined ? undefined : ofKept(this.group.take());
    const linesKept = ofKept(lines);
    const hashes = aloneWithout(group ?? text ?? new Float64Array(0), linesKept);
    const data = this.takeData(ofKept, { truth: ofKept(truth), hashes, labelMass });
    const id = roles.id === undefined ? undefined : ofKept(this.id.take());
    if (id !== undefined) this.seen.repeatedIds += repeatedRows(id);
    return {
      columns: this.columns,
      data,
      n: kept.length,
      lines: linesKept,
      id,
      text,
      group,
      label: label && named(label),
      predicted: predicted && named(predicted),
      slices: new Map(Array.from(this.slices, ([name, column]) => [name, named(column.take())])),
      labelMass,
      lowMass: this.seen.lowMass,
      unlabelled: this.seen.unlabelled,
      rejected: this.rejected.sort((left, right) => left.line - right.line),
      rejectedCount: this.rejectedCount,
      swallowed: this.longCells.swallowed,
      otherTruths: this.reading.others,
      mistakes: { ...this.parser.mistakes },
      warnings: tableWarnings(this.columns, {
        ...this.seen,
        rejectedCount: this.rejectedCount,
        sharedReason: this.sharedReason(),
        reading: this.reading,
        longCells: this.longCells,
        notLabelled: this.notLabelled,
        neverTrue: this.neverTrue,
        otherSplits: [...this.parser.otherSplits],
      }),
      calibratedBy: this.calibratedBy,
    };
  }

  private push(row: ParsedRow, cells: readonly string[], line: number): void {
    const { roles, scores } = this.columns;
    this.lines.push(line);
    if (scores === null) {
      this.confidence.push(row.confidence);
      this.correct.push(row.correct);
    } else {
      const { row: labelScores } = this.parser;
      let best = 0;
      for (let k = 0; k < labelScores.length; k++) {
        this.scores.push(labelScores[k] ?? 0);
        if ((labelScores[k] ?? 0) > (labelScores[best] ?? 0)) best = k;
      }
      for (const value of this.parser.agreement) this.agreement.push(value);
      this.best.push(best);
    }
    this.bounded.push(cellOf(this.columns, cells, 'bound') === '' ? 0 : 1);
    this.low.push(isLabelMassLow(row) ? 1 : 0);
    if (roles.label !== undefined) this.label.push(cells);
    if (roles.predicted !== undefined) this.predicted.push(cells);
    for (const column of this.slices.values()) column.push(cells);
    if (roles.labelMass !== undefined) this.labelMass.push(row.labelMass);
    if (roles.weight !== undefined) this.weight.push(row.weight);
    if (roles.split !== undefined) this.split.push(row.split);
    if (roles.id !== undefined) this.id.push(hashOf(cellOf(this.columns, cells, 'id')));
    if (roles.text !== undefined) this.text.push(hashOf(normaliseText(cellOf(this.columns, cells, 'text'))));
    if (roles.group !== undefined) this.group.push(hashOf(cellOf(this.columns, cells, 'group')));
    this.calibratedBy ??= cellOf(this.columns, cells, 'calibrator') || null;
  }

  /**
   * The truth of each row: index of the label, or for a table of confidence whether the prediction is right; below 0 a
   * fate of `keptRows`.
   */
  private truthOf(lines: Int32Array, label: NamedColumn | null, predicted: NamedColumn | null): Int32Array {
    if (this.columns.scores === null) return this.correctness(lines.length, label, predicted);
    if (this.columns.ofLabel !== null) refuseSigned(this.columns.ofLabel, label?.names ?? []);
    const reading = this.options.reading ?? readTruth(label?.names ?? [], this.labels);
    this.reading = reading;
    this.labels = reading.labels;
    const truth = new Int32Array(lines.length).fill(NOT_LABELLED);
    const byName = label?.names.map((name) => this.reading.of(name)) ?? [];
    label?.index.forEach(
      (name, row) => (truth[row] = name < 0 ? NOT_LABELLED : (byName[name] ?? NOT_LABELLED)),
    );
    this.isPositiveMet ||= byName.includes(1);
    return truth;
  }

  /** Counts the kept rows in which another label is named than the one with the highest score. */
  private compareWithPredicted(predicted: NamedColumn | null, isKept: Uint8Array): void {
    const best = this.best.take();
    // What both together predict is no claim about either of them.
    if (predicted === null || this.columns.scores === null || this.columns.agreement !== null) return;
    const reading = readTruth(predicted.names, this.labels);
    const byName = predicted.names.map((name) => reading.of(name));
    predicted.index.forEach((name, row) => {
      if (isKept[row] === 1 && name >= 0 && byName[name] !== NOT_LABELLED && byName[name] !== best[row])
        this.seen.otherPrediction++;
    });
  }

  private correctness(n: number, label: NamedColumn | null, predicted: NamedColumn | null): Int32Array {
    const given = this.correct.take();
    const isGiven = this.columns.roles.correct !== undefined;
    if (label !== null && predicted !== null) {
      const labels = predictedLabels(predicted.names, label.names);
      this.reading = this.options.reading ?? readLabels(label.names, labels);
      const truthOf = label.names.map((name) => this.reading.of(name));
      const isTrue = new Set(truthOf);
      this.neverTrue = labels.filter((_, index) => !isTrue.has(index));
      const answerOf = predicted.names.map((name) => labels.indexOf(name));
      const isRight = Int32Array.from({ length: n }, (_, row) => {
        const truth = truthOf[label.index[row] ?? -1] ?? NOT_LABELLED;
        const answer = answerOf[predicted.index[row] ?? -1] ?? -1;
        if (truth === NOT_LABELLED || truth === UNCLEAR) return truth;
        return answer < 0 ? NO_PREDICTION : Number(truth === answer);
      });
      if (!isGiven) return isRight;
      isRight.forEach((right, row) => {
        if (right >= 0 && given[row] !== UNKNOWN_CORRECT && given[row] !== right) this.seen.otherCorrect++;
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
      if (fate === NOT_LABELLED) this.countUnlabelled(label?.names[label.index[row] ?? -1] ?? '');
      else this.reject(lines[row] ?? 0, this.truthProblem(fate, label?.names[label.index[row] ?? -1] ?? ''));
      return false;
    });
  }

  private truthProblem(fate: number, value: string): string {
    const { roles } = this.columns;
    if (fate === NO_PREDICTION) return `${columnName(this.columns, roles.predicted)} is empty`;
    if (fate === UNCLEAR)
      return `${columnName(this.columns, roles.label)} is ${quoted(value)}, which is written in several ways; write every label in one way`;
    if (this.columns.ofLabel !== null)
      return `${columnName(this.columns, roles.label)} is ${quoted(value)}; write 1 or 0, or nothing where it is not known`;
    const labels = this.labels.map((name) => quoted(name ?? '')).join(', ');
    return `${columnName(this.columns, roles.label)} is ${quoted(value)}, a label without scores (there are ${labels})`;
  }

  /** Mistakes that so many rows share that the rest of the table cannot be what it seems either. */
  private refuseMistakes(): void {
    const { sumsAbove, sumsBelow } = this.parser.mistakes;
    const rows = this.seen.accepted + this.rejectedCount + this.seen.unlabelled;
    const of = rows.toLocaleString('en-US');
    const none = 'No row of the table was used.';
    const { scores } = this.columns;
    this.refuseUnnamed();
    if (this.areOutside(rows)) throw this.noProbabilities(of);
    if (
      scores?.type === 'logit' &&
      this.seen.accepted > 1 &&
      this.parser.mistakes.probabilities >= this.seen.accepted
    )
      throw new UserError(
        'not-logits',
        `The logits of every row are between 0 and 1 and sum to 1: they seem to be probabilities. Call their columns prob:LABEL. ${none}`,
      );
    const sums = sumsAbove + sumsBelow;
    if (sums < FEWEST_SHARED || sums <= SAME_MISTAKE * rows) return;
    throw new UserError(
      'other-sums',
      sumsAbove > 0
        ? `In ${sums.toLocaleString('en-US')} of ${of} rows the probabilities of the labels do not sum to 1: they seem to be independent of each other (sigmoids, where several labels may be true). If so, call their columns yes:LABEL, and those of the truth label:LABEL, with 1 or 0. ${none}`
        : `In ${sums.toLocaleString('en-US')} of ${of} rows the probabilities of the labels sum to less than 0.99. Add the columns of the missing labels, or a column "label_mass" with the sum. ${none}`,
    );
  }

  /** Few numbers from 1 to 100 tell percentages; of others, many. */
  private areOutside(rows: number): boolean {
    const { outside, lowest, highest } = this.parser.mistakes;
    return lowest > 1 && highest <= 100
      ? outside >= PERCENTAGES.fewest && outside >= PERCENTAGES.share * rows
      : outside >= FEWEST_SHARED && outside > SAME_MISTAKE * rows;
  }

  /** @param rows of the table, in words */
  private noProbabilities(rows: string): UserError {
    const { outside, lowest, highest, hasFractions } = this.parser.mistakes;
    const none = 'No row of the table was used.';
    const said = `${outside.toLocaleString('en-US')} of ${rows} rows have a probability outside 0 to 1, from ${lowest} to ${highest}`;
    if (lowest < 0)
      return new UserError(
        'not-probabilities',
        `${said}. If these are logits, call the column logit:LABEL; log-probabilities belong in logprob:LABEL. ${none}`,
      );
    if (highest <= RATINGS && !hasFractions)
      return new UserError(
        'not-probabilities',
        `${said}, all of them whole numbers: these seem to be ratings. Write probabilities from 0 to 1. ${none}`,
      );
    return highest <= 100
      ? new UserError(
          'percentages',
          `${said}: the column seems to hold percentages. Divide all of its numbers by 100. ${none}`,
        )
      : new UserError('not-probabilities', `${said}. Write probabilities from 0 to 1. ${none}`);
  }

  /** A lone score is of no use where none of the true labels is its own. */
  private refuseUnnamed(): void {
    const { scores, header, roles } = this.columns;
    const { others } = this.reading;
    const [one, other = one] = others;
    if (other === undefined || scores?.index[0] !== null || this.isPositiveMet) return;
    const [implied, label = ''] = scores.labels;
    if (this.seen.accepted > 0 && implied !== null) return;
    // The first of them has the name of the implied label already.
    const truths = implied === null ? [this.labels[0] ?? '', ...others] : others;
    const column = (header[scores.index[1] ?? 0] ?? '').trim();
    const off = roles.positive === scores.index[1] ? 'positive' : scoreKey(scores.type, label ?? '');
    throw new UserError(
      'positive-unnamed',
      `The true labels are ${listed(truths)}, and the column ${quoted(column)} does not tell which of them its score is of.`,
      { data: { label: other, columns: { [scoreKey(scores.type, other)]: column, [off]: '' } } },
    );
  }

  /** A reason that a large share of the rows have in common, in a sentence. */
  private sharedReason(): string {
    const rows = this.seen.accepted + this.rejectedCount + this.seen.unlabelled;
    const [most] = [...this.reasons.values()].sort((left, right) => right.count - left.count);
    return most === undefined || most.count < 2 || most.count <= SAME_MISTAKE * rows
      ? ''
      : ` ${most.count} of them have reasons of one kind, which is a problem of the table, such as: ${most.reason}.`;
  }

  private reject(line: number, reason: string): void {
    this.rejectedCount++;
    const kind = kindOfReason(reason);
    const seen = this.reasons.get(kind);
    if (seen !== undefined) seen.count++;
    else if (this.reasons.size < LISTED_KINDS) this.reasons.set(kind, { count: 1, reason });
    if (this.rejected.length < LISTED_ROWS) this.rejected.push({ line, reason });
  }

  private takeData(
    ofKept: <T extends Int32Array | Float64Array | Uint8Array>(column: T) => T,
    { truth, hashes, labelMass }: KeptColumns,
  ): PredictionData {
    const { roles, scores } = this.columns;
    this.seen.groups = distinctSorted(hashes).length;
    if (roles.group === undefined) this.seen.sameTexts += hashes.length - distinctSorted(hashes).length;
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
    if (agreement !== undefined) asLogs(agreement, K, this.columns.agreement?.type);
    const columns = {
      labels,
      agreement,
      truth: truth.map((label) => (label < 0 ? UNKNOWN_LABEL : label)),
      ...rows,
    };
    if (scores.type !== 'prob') {
      const logs = scores.type === 'logprob' ? this.natural(given, K, labelMass) : given;
      this.seen.hidden += boundHidden(logs, K, scores.type);
      if (scores.type === 'logprob' && roles.labelMass === undefined) this.seen.lowMass += lowMasses(logs, K);
      return labelData({ ...columns, scores: logs });
    }
    const { data, zeros } = givenProbs({ ...columns, probs: given });
    this.seen.zeros += zeros;
    return data;
  }

  /** Logarithms to the base e, from those of another base to which every row sums to 1 whose labels were all shown. */
  private natural(logs: Float64Array, K: number, labelMass: Float64Array | undefined): Float64Array {
    const { decimals } = this.parser;
    // Few rows may sum to 1 in another base by chance: a label mass that is their sum leaves no doubt.
    if (labelMass === undefined || !sumTo(labelMass, logs, K, decimals))
      this.baseEvidence.add(logs, K, decimals);
    const base = this.baseEvidence.base(decimals);
    if (base !== 10 && this.parser.mistakes.decimal > 0)
      throw new UserError(
        'other-sums',
        `In ${this.parser.mistakes.decimal} rows the log-probabilities are logarithms to the base 10, and in others they are not. Write natural logarithms. No row of the table was used.`,
      );
    if (this.base !== undefined && base !== this.base)
      throw new UserError(
        'other-sums',
        'The log-probabilities seem to be logarithms to a base other than e in some rows, and in others they do not. Write natural logarithms. No row of the table was used.',
      );
    if (logs.length > 0) this.base = base;
    if (base === Math.E) return logs;
    this.seen.base = base;
    const scale = Math.log(base);
    return logs.map((log) => log * scale);
  }
}

/** Of the kept rows. */
interface KeptColumns {
  /** Below 0 where it is unknown. */
  readonly truth: Int32Array;
  /** Equal numbers for rows that folds must not part: equal groups, or else equal texts. */
  readonly hashes: Float64Array;
  readonly labelMass: Float64Array | undefined;
}

/** NaN for an empty cell. */
function hashOf(cell: string): number {
  return cell === '' ? NaN : hash53(cell);
}

/** Rows without a group have one of their own: no cell can hold a line break and nothing else, for cells are trimmed. */
function aloneWithout(groups: Float64Array, lines: Int32Array): Float64Array {
  return groups.map((group, row) => (Number.isNaN(group) ? hash53(`\n${lines[row] ?? 0}`) : group));
}

/** Rows whose id another row has too. */
function repeatedRows(ids: Float64Array): number {
  const sorted = ids.toSorted();
  return sorted.reduce((rows, id, at) => rows + Number(id === sorted[at - 1] || id === sorted[at + 1]), 0);
}

function rowNumbers(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, row) => row);
}

/** Scores of an agreement (n·K) as logarithms, in place: shares where they are given are no logarithms yet. */
function asLogs(scores: Float64Array, K: number, type: ScoreType | undefined): void {
  if (type === 'prob') for (let i = 0; i < scores.length; i++) scores[i] = Math.log(scores[i] ?? 0);
  boundHidden(scores, K, type === 'logit' ? 'logit' : 'logprob');
}

/** Rows whose log-probabilities (n·K) say that the answer is mostly none of the labels. */
function lowMasses(logs: Float64Array, K: number): number {
  let rows = 0;
  for (let at = 0; at < logs.length; at += K) {
    const labelMass = logs.subarray(at, at + K).reduce((sum, log) => sum + Math.exp(log), 0);
    if (isLabelMassLow({ labelMass })) rows++;
  }
  return rows;
}

/** The given rows of a matrix (n·K). */
function takeBlocks(matrix: Float64Array, K: number, rows: Int32Array): Float64Array {
  const taken = new Float64Array(rows.length * K);
  rows.forEach((row, i) => taken.set(matrix.subarray(row * K, row * K + K), i * K));
  return taken;
}

/** A reason without what is different from row to row. */
function kindOfReason(reason: string): string {
  return reason.replace(/"[^"]*"/gu, '""').replace(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/giu, '#');
}

/** How many rows an evaluation leaves out, and why. */
export function leftOut({
  rejected,
  rejectedCount,
  unlabelled,
}: PredictionTable): Pick<EvaluateOptions, 'rejected' | 'unused' | 'unlabelled'> {
  return { rejected, unused: rejectedCount, unlabelled };
}
