/**
 * Fetches one file: resumable, verified, renamed into place.
 *
 * While it runs, <file>.part holds the bytes so far and <file>.part.json says which file they belong to. A lost
 * connection, a cancel or a full disk leaves the part for the next run; a wrong hash deletes it.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../core/user-error';
import { formatBytes } from '../core/words/quantities';
import { errorCode, renameDurably, writeFileAtomic } from './atomic';
import { discard, NetworkError, pieces, refusal, request, withIdleLimit, withRetries } from './http';
import { sha256Of } from './models';
import type { RemoteFile } from './plan';
import { readSmall } from './read-regular';

export interface DownloadProgress {
  /** waiting: another process downloads the same file. */
  readonly phase: 'waiting' | 'downloading' | 'verifying';
  /** Bytes on the disk, or hashed so far; a resumed download does not start at 0. */
  readonly done: number;
  /** undefined if the server does not report it. */
  readonly total: number | undefined;
}

/** The file that <file>.part belongs to. Bytes of any other file are not continued. */
const PartState = z.object({
  source: z.string(),
  bytes: z.number().optional(),
  sha256: z.string().optional(),
  /** Strong ETag of the answer that the bytes came from. */
  etag: z.string().optional(),
});
export type PartState = z.infer<typeof PartState>;

export interface Network {
  readonly retry: { retries: number; backoffMs: number; signal: AbortSignal | undefined };
  readonly idleMs: number;
}

/** What a download of unknown length leaves free: it may have no end. The smaller of the two. */
const RESERVE_BYTES = 2 ** 30;
const RESERVE_SHARE = 0.05;
/** Bytes between two looks at the free space. */
const SPACE_STEP_BYTES = 64 * 2 ** 20;

/** The hub keeps larger files elsewhere, under their SHA-256. */
const LARGEST_GIT_BLOB = 16 * 2 ** 20;

export interface FileDownloadOptions {
  readonly remote: RemoteFile;
  /** Absolute path of the file when it is complete. */
  readonly target: string;
  /** Looks at the first bytes, before gigabytes of something else follow. */
  readonly start?: { readonly bytes: number; readonly check: (bytes: Buffer, file: string) => void };
  /** Looks at the whole file before it gets its name. */
  readonly whole: (file: string) => unknown;
  readonly network: Network;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

export class FileDownload {
  private readonly part: string;
  private readonly stateFile: string;
  /** The largest size that the part has reached. */
  private furthest = 0;

  constructor(private readonly options: FileDownloadOptions) {
    this.part = `${options.target}.part`;
    this.stateFile = `${this.part}.json`;
  }

  /** Bytes that an earlier run has left, and that need not be fetched again. */
  async resumeFrom(): Promise<number> {
    return (await this.continuable()) === undefined ? 0 : sizeOf(this.part);
  }

