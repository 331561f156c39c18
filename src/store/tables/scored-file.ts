/**
 * A scored table while it grows. A kill at any moment loses at most the rows after the last checkpoint.
 *
 * Rows are appended to FILE.part (`work-place.ts` says where it lies). A state in the person's cache (`store/job-files.ts`) records how the rows are scored
 * and how many bytes of FILE.part count; it is replaced in one step, after those bytes are on the disk. Anything after
 * them (an incomplete line) is cut off when the run is resumed. When every row is there, FILE.meta.json is written,
 * FILE.part takes the name FILE, and the state is deleted. So FILE is whole or absent, and never beside the meta of
 * other scores.
 *
 * The state is not beside FILE because a repository may hold anything there: a FILE.part without a state of this person
 * is never resumed, changed or deleted.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../../core/user-error';
import { checkOutputs, errorCode, renameDurably, writeFileAtomic } from '../atomic';
import { exists } from '../exists';
import { jobFiles, jobStates, readJobState, withJobLock, writeJobState } from '../job-files';
import { isHeld } from '../lock';
import { openRegular } from '../read-regular';
import { scoreMetaFile, scoreMetaSchema } from './score-meta';
import { clearPlace, isOwn, makePlace, newPlace, partAt, type WorkPlace } from './work-place';
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
  /** Rows whose label mass is low; absent in runs that an older version began, which did not count them. */
  lowMass: z.int().min(0).exactOptional(),
  /** Seconds that the source took for these rows. */
  seconds: scoreMetaSchema.shape.seconds,
});
export type Done = z.infer<typeof doneSchema>;

const NOTHING_DONE: Done = { rows: 0, failed: 0, firstFailed: [], cut: 0, lowMass: 0 };

const stateSchema = z.object({
  schema: z.literal(1),
  /** Absolute path of the scored table. */
  out: z.string(),
  run: scoreRunSchema,
  /** Absolute path of the table to score. */
  source: z.string(),
  /** Where FILE.part lies; absent in states of older versions, and wherever it lies beside FILE. */
  place: z.literal('work').exactOptional(),
  done: doneSchema,
  /** Bytes of FILE.part that count, and their SHA-256. No bytes: FILE.part may hold a piece of the header. */
  bytes: z.int().min(0),
  sha256: z.string(),
});

/** An interrupted run that can be resumed. */
export interface UnfinishedTable {
  readonly run: ScoreRun;
  readonly done: Done;
  /** Absolute path of the table to score. */
  readonly source: string;
  readonly place?: 'work';
  readonly bytes: number;
  readonly sha256: string;
}

const KIND = 'score';
const stateFile = (out: string): string => jobFiles(KIND, out).state;

/**
 * Where the rows of a scored table are until all are there: of the interrupted run that writes it, else of a new one.
 */
export async function partFile(out: string): Promise<string> {
  return partAt(await placeOf(out), out);
}

/** A state that cannot be read may be of any version, so its part is taken to be where new ones are. */
async function placeOf(out: string): Promise<WorkPlace> {
  const state = await stateOf(out).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  return state === undefined ? newPlace(out) : placeIn(state);
}

function placeIn({ place }: Pick<UnfinishedTable, 'place'>): WorkPlace {
  return place ?? 'beside';
}

/**
 * The part of an interrupted run.
 *
 * @throws UserError part-changed: its folder is none any more, but leads elsewhere
 */
async function partOf(out: string, state: Pick<UnfinishedTable, 'place'>): Promise<string> {
  if (state.place === 'work' && !(await isOwn(out))) throw partChanged(out);
  return partAt(placeIn(state), out);
}

/**
 * Checks every file that scoring a table writes beside it, before a source is asked.
 *
 * @throws UserError not-a-file; part-unknown: no run of this person has left FILE.part
 */
export async function checkScoredFiles(out: string): Promise<void> {
  const part = await partFile(out);
  await checkOutputs(out, part, scoreMetaFile(out));
  if ((await exists(part)) && !(await hasState(out)))
    throw new UserError(
      'part-unknown',
      `${part} was not left by a run of yours on this machine, so it was not touched. Delete it or move it away.`,
    );
}

/**
 * Keeps a second run away from the same file.
 *
 * @throws UserError score-running; what `action` throws
 */
export async function whileAlone<T>(out: string, action: () => Promise<T>): Promise<T> {
  const files = jobFiles(KIND, out);
  const busy = new UserError(
    'score-running',
    `Another run is writing ${path.basename(out)} now. Wait for it, or choose another file. If no such run exists, ` +
      `delete ${files.lock}.`,
  );
  return withJobLock(files, busy, action);
}

/** Whether a run writes this file now, here or elsewhere. */
export function isBeingWritten(out: string): Promise<boolean> {
  return isHeld(jobFiles(KIND, out).lock);
}

