/** Tuning a classifier's model as a job. The trainer leaves its checkpoints in a folder of the cache. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {
  type AdapterCard,
  adapterCard,
  type CurvePoint,
  curvePointSchema,
} from '../../core/model/adapter-card';
import { UserError } from '../../core/user-error';
import { baseDifferenceInWords } from '../../core/words/tuning';
import { earlierCandidates } from '../../store/adapters';
import { checkOutputs, writeFileAtomic } from '../../store/atomic';
import { exists } from '../../store/exists';
import { explainingWrite } from '../../store/explain-write';
import { withLockOrRefuse } from '../../store/lock';
import { csvLine } from '../../store/tables/csv-line';
import { inspectTable } from '../../store/tables/inspect';
import { splitRows } from '../../store/tables/split-table';
import { type CardDraft, setThreads } from '../training/prepare';
import type { Proven, ProofFiles } from '../training/prove';
import {
  isBegun,
  takenFiles,
  TUNING,
  tuningFiles,
  type TuningPlace,
  workFiles,
  writtenFiles,
} from '../training/tuning-run';
import type { JobContext, JobKind } from './job';
import { type ProcessHome, processKind } from './process-kind';
import { type Program, runProgram } from './program';

const orderSchema = z.object({
  /** Absolute paths: the labelled table, the adapter to write, and the folder of the run in the cache. */
  table: z.string(),
  out: z.string(),
  work: z.string(),
  /** Absolute path of the Python that trains. */
  python: z.string(),
  /** Name of the classifier, and the column with its texts. */
  classifier: z.string(),
  textColumn: z.string(),
  /** Whether the prompt that is tuned has the classifier's examples. */
  examples: z.boolean(),
  /** Absolute paths of the files that may be replaced, since the person was asked. */
  mayReplace: z.array(z.string()),
  /** What was said before it began, in sentences. */
  facts: z.array(z.string()),
});
export type TuningOrder = z.infer<typeof orderSchema>;

const distributions = z.array(z.array(z.number()));
const trainedSchema = z.object({
  chosenStep: z.int(),
  sameBits: z.boolean(),
  /** Mean absolute difference of the base's label probabilities from the engine's. */
  baseDifference: z.number(),
  curve: z.array(curvePointSchema),
  mcDropout: z.object({
    mean: distributions,
    epistemic: z.array(z.number()),
    aleatoric: z.array(z.number()),
  }),
  versions: z.record(z.string(), z.string()),
});
type Trained = z.infer<typeof trainedSchema>;

/** What a few steps took. */
const estimateSchema = z.object({
  /** With how many threads the steps were fastest. */
  threads: z.int().min(1),
  secondsPerStep: z.number(),
  steps: z.number(),
  /** Of the validation rows while it trains, and of the hold-out with dropout. */
  evaluationSeconds: z.number(),
  /** Share of the time that is the forward and backward pass. */
  share: z.number(),
  peakBytes: z.number().nullable(),
  /** On the disk: of the adapter, and of all checkpoints until it is complete. */
  adapterBytes: z.number(),
  checkpointBytes: z.number(),
});
export type TuningEstimate = z.infer<typeof estimateSchema>;

export interface TunedAdapter {
  readonly card: AdapterCard;
  /** Absolute path of the adapter. */
  readonly adapter: string;
  /** The table with a column that names each row's part. */
  readonly splitTable: string;
  /** The hold-out with what passes with dropout say. */
  readonly dropoutTable: string;
  readonly baseDifference: number;
  readonly proven: Proven;
}

export interface TuningHome extends ProcessHome {
  /** training/ of the program; absolute. */
  readonly program: string;
  /** training/ of the cache; absolute. */
  readonly cache: string;
  readonly clock: () => Date;
  readonly version: string;
  /** Scores the hold-out with and without the adapter, once it is written. */
  readonly prove: (order: TuningOrder, files: ProofFiles, context: JobContext) => Promise<Proven>;
  /** Called with each evaluation, also those of before an interruption; absent: nobody looks. */
  readonly onPoint?: (order: TuningOrder, point: CurvePoint) => void;
}

/** A trainer says something after every step. Loading a large model from a slow disk takes longest. */
const SILENCE_MS = 15 * 60_000;