  /**
   * @returns SHA-256 of the file, which is in its place then
   * @throws UserError download-refused, -interrupted, -corrupt, -size, -not-found, -denied, redirect-loop,
   *   redirect-insecure, disk-full; the signal's reason
   */
  async run(): Promise<string> {
    const { target, network, onProgress, remote } = this.options;
    const { signal } = network.retry;
    try {
      await mkdir(path.dirname(target), { recursive: true });
      if ((await this.continuable()) === undefined) await this.removePart();
      this.furthest = await sizeOf(this.part);
      await withRetries(
        () => this.fetchRest(),
        network.retry,
        () => this.gotFurther(),
      ).catch(async (error: unknown) => {
        throw error instanceof NetworkError ? await this.interrupted(error) : error;
      });
      const sha256 = await sha256Of(this.part, {
        signal,
        onProgress: (done, total) => onProgress?.({ phase: 'verifying', done, total }),
      });
      await this.check(sha256);
      await renameDurably(this.part, target);
      await rm(this.stateFile, { force: true });
      return sha256;
    } catch (error) {
      if (['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? ''))
        throw await this.diskFull(remote.bytes, error);
      throw error;
    }
  }

  /** Fetches the missing rest of the part in one request. */
  private async fetchRest(): Promise<void> {
    const { remote } = this.options;
    const state = await this.continuable();
    const offset = state === undefined ? 0 : await sizeOf(this.part);
    if (offset > 0 && offset === remote.bytes) return;

    await withIdleLimit(this.options.network.idleMs, this.signal, async (signal, alive) => {
      const headers = offset === 0 ? {} : rangeFrom(offset, state?.etag);
      const response = await request(remote.url, { signal, headers });
      try {
        await this.receive(response, offset, state, alive);
      } finally {
        await discard(response);
      }
    });
  }

  private async receive(
    response: Response,
    offset: number,
    state: PartState | undefined,
    onPiece: () => void,
  ): Promise<void> {
    const { remote } = this.options;
    const etag = strongEtag(response);
    const continues = response.status === 206 && offset > 0;
    if (
      continues ? !isContinuation(response, offset, remote.bytes, state?.etag, etag) : response.status === 416
    ) {
      await this.removePart();
      throw new NetworkError('the file changed on the server');
    }
    if (!continues && response.status !== 200) {
      throw refusal(response, remote.name, remote.page);
    }
    const start = continues ? offset : 0;
    const length = contentLength(response);
    const total = remote.bytes ?? (length === undefined ? undefined : start + length);
    if (length !== undefined && start + length !== total) throw this.wrongSize(start + length);

    const handle = await open(this.part, 'a+');
    try {
      // A server without ranges sends everything again.
      if (!continues) await handle.truncate(0);
      await this.checkSpace(total, start);
      const next = { source: remote.source, bytes: remote.bytes, sha256: remote.sha256, etag };
      await writeFileAtomic(this.stateFile, `${JSON.stringify(next)}\n`);
      await this.append(response, handle, start, total, onPiece);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  private async append(
    response: Response,
    handle: FileHandle,
    offset: number,
    total: number | undefined,
    onPiece: () => void,
  ): Promise<void> {
    let done = offset;
    let { start } = this.options;
    let spaceKnownAt = offset;
    const report = () => this.options.onProgress?.({ phase: 'downloading', done, total });
    report();
    for await (const piece of pieces(response, this.signal)) {
      onPiece();
      done += piece.length;
      if (total !== undefined && done > total) {
        await this.removePart();
        throw this.wrongSize(done);
      }
      await handle.appendFile(piece);
      if (start !== undefined && done >= start.bytes) {
        await this.checkStart(handle, start);
        start = undefined;
      }
      if (total === undefined && done - spaceKnownAt >= SPACE_STEP_BYTES) {
        await this.checkSpace(undefined, done);
        spaceKnownAt = done;
      }
      report();
    }
    if (total !== undefined && done < total) throw new NetworkError('the connection ended early');
  }

  private async checkStart(
    handle: FileHandle,
    { bytes, check }: NonNullable<FileDownloadOptions['start']>,
  ): Promise<void> {
    const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    await this.refuseUnusable(() => check(buffer, this.part));
  }

  /** The state of a part that this plan may continue; undefined if there is none or it belongs to another file. */
  private async continuable(): Promise<PartState | undefined> {
    const { source, bytes, sha256 } = this.options.remote;
    const state = await readState(this.stateFile);
    if (state?.source !== source) return undefined;
    if (state.bytes !== bytes || state.sha256 !== sha256) return undefined;
    // With neither a hash nor an ETag nobody would notice that two halves of two files were joined.
    if (sha256 === undefined && state.etag === undefined) return undefined;
    return (await sizeOf(this.part)) > (bytes ?? Number.POSITIVE_INFINITY) ? undefined : state;
  }

  private async gotFurther(): Promise<boolean> {
    const size = await sizeOf(this.part);
    if (size <= this.furthest) return false;
    this.furthest = size;
    return true;
  }

  private async check(sha256: string): Promise<void> {
    const { remote, whole } = this.options;
    if (remote.sha256 !== undefined && sha256 !== remote.sha256)
      await this.refuseDamaged('SHA-256', sha256, remote.sha256);
    if (remote.sha256 === undefined && remote.gitBlob !== undefined) {
      const found = await gitBlobOf(this.part);
      if (found !== remote.gitBlob) await this.refuseDamaged('git hash', found, remote.gitBlob);
    }
    await this.refuseUnusable(() => whole(this.part));
  }

  private async refuseDamaged(what: string, found: string, published: string): Promise<never> {
    await this.removePart();
    throw new UserError(
      'download-corrupt',
      `${this.options.remote.name} arrived damaged: its ${what} is ${found}, the published one is ${published}. ` +
        'It was deleted. Download it again.',
    );
  }

  /** Runs a check of the part. If it fails, nothing is left of the part. */
  private async refuseUnusable(check: () => unknown): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      await this.removePart();
      throw new UserError(
        'download-corrupt',
        `The file from ${this.options.remote.source} is not a usable model: ${error.message}`,
        { cause: error },
      );
    }
  }

  /** Whether the rest fits. Where nobody knows how much it is, some space must stay free. */
  private async checkSpace(total: number | undefined, done: number): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.folder);
    const needed =
      total === undefined ? Math.min(RESERVE_BYTES, RESERVE_SHARE * blocks * bsize) : total - done;
    if (needed > bavail * bsize) throw await this.diskFull(total);
  }

