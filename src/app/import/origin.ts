/** What every origin of predictions is. One file an origin, all of them in `origins.ts`. */
import type { Label } from '../../core/classifier/definition';

/** One prediction as it is written into a table. What is absent is not known. */
export interface ImportedRow {
  readonly id?: string | undefined;
  readonly text?: string | undefined;
  /** The true label. */
  readonly label?: string | undefined;
  readonly predicted?: string | undefined;
  /** 0 to 1 */
  readonly confidence?: number | undefined;
  readonly correct?: boolean | undefined;
  /** Of each label, in the unit of the origin. */
  readonly scores?: ReadonlyMap<string, number> | undefined;
  readonly labelMass?: number | undefined;
  /** Labels whose score is only an upper bound. */
  readonly bounds?: readonly string[] | undefined;
  /** Why there is no score. */
  readonly error?: string | undefined;
  /** Further columns, by name. */
  readonly others?: ReadonlyMap<string, string> | undefined;
}

/** Reads the records of one file: all of them are looked at once, and then read. */
export interface Reader {
  /** What the numbers of `ImportedRow.scores` are; read once all records were looked at. yes: P(label), each by itself. */
  readonly scores: 'prob' | 'logprob' | 'logit' | 'yes';
  /** @throws RecordProblem */
  look?(record: unknown): void;
  /**
   * What was taken for what, after all records were looked at.
   *
   * @throws UserError where the file can be read in several ways, or in none
   */
  settle?(): readonly string[];
  /** @throws RecordProblem */
  rows(record: unknown): readonly ImportedRow[];
}

export interface ReaderOptions {
  /** Labels with their spellings, where a person or a classifier names them. */
  readonly labels: readonly Label[] | null;
  /** Which of several runs in one file. */
  readonly run: string | null;
}

export interface Origin {
  readonly name: string;
  readonly title: string;
  /** What a record of this origin holds, to be said where a file is of none. */
  readonly holds: string;
  readonly needsLabels?: boolean;
  recognises(record: unknown): boolean;
  open(options: ReaderOptions): Reader;
}

/** Why one record gives no row. */
export class RecordProblem extends Error {}
