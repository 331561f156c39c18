/** Compares several runs (prompts, models, a base and a tuned one) on the same rows, raw and after calibrators. */
import { type Calibrator, fitCalibrator } from '../calibration/calibrator';
import { type CrossFit, crossFit, partition, type Partition } from '../calibration/cross-fit';
import { fitRecommended, recommend } from '../calibration/recommend';
import { type CalibratorId, refusal } from '../calibration/registry';
import type { CalibrateOn, PredictionData } from '../model/predictions';
import { rowCount, rowsWhere, selectRows } from '../model/rows';
import { UserError } from '../user-error';
import { type Difference, type DifferenceOptions, meanNll, type ScoredRun, scoreRuns } from './differences';
import { lowest, scoreWinner, type Winner } from './winner';

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

/**
 * The folds of all runs. By the true label, but never by which rows the first run gets right: balanced in that, the other
 * folds would tell how it does on a fold, and so choose it for its luck there.
 *
 * @throws UserError bad-split, too-few-rows
 * @internal
 */
export function foldsOfRuns(first: PredictionData, seed: number): Partition {
  return first.kind === 'labels'
    ? partition(first, seed)
    : partition({ ...first, correct: new Uint8Array(first.correct.length) }, seed);
}

/** The folds, or why there are none, if rows are too few. */
function divided(first: PredictionData, seed: number): Partition | UserError {
  try {
    return foldsOfRuns(first, seed);
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
    return { stage, ...scored, winner: winnerOf(stage, runs, tables, plan) };
  }
  if (split === null) throw new UserError('too-few-rows', 'The rows cannot be divided.');
  const fits = runs.map((run) => crossFit(run, run.kind, split, (train) => fitStage(stage, train, seed)));
  refuseFailures(fits);
  const tables = fits.map(({ calibrated }) => calibrated);
  // Ranks of several fits are on one scale only where none of them can change the order.
  const isOneScale = split.source === 'split' || fits.every(({ monotone }) => monotone);
  const foldsOf = isOneScale ? undefined : fits[0]?.folds;
  const scored = scoreRuns(tables, { ...options, folds: foldsOf });
  return { stage, ...scored, winner: winnerOf(stage, runs, tables, plan) };
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
 * @param tables their compared rows after the stage's calibrator
 * @internal
 */
export function winnerOf(
  stage: Stage,
  runs: readonly PredictionData[],
  tables: readonly PredictionData[],
  { split, rows, seed }: Omit<Plan, 'options'>,
): Winner | null {
  if (runs.length < 3 || split === null) return null;
  const chosenIn = Array.from({ length: split.count }, (_, fold) => {
    const train = split.trainRows(fold);
    return lowest(runs.map((run) => nllOf(stage, selectRows(run, train), seed)));
  });
  const folds = Int32Array.from(rows, (row) => split.fold[row] ?? 0);
  return scoreWinner(tables, chosenIn, folds, { source: split.source, seed });
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