  private async diskFull(bytes: number | undefined, cause?: unknown): Promise<UserError> {
    const { bavail, bsize } = await statfs(this.folder);
    const have = await sizeOf(this.part);
    const needs = bytes === undefined ? 'more' : formatBytes(bytes - have);
    return new UserError(
      'disk-full',
      `There is not enough space in ${this.folder}: ${this.options.remote.name} needs ${needs}, ` +
        `but only ${formatBytes(bavail * bsize)} is free. Free some space and start again` +
        (have > 0 ? `; the ${formatBytes(have)} that arrived are kept.` : '.'),
      { cause },
    );
  }

  private async interrupted(error: NetworkError): Promise<UserError> {
    const have = await sizeOf(this.part);
    const { bytes, name } = this.options.remote;
    const so = bytes === undefined ? formatBytes(have) : `${formatBytes(have)} of ${formatBytes(bytes)}`;
    return new UserError(
      'download-interrupted',
      `The download of ${name} was interrupted: ${error.message}. ${so} are kept. ` +
        'Start it again to resume.',
      { cause: error },
    );
  }

  private wrongSize(bytes: number): UserError {
    return new UserError(
      'download-size',
      `The server sends ${bytes} bytes or more for ${this.options.remote.name}, not the ${this.options.remote.bytes ?? 'announced'} ` +
        'that were announced. The file may have been replaced just now. Start again.',
    );
  }

  private get folder(): string {
    return path.dirname(this.options.target);
  }

  private get signal(): AbortSignal | undefined {
    return this.options.network.retry.signal;
  }

  private async removePart(): Promise<void> {
    await rm(this.part, { force: true });
    await rm(this.stateFile, { force: true });
  }
}

function rangeFrom(offset: number, etag: string | undefined): Record<string, string> {
  return { range: `bytes=${offset}-`, ...(etag === undefined ? {} : { 'if-range': etag }) };
}

/** Whether a 206 answer continues the same file where the part ends. */
function isContinuation(
  response: Response,
  offset: number,
  bytes: number | undefined,
  oldEtag: string | undefined,
  etag: string | undefined,
): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (range === null || Number(range[1]) !== offset) return false;
  if (bytes !== undefined && range[2] !== '*' && Number(range[2]) !== bytes) return false;
  return oldEtag === undefined || etag === undefined || oldEtag === etag;
}

function strongEtag(response: Response): string | undefined {
  const etag = response.headers.get('etag');
  return etag?.startsWith('"') === true ? etag : undefined;
}

function contentLength(response: Response): number | undefined {
  const header = response.headers.get('content-length');
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

export async function readState(file: string): Promise<PartState | undefined> {
  try {
    return PartState.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Missing or damaged: the part is then of unknown origin, and not continued.
    return undefined;
  }
}

/** As git hashes a file: SHA-1 over its length and content. Files with this hash alone are small. */
export async function gitBlobOf(file: string): Promise<string> {
  const content = (await readSmall(file, LARGEST_GIT_BLOB)) ?? Buffer.alloc(0);
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
