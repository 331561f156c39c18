/** Folders that live as long as a test, or as long as the tests of a suite. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Registers hooks in the calling `describe`; the function gives the current test's folder. */
export function temporaryFolder(): () => string {
  return folderBetween(beforeEach, afterEach);
}

/** As `temporaryFolder`, with one folder for all tests of the calling `describe`. */
export function sharedFolder(): () => string {
  return folderBetween(before, after);
}

type Hook = (work: () => Promise<void>) => void;

function folderBetween(begin: Hook, end: Hook): () => string {
  let folder = '';
  begin(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'prompt-confidence-test-'));
  });
  end(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}
