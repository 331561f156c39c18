/**
 * Which engines of this machine have which model loaded: each has a small file, engines/<pid>.json in the cache,
 * so that a window can notice that its model would be in memory twice.
 *
 * The process id is the engine's, which ends with its window. A file whose engine is gone is ignored and
 * deleted, as is one from before the last start of the machine (its id may belong to another process).
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { errorCode, writeFileAtomic } from './atomic';
import { namesIn, realPathOf } from './folders';
import { readSmall } from './read-regular';

const LoadedModelFile = z.object({
  /** Process id of the engine. */
  pid: z.number().int().positive(),
  /** Id of the process that started the engine: an extension host or a command line. */
  owner: z.number().int().positive(),
  /** The cache may be shared with containers, whose process ids mean nothing here. */
  host: z.string(),
  /** Absolute, links resolved. */
  path: z.string(),
  bytes: z.number(),
  /** Milliseconds since 1970. */
  since: z.number(),
});
export type LoadedModel = z.infer<typeof LoadedModelFile>;

export class LoadedModels {
  /** @param folder engines/ in the cache; made when first written to */
  constructor(
    readonly folder: string,
    private readonly owner: number = process.pid,
  ) {}

  /** Records that the engine `pid` loads or has loaded a file. */
  async register(pid: number, modelPath: string): Promise<void> {
    const entry: LoadedModel = {
      pid,
      owner: this.owner,
      host: os.hostname(),
      path: await realPathOf(modelPath),
      bytes: (await stat(modelPath)).size,
      since: Date.now(),
    };
    await mkdir(this.folder, { recursive: true });
    await writeFileAtomic(this.fileOf(pid), `${JSON.stringify(entry)}\n`);
  }

  async unregister(pid: number): Promise<void> {
    await rm(this.fileOf(pid), { force: true });
  }

  /** Every engine that runs now, this process's own included. */
  async list(): Promise<LoadedModel[]> {
    const names = await namesIn(this.folder);
    const entries = await Promise.all(
      names.filter((name) => /^\d+\.json$/.test(name)).map((name) => this.read(path.join(this.folder, name))),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  /** Engines that other processes started and that have this file loaded. */
  async othersWith(modelPath: string): Promise<LoadedModel[]> {
    const wanted = await realPathOf(modelPath);
    return (await this.list()).filter((entry) => entry.owner !== this.owner && entry.path === wanted);
  }

  private async read(file: string): Promise<LoadedModel | undefined> {
    let entry: LoadedModel;
    try {
      entry = LoadedModelFile.parse(JSON.parse((await readSmall(file))?.toString() ?? ''));
    } catch {
      return undefined; // gone meanwhile, or of another version
    }
    if (entry.host !== os.hostname()) return undefined;
    if (isAlive(entry.pid) && entry.since > bootTime()) return entry;
    await rm(file, { force: true });
    return undefined;
  }

  private fileOf(pid: number): string {
    return path.join(this.folder, `${pid}.json`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return errorCode(error) !== 'ESRCH';
  }
}

/** A minute early: both clocks are coarse, and an engine does not start within the first minute. */
function bootTime(): number {
  return Date.now() - os.uptime() * 1000 - 60_000;
}
