/** Folders that live as long as a test. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Registers hooks in the calling `describe`; the function gives the current test's folder. */
export function temporaryFolder(): () => string {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'prompt-confidence-store-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return () => folder;
}

/** The project's root: tests are bundled and do not lie where they were written. */
export const root = process.env.PROMPT_CONFIDENCE_ROOT ?? process.cwd();
