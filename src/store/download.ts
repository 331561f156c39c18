/**
 * Downloads a model into the cache: confirmed first, resumable, verified, renamed into place.
 *
 * While it runs, models/ holds <name>.part, a file or a folder (the bytes so far), <name>.part.json (what they belong to)
 * and <name>.lock (one process at a time). See file-download.ts for what is kept when.
 */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkTokenizer } from '../core/encoder/tokenizer';
import { encoderConfig } from '../core/encoder/config';
import { jsonOf, withoutByteOrderMark } from '../core/data/json';
import { UserError } from '../core/user-error';
import { renameDurably, writeFileAtomic } from './atomic';
import { readEncoderFolder } from './encoder-folder';
import { type DownloadProgress, FileDownload, gitBlobOf, type Network } from './file-download';
import { checkGguf, checkMagic, MAGIC_BYTES } from './gguf';
import { NetworkError, withIdleLimit, withRetries } from './http';
import { withLock } from './lock';
import { type FolderEntry, type ModelEntry, type ModelStore, sha256Of } from './models';
import {
  type DownloadInfo,
  type FilePlan,
  type FolderFile,
  type FolderPlan,
  planFromHub,
  planFromUrl,
  type Plan,
} from './plan';
import { HUB, parseAddress } from './model-address';
import { checkOnnxStart, ONNX_START, weightFilesOf } from './onnx';

export type { DownloadInfo } from './plan';
export type { DownloadProgress } from './file-download';

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

/** What is on this machine now. */
export type Downloaded =
  | { readonly kind: 'file'; readonly entry: ModelEntry }
  /** A sequence classification model. */
  | { readonly kind: 'folder'; readonly entry: FolderEntry };

/**
 * Throws UserError: source-* (see model-address.ts), model-split, download-not-found, -denied, -refused, -declined,
 * -cancelled, -interrupted (run it again: it resumes), -corrupt, -size, redirect-loop, redirect-insecure,
 * download-unreachable, disk-full, model-name-taken; for a folder also what `readEncoderFolder` and `checkTokenizer` say.
 */
export async function downloadModel(store: ModelStore, options: DownloadOptions): Promise<Downloaded> {
  const hub = (options.hub ?? HUB).replace(/\/+$/, '');
  const source = parseAddress(options.source, hub);
  if (source.kind === 'file') return { kind: 'file', entry: await store.addLocal(source.path) };
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
    const parts = { store, options, network: { retry, idleMs } };
    return plan.kind === 'file'
      ? { kind: 'file', entry: await new ModelDownload(plan, parts).run() }
      : { kind: 'folder', entry: await new FolderDownload(plan, parts).run() };
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new UserError(
      'download-cancelled',
      'The download was cancelled. The part that arrived is kept. Start it again to resume.',
      { cause: error },
    );
  }
}

interface Parts {
  readonly store: ModelStore;
  readonly options: DownloadOptions;
  readonly network: Network;
}

/** What both kinds have in common: they ask first, one process works at a time, and what is there is not fetched. */
abstract class Download<P extends Plan, Entry> {
  protected readonly target: string;

  constructor(
    protected readonly plan: P,
    protected readonly parts: Parts,
  ) {
    this.target = path.join(parts.store.folder, plan.file);
  }

  async run(): Promise<Entry> {
    const { plan } = this;
    const { store, options } = this.parts;
    const existing = await this.existing();
    if (existing !== undefined) return existing;
    const { source, file, licence, licenceUrl } = plan;
    const files = (plan.kind === 'file' ? [plan.remote] : plan.files).map(
      ({ name, bytes, sha256, gitBlob }) => ({ name, bytes, sha256, gitBlob }),
    );
    const info = { source, file, files, licence, licenceUrl, resumeFrom: await this.resumeFrom() };
    if (!(await options.confirm(info)))
      throw new UserError('download-declined', `${file} was not downloaded, as you decided.`);
    options.signal?.throwIfAborted();
    await mkdir(store.folder, { recursive: true });
    return withLock(
      `${this.target}.lock`,
      // Another process may just have brought it.
      async () => (await this.existing()) ?? (await this.download()),
      {
        signal: options.signal,
        onWait: () => options.onProgress?.({ phase: 'waiting', done: 0, total: bytesOf(files) }),
      },
    );
  }

  /** The model, if it is on this machine already. Another one of that name in models/ is an error. */
  protected abstract existing(): Promise<Entry | undefined>;

  protected abstract resumeFrom(): Promise<number>;

  protected abstract download(): Promise<Entry>;

  protected nameTaken(): UserError {
    return new UserError(
      'model-name-taken',
      `${this.target} exists and differs from the ${this.plan.kind} that ${this.plan.source} offers now. ` +
        'Delete or rename it first. Classifiers that name the old one by its SHA-256 still need it.',
    );
  }
}

class ModelDownload extends Download<FilePlan, ModelEntry> {
  protected override async existing(): Promise<ModelEntry | undefined> {
    const { file, source, remote } = this.plan;
    const { store, options } = this.parts;
    const { sha256, bytes } = remote;
    if (sha256 !== undefined) {
      const found = await store.find({ file, sha256 }, { signal: options.signal });
      if (found !== undefined) return found;
    }
    const taken = (await store.list()).find((entry) => entry.path === this.target);
    if (taken === undefined) return undefined;
    const sameOrigin = taken.source === source && (bytes === undefined || bytes === taken.bytes);
    if (sha256 === undefined && sameOrigin) return taken;
    throw this.nameTaken();
  }

  protected override resumeFrom(): Promise<number> {
    return this.transfer().resumeFrom();
  }

