/**
 * A scored table while it grows. A kill at any moment loses at most the rows after the last checkpoint.
 *
 * Rows are appended to FILE.part. FILE.part.json records how the rows are scored and how many bytes of FILE.part count; it
 * is replaced in one step, after those bytes are on the disk. Anything after them (an incomplete line) is cut off when
 * the run is resumed. When every row is there, FILE.meta.json is written, FILE.part takes the name FILE, and FILE.part.json is
 * deleted. So FILE is whole or absent, and never beside the meta of other scores.
 */
import { createHash, type Hash } from 'node:crypto';
import { open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../../core/data/json';
import { UserError } from '../../core/user-error';
import { errorCode, renameDurably, writeFileAtomic } from '../atomic';
import { exists } from '../exists';
import { isHeld, withLockOrRefuse } from '../lock';
import { scoreMetaFile, scoreMetaSchema } from './score-meta';
import { runDifferences, runText, type ScoreRun, scoreRunSchema } from './score-run';

/** Failed rows that are listed one by one; the column score_error has them all. */
const LISTED = 20;

const doneSchema = z.strictObject({
  /** Rows that are written. */
  rows: z.int().min(0),
  /** How many of them have no score, and the first ones by physical line. */
  failed: z.int().min(0),
  firstFailed: z.array(z.strictObject({ line: z.int(), reason: z.string() })).max(LISTED),
  /** Rows whose text was cut to fit. */
  cut: z.int().min(0),
  /** Seconds that the source took for these rows. */
  seconds: scoreMetaSchema.shape.seconds,
});
export type Done = z.infer<typeof doneSchema>;

const NOTHING_DONE: Done = { rows: 0, failed: 0, firstFailed: [], cut: 0 };

const stateSchema = z.object({
  schema: z.literal(1),
  run: scoreRunSchema,
  /** The table to score, relative to the folder of this file. */
  source: z.string(),
  done: doneSchema,
  /** Bytes of FILE.part that count, and their SHA-256. */
  bytes: z.int().min(0),
  sha256: z.string(),
});

/** An interrupted run that can be resumed. */
export interface UnfinishedTable {
  readonly run: ScoreRun;
  readonly done: Done;
  /** Absolute path of the table to score. */
  readonly source: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The file name suffix by which an interrupted run is found. */
export const STATE_SUFFIX = '.part.json';
const partFile = (out: string): string => `${out}.part`;
const stateFile = (out: string): string => `${out}${STATE_SUFFIX}`;
const lockFile = (out: string): string => `${out}.lock`;

/**
 * Keeps a second run away from the same file.
 *
 * @throws UserError score-running; what `action` throws
 */
export async function whileAlone<T>(out: string, action: () => Promise<T>): Promise<T> {
  const lock = lockFile(out);
  const busy = new UserError(
    'score-running',
    `Another run is writing ${path.basename(out)} now. Wait for it, or choose another file. If no such run exists, ` +
      `delete ${path.basename(lock)}.`,
  );
  return withLockOrRefuse(lock, action, busy);
}

/** Whether a run writes this file now, here or elsewhere. */
export function isBeingWritten(out: string): Promise<boolean> {
  return isHeld(lockFile(out));
}

/**
 * The interrupted run that writes this file, if there is one.
 *
 * @throws UserError part-unreadable
 */
export async function readUnfinishedTable(out: string): Promise<UnfinishedTable | undefined> {
  return (await exists(partFile(out))) ? readState(out) : undefined;
}

/** Whether an interrupted or completed run of this file has left a state. */
export function hasState(out: string): Promise<boolean> {
  return exists(stateFile(out));
}

/**
 * Deletes the state of a run that was killed after its table got its name. Only inside `whileAlone`.
 *
 * @returns that run; undefined if there was none, or if the table is no longer its own
 * @throws UserError part-unreadable
 */
export async function sweepEnded(out: string): Promise<UnfinishedTable | undefined> {
  if ((await exists(partFile(out))) || !(await exists(out))) return undefined;
  const state = await readState(out);
  if (state === undefined || !(await isWhole(out, state))) return undefined;
  await rm(stateFile(out));
  return state;
}

async function isWhole(out: string, { bytes, sha256 }: UnfinishedTable): Promise<boolean> {
  const handle = await open(out);
  try {
    const { size } = await handle.stat();
    return size === bytes && (await hashOf(handle, bytes))?.digest('hex') === sha256;
  } finally {
    await handle.close();
  }
}

async function readState(out: string): Promise<UnfinishedTable | undefined> {
  let text: string;
  try {
    text = await readFile(stateFile(out), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const state = stateSchema.safeParse(jsonOf(text));
  if (!state.success)
    throw new UserError(
      'part-unreadable',
      `${path.basename(stateFile(out))} cannot be read, so ${path.basename(out)} cannot be resumed. ${START_OVER}`,
    );
  const { run, done, source, bytes, sha256 } = state.data;
  return { run, done, source: path.resolve(path.dirname(out), source), bytes, sha256 };
}

const START_OVER = 'Start over.';

/** Deletes what an interrupted run has scored. */
export async function discardUnfinishedTable(out: string): Promise<void> {
  // The state first: a part without one is never taken for anything.
  await rm(stateFile(out), { force: true });
  await rm(partFile(out), { force: true });
}

export interface ScoredFileOptions {
  readonly run: ScoreRun;
  /** Absolute path of the table to score. */
  readonly source: string;
  /** Its header line with the added columns. */
  readonly header: string;
}

/** FILE.part as far as it is written. */
interface Part {
  readonly handle: FileHandle;
  /** Of the bytes that are written. */
  readonly hash: Hash;
  bytes: number;
  done: Done;
}

export class ScoredFile {
  private constructor(
    private readonly out: string,
    private readonly options: ScoredFileOptions,
    private readonly part: Part,
  ) {}

  /**
   * Resumes the last run at its checkpoint, or starts a new one. Only inside `whileAlone`.
   *
   * @throws UserError run-changed: with the fields that differ; part-changed; part-unreadable
   */
  static async open(out: string, options: ScoredFileOptions): Promise<ScoredFile> {
    await sweep(out);
    const unfinished = await readUnfinishedTable(out);
    return unfinished === undefined ? this.begin(out, options) : this.goOn(out, options, unfinished);
  }

  private static async begin(out: string, options: ScoredFileOptions): Promise<ScoredFile> {
    await discardUnfinishedTable(out);
    const handle = await open(partFile(out), 'wx');
    try {
      const file = new ScoredFile(out, options, {
        handle,
        hash: createHash('sha256'),
        bytes: 0,
        done: NOTHING_DONE,
      });
      await file.append(options.header, NOTHING_DONE);
      await file.checkpoint();
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  private static async goOn(
    out: string,
    options: ScoredFileOptions,
    unfinished: UnfinishedTable,
  ): Promise<ScoredFile> {
    const name = path.basename(out);
    // Jitter is measured, and never twice the same.
    const changed = runDifferences(unfinished.run, options.run, ['jitter']);
    if (changed.length > 0)
      throw new UserError(
        'run-changed',
        `${name} was started under other conditions. What changed: ${changed.join('; ')}. Restore these conditions to resume, or start over.`,
      );
    const run = { ...options.run, jitter: larger(unfinished.run.jitter, options.run.jitter) };
    const handle = await open(partFile(out), 'r+');
    try {
      const hash = await hashOf(handle, unfinished.bytes);
      if (hash?.copy().digest('hex') !== unfinished.sha256)
        throw new UserError(
          'part-changed',
          `${path.basename(partFile(out))} changed after the last run. ${START_OVER}`,
        );
      await handle.truncate(unfinished.bytes);
      const { bytes, done } = unfinished;
      return new ScoredFile(out, { ...options, run }, { handle, hash, bytes, done });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get done(): Done {
    return this.part.done;
  }

  /** Adds whole lines. They count from the next checkpoint on. */
  async append(lines: string, done: Done): Promise<void> {
    const data = Buffer.from(lines);
    for (let at = 0; at < data.length;) {
      const { bytesWritten } = await this.part.handle.write(data, at, data.length - at, this.part.bytes + at);
      at += bytesWritten;
    }
    this.part.hash.update(data);
    this.part.bytes += data.length;
    this.part.done = done;
  }

  /** Makes everything that was added so far survive a kill and a power cut. */
  async checkpoint(): Promise<void> {
    await this.part.handle.sync();
    const state: z.infer<typeof stateSchema> = {
      schema: 1,
      run: this.options.run,
      source: path.relative(path.dirname(this.out), this.options.source),
      done: this.part.done,
      bytes: this.part.bytes,
      sha256: this.part.hash.copy().digest('hex'),
    };
    await writeFileAtomic(stateFile(this.out), `${JSON.stringify(state, null, 2)}\n`);
  }

  /**
   * Gives the table its name, and writes its meta file beside it.
   *
   * @param replace whether a file of that name may be replaced
   * @throws UserError file-exists
   */
  async finish(replace: boolean): Promise<void> {
    await this.checkpoint();
    await this.part.handle.close();
    if (replace) await rm(this.out, { force: true });
    else if (await exists(this.out))
      throw new UserError(
        'file-exists',
        `${this.out} appeared while the table was scored. Move it away, then resume.`,
      );
    await writeFileAtomic(scoreMetaFile(this.out), runText(this.options.run, this.part.done.seconds ?? {}));
    await renameDurably(partFile(this.out), this.out);
    await rm(stateFile(this.out), { force: true });
  }

  /** Closes the file; what was added since the last checkpoint is lost. */
  async close(): Promise<void> {
    await this.part.handle.close();
  }
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** SHA-256 of the first bytes of a file; undefined if it has fewer. */
async function hashOf(handle: FileHandle, bytes: number): Promise<Hash | undefined> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(256 * 1024);
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) return undefined;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash;
}

/** Removes the remains of an atomic write that was killed. */
async function sweep(out: string): Promise<void> {
  const folder = path.dirname(out);
  const beginnings = [stateFile(out), scoreMetaFile(out)].map((file) => `.${path.basename(file)}.`);
  for (const name of await readdir(folder))
    if (name.endsWith('.tmp') && beginnings.some((start) => name.startsWith(start)))
      await rm(path.join(folder, name), { force: true });
}

/** Counts one more row without a score. */
export function withFailure(done: Done, line: number, reason: string): Done {
  const firstFailed =
    done.firstFailed.length < LISTED ? [...done.firstFailed, { line, reason }] : done.firstFailed;
  return { ...done, failed: done.failed + 1, firstFailed };
}
