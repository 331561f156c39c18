/** Tuning a classifier's model as a job. The trainer leaves its checkpoints in a folder of the cache. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { type AdapterCard, adapterCard, curvePointSchema } from '../../core/model/adapter-card';
import { SPLITS, type Split } from '../../core/data/tuning-split';
import { UserError } from '../../core/user-error';
import { cardFile } from '../../store/adapters';
import { checkOutputs, writeFileAtomic } from '../../store/atomic';
import { explainingWrite } from '../../store/explain-write';
import { withLockOrRefuse } from '../../store/lock';
import { csvLine } from '../../store/tables/csv-line';
import { inspectTable } from '../../store/tables/inspect';
import { tableRows } from '../../store/tables/rows';
import { type CardDraft, workFiles } from '../training/prepare';
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
  secondsPerStep: z.number(),
  steps: z.number(),
  /** Share of the time that is the forward and backward pass. */
  share: z.number(),
  peakBytes: z.number().nullable(),
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
}

export interface TuningHome extends ProcessHome {
  /** training/ of the program; absolute. */
  readonly program: string;
  /** training/ of the cache; absolute. */
  readonly cache: string;
  readonly clock: () => Date;
  readonly version: string;
}

/** A trainer says something after every step. Loading a large model from a slow disk takes longest. */
const SILENCE_MS = 15 * 60_000;

/** The folder of a run in the cache: two adapters never share one. */
export function tuningWork(cache: string, out: string): string {
  const id = createHash('sha256').update(path.resolve(out)).digest('hex').slice(0, 32);
  return path.join(cache, 'runs', id);
}

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
 * Times a few steps.
 *
 * @throws UserError program-failed, program-missing; cancelled
 */
export async function estimateTuning(
  home: TuningHome,
  order: Pick<TuningOrder, 'python' | 'work'>,
  signal: AbortSignal,
): Promise<TuningEstimate> {
  const value = await runProgram(trainer(home, order, 'estimate'), {
    logFile: path.join(order.work, 'estimate.log'),
    signal,
    onStart: () => Promise.resolve(),
    onProgress: () => Promise.resolve(),
    silenceMs: SILENCE_MS,
  });
  return estimateSchema.parse(value);
}

export function tuningKind(home: TuningHome): JobKind<TuningOrder, TunedAdapter> {
  const training = processKind<TuningOrder, Trained>(
    {
      name: 'tune',
      order: orderSchema,
      result: trainedSchema,
      title: ({ out }) => `Tuning ${path.basename(out, '.gguf')}`,
      output: ({ out }) => out,
      program: (order) => Promise.resolve(trainer(home, order, 'train')),
      silenceMs: SILENCE_MS,
      discard: ({ work }) => rm(work, { recursive: true, force: true }),
    },
    home,
  );
  return {
    ...training,
    run: (order, context) => whileAlone(home, () => tune(training, home, order, context)),
  };
}

/** Two trainings share the cores and the memory of one machine, and both would take more than twice as long. */
async function whileAlone<T>({ cache }: TuningHome, work: () => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  const busy = new UserError(
    'job-running',
    'Another model is being tuned on this machine. Wait for it, or pause it first.',
  );
  return withLockOrRefuse(path.join(cache, 'tuning.lock'), work, busy);
}

async function tune(
  training: JobKind<TuningOrder, Trained>,
  { clock, version }: TuningHome,
  order: TuningOrder,
  context: JobContext,
): Promise<TunedAdapter> {
  const { out, work, table } = order;
  const files = [out, cardFile(out), splitFile(out), dropoutFile(out)] as const;
  await explainingWrite(out, () => checkOutputs(...files));
  const trained = await training.run(order, context);
  // Written by us, in the person's cache.
  const draft = JSON.parse(await readFile(workFiles(work).draft, 'utf8')) as CardDraft;
  const bytes = await readFile(path.join(work, 'adapter.gguf'));
  const { base, promptSha256, promptAdded, labels, rows, split, settings } = draft;
  const card = adapterCard({
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    base,
    promptSha256,
    ...(promptAdded === undefined ? {} : { promptAdded }),
    labels,
    tuning: {
      table: draft.table,
      rows,
      split,
      settings,
      curve: trained.curve,
      chosenStep: trained.chosenStep,
      sameBits: trained.sameBits,
    },
    versions: { 'prompt-confidence': version, ...trained.versions },
    time: clock().toISOString(),
  });
  await explainingWrite(out, async () => {
    await mkdir(path.dirname(out), { recursive: true });
    await writeFileAtomic(out, bytes);
    await writeFileAtomic(cardFile(out), `${JSON.stringify(card, null, 2)}\n`);
    await writeFileAtomic(splitFile(out), await withSplit(table, draft));
    await writeFileAtomic(dropoutFile(out), await withDropout(table, draft, trained));
  });
  await rm(work, { recursive: true, force: true });
  return {
    card,
    adapter: out,
    splitTable: splitFile(out),
    dropoutTable: dropoutFile(out),
    baseDifference: trained.baseDifference,
  };
}

function beside(out: string, what: string): string {
  return `${out.replace(/\.gguf$/iu, '')}-${what}.csv`;
}

/** The labelled table with the part of each row. */
function splitFile(out: string): string {
  return beside(out, 'split');
}

/** The hold-out with Monte Carlo dropout. */
function dropoutFile(out: string): string {
  return beside(out, 'mc-dropout');
}

async function withSplit(table: string, { lines, split }: CardDraft): Promise<string> {
  const source = await inspectTable(table);
  const partOf = new Map(SPLITS.flatMap((part) => lines[part].map((line) => [line, part] as const)));
  const written = [csvLine(split.given ? source.header : [...source.header, 'split'], source.separator)];
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch)
      written.push(csvLine(split.given ? cells : [...cells, partOf.get(line) ?? ''], source.separator));
  return written.join('');
}

/** Columns "mc-dropout/…": the mean of the passes, and its entropy in two parts. */
async function withDropout(table: string, draft: CardDraft, { mcDropout }: Trained): Promise<string> {
  const source = await inspectTable(table);
  const { mean, epistemic, aleatoric } = mcDropout;
  const held: Split = 'test';
  const numberOf = new Map(draft.lines[held].map((line, at) => [line, at]));
  const prefix = 'mc-dropout/';
  const added = [...draft.labels.map((label) => `prob:${label}`), 'epistemic', 'aleatoric'];
  const written = [csvLine([...source.header, ...added.map((name) => `${prefix}${name}`)], source.separator)];
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const at = numberOf.get(line);
      if (at === undefined) continue;
      const numbers = [...(mean[at] ?? []), epistemic[at] ?? 0, aleatoric[at] ?? 0];
      written.push(csvLine([...cells, ...numbers.map(String)], source.separator));
    }
  return written.join('');
}
