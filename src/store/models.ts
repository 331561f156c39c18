/**
 * The models that this machine knows: GGUF files of language models and folders of sequence classification models, in the
 * cache's models/ folder or the user's own elsewhere, which are registered by path and never copied.
 *
 * models/index.json holds what the files do not contain: where each came from, under which licence,
 * and its SHA-256. A hash counts only while the file's size and times are those it was computed at.
 * A file in models/ needs no entry to be listed; a file elsewhere is listed while it has one, even when its
 * drive is unplugged (`missing`). scripts/fetch-model.mjs writes the same format.
 */
import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { listed } from '../core/quote';
import { UserError } from '../core/user-error';
import { writeFileAtomic } from './atomic';
import { namesIn, realPathOf } from './folders';
import { type EncoderFolder, isEncoderFolder, readEncoderFolder } from './encoder-folder';
import { checkGguf, type GgufInfo } from './gguf';
import { withLock } from './lock';
import { readSmall } from './read-regular';

const IndexEntry = z.object({
  /** A hub address or URL; absent for a file that the user already had. */
  source: z.string().optional(),
  licence: z.string().optional(),
  /** ISO 8601: downloaded, or registered. */
  addedAt: z.string().optional(),
  /** Absent for a GGUF file. */
  kind: z.literal('encoder').optional(),
});
const HashEntry = z.object({
  bytes: z.number(),
  mtimeMs: z.number(),
  /**
   * When the file itself was changed, which no program can set: archives unpack files with fixed times, and retrained models
   * have the same size. Absent in the entries of older versions, which are hashed again.
   */
  ctimeMs: z.number().optional(),
  sha256: z.string(),
});
/** Both maps are keyed by file name for files in models/ and by absolute path for others. */
const Index = z.object({
  version: z.literal(1),
  models: z.record(z.string(), IndexEntry),
  hashes: z.record(z.string(), HashEntry),
  /** Keys of the model that the person chose in the editor, and of the one that was loaded last. */
  chosen: z.string().optional(),
  lastUsed: z.string().optional(),
});
type Index = z.infer<typeof Index>;
type HashEntry = z.infer<typeof HashEntry>;

export interface ModelEntry {
  /** File name without folder: with `sha256` the name that a classifier uses for its model. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** 0 where `missing`. */
  readonly bytes: number;
  /** Hexadecimal; undefined until it has been computed, or after the file changed. */
  readonly sha256: string | undefined;
  readonly source: string | undefined;
  readonly licence: string | undefined;
  /** ISO 8601; undefined for a file that somebody put into models/. */
  readonly addedAt: string | undefined;
  /** In models/ (deleted with its entry), or a file of the user's elsewhere (only ever forgotten). */
  readonly place: 'cache' | 'elsewhere';
  /** A registered file that is not there at the moment. */
  readonly missing: boolean;
}

/** A folder of a sequence classification model. Its hashes are computed where they are needed. */
export type FolderEntry = Omit<ModelEntry, 'bytes' | 'sha256'>;

/** A model to take of several, and why: the person chose it in the editor, or it was used last. */
export interface PreferredModel {
  readonly entry: ModelEntry;
  readonly why: 'chosen' | 'lastUsed';
}

/** How a classifier names its model; never a path. */
export interface ModelIdentity {
  readonly file: string;
  /** Hexadecimal; where undefined the name alone decides. */
  readonly sha256?: string | undefined;
}

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far, of all. */
  readonly onProgress?: ((read: number, total: number) => void) | undefined;
}

