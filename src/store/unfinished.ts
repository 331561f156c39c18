/**
 * Unfinished downloads: they can be resumed, and they take space until they are completed or deleted.
 */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/user-error';
import { readState } from './file-download';
import { namesIn } from './folders';
import { withLockOrRefuse } from './lock';

const STATE_SUFFIX = '.part.json';

export interface UnfinishedDownload {
  /** Name that the model will have in models/. */
  readonly file: string;
  /** Pass it to downloadModel to resume. */
  readonly source: string;
  /** Bytes that have arrived. */
  readonly have: number;
  /** Bytes of the whole file; undefined if the server did not report them. */
  readonly total: number | undefined;
}

/** @param folder models/ in the cache */
export async function unfinishedDownloads(folder: string): Promise<UnfinishedDownload[]> {
  const names = await namesIn(folder);
  const found = await Promise.all(
    names
      .filter((name) => name.endsWith(STATE_SUFFIX))
      .sort()
      .map(async (name): Promise<UnfinishedDownload | undefined> => {
        const file = name.slice(0, -STATE_SUFFIX.length);
        const state = await readState(path.join(folder, name));
        if (state === undefined) return undefined;
        const have = await bytesIn(path.join(folder, `${file}.part`));
        return { file, source: state.source, have, total: state.bytes };
      }),
  );
  return found.filter((entry) => entry !== undefined);
}

/** Of a file, or of all files in a folder. */
async function bytesIn(place: string): Promise<number> {
  const found = await stat(place).catch(() => undefined);
  if (found?.isDirectory() !== true) return found?.size ?? 0;
  const inside = (await namesIn(place)).filter((name) => !name.endsWith(STATE_SUFFIX));
  const sizes = await Promise.all(inside.map((name) => bytesIn(path.join(place, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** @throws UserError `download-running` while a window or a command line works on it */
export async function deleteUnfinished(folder: string, file: string): Promise<void> {
  const target = path.join(folder, path.basename(file));
  const busy = new UserError('download-running', `${file} is being downloaded. Cancel the download first.`);
  await withLockOrRefuse(
    `${target}.lock`,
    async () => {
      await rm(`${target}.part`, { force: true, recursive: true });
      await rm(`${target}${STATE_SUFFIX}`, { force: true });
    },
    busy,
  );
}
