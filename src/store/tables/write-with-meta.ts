/** Writes a table together with the record of where its scores come from. */
import { rm } from 'node:fs/promises';
import { checkOutputs, writeFileAtomic } from '../atomic';
import { scoreMetaFile } from './score-meta';

/**
 * The record of an older table of the name never stands beside this one, and stays where this one comes to nothing.
 *
 * @param meta null where there is none, or where it is written afterwards
 * @throws UserError not-a-file; what `lines` throws
 */
export async function writeWithMeta(
  out: string,
  lines: AsyncIterable<string> | Iterable<string>,
  meta: string | Uint8Array | null,
): Promise<void> {
  const metaFile = scoreMetaFile(out);
  await checkOutputs(out, metaFile);
  async function* whole(): AsyncGenerator<string> {
    yield* lines;
    // The last thing before the table has its name.
    await rm(metaFile, { force: true });
  }
  await writeFileAtomic(out, whole());
  if (meta !== null) await writeFileAtomic(metaFile, meta);
}
