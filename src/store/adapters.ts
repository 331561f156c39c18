/**
 * Adapters (LoRA) of a workspace: `.prompt-confidence/adapters/<name>.gguf`, each with its card `<name>.json`.
 *
 * An adapter is known by its SHA-256. It is copied into the cache under that name and loaded from there: the engine keeps
 * adapters by path, and would serve an old one after its file was replaced.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, open, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { type AdapterCard, parseAdapterCard } from '../core/model/adapter-card';
import { UserError } from '../core/user-error';
import { renameDurably } from './atomic';
import { explainingWrite } from './explain-write';
import { checkGguf } from './gguf';
import { namesIn } from './folders';
import { sha256Of } from './models';
import { openRegular, readSmall } from './read-regular';
import { checkResourceName } from './resource-name';

/** The names of copies: HASH.gguf, and HASH.gguf.PID.RANDOM.tmp while one is made. */
const COPY = /^[0-9a-f]{64}\.gguf(\.\d+\.[0-9a-f]+\.tmp)?$/u;
/** Milliseconds after which a copy is deleted, and one that was never completed. */
const UNUSED_MS = 60 * 24 * 3600_000;
const LEFT_MS = 24 * 3600_000;

/** A card names every row that it was tuned on: some 20 bytes each. */
const LARGEST_CARD = 16 * 1024 * 1024;

export interface LoadedAdapter {
  readonly name: string;
  readonly sha256: string;
  /** Of the copy in the cache; absolute. */
  readonly path: string;
  readonly card: AdapterCard;
}

/** Where a workspace keeps its adapters. */
export function adapterFolder(workspace: string): string {
  return path.join(workspace, '.prompt-confidence', 'adapters');
}

/**
 * The file of a workspace's adapter.
 *
 * @throws UserError bad-name
 */
export function adapterFile(workspace: string, name: string): string {
  checkResourceName(name, 'an adapter');
  return path.join(adapterFolder(workspace), `${name}.gguf`);
}

/** The card beside an adapter. */
export function cardFile(adapter: string): string {
  return `${adapter.replace(/\.gguf$/iu, '')}.json`;
}

/** A table beside an adapter. */
export function besideAdapter(adapter: string, what: string): string {
  return `${adapter.replace(/\.gguf$/iu, '')}-${what}.csv`;
}

/** Share of its rows from which on a hold-out is the same one. */
const SAME_HOLD_OUT = 0.5;

/**
 * How many adapters a hold-out has scored before this one: by the cards that lie beside it, its own old one included.
 *
 * @param adapter path of the new one
 * @param rows hashes of the rows of its hold-out
 */
export async function earlierCandidates(adapter: string, rows: readonly string[]): Promise<number> {
  const folder = path.dirname(adapter);
  const own = new Set(rows);
  let most = 0;
  let others = 0;
  for (const name of (await namesIn(folder)).filter((each) => each.endsWith('.gguf'))) {
    const tuning = (await readCard(path.join(folder, name)).catch(() => undefined))?.tuning;
    const shared = tuning?.rows.test.filter((row) => own.has(row)).length ?? 0;
    if (tuning?.proof === undefined || shared < SAME_HOLD_OUT * own.size) continue;
    others++;
    most = Math.max(most, tuning.proof.candidates);
  }
  return Math.max(most, others);
}

/** @throws UserError adapter-missing, adapter-card, adapter-newer, not-a-file, too-large */
export async function readCard(adapter: string): Promise<AdapterCard> {
  const file = cardFile(adapter);
  const text = await readSmall(file, LARGEST_CARD);
  if (text === undefined)
    throw new UserError(
      'adapter-missing',
      `There is no ${file}. An adapter is used only with its card, which says to which model and prompt it belongs.`,
    );
  return parseAdapterCard(text.toString(), file);
}

export class AdapterStore {
  /** What was checked before, by path; while neither file has changed, it is not read again. */
  private readonly checked = new Map<string, { readonly state: string; readonly loaded: LoadedAdapter }>();

  /** @param folder adapters/ of the cache; made when first written to */
  constructor(private readonly folder: string) {}

