/** Compares several runs (prompts, models, a base and a tuned one) on the same rows, raw and after calibrators. */
import { type Calibrator, fitCalibrator } from '../calibration/calibrator';
import { type CrossFit, crossFit, partition, type Partition } from '../calibration/cross-fit';
import { fitRecommended, recommend } from '../calibration/recommend';
import { type CalibratorId, refusal } from '../calibration/registry';
import type { CalibrateOn, LabelData, PredictionData } from '../model/predictions';
import { rowCount, rowsWhere, selectRows } from '../model/rows';
import { UserError } from '../user-error';
import { type Difference, type DifferenceOptions, meanNll, type ScoredRun, scoreRuns } from './differences';

/** What is done to every run before it is compared. `recommended`: the calibrator that suits the run, chosen in each fold. */
export const STAGES = ['raw', 'platt', 'isotonic', 'recommended'] as const;
export type Stage = (typeof STAGES)[number];

export interface ComparedStage {
  readonly stage: Stage;
  readonly runs: readonly ScoredRun[];
  /** For each run but the first. */
  readonly differences: readonly (readonly Difference[])[];
  /** Null for two runs. */
  readonly winner: Winner | null;
}

/** The best of several runs, which is chosen on rows other than those that its numbers come from. */
interface Winner {
  /** The run with the lowest NLL on all rows; on a split table, on those marked fit. */
  readonly run: number;
  /** For each run, in how many folds the other folds chose it. */
  readonly picks: readonly number[];
  /** The rows of each fold by the run that was chosen on the others. */
  readonly chosen: ScoredRun;
  /** Of the choice from the first run, on the same rows. */
  readonly differences: readonly Difference[];
}

export interface RunComparison {
  readonly on: CalibrateOn;
  readonly stages: readonly ComparedStage[];
  readonly excluded: readonly { readonly stage: Stage; readonly reason: string }[];
  /** The calibrator that is recommended for each run on all rows; null where the rows do not suffice to tell. */
  readonly recommended: readonly (CalibratorId | 'raw' | null)[];
  /** How rows are calibrated, and runs chosen, by other rows; null where the rows cannot be divided. */
  readonly folds: Pick<Partition, 'source' | 'count'> | null;
  /** Indices of the compared rows among the given ones: all, or those marked test. */
  readonly rows: Uint32Array;
}

export interface CompareRunsOptions extends Omit<DifferenceOptions, 'folds'> {
  /** Called before each stage, to report progress. */
  readonly onStage?: ((stage: Stage, at: number, of: number) => void | Promise<void>) | undefined;
}

/**
 * @param runs at least two, of one kind and label order; row i of one is row i of the others, all with a known truth, and
 *   with the same groups, weights and split
 * @throws UserError unpaired, bad-split
 */