  protected override async download(): Promise<ModelEntry> {
    const { file, source, licence } = this.plan;
    const sha256 = await this.transfer().run();
    return this.parts.store.recordDownload(file, { source, licence, sha256 });
  }

  private transfer(): FileDownload {
    return new FileDownload({
      remote: this.plan.remote,
      target: this.target,
      start: { bytes: MAGIC_BYTES, check: checkMagic },
      whole: checkGguf,
      network: this.parts.network,
      onProgress: this.parts.options.onProgress,
    });
  }
}

/**
 * The files are gathered in a folder of another name, which is no model yet; complete and checked, it gets its name. What
 * a small file says that cannot be used is known before the large one is fetched.
 */
class FolderDownload extends Download<FolderPlan, FolderEntry> {
  private get part(): string {
    return `${this.target}.part`;
  }

  private get stateFile(): string {
    return `${this.part}.json`;
  }

  protected override async existing(): Promise<FolderEntry | undefined> {
    const { store, options } = this.parts;
    const taken = (await store.folders()).find((entry) => entry.path === this.target);
    if (taken === undefined) {
      if ((await sizeOf(this.target)) === undefined) return undefined;
      throw this.nameTaken();
    }
    const hash = (name: string): Promise<string> => store.sha256(name, { signal: options.signal });
    for (const file of this.plan.files)
      if ((await hashIfSame(path.join(this.target, file.path), file, hash)) === undefined)
        throw this.nameTaken();
    // It was killed when the folder had just got its name.
    await rm(this.stateFile, { force: true });
    return taken;
  }

  protected override async resumeFrom(): Promise<number> {
    const sizes = this.plan.files.map(
      async (file) =>
        (await sizeOf(path.join(this.part, file.path))) ?? (await this.transfer(file, 0).resumeFrom()),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  protected override async download(): Promise<FolderEntry> {
    const { plan, part } = this;
    const { store, options } = this.parts;
    await mkdir(part, { recursive: true });
    await writeFileAtomic(
      this.stateFile,
      `${JSON.stringify({ source: plan.source, bytes: bytesOf(plan.files) })}\n`,
    );
    await keepOnly(
      part,
      new Set(plan.files.flatMap((file) => [file.path, `${file.path}.part`, `${file.path}.part.json`])),
    );
    const hashes = new Map<string, string>();
    let before = 0;
    for (const file of plan.files) {
      const target = path.join(part, file.path);
      const hash = (name: string): Promise<string> => sha256Of(name, { signal: options.signal });
      let sha256 = await hashIfSame(target, file, hash);
      if (sha256 === undefined) {
        // Of an earlier state of the repository.
        await rm(target, { force: true });
        sha256 = await this.transfer(file, before).run();
      }
      hashes.set(file.path, sha256);
      before += (await sizeOf(target)) ?? 0;
    }
    // Complete, and not only as far as the hub listed it.
    await readEncoderFolder(part);
    await renameDurably(part, this.target);
    await rm(this.stateFile, { force: true });
    const { source, licence } = plan;
    return store.recordFolder(plan.file, { source, licence, hashes });
  }

  /** @param before bytes of the files before this one */
  private transfer(file: FolderFile, before: number): FileDownload {
    const { options, network } = this.parts;
    const total = bytesOf(this.plan.files);
    const isOnnx = file.path === this.plan.onnx;
    return new FileDownload({
      remote: file,
      target: path.join(this.part, file.path),
      ...(isOnnx ? { start: { bytes: ONNX_START, check: checkOnnxStart } } : {}),
      whole: (part) => (isOnnx ? weightFilesOf(part) : checkSmall(file.path, part)),
      network,
      onProgress: (progress: DownloadProgress) =>
        options.onProgress?.(
          progress.phase === 'downloading' ? { ...progress, done: before + progress.done, total } : progress,
        ),
    });
  }
}

/** Deletes what an earlier download of another repository, or of an earlier state of this one, has left. */
async function keepOnly(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    if (!entry.isDirectory() && !wanted.has(name)) await rm(file, { force: true });
  }
}

/** @throws UserError `encoder-config`, `encoder-tokenizer` for what no model can be used with */
async function checkSmall(name: string, file: string): Promise<void> {
  const json = async (): Promise<unknown> => jsonOf(withoutByteOrderMark(await readFile(file, 'utf8')));
  if (name === 'config.json') encoderConfig(await json());
  if (name === 'tokenizer.json') checkTokenizer(await json());
}

/**
 * Whether a file is the published one, as its hash tells.
 *
 * @returns its SHA-256 if it is
 */
async function hashIfSame(
  file: string,
  { bytes, sha256, gitBlob }: Pick<FolderFile, 'bytes' | 'sha256' | 'gitBlob'>,
  hash: (file: string) => Promise<string>,
): Promise<string | undefined> {
  const size = await sizeOf(file);
  if (size === undefined || (bytes !== undefined && bytes !== size)) return undefined;
  if (sha256 === undefined && (gitBlob === undefined || (await gitBlobOf(file)) !== gitBlob))
    return undefined;
  const found = await hash(file);
  return sha256 === undefined || found === sha256 ? found : undefined;
}

/** Of all files; undefined if that of one is unknown. */
export function bytesOf(files: readonly { readonly bytes: number | undefined }[]): number | undefined {
  return files.reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  );
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size;
}

function unreachable(error: NetworkError): UserError {
  return new UserError(
    'download-unreachable',
    `Nothing was downloaded: ${error.message}. Check the network (and proxy) and try again, ` +
      'or add a model file that you already have.',
    { cause: error },
  );
}