  /**
   * Checks an adapter against its card, and makes sure that its copy is in the cache.
   *
   * @param workspace the folder whose `.prompt-confidence` holds it
   * @throws UserError adapter-missing, adapter-card, adapter-newer, adapter-differs, bad-name, not-a-file, too-large,
   *   not-writable; what `checkGguf` throws
   */
  async load(workspace: string, name: string): Promise<LoadedAdapter> {
    return this.loadFile(adapterFile(workspace, name), name);
  }

  /** As `load`, from any file. */
  async loadFile(file: string, name: string): Promise<LoadedAdapter> {
    const state = await stateOf(file);
    const known = this.checked.get(file);
    if (known?.state === state) return known.loaded;
    const card = await readCard(file);
    const copy = path.join(this.folder, `${card.sha256}.gguf`);
    if (!(await isWhole(copy, card.sha256)) || (await hashOf(file, card)) !== card.sha256) {
      await this.copy(file, card, copy);
      await this.sweep();
    }
    await utimes(copy, new Date(), new Date()).catch(() => undefined);
    const { type } = await checkGguf(copy);
    if (type !== 'adapter')
      throw new UserError('adapter-card', `${file} holds a ${type}, not an adapter. Tune again.`);
    const loaded = { name, sha256: card.sha256, path: copy, card };
    // Changed while it was read: it is read again next time.
    if ((await stateOf(file)) === state) this.checked.set(file, { state, loaded });
    return loaded;
  }

  /**
   * Deletes copies that nothing has loaded for long, and what a killed process left. Those that cannot be deleted, because
   * they are in use or somebody else is faster, stay.
   */
  private async sweep(): Promise<void> {
    for (const name of await namesIn(this.folder)) {
      const file = path.join(this.folder, name);
      const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? Infinity);
      const isOld = COPY.test(name) && age > (name.endsWith('.tmp') ? LEFT_MS : UNUSED_MS);
      if (isOld) await rm(file, { force: true }).catch(() => undefined);
    }
  }

  /** Only bytes with the hash of the card get into the cache, whatever happens to the file meanwhile. */
  private async copy(file: string, card: AdapterCard, copy: string): Promise<void> {
    await explainingWrite(copy, async () => {
      await mkdir(this.folder, { recursive: true });
      const temporary = `${copy}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        const target = await open(temporary, 'wx');
        try {
          const found = await hashOf(file, card, (chunk) => target.writeFile(chunk));
          if (found !== card.sha256) throw differs(file);
          await target.sync();
        } finally {
          await target.close();
        }
        await renameDurably(temporary, copy);
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }
}

/**
 * SHA-256 of an adapter.
 *
 * @param each called with every piece of it
 * @throws UserError adapter-missing, adapter-differs: its length is not that of the card
 */
async function hashOf(
  file: string,
  { bytes }: AdapterCard,
  each: (chunk: Buffer) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const handle = await openRegular(file);
  try {
    if ((await handle.stat()).size !== bytes) throw differs(file);
    const hash = createHash('sha256');
    let read = 0;
    const stream = handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20 });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (read > bytes) throw differs(file);
      hash.update(chunk);
      await each(chunk);
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

async function isWhole(copy: string, sha256: string): Promise<boolean> {
  return sha256Of(copy).then(
    (found) => found === sha256,
    () => false,
  );
}

/**
 * What changes whenever the adapter or its card does. The time of change is not one that a program can set.
 *
 * @throws UserError adapter-missing
 */
async function stateOf(file: string): Promise<string> {
  const found = await Promise.all([file, cardFile(file)].map((each) => stat(each).catch(() => undefined)));
  const [own] = found;
  if (own === undefined) throw new UserError('adapter-missing', `There is no adapter ${file}.`);
  return JSON.stringify(found.map((each) => each && stamp(each)));
}

function stamp({ dev, ino, size, mtimeMs, ctimeMs }: Stats): readonly number[] {
  return [dev, ino, size, mtimeMs, ctimeMs];
}

function differs(file: string): UserError {
  return new UserError(
    'adapter-differs',
    `${file} is not the file that its card describes: it was changed, or replaced by another one. Restore it, or tune again.`,
  );
}
