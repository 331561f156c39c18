/** A Python whose trainer is test/support/scripted-trainer.mjs. */
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './paths';

/** @param adapter the file that it gives out as the tuned adapter */
export async function writeScriptedPython(file: string, adapter: string): Promise<void> {
  const script = path.join(ROOT, 'test', 'support', 'scripted-trainer.mjs');
  const variable = `PROMPT_CONFIDENCE_ROOT="${ROOT}"`;
  await writeFile(file, `#!/bin/sh\n${variable} exec "${process.execPath}" "${script}" "${adapter}" "$@"\n`);
  await chmod(file, 0o755);
}
