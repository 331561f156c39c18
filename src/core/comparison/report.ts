/** The document of `compare --json`, the same on every surface. Holds no NaN and no Infinity. */
import type { CalibratorId } from '../calibration/registry';
import type { LeftOut } from '../data/pairing';
import type { BinningKind } from '../model/evaluation';
import type { CalibrateOn, Warning } from '../model/predictions';
import type { ComparedStage, RunComparison, Stage } from './compare-runs';
import type { ComparedSlice, SliceComparison } from './compare-slices';
import type { Difference, ScoredRun } from './differences';
import type { Change } from './differing-rows';
import type { RunNumbers } from './metrics';
import type { Winner } from './winner';

export interface ComparisonReport {
  readonly schema: 1;
  /** Of the runs; the others are compared with the first. */
  readonly names: readonly string[];
  readonly on: CalibrateOn;
  readonly labels: readonly string[] | null;
  readonly threshold: number;
  readonly seed: number;
  readonly binning: { readonly kind: BinningKind; readonly count: number };
  readonly tables: readonly ComparedTable[];
  readonly pairing: {
    readonly by: 'id' | 'text';
    /** Rows that are in every table, and those of them that are compared: all, or those marked test. */
    readonly rows: number;
    readonly compared: number;
  };
  readonly warnings: readonly Warning[];
  readonly folds: RunComparison['folds'];
  /** The calibrator that is recommended for each run on all rows; null where the rows do not suffice to tell. */
  readonly recommended: readonly (CalibratorId | 'raw' | null)[];
  readonly stages: readonly ReportedStage[];
  readonly excluded: readonly { readonly stage: Stage; readonly reason: string }[];
  readonly slices: readonly ReportedSlices[];
  /** Rows on which runs differ. */
  readonly differing: Readonly<Record<Change, number>>;
}

interface ComparedTable extends LeftOut {
  readonly name: string;
  /** The file's name, and the SHA-256 of its bytes. */
  readonly file: string;
  readonly sha256: string;
  /** Rows that could be used. */
  readonly rows: number;
  /** Where its scores come from, in words. */
  readonly origin: string;
}

export interface ReportedStage {
  readonly stage: Stage;
  readonly runs: readonly RunNumbers[];
  /** For each run but the first. */
  readonly differences: readonly (readonly Difference[])[];
  readonly winner: Winner | null;
}

/** The comparison on each value of a column. */
export interface ReportedSlices extends Omit<SliceComparison, 'slices'> {
  readonly column: string;
  readonly slices: readonly (Omit<ComparedSlice, 'runs'> & { readonly runs: readonly RunNumbers[] })[];
}

/** A stage without what diagrams are drawn from. */
export function reportedStage({ stage, runs, differences, winner }: ComparedStage): ReportedStage {
  return {
    stage,
    runs: runs.map(numbersOf),
    differences,
    winner,
  };
}

/** Slices without what diagrams are drawn from. */
export function reportedSlices(column: string, { slices, ...compared }: SliceComparison): ReportedSlices {
  return {
    column,
    ...compared,
    slices: slices.map(({ runs, ...slice }) => ({ ...slice, runs: runs.map(numbersOf) })),
  };
}

function numbersOf({ evaluation, high }: ScoredRun): RunNumbers {
  return { evaluation, high };
}