/** The scored tables of all interrupted runs of this person; absolute paths. */
export async function interruptedOutputs(): Promise<string[]> {
  const states = await jobStates(KIND);
  const outs = await Promise.all(
    states.map(async (file) => {
      const out = (await readJobState(file, stateSchema).catch(() => undefined))?.out;
      // Not where the table's folder has become a link to another one.
      return out !== undefined && stateFile(out) === file ? [out] : [];
    }),
  );
  return outs.flat();
}

/**
 * The interrupted run that writes this file, if there is one.
 *
 * @throws UserError part-unreadable, part-changed
 */
export async function readUnfinishedTable(out: string): Promise<UnfinishedTable | undefined> {
  const state = await stateOf(out);
  if (state === undefined || state.bytes === 0) return state;
  return (await exists(await partOf(out, state))) ? state : undefined;
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
  if ((await exists(await partFile(out))) || !(await exists(out))) return undefined;
  const state = await stateOf(out);
  if (state === undefined || !(await isWhole(out, state))) return undefined;
  await rm(stateFile(out));
  await clearPlace(out);
  return state;
}

async function isWhole(out: string, state: UnfinishedTable): Promise<boolean> {
  const handle = await openRegular(out);
  try {
    const { size } = await handle.stat();
    return size === state.bytes && (await hashOfDone(handle, state)) !== undefined;
  } finally {
    await handle.close();
  }
}

/** @throws UserError part-unreadable */
async function stateOf(out: string): Promise<UnfinishedTable | undefined> {
  const file = stateFile(out);
  if (!(await exists(file))) return undefined;
  const state = await readJobState(file, stateSchema);
  if (state === undefined)
    throw new UserError(
      'part-unreadable',
      `${file} cannot be read, so ${path.basename(out)} cannot be resumed. ${START_OVER}`,
    );
  return state;
}

const START_OVER = 'Start over.';

/**
 * Deletes what an interrupted run of this person has scored. Without one, it leaves everything as it is.
 *
 * @throws UserError not-a-file
 */
