/** Where tests find things: they run bundled, so their own location says nothing. */
import path from 'node:path';
import { cacheFolder, cacheHome } from '../../src/store/cache-home';

export const ROOT = process.env.PROMPT_CONFIDENCE_ROOT ?? process.cwd();

export function fixture(name: string): string {
  return path.join(ROOT, 'test', 'fixtures', name);
}

/** The real model: test/run.mjs has fetched it. */
export const TEST_MODEL =
  process.env.PROMPT_CONFIDENCE_TEST_MODEL ?? path.join(cacheFolder('models'), 'gemma-3-270m-q4_k_m.gguf');
/** A small model with a chat template: test/run.mjs has fetched it. */
export const CHAT_MODEL =
  process.env.PROMPT_CONFIDENCE_CHAT_MODEL ??
  path.join(cacheHome(), 'test-models', 'SmolLM2-135M-Instruct.Q4_1.gguf');
export const ENGINE = path.join(ROOT, 'dist', 'engine.mjs');
export const ENCODER = path.join(ROOT, 'dist', 'encoder.mjs');
export const CLI = path.join(ROOT, 'dist', 'cli.mjs');
