/** Scoring a table as a job. Its checkpoint is the part of the scored copy, and a state in the cache. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../core/user-error';
import { progressInWords } from '../../core/words/progress';
import { errorCode } from '../../store/atomic';
import { realPathOf } from '../../store/folders';
import { isInside } from '../../store/inside';
import { rowsOf, type Shard } from '../../store/tables/score-run';
import {
  discardUnfinishedTable,
  hasState,
  interruptedOutputs,
  isBeingWritten,
  readUnfinishedTable,
  sweepEnded,
  whileAlone,
  type UnfinishedTable,
} from '../../store/tables/scored-file';
import type { JobContext, JobKind, Unfinished } from './job';

/** What a person chose to score. */
export interface ScoreChoice {
  /** Absolute path of the table to score. */
  readonly source: string;
  /** Absolute path of the scored copy. */
  readonly out: string;
  /** By name: its file is read when the run begins or resumes. */
  readonly classifier: string;
  readonly textColumn: string;
  readonly shard?: Shard | undefined;
  /** Raw scores, whatever calibrator the classifier names. */
  readonly leaveRaw: boolean;
  /** As the command line was asked to; undefined for cells as they are. */
  readonly spreadsheetSafe?: true | undefined;
}

/** The parts of scoring that a surface adds. */
export interface ScoringParts<Result> {
  /** Scores the table with the current version of the named classifier. */
  readonly run: (choice: ScoreChoice, context: JobContext) => Promise<Result>;
  /** The folders of the surface; absolute paths. */
  readonly folders: () => readonly string[];
}

export function scoringKind<Result>({ run, folders }: ScoringParts<Result>): JobKind<ScoreChoice, Result> {
  return {
    name: 'score',
    title: ({ source }) => `Scoring ${path.basename(source)}`,
    output: ({ out }) => out,
    logFile: () => undefined,
    run,
    unfinished: async (folder) => {
      const outs = await outputsIn(folder === undefined ? folders() : [folder]);
      return (await Promise.all(outs.map(unfinishedScoring))).filter((left) => left !== undefined);
    },
    discard: ({ out }) => whileAlone(out, () => discardUnfinishedTable(out)),
  };
}

/** Reads the checkpoint of a scored copy; undefined if none can be resumed. */
export async function unfinishedScoring(out: string): Promise<Unfinished<ScoreChoice> | undefined> {
  try {
    await access(path.dirname(out), constants.W_OK);
    const isElsewhere = await isBeingWritten(out);
    const left = await readUnfinishedTable(out);
    // Only this takes the lock: who looks must neither refuse a run that begins now nor be taken for one.
    if (left === undefined && !isElsewhere && (await hasState(out)))
      await whileAlone(out, () => sweepEnded(out));
    return unfinishedOf(out, left, isElsewhere);
  } catch (error) {
    // What cannot be read, or lies where nothing can be written, cannot be resumed.
    if (error instanceof UserError || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** A run that was begun raw resumes so, whatever its classifier names now. */
function unfinishedOf(
  out: string,
  left: UnfinishedTable | undefined,
  isElsewhere: boolean,
): Unfinished<ScoreChoice> | undefined {
  if (left === undefined) return undefined;
  const { source, run, done } = left;
  const { classifier, textColumn, shard, calibrator, spreadsheetSafe } = run;
  return {
    order: {
      source,
      out,
      classifier,
      textColumn,
      shard,
      leaveRaw: calibrator === null,
      ...(spreadsheetSafe === undefined ? {} : { spreadsheetSafe }),
    },
    // The files of a run that was paused and of one that was killed are the same.
    state: 'interrupted',
    words: progressInWords(done.rows, rowsOf(run.source.rows, shard), undefined),
    isElsewhere,
  };
}

/** The outputs of interrupted runs that lie in one of these folders. */
async function outputsIn(folders: readonly string[]): Promise<string[]> {
  if (folders.length === 0) return [];
  const real = await Promise.all(folders.map(realPathOf));
  const found = await Promise.all(
    (await interruptedOutputs()).map(async (out) => {
      const place = await realPathOf(path.dirname(out));
      return real.some((folder) => isInside(folder, place)) ? [out] : [];
    }),
  );
  return found.flat();
}