export class ModelStore {
  /** @param folder the cache's models/ folder; made when first written to */
  constructor(
    readonly folder: string,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** All known models by file name. No model file is read. */
  async list(): Promise<ModelEntry[]> {
    const index = await this.readIndex();
    const inFolder = (await namesIn(this.folder)).filter((name) => name.toLowerCase().endsWith('.gguf'));
    const elsewhere = keysElsewhere(index, undefined);
    const entries = await Promise.all([...inFolder, ...elsewhere].map((key) => this.describe(key, index)));
    return entries
      .filter((entry) => entry.place === 'elsewhere' || !entry.missing)
      .sort((a, b) => a.file.localeCompare(b.file) || a.path.localeCompare(b.path));
  }

  /** All known folders of sequence classification models by name. Their weights are not read. */
  async folders(): Promise<FolderEntry[]> {
    const index = await this.readIndex();
    const inFolder: string[] = [];
    for (const name of await namesIn(this.folder))
      // What ends so is an unfinished download.
      if (!name.endsWith('.part') && (await isEncoderFolder(path.join(this.folder, name))))
        inFolder.push(name);
    const keys = [...inFolder, ...keysElsewhere(index, 'encoder')];
    const entries = await Promise.all(keys.map((key) => this.describeFolder(key, index)));
    return entries.sort((a, b) => a.file.localeCompare(b.file) || a.path.localeCompare(b.path));
  }

  /**
   * The folder that `identity` names, and in it the ONNX file with its hash.
   *
   * @throws UserError `encoder-missing`; everything of `readEncoderFolder`
   */
  async resolveFolder(identity: ModelIdentity, options: HashOptions = {}): Promise<EncoderFolder> {
    const present = (await this.folders()).filter((entry) => !entry.missing);
    const named = present.filter((entry) => entry.file === identity.file);
    const wanted = identity.sha256?.toLowerCase();
    for (const { path: folder } of named) {
      const isWanted = async (onnx: string): Promise<boolean> =>
        (await this.sha256(onnx, options)) === wanted;
      const found = await readEncoderFolder(folder, wanted === undefined ? undefined : isWanted);
      if (found !== undefined) return found;
    }
    const [other] = named;
    if (other !== undefined)
      throw new UserError(
        'encoder-missing',
        `${other.path} has the right name, but none of its ONNX files has the SHA-256 ${short(identity.sha256)} that the classifier names. Another model gives other scores. Get the right one, or name this one in the classifier.`,
      );
    const names = present.map(({ file }) => file);
    throw new UserError(
      'encoder-missing',
      `The model folder ${identity.file} is not on this machine. ${names.length === 0 ? 'There is no such folder here yet.' : `Here ${names.length === 1 ? 'is' : 'are'} ${listed(names)}.`} Add your copy of it.`,
    );
  }

  /**
   * Registers a model folder of the user in its place. A folder in models/ is only checked.
   *
   * @throws UserError everything of `readEncoderFolder`
   */
  async addFolder(folder: string): Promise<FolderEntry> {
    const absolute = path.resolve(folder);
    await readEncoderFolder(absolute);
    const key = await this.keyOf(absolute);
    const index = await this.change((current) => {
      if (path.isAbsolute(key))
        current.models[key] ??= { addedAt: this.now().toISOString(), kind: 'encoder' };
    });
    return this.describeFolder(key, index);
  }

  /**
   * The model that `identity` names: by hash if that is already known, whatever the file is called now, otherwise
   * among the files of that name, which are hashed for it (once; seconds for each gigabyte). Without a hash the
   * first file of that name.
   */
  async find(identity: ModelIdentity, options: HashOptions = {}): Promise<ModelEntry | undefined> {
    const present = (await this.list()).filter((entry) => !entry.missing);
    const named = present.filter((entry) => entry.file === identity.file);
    const wanted = identity.sha256?.toLowerCase();
    if (wanted === undefined) return named[0];
    const known = present.find((entry) => entry.sha256 === wanted);
    if (known !== undefined) return known;
    for (const entry of named) {
      if (entry.sha256 !== undefined) continue;
      if ((await this.sha256(entry.path, options)) === wanted) return { ...entry, sha256: wanted };
    }
    return undefined;
  }

  /** As `find`, but throws a UserError (model-missing, model-differs) that describes what is there instead. */
  async resolve(identity: ModelIdentity, options: HashOptions = {}): Promise<ModelEntry> {
    const found = await this.find(identity, options);
    if (found !== undefined) return found;
    const sameName = (await this.list()).find((entry) => entry.file === identity.file && !entry.missing);
    if (sameName === undefined) {
      throw new UserError(
        'model-missing',
        `The model ${identity.file} is not on this machine. ${await this.inWords()} Download it, or add your copy of the file.`,
      );
    }
    throw new UserError(
      'model-differs',
      `${sameName.path} has the right name but different contents (SHA-256 ${short(sameName.sha256)}, ` +
        `expected ${short(identity.sha256)}). Another file gives other scores. ` +
        'Get the right file, or choose this model for the classifier.',
    );
  }

  /** The models that can be used, in a sentence. */
  async inWords(): Promise<string> {
    const files = (await this.list()).filter(({ missing }) => !missing).map(({ file }) => file);
    if (files.length === 0) return 'There is no model here yet.';
    return `Here ${files.length === 1 ? 'is' : 'are'} ${listed(files)}.`;
  }

  /**
   * Registers a GGUF file of the user in its place. A file in models/ is only checked.
   * Throws checkGguf's errors, and `model-not-a-model` for an adapter or an image encoder.
   */
  async addLocal(file: string): Promise<ModelEntry> {
    const absolute = path.resolve(file);
    const info = await checkModel(absolute);
    const key = await this.keyOf(absolute);
    const index = await this.change((current) => {
      current.models[key] ??= {
        addedAt: this.now().toISOString(),
        ...(info.licence === undefined ? {} : { licence: info.licence }),
      };
    });
    return this.describe(key, index);
  }

  /**
   * A GGUF file of the user by its path, whether it is registered or not: the list does not change.
   * Throws as `addLocal`.
   */
  async fileAt(file: string): Promise<ModelEntry> {
    const absolute = path.resolve(file);
    await checkModel(absolute);
    return this.describe(await this.keyOf(absolute), await this.readIndex());
  }

  /** The model that the person chose in the editor, otherwise the one used last; undefined if neither is there. */
  async preferred(): Promise<PreferredModel | undefined> {
    const index = await this.readIndex();
    for (const why of ['chosen', 'lastUsed'] as const) {
      const key = index[why];
      if (key === undefined) continue;
      const entry = await this.describe(key, index);
      if (!entry.missing) return { entry, why };
    }
    return undefined;
  }

  /** Remembers why a model of the list will be preferred. A file that is not on the list stays unknown. */
  async prefer(entry: Pick<ModelEntry, 'path'>, why: PreferredModel['why']): Promise<void> {
    const key = await this.keyOf(entry.path);
    const index = await this.readIndex();
    if (index[why] === key || (path.isAbsolute(key) && index.models[key] === undefined)) return;
    await this.change((current) => {
      current[why] = key;
    });
  }

  /** Records the origin and the hash of a file that is now in models/. For the downloader. */
  async recordDownload(
    file: string,
    origin: { source: string; licence: string | undefined; sha256: string },
  ): Promise<ModelEntry> {
    const found = await stat(path.join(this.folder, file));
    const index = await this.change((current) => {
      current.models[file] = {
        source: origin.source,
        addedAt: this.now().toISOString(),
        ...(origin.licence === undefined ? {} : { licence: origin.licence }),
      };
      current.hashes[file] = hashEntry(found, origin.sha256);
    });
    return this.describe(file, index);
  }

  /**
   * Records the origin and the hashes of a folder that is now in models/. For the downloader.
   *
   * @param hashes by path in the folder
   */
  async recordFolder(
    name: string,
    origin: { source: string; licence: string | undefined; hashes: ReadonlyMap<string, string> },
  ): Promise<FolderEntry> {
    const folder = path.join(this.folder, name);
    const found = await Promise.all(
      Array.from(origin.hashes, async ([file, sha256]) => {
        const place = path.join(folder, file);
        return { key: await this.keyOf(place), hash: hashEntry(await stat(place), sha256) };
      }),
    );
    const index = await this.change((current) => {
      current.models[name] = {
        source: origin.source,
        addedAt: this.now().toISOString(),
        kind: 'encoder',
        ...(origin.licence === undefined ? {} : { licence: origin.licence }),
      };
      for (const { key, hash } of found) current.hashes[key] = hash;
    });
    return this.describeFolder(name, index);
  }

  /** Deletes a model of the cache from the disk; a file elsewhere is forgotten and stays where it is. */
  async remove(entry: Pick<ModelEntry, 'path'>): Promise<void> {
    const key = await this.keyOf(entry.path);
    if (!path.isAbsolute(key)) await rm(path.join(this.folder, key), { force: true, recursive: true });
    await this.change((current) => {
      current.models = without(current.models, key);
      current.hashes = without(current.hashes, key);
      // Those of the files in a folder.
      for (const file of Object.keys(current.hashes))
        if (file.startsWith(`${entry.path}${path.sep}`)) current.hashes = without(current.hashes, file);
      if (current.chosen === key) delete current.chosen;
      if (current.lastUsed === key) delete current.lastUsed;
    });
  }

  /** SHA-256 of any model file in hexadecimal, computed only if its path is new or the file may have changed. */
  async sha256(file: string, options: HashOptions = {}): Promise<string> {
    const absolute = path.resolve(file);
    const key = await this.keyOf(absolute);
    const before = await stat(absolute);
    const known = currentHash((await this.readIndex()).hashes[key], before);
    if (known !== undefined) return known;
    const sha256 = await sha256Of(absolute, options);
    // Written to meanwhile: the hash is of neither state, and must not be remembered for the later one.
    const entry = hashEntry(before, sha256);
    if (currentHash(entry, await stat(absolute)) !== undefined)
      await this.change((current) => {
        current.hashes[key] = entry;
      });
    return sha256;
  }

  private async describeFolder(key: string, index: Index): Promise<FolderEntry> {
    const absolute = path.resolve(this.folder, key);
    const entry = index.models[key];
    return {
      file: path.basename(absolute),
      path: absolute,
      source: entry?.source,
      licence: entry?.licence,
      addedAt: entry?.addedAt,
      place: path.isAbsolute(key) ? 'elsewhere' : 'cache',
      missing: !(await isEncoderFolder(absolute)),
    };
  }

  private async describe(key: string, index: Index): Promise<ModelEntry> {
    const place = path.isAbsolute(key) ? 'elsewhere' : 'cache';
    const absolute = path.resolve(this.folder, key);
    const found = await stat(absolute).catch(() => undefined);
    const entry = index.models[key];
    return {
      file: path.basename(absolute),
      path: absolute,
      bytes: found?.size ?? 0,
      sha256: found === undefined ? undefined : currentHash(index.hashes[key], found),
      source: entry?.source,
      licence: entry?.licence,
      addedAt: entry?.addedAt,
      place,
      missing: found?.isFile() !== true,
    };
  }

  /** File name where the file lies directly in models/ (also when reached through a link to the folder). */
  private async keyOf(file: string): Promise<string> {
    const absolute = path.resolve(file);
    const [parent, folder] = await Promise.all([realPathOf(path.dirname(absolute)), realPathOf(this.folder)]);
    return parent === folder ? path.basename(absolute) : absolute;
  }

  private get indexFile(): string {
    return path.join(this.folder, 'index.json');
  }

  private async readIndex(): Promise<Index> {
    const text = await readSmall(this.indexFile);
    if (text === undefined) return { version: 1, models: {}, hashes: {} };
    return parseIndex(text.toString(), this.indexFile);
  }

  private async change(edit: (index: Index) => void): Promise<Index> {
    await mkdir(this.folder, { recursive: true });
    return withLock(`${this.indexFile}.lock`, async () => {
      const index = await this.readIndex();
      edit(index);
      await writeFileAtomic(this.indexFile, `${JSON.stringify(index, null, 2)}\n`);
      return index;
    });
  }
}

async function checkModel(file: string): Promise<GgufInfo> {
  const info = await checkGguf(file);
  if (info.type === 'model') return info;
  throw new UserError(
    'model-not-a-model',
    `${file} holds a model's ${info.type}, not a model. Choose the model's own .gguf file.`,
  );
}

/** SHA-256 of a file's content in hexadecimal. */
export async function sha256Of(file: string, options: HashOptions = {}): Promise<string> {
  const total = (await stat(file)).size;
  const hash = createHash('sha256');
  let read = 0;
  const stream = createReadStream(file, { highWaterMark: 1 << 20, signal: options.signal });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    read += chunk.length;
    options.onProgress?.(read, total);
  }
  return hash.digest('hex');
}

