/** Where a tuning keeps its things: what it has in the cache until it is complete, and what it writes. */
import path from 'node:path';
import { TUNED_MODELS, type TunedModel } from '../../core/comparison/tuned-against-base';
import { UserError } from '../../core/user-error';
import { adapterFolder, besideAdapter, cardFile } from '../../store/adapters';
import { calibratorFile } from '../../store/calibrators';
import { exists } from '../../store/exists';
import { realPathOf } from '../../store/folders';
import { jobFiles, outputId } from '../../store/job-files';
import { scoreMetaFile } from '../../store/tables/score-meta';

/** Part of the names of its files in jobs/. */
export const TUNING = 'tune';

export interface TuningPlace {
  /** Absolute paths: the adapter to write, and the folder of the run in the cache. */
  readonly out: string;
  readonly work: string;
}

/** The folder of a run in the cache: two adapters never share one. */
export function tuningWork(cache: string, out: string): string {
  return path.join(cache, 'runs', outputId(out));
}

export interface WorkFiles {
  /** Of the trainer. */
  readonly input: string;
  readonly draft: string;
  /** The rows with their parts: the table may change while the model is tuned. */
  readonly split: string;
  /** Written by the trainer. */
  readonly checkpoint: string;
  /** Written before the first file beside the adapter is. */
  readonly candidates: string;
}

export function workFiles(work: string): WorkFiles {
  return {
    input: path.join(work, 'input.jsonl'),
    draft: path.join(work, 'card.json'),
    split: path.join(work, 'split.csv'),
    checkpoint: path.join(work, 'state.pt'),
    candidates: path.join(work, 'candidates'),
  };
}

/**
 * Whether a run was begun, with or without a checkpoint: what it was prepared with belongs to it, and whoever resumes it
 * reads that.
 *
 * @param jobs absolute path of jobs/ in the cache
 */
export async function isBegun(jobs: string, { out, work }: TuningPlace): Promise<boolean> {
  return (await exists(jobFiles(TUNING, out, jobs).state)) || (await exists(workFiles(work).checkpoint));
}

export interface TuningFiles {
  readonly adapter: string;
  readonly card: string;
  /** The labelled rows with the part of each. */
  readonly split: string;
  /** The hold-out with Monte Carlo dropout. */
  readonly dropout: string;
  /** The rows that did not train. */
  readonly unseen: string;
  /** The scores of each model. */
  readonly base: string;
  readonly tuned: string;
}

export function tuningFiles(out: string): TuningFiles {
  return {
    adapter: out,
    card: cardFile(out),
    split: besideAdapter(out, 'split'),
    dropout: besideAdapter(out, 'mc-dropout'),
    unseen: besideAdapter(out, 'unseen'),
    base: besideAdapter(out, 'base'),
    tuned: besideAdapter(out, 'tuned'),
  };
}

/** Absolute path of the workspace among whose adapters it will be; undefined where that is none. */
export function workspaceOfAdapter(out: string): string | undefined {
  const workspace = path.resolve(path.dirname(out), '..', '..');
  return adapterFolder(workspace) === path.dirname(out) ? workspace : undefined;
}

/**
 * The calibrator that is saved for a model, in the workspace of the adapter; undefined where it is in none.
 *
 * @throws UserError bad-name
 */
export function tunedCalibratorFile(out: string, model: TunedModel): string | undefined {
  const workspace = workspaceOfAdapter(out);
  if (workspace === undefined) return undefined;
  return calibratorFile(workspace, `${path.basename(out, '.gguf')}-${model}`);
}

/**
 * Every file that a tuning writes.
 *
 * @throws UserError bad-name
 */
export function writtenFiles(out: string): string[] {
  const files = tuningFiles(out);
  return [
    ...[files.adapter, files.card, files.split, files.dropout, files.unseen],
    ...TUNED_MODELS.flatMap((model) => {
      const calibrator = tunedCalibratorFile(out, model);
      return [files[model], scoreMetaFile(files[model]), ...(calibrator === undefined ? [] : [calibrator])];
    }),
  ];
}

/**
 * Checks that a tuning replaces nothing that it reads.
 *
 * @throws UserError same-file, bad-name
 */
export async function checkNoInput(out: string, inputs: readonly string[]): Promise<void> {
  const read = new Set(await Promise.all(inputs.map(realPathOf)));
  for (const file of writtenFiles(out))
    if (read.has(await realPathOf(file)))
      throw new UserError(
        'same-file',
        `The fine-tuning reads ${file}, and would replace it. Choose another name for the adapter.`,
      );
}

/**
 * The files of a tuning whose names are taken.
 *
 * @throws UserError bad-name
 */
export async function takenFiles(out: string): Promise<string[]> {
  const taken = await Promise.all(
    writtenFiles(out).map(async (file) => ((await exists(file)) ? [file] : [])),
  );
  return taken.flat();
}