export async function discardUnfinishedTable(out: string): Promise<void> {
  if (!(await hasState(out))) return;
  const place = await placeOf(out);
  // Where its folder has become a link, the part is not there, but somebody else's file may be.
  if (place === 'beside' || (await isOwn(out))) {
    await checkOutputs(partAt(place, out));
    // The state last: a part without one is nobody's.
    await rm(partAt(place, out), { force: true });
  }
  await rm(stateFile(out), { force: true });
  await clearPlace(out);
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
  readonly place: WorkPlace;
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
   * @throws UserError run-changed: with the fields that differ; part-changed; part-unreadable; everything of
   *   `checkScoredFiles`
   */
  static async open(out: string, options: ScoredFileOptions): Promise<ScoredFile> {
    await checkScoredFiles(out);
    await sweep(out);
    const unfinished = await readUnfinishedTable(out);
    if (unfinished !== undefined && unfinished.bytes > 0) return this.goOn(out, options, unfinished);
    // What an earlier run left may lie where a new one would not.
    if (unfinished !== undefined) await clearForBeginning(out, await partOf(out, unfinished), options.header);
    return this.begin(out, options);
  }

  private static async begin(out: string, options: ScoredFileOptions): Promise<ScoredFile> {
    const place = await newPlace(out);
    await clearForBeginning(out, partAt(place, out), options.header);
    const none = createHash('sha256');
    // Before there is a part: a kill between the two must leave none that is nobody's.
    await writeState(out, options, { place, hash: none, bytes: 0, done: NOTHING_DONE });
    const handle = await openNew(place, out).catch(async (error: unknown) => {
      await rm(stateFile(out), { force: true });
      throw error;
    });
    try {
      const file = new ScoredFile(out, options, { place, handle, hash: none, bytes: 0, done: NOTHING_DONE });
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
    const { bytes, done } = unfinished;
    const handle = await openPart(out, await partOf(out, unfinished), constants.O_RDWR);
    try {
      // Everything is checked before the first byte is changed.
      const hash = await hashOfDone(handle, unfinished);
      const isOurs =
        bytes >= Buffer.byteLength(options.header) && (await startsWith(handle, options.header, bytes));
      if (hash === undefined || !isOurs) throw partChanged(out);
      await handle.truncate(bytes);
      const place = placeIn(unfinished);
      return new ScoredFile(out, { ...options, run }, { place, handle, hash, bytes, done });
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
    await writeState(this.out, this.options, this.part);
  }

  /**
   * Gives the table its name, and writes its meta file beside it.
   *
   * @param replace whether a file of that name may be replaced
   * @throws UserError file-exists, not-a-file: the old table, if there is one, is still there
   */
  async finish(replace: boolean): Promise<void> {
    await this.checkpoint();
    await this.part.handle.close();
    // Before the old table is deleted.
    await checkOutputs(this.out, scoreMetaFile(this.out));
    if (replace) await rm(this.out, { force: true });
    else if (await exists(this.out))
      throw new UserError(
        'file-exists',
        `${this.out} appeared while the table was scored. Move it away, then resume.`,
      );
    await writeFileAtomic(scoreMetaFile(this.out), runText(this.options.run, this.part.done.seconds ?? {}));
    await renameDurably(partAt(this.part.place, this.out), this.out);
    await rm(stateFile(this.out), { force: true });
    await clearPlace(this.out);
  }

  /** Closes the file; what was added since the last checkpoint is lost. */
  async close(): Promise<void> {
    await this.part.handle.close();
  }
}

function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

type Counted = Pick<Part, 'place' | 'hash' | 'bytes' | 'done'>;

async function writeState(out: string, options: ScoredFileOptions, part: Counted): Promise<void> {
  const state: z.infer<typeof stateSchema> = {
    schema: 1,
    out: path.resolve(out),
    run: options.run,
    source: path.resolve(options.source),
    ...(part.place === 'work' ? { place: part.place } : {}),
    done: part.done,
    bytes: part.bytes,
    sha256: part.hash.copy().digest('hex'),
  };
  await writeJobState(stateFile(out), state);
}

/**
 * Deletes what a run of this person left before its first checkpoint: at most a piece of the header.
 *
 * @throws UserError part-changed
 */
async function clearForBeginning(out: string, part: string, header: string): Promise<void> {
  if (!(await exists(part))) return;
  const handle = await openPart(out, part, constants.O_RDONLY);
  try {
    const { size } = await handle.stat();
    if (size > Buffer.byteLength(header) || !(await startsWith(handle, header, size))) throw partChanged(out);
  } finally {
    await handle.close();
  }
  await rm(part);
}

/**
 * Opens FILE.part, which must be a file with one name. With a second name it is another file of the person as well.
 *
 * @throws UserError not-a-file, part-changed
 */
async function openPart(out: string, part: string, access: number): Promise<FileHandle> {
  const noLink = (constants.O_NOFOLLOW as number | undefined) ?? 0;
  const handle = await openRegular(part, access | noLink);
  if ((await handle.stat()).nlink === 1) return handle;
  await handle.close();
  throw partChanged(out);
}

/** Times that the folder is made: another run that ends may remove it in between, as it was empty. */
const TRIES = 5;

async function openNew(place: WorkPlace, out: string): Promise<FileHandle> {
  for (let at = 1; ; at++) {
    await makePlace(place, out);
    try {
      return await open(partAt(place, out), 'wx');
    } catch (error) {
      if (place === 'beside' || errorCode(error) !== 'ENOENT' || at === TRIES) throw error;
    }
  }
}

function partChanged(out: string): UserError {
  return new UserError(
    'part-changed',
    `${path.basename(out)}.part changed after the last run. ${START_OVER}`,
  );
}

/** Whether a file begins with a text, or, if it has fewer bytes, with that many of it. */
async function startsWith(handle: FileHandle, text: string, bytes: number): Promise<boolean> {
  const wanted = Buffer.from(text).subarray(0, bytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted.length), 0, wanted.length, 0);
  return buffer.subarray(0, bytesRead).equals(wanted);
}

/** The hash of the bytes that count; undefined where they or their rows are not those of the state. */
async function hashOfDone(
  handle: FileHandle,
  { bytes, sha256, done }: UnfinishedTable,
): Promise<Hash | undefined> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(256 * 1024);
  const lines = new LineCount();
  for (let at = 0; at < bytes;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) return undefined;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    lines.add(chunk);
    at += bytesRead;
  }
  // The header is a line, too.
  return hash.copy().digest('hex') === sha256 && lines.ended === done.rows + 1 ? hash : undefined;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;

/** Counts the lines of a CSV that `csvLine` wrote: a line feed between quotes ends none. */
class LineCount {
  ended = 0;
  private isQuoted = false;

  add(chunk: Buffer): void {
    for (const byte of chunk) {
      if (byte === QUOTE) this.isQuoted = !this.isQuoted;
      else if (byte === LINE_FEED && !this.isQuoted) this.ended++;
    }
  }
}

/** Removes the remains of an atomic write that was killed. */
async function sweep(out: string): Promise<void> {
  for (const file of [stateFile(out), scoreMetaFile(out)]) {
    const folder = path.dirname(file);
    for (const name of await readdir(folder))
      if (name.endsWith('.tmp') && name.startsWith(`.${path.basename(file)}.`))
        await rm(path.join(folder, name), { force: true });
  }
}

/** Counts one more row without a score. */
export function withFailure(done: Done, line: number, reason: string): Done {
  const firstFailed =
    done.firstFailed.length < LISTED ? [...done.firstFailed, { line, reason }] : done.firstFailed;
  return { ...done, failed: done.failed + 1, firstFailed };
}