/** @param command what the trainer does */
function trainer(
  { program }: Pick<TuningHome, 'program'>,
  { python, work }: Pick<TuningOrder, 'python' | 'work'>,
  command: 'train' | 'estimate',
): Program {
  const files = ['--input', workFiles(work).input];
  // An estimate leaves the checkpoints of the run alone.
  const place = ['--work', command === 'train' ? work : path.join(work, 'estimate')];
  return {
    argv: [python, '-m', 'prompt_confidence_training', command, ...files, ...place],
    env: {
      ...process.env,
      PYTHONPATH: program,
      PYTHONNOUSERSITE: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      // Nothing is downloaded while a model is tuned.
      HF_HUB_OFFLINE: '1',
    },
    cwd: work,
  };
}

/**
 * Times a few steps. A run that has not begun gets the number of threads that was fastest: a checkpoint belongs to the
 * number that it was begun with.
 *
 * @throws UserError program-failed, program-missing; cancelled
 */
export async function estimateTuning(
  home: Pick<TuningHome, 'program' | 'folder'>,
  order: Pick<TuningOrder, 'python' | 'work' | 'out'>,
  signal: AbortSignal,
): Promise<TuningEstimate> {
  const value = await runProgram(trainer(home, order, 'estimate'), {
    logFile: path.join(order.work, 'estimate.log'),
    signal,
    onStart: () => Promise.resolve(),
    onProgress: () => Promise.resolve(),
    silenceMs: SILENCE_MS,
  });
  const estimate = estimateSchema.parse(value);
  if (!(await isBegun(home.folder, order))) await setThreads(order.work, estimate.threads);
  return estimate;
}

export function tuningKind(home: TuningHome): JobKind<TuningOrder, TunedAdapter> {
  const tuning = processKind<TuningOrder, Trained, TunedAdapter>(
    {
      name: TUNING,
      order: orderSchema,
      result: trainedSchema,
      title: ({ out }) => `Tuning ${path.basename(out, '.gguf')}`,
      output: ({ out }) => out,
      program: (order) => Promise.resolve(trainer(home, order, 'train')),
      silenceMs: SILENCE_MS,
      onPoint: (order, value) => {
        const point = curvePointSchema.safeParse(value);
        if (point.success) home.onPoint?.(order, point.data);
      },
      finish: (order, trained, context) => finish(home, order, trained, context),
      discard: ({ work }) => rm(work, { recursive: true, force: true }),
    },
    home,
  );
  return {
    ...tuning,
    run: (order, context) =>
      whileAlone(home, async () => {
        await explainingWrite(order.out, () => checkOutputs(...writtenFiles(order.out)));
        return tuning.run(order, context);
      }),
  };
}

/**
 * Prepares a run, alone on this machine. If that fails, what it wrote is deleted.
 *
 * @param isKept false: what it wrote is deleted also if it does not fail
 * @throws UserError job-running; everything of `prepare`
 */
export function preparedAlone<T>(
  home: Pick<TuningHome, 'cache' | 'folder'>,
  place: TuningPlace,
  prepare: () => Promise<T>,
  isKept = true,
): Promise<T> {
  return whileAlone(home, async () => {
    let isWanted = false;
    try {
      const prepared = await prepare();
      isWanted = isKept;
      return prepared;
    } finally {
      if (!isWanted) await drop(home, place);
    }
  });
}

/**
 * Deletes what was prepared for a run that nobody began, because it holds the rows. A run that was begun keeps it; and
 * while somebody else tunes or prepares here, it may be theirs, so it stays.
 */
export async function dropPrepared(
  home: Pick<TuningHome, 'cache' | 'folder'>,
  place: TuningPlace,
): Promise<void> {
  await whileAlone(home, () => drop(home, place)).catch((error: unknown) => {
    if (!(error instanceof UserError && error.code === 'job-running')) throw error;
  });
}

/** Only while alone. */
async function drop({ folder }: Pick<TuningHome, 'folder'>, place: TuningPlace): Promise<void> {
  if (!(await isBegun(folder, place))) await rm(place.work, { recursive: true, force: true });
}

/**
 * Two trainings share the cores and the memory of one machine, and both would take more than twice as long. What prepares
 * one runs alone, too: it writes what a training reads.
 *
 * @throws UserError job-running
 */
async function whileAlone<T>({ cache }: Pick<TuningHome, 'cache'>, work: () => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  const busy = new UserError(
    'job-running',
    'Another model is being tuned on this machine. Wait for it, or pause it first.',
  );
  return withLockOrRefuse(path.join(cache, 'tuning.lock'), work, busy);
}

/**
 * Writes the adapter with what belongs to it, and then what the hold-out says.
 *
 * @throws UserError file-appeared, everything of `prove`
 */
