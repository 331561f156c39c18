/**
 * Downloads a model into the cache: confirmed first, resumable, verified, renamed into place.
 *
 * While it runs, models/ holds <file>.part (the bytes so far), <file>.part.json (which file they belong to)
 * and <file>.lock (one process at a time). A lost connection, a cancel or a full disk leaves the part for the next run; a
 * wrong hash deletes it.
 */
import { mkdir, open, readFile, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../core/user-error';
import { formatBytes } from '../core/words/quantities';
import { errorCode, renameDurably, writeFileAtomic } from './atomic';
import { checkGguf, checkMagic, MAGIC_BYTES } from './gguf';
import { discard, NetworkError, pieces, refusal, request, withIdleLimit, withRetries } from './http';
import { withLock } from './lock';
import { sha256Of, type ModelEntry, type ModelStore } from './models';
import { planFromHub, planFromUrl, type DownloadInfo, type Plan } from './plan';
import { HUB, parseAddress } from './model-address';

export type { DownloadInfo } from './plan';

export interface DownloadProgress {
  /** waiting: another process downloads the same file. */
  readonly phase: 'waiting' | 'downloading' | 'verifying';
  /** Bytes on the disk, or hashed so far; a resumed download does not start at 0. */
  readonly done: number;
  /** undefined if the server does not report it. */
  readonly total: number | undefined;
}

export interface DownloadOptions {
  /** See model-address.ts. A file on this machine is registered, not copied, and nothing is asked. */
  readonly source: string;
  /** Called once before any byte of the file is fetched; false ends it with download-declined. */
  readonly confirm: (info: DownloadInfo) => boolean | Promise<boolean>;
  /** Called for every piece that arrives: often. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Base address of the hub. */
  readonly hub?: string | undefined;
  /** Further tries after one that brought nothing new; default 5. */
  readonly retries?: number | undefined;
  /** Before the first further try, in milliseconds, then doubled; default 1000. */
  readonly backoffMs?: number | undefined;
  /** Milliseconds without data after which a connection is closed; default 60 000. */
  readonly idleMs?: number | undefined;
}

/**
 * Throws UserError: source-* (see model-address.ts), model-split, download-not-found, -denied, -refused, -declined,
 * -cancelled, -interrupted (run it again: it resumes), -corrupt, -size, redirect-loop, redirect-insecure,
 * download-unreachable, disk-full, model-name-taken.
 */
export async function downloadModel(store: ModelStore, options: DownloadOptions): Promise<ModelEntry> {
  const hub = (options.hub ?? HUB).replace(/\/+$/, '');
  const source = parseAddress(options.source, hub);
  if (source.kind === 'file') return store.addLocal(source.path);
  const retry = {
    retries: options.retries ?? 5,
    backoffMs: options.backoffMs ?? 1000,
    signal: options.signal,
  };
  const idleMs = options.idleMs ?? 60_000;
  try {
    const ask = (signal: AbortSignal) =>
      source.kind === 'hub' ? planFromHub(source, hub, { signal }) : planFromUrl(source.url, { signal });
    const plan = await withRetries(() => withIdleLimit(idleMs, options.signal, ask), retry).catch(
      (error: unknown) => {
        throw error instanceof NetworkError ? unreachable(error) : error;
      },
    );
    return await new Download(store, plan, options, { retry, idleMs }).run();
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new UserError(
      'download-cancelled',
      'The download was cancelled. The part that arrived is kept. Start it again to resume.',
      { cause: error },
    );
  }
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

interface Network {
  readonly retry: { retries: number; backoffMs: number; signal: AbortSignal | undefined };
  readonly idleMs: number;
}

/** What a download of unknown length leaves free: it may have no end. The smaller of the two. */
const RESERVE_BYTES = 2 ** 30;
const RESERVE_SHARE = 0.05;
/** Bytes between two looks at the free space. */
const SPACE_STEP_BYTES = 64 * 2 ** 20;

class Download {
  private readonly target: string;
  private readonly part: string;
  private readonly stateFile: string;
  /** The largest size that the part has reached. */
  private furthest = 0;

  constructor(
    private readonly store: ModelStore,
    private readonly plan: Plan,
    private readonly options: DownloadOptions,
    private readonly network: Network,
  ) {
    this.target = path.join(store.folder, plan.file);
    this.part = `${this.target}.part`;
    this.stateFile = `${this.part}.json`;
  }

  async run(): Promise<ModelEntry> {
    const { plan, options } = this;
    const existing = await this.existing();
    if (existing !== undefined) return existing;
    if (!(await options.confirm(await this.describe()))) {
      throw new UserError('download-declined', `${plan.file} was not downloaded, as you decided.`);
    }
    options.signal?.throwIfAborted();
    try {
      await mkdir(this.store.folder, { recursive: true });
      return await withLock(
        `${this.target}.lock`,
        // Another process may just have brought it.
        async () => (await this.existing()) ?? (await this.download()),
        {
          signal: options.signal,
          onWait: () => options.onProgress?.({ phase: 'waiting', done: 0, total: plan.bytes }),
        },
      );
    } catch (error) {
      if (['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? ''))
        throw await this.diskFull(this.plan.bytes, error);
      throw error;
    }
  }

  private async describe(): Promise<DownloadInfo> {
    const { source, file, bytes, sha256, verified, licence, licenceUrl } = this.plan;
    const resumeFrom = (await this.continuable()) === undefined ? 0 : await sizeOf(this.part);
    return { source, file, bytes, sha256, verified, licence, licenceUrl, resumeFrom };
  }

  /** The model, if it is on this machine already. A different file of that name in models/ is an error. */
  private async existing(): Promise<ModelEntry | undefined> {
    const { file, sha256, bytes, source } = this.plan;
    if (sha256 !== undefined) {
      const found = await this.store.find({ file, sha256 }, { signal: this.options.signal });
      if (found !== undefined) return found;
    }
    const taken = (await this.store.list()).find((entry) => entry.path === this.target);
    if (taken === undefined) return undefined;
    const sameOrigin = taken.source === source && (bytes === undefined || bytes === taken.bytes);
    if (sha256 === undefined && sameOrigin) return taken;
    throw new UserError(
      'model-name-taken',
      `${this.target} exists and differs from the file that ${source} offers now. ` +
        'Delete or rename it first. Classifiers that name the old file by its SHA-256 still need it.',
    );
  }

  private async download(): Promise<ModelEntry> {
    const { plan, options } = this;
    if ((await this.continuable()) === undefined) await this.removePart();
    this.furthest = await sizeOf(this.part);
    await withRetries(
      () => this.fetchRest(),
      this.network.retry,
      () => this.gotFurther(),
    ).catch(async (error: unknown) => {
      throw error instanceof NetworkError ? await this.interrupted(error) : error;
    });

    const sha256 = await sha256Of(this.part, {
      signal: options.signal,
      onProgress: (done, total) => options.onProgress?.({ phase: 'verifying', done, total }),
    });
    await this.check(sha256);
    await renameDurably(this.part, this.target);
    await rm(this.stateFile, { force: true });
    return this.store.recordDownload(plan.file, { source: plan.source, licence: plan.licence, sha256 });
  }

  /** Fetches the missing rest of the part in one request. */
  private async fetchRest(): Promise<void> {
    const { plan } = this;
    const state = await this.continuable();
    const offset = state === undefined ? 0 : await sizeOf(this.part);
    if (offset > 0 && offset === plan.bytes) return;

    await withIdleLimit(this.network.idleMs, this.options.signal, async (signal, alive) => {
      const headers = offset === 0 ? {} : rangeFrom(offset, state?.etag);
      const response = await request(plan.url, { signal, headers });
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
    const { plan } = this;
    const etag = strongEtag(response);
    const continues = response.status === 206 && offset > 0;
    if (
      continues ? !isContinuation(response, offset, plan.bytes, state?.etag, etag) : response.status === 416
    ) {
      await this.removePart();
      throw new NetworkError('the file changed on the server');
    }
    if (!continues && response.status !== 200) {
      throw refusal(response, plan.file, plan.page);
    }
    const start = continues ? offset : 0;
    const length = contentLength(response);
    const total = plan.bytes ?? (length === undefined ? undefined : start + length);
    if (length !== undefined && start + length !== total) throw this.wrongSize(start + length);

    const handle = await open(this.part, 'a+');
    try {
      // A server without ranges sends everything again.
      if (!continues) await handle.truncate(0);
      await this.checkSpace(total, start);
      const next = { source: plan.source, bytes: plan.bytes, sha256: plan.sha256, etag };
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
    start: number,
    total: number | undefined,
    onPiece: () => void,
  ): Promise<void> {
    let done = start;
    let isModel = false;
    let spaceKnownAt = start;
    const report = () => this.options.onProgress?.({ phase: 'downloading', done, total });
    report();
    for await (const piece of pieces(response, this.options.signal)) {
      onPiece();
      done += piece.length;
      if (total !== undefined && done > total) {
        await this.removePart();
        throw this.wrongSize(done);
      }
      await handle.appendFile(piece);
      if (!isModel && done >= MAGIC_BYTES) {
        await this.checkStart(handle);
        isModel = true;
      }
      if (total === undefined && done - spaceKnownAt >= SPACE_STEP_BYTES) {
        await this.checkSpace(undefined, done);
        spaceKnownAt = done;
      }
      report();
    }
    if (total !== undefined && done < total) throw new NetworkError('the connection ended early');
  }

  /** Looks at the first bytes, before gigabytes of something else follow. */
  private async checkStart(handle: FileHandle): Promise<void> {
    const { buffer } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    await this.refuseUnusable(() => checkMagic(buffer, this.part));
  }

  /** The state of a part that this plan may continue; undefined if there is none or it belongs to another file. */
  private async continuable(): Promise<PartState | undefined> {
    const { source, bytes, sha256 } = this.plan;
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
    const { plan } = this;
    if (plan.sha256 !== undefined && sha256 !== plan.sha256) {
      await this.removePart();
      throw new UserError(
        'download-corrupt',
        `${plan.file} arrived damaged: its SHA-256 is ${sha256}, the published one is ${plan.sha256}. ` +
          'It was deleted. Download it again.',
      );
    }
    await this.refuseUnusable(() => checkGguf(this.part));
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
        `The file from ${this.plan.source} is not a usable model: ${error.message}`,
        { cause: error },
      );
    }
  }

  /** Whether the rest fits. Where nobody knows how much it is, some space must stay free. */
  private async checkSpace(total: number | undefined, done: number): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.store.folder);
    const needed =
      total === undefined ? Math.min(RESERVE_BYTES, RESERVE_SHARE * blocks * bsize) : total - done;
    if (needed > bavail * bsize) throw await this.diskFull(total);
  }

  private async diskFull(bytes: number | undefined, cause?: unknown): Promise<UserError> {
    const { bavail, bsize } = await statfs(this.store.folder);
    const have = await sizeOf(this.part);
    const needs = bytes === undefined ? 'more' : formatBytes(bytes - have);
    return new UserError(
      'disk-full',
      `There is not enough space in ${this.store.folder}: ${this.plan.file} needs ${needs}, ` +
        `but only ${formatBytes(bavail * bsize)} is free. Free some space and start again` +
        (have > 0 ? `; the ${formatBytes(have)} that arrived are kept.` : '.'),
      { cause },
    );
  }

  private async interrupted(error: NetworkError): Promise<UserError> {
    const have = await sizeOf(this.part);
    const { bytes, file } = this.plan;
    const so = bytes === undefined ? formatBytes(have) : `${formatBytes(have)} of ${formatBytes(bytes)}`;
    return new UserError(
      'download-interrupted',
      `The download of ${file} was interrupted: ${error.message}. ${so} are kept. ` +
        'Start it again to resume.',
      { cause: error },
    );
  }

  private wrongSize(bytes: number): UserError {
    return new UserError(
      'download-size',
      `The server sends ${bytes} bytes or more for ${this.plan.file}, not the ${this.plan.bytes ?? 'announced'} ` +
        'that were announced. The file may have been replaced just now. Start again.',
    );
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

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

function unreachable(error: NetworkError): UserError {
  return new UserError(
    'download-unreachable',
    `Nothing was downloaded: ${error.message}. Check the network (and proxy) and try again, ` +
      'or add a model file that you already have.',
    { cause: error },
  );
}
