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

type Hook = (work: () => Promise<void> | void) => void;

function folderBetween(begin: Hook, end: Hook): () => string {
  let folder = '';
  begin(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'prompt-confidence-test-'));
  });
  end(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}

/**
 * A cache of its own for each test of the calling `describe`, so that the person's jobs are neither seen nor changed.
 *
 * @returns the folder of the jobs
 */
export function temporaryJobs(): () => string {
  return jobsIn(temporaryFolder(), beforeEach, afterEach);
}

/** As `temporaryJobs`, with one cache for all tests of the calling `describe`. */
export function sharedJobs(): () => string {
  return jobsIn(sharedFolder(), before, after);
}

function jobsIn(cache: () => string, begin: Hook, end: Hook): () => string {
  const usual = process.env.PROMPT_CONFIDENCE_HOME;
  begin(() => {
    process.env.PROMPT_CONFIDENCE_HOME = cache();
  });
  end(() => {
    if (usual === undefined) delete process.env.PROMPT_CONFIDENCE_HOME;
    else process.env.PROMPT_CONFIDENCE_HOME = usual;
  });
  return () => path.join(cache(), 'jobs');
}