async function finish(
  { clock, version, prove }: TuningHome,
  order: TuningOrder,
  trained: Trained,
  context: JobContext,
): Promise<TunedAdapter> {
  const { out, work } = order;
  const { split: splitTable, dropout: dropoutTable, card: cardPath } = tuningFiles(out);
  // Written by us, in the person's cache.
  const draft = JSON.parse(await readFile(workFiles(work).draft, 'utf8')) as CardDraft;
  await checkNoneAppeared(order);
  const bytes = await readFile(path.join(work, 'adapter.gguf'));
  const { base, promptSha256, promptAdded, labels, examplesLeftOut, rows, split, settings } = draft;
  const tuning: NonNullable<AdapterCard['tuning']> = {
    table: draft.table,
    rows,
    split,
    settings,
    curve: trained.curve,
    chosenStep: trained.chosenStep,
    sameBits: trained.sameBits,
  };
  const before = adapterCard({
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    base,
    promptSha256,
    ...(promptAdded === undefined ? {} : { promptAdded }),
    labels,
    ...(examplesLeftOut === undefined ? {} : { examplesLeftOut }),
    tuning,
    versions: { 'prompt-confidence': version, ...trained.versions },
    time: clock().toISOString(),
  });
  const uses = await candidatesBefore(order, rows.test);
  const write = (card: AdapterCard): Promise<void> =>
    writeFileAtomic(cardPath, `${JSON.stringify(card, null, 2)}\n`);
  await explainingWrite(out, async () => {
    await mkdir(path.dirname(out), { recursive: true });
    await writeFileAtomic(splitTable, await readFile(workFiles(work).split));
    await writeFileAtomic(dropoutTable, await withDropout(workFiles(work).split, draft, trained));
    await writeFileAtomic(out, bytes);
    await write(before);
  });
  const found = await prove(order, { adapter: out, splitTable, candidates: uses + 1 }, context);
  const notes = [...found.proof.notes, baseDifferenceInWords(trained.baseDifference)];
  const proven = { ...found, proof: { ...found.proof, notes } };
  const card = adapterCard({ ...before, tuning: { ...tuning, proof: proven.proof } });
  await explainingWrite(out, () => write(card));
  await rm(work, { recursive: true, force: true });
  return {
    card,
    adapter: out,
    splitTable,
    dropoutTable,
    baseDifference: trained.baseDifference,
    proven,
  };
}

/**
 * Training takes hours: a file that came meanwhile under a name of this run is somebody's. What the run itself has written
 * is its own.
 *
 * @throws UserError file-appeared
 */
async function checkNoneAppeared({ out, work, mayReplace }: TuningOrder): Promise<void> {
  if (await exists(workFiles(work).candidates)) return;
  const [appeared] = (await takenFiles(out)).filter((file) => !mayReplace.includes(file));
  if (appeared === undefined) return;
  throw new UserError(
    'file-appeared',
    `${appeared} was made while the model was tuned, and would be replaced. The training is kept: rename or delete that file, and resume.`,
  );
}

/** Counted once: the card of an older adapter of the name, which counts too, is replaced before the hold-out is scored. */
async function candidatesBefore({ out, work }: TuningOrder, rows: readonly string[]): Promise<number> {
  const file = workFiles(work).candidates;
  const counted = await readFile(file, 'utf8').catch(() => undefined);
  if (counted !== undefined) return Number(counted);
  const found = await earlierCandidates(out, rows);
  await writeFileAtomic(file, String(found));
  return found;
}

/** Columns "mc-dropout/…": the mean of the passes, and its entropy in two parts. */
async function withDropout(splitTable: string, draft: CardDraft, { mcDropout }: Trained): Promise<string> {
  const source = await inspectTable(splitTable);
  const { mean, epistemic, aleatoric } = mcDropout;
  const prefix = 'mc-dropout/';
  const added = [...draft.labels.map((label) => `prob:${label}`), 'epistemic', 'aleatoric'];
  const written = [csvLine([...source.header, ...added.map((name) => `${prefix}${name}`)], source.separator)];
  let at = 0;
  for await (const { cells, part } of splitRows(source)) {
    if (part !== 'test') continue;
    const numbers = [...(mean[at] ?? []), epistemic[at] ?? 0, aleatoric[at] ?? 0];
    written.push(csvLine([...cells, ...numbers.map(String)], source.separator));
    at++;
  }
  return written.join('');
}