function parseIndex(text: string, file: string): Index {
  let problem: string;
  try {
    const json: unknown = JSON.parse(text);
    const parsed = Index.safeParse(json);
    if (parsed.success) return parsed.data;
    const version = z.object({ version: z.number().gt(1) }).safeParse(json);
    if (version.success) {
      throw new UserError(
        'model-index-newer',
        `${file} was written by a newer version of Prompt Confidence (format ${version.data.version}). Update Prompt Confidence.`,
      );
    }
    problem = z.prettifyError(parsed.error);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problem = error.message;
  }
  throw new UserError(
    'model-index-broken',
    `${file}, the list of models, cannot be read (${problem}). Repair or delete it. If you delete it, ` +
      'the models stay, but their origins and the files registered elsewhere are forgotten.',
  );
}

function hashEntry({ size, mtimeMs, ctimeMs }: Stats, sha256: string): HashEntry {
  return { bytes: size, mtimeMs, ctimeMs, sha256 };
}

/** Undefined where the file may be another one than was hashed. */
function currentHash(entry: HashEntry | undefined, found: Stats): string | undefined {
  if (entry === undefined) return undefined;
  const now = hashEntry(found, entry.sha256);
  return isDeepStrictEqual(now, entry) ? entry.sha256 : undefined;
}

/** The keys of what is registered elsewhere. */
function keysElsewhere({ models }: Index, kind: 'encoder' | undefined): string[] {
  return Object.keys(models).filter((key) => path.isAbsolute(key) && models[key]?.kind === kind);
}

function without<T>(map: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}

function short(sha256: string | undefined): string {
  return sha256 === undefined ? 'unknown' : `${sha256.slice(0, 12)}…`;
}