export async function compareRuns(
  runs: readonly PredictionData[],
  { onStage, ...options }: CompareRunsOptions,
): Promise<RunComparison> {
  const [first] = runs;
  if (first === undefined || runs.length < 2 || runs.some((run) => rowCount(run) !== rowCount(first)))
    throw new UserError('unpaired', 'A comparison needs the same rows in at least two tables.');
  const seed = options.seed ?? 0;
  const folds = divided(first, seed);
  const split = 'trainRows' in folds ? folds : null;
  const rows = rowsWhere(rowCount(first), (i) => split === null || (split.fold[i] ?? -1) >= 0);
  const stages: ComparedStage[] = [];
  const excluded: { stage: Stage; reason: string }[] = [];
  for (const [at, stage] of STAGES.entries()) {
    await onStage?.(stage, at, STAGES.length);
    try {
      if (!('trainRows' in folds) && stage !== 'raw') throw folds;
      stages.push(compareStage(stage, runs, { split, rows, seed, options }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      excluded.push({ stage, reason: error.message });
    }
  }
  return {
    on: first.kind,
    stages,
    excluded,
    recommended: runs.map((run) => recommend(run, { on: run.kind, seed }).choice),
    folds: split && { source: split.source, count: split.count },
    rows,
  };
}

/** The folds of all runs, by the first one; why there are none, if rows are too few. */
function divided(first: PredictionData, seed: number): Partition | UserError {
  try {
    return partition(first, seed);
  } catch (error) {
    if (error instanceof UserError && error.code === 'too-few-rows') return error;
    throw error;
  }
}

interface Plan {
  readonly split: Partition | null;
  readonly rows: Uint32Array;
  readonly seed: number;
  readonly options: Omit<DifferenceOptions, 'folds'>;
}

function compareStage(stage: Stage, runs: readonly PredictionData[], plan: Plan): ComparedStage {
  const { split, rows, seed, options } = plan;
  if (stage === 'raw') {
    const tables = runs.map((run) => selectRows(run, rows));
    const scored = scoreRuns(tables, options);
    return { stage, ...scored, winner: winnerOf(stage, runs, { tables, foldsOf: undefined }, plan) };
  }
  if (split === null) throw new UserError('too-few-rows', 'The rows cannot be divided.');
  const fits = runs.map((run) => crossFit(run, run.kind, split, (train) => fitStage(stage, train, seed)));
  refuseFailures(fits);
  const tables = fits.map(({ calibrated }) => calibrated);
  // Ranks of several fits are on one scale only where none of them can change the order.
  const isOneScale = split.source === 'split' || fits.every(({ monotone }) => monotone);
  const foldsOf = isOneScale ? undefined : fits[0]?.folds;
  const scored = scoreRuns(tables, { ...options, folds: foldsOf });
  return { stage, ...scored, winner: winnerOf(stage, runs, { tables, foldsOf }, plan) };
}

function refuseFailures(fits: readonly CrossFit[]): void {
  const failure = fits.flatMap(({ failures }) => failures)[0];
  if (failure !== undefined) throw new UserError('fold-failed', failure.message);
}

function fitStage(stage: Exclude<Stage, 'raw'>, train: PredictionData, seed: number): Calibrator {
  const on = train.kind;
  if (stage === 'recommended') return fitRecommended(train, { on, seed });
  const refused = refusal(stage, on);
  if (refused !== null) throw new UserError('method-refused', refused);
  return fitCalibrator(train, { method: stage, on, seed }).calibrator;
}

/**
 * Chooses a run in each fold by the other folds, and scores the choice.
 *
 * @param runs as for `compareRuns`
 * @param scored their compared rows after the stage's calibrator, and the folds if ranks cannot be pooled over them
 * @internal
 */
export function winnerOf(
  stage: Stage,
  runs: readonly PredictionData[],
  scored: { readonly tables: readonly PredictionData[]; readonly foldsOf: Int32Array | undefined },
  { split, rows, seed, options }: Plan,
): Winner | null {
  if (runs.length < 3 || split === null) return null;
  const { tables, foldsOf } = scored;
  const chosenIn = Array.from({ length: split.count }, (_, fold) => {
    const train = split.trainRows(fold);
    return lowest(runs.map((run) => nllOf(stage, selectRows(run, train), seed)));
  });
  const choice = Int32Array.from(rows, (row) => chosenIn[split.fold[row] ?? 0] ?? 0);
  const isAlwaysOne = chosenIn.every((run) => run === chosenIn[0]);
  const ranked = isAlwaysOne ? foldsOf : Int32Array.from(rows, (row) => split.fold[row] ?? 0);
  const { runs: compared, differences } = scoreRuns(
    [tables[0], mixed(tables, choice)].flatMap((table) => table ?? []),
    {
      ...options,
      folds: split.source === 'split' ? undefined : ranked,
    },
  );
  const chosen = compared[1];
  if (chosen === undefined) return null;
  const [only = 0] = chosenIn;
  return {
    run: split.source === 'split' ? only : lowest(tables.map(meanNll)),
    picks: runs.map((_, run) => chosenIn.filter((picked) => picked === run).length),
    chosen,
    differences: differences[0] ?? [],
  };
}

/** The place of the lowest number, the earlier of equal ones. */
function lowest(values: readonly number[]): number {
  return values.reduce((best, value, at) => (value < (values[best] ?? Infinity) ? at : best), 0);
}

/** NLL after the stage's calibrator on rows that it did not see; raw where it cannot be fitted. */
function nllOf(stage: Stage, train: PredictionData, seed: number): number {
  const own = { ...train, split: undefined };
  if (stage === 'raw') return meanNll(own);
  try {
    if (stage !== 'recommended')
      return meanNll(
        crossFit(own, own.kind, partition(own, seed), (inner) => fitStage(stage, inner, seed)).calibrated,
      );
    const { choice, candidates } = recommend(own, { on: own.kind, seed });
    return candidates.find(({ method }) => method === choice)?.nll ?? meanNll(own);
  } catch (error) {
    if (error instanceof UserError) return meanNll(own);
    throw error;
  }
}

/**
 * Rows of several tables with the same rows.
 *
 * @param choice (n) the table that each row is taken from
 */
function mixed(tables: readonly PredictionData[], choice: Int32Array): PredictionData | undefined {
  const [first] = tables;
  if (first === undefined) return undefined;
  const take = (columns: readonly (Float64Array | undefined)[], width: number): Float64Array => {
    const taken = new Float64Array(choice.length * width);
    choice.forEach((table, row) => {
      const at = row * width;
      taken.set(columns[table]?.subarray(at, at + width) ?? [], at);
    });
    return taken;
  };
  if (first.kind === 'labels') {
    const labelled = tables.filter((table): table is LabelData => table.kind === 'labels');
    const K = first.labels.length;
    return {
      ...first,
      probs: take(
        labelled.map(({ probs }) => probs),
        K,
      ),
      logProbs: take(
        labelled.map(({ logProbs }) => logProbs),
        K,
      ),
      given: labelled.every(({ given }) => given),
      agreement: undefined,
    };
  }
  const confident = tables.flatMap((table) => (table.kind === 'confidence' ? [table] : []));
  const correct = Uint8Array.from(choice, (table, row) => confident[table]?.correct[row] ?? 0);
  return {
    ...first,
    correct,
    confidence: take(
      confident.map(({ confidence }) => confidence),
      1,
    ),
    logOdds: confident.every(({ logOdds }) => logOdds !== undefined)
      ? take(
          confident.map(({ logOdds }) => logOdds),
          1,
        )
      : undefined,
  };
}
