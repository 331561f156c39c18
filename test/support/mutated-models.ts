/** What becomes of a model file whose header is damaged: from the check of the file to a score. */
import assert from 'node:assert/strict';
import { open, truncate, writeFile } from 'node:fs/promises';
import { UserError } from '../../src/core/user-error';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import type { EngineClient } from '../../src/sources/engine-client';
import { checkGguf } from '../../src/store/gguf';
import { cpu, scoreAll } from './engine';
import { partsOf } from './gguf-file';
import type { Mutation } from './gguf-mutations';

/** The beginning of a model, whole where it is small, and the size of its file. */
export interface Model {
  readonly start: Buffer;
  readonly bytes: number;
}

export async function readModel(file: string): Promise<Model> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const start = Buffer.alloc(Math.min(size, 32 << 20));
    await handle.read(start, 0, start.length, 0);
    return { start, bytes: size };
  } finally {
    await handle.close();
  }
}

/** Writes the damaged model: behind what was read of the model there are zeros, which take no space. */
async function writeMutated(
  file: string,
  { start, bytes }: Model,
  { what, header }: Mutation,
): Promise<void> {
  const isCut = what.startsWith('cut');
  await writeFile(file, isCut ? header : Buffer.concat([header, start.subarray(partsOf(start).headerEnd)]));
  if (!isCut && bytes > start.length) await truncate(file, bytes);
}

/**
 * Checks, loads and uses a damaged model.
 *
 * @returns `score`, or the code of the error; a UserError is the only error there may be
 */
export async function outcomeOf(
  mutation: Mutation,
  model: Model,
  engine: EngineClient,
  classifier: PromptClassifier,
  file: string,
): Promise<string> {
  await engine.reset();
  await writeMutated(file, model, mutation);
  try {
    await checkGguf(file);
    await engine.use(cpu(file));
    const [score] = await scoreAll(engine, classifier, ['I love it']);
    const sum = score?.labels.reduce((total, { confidence }) => total + confidence, 0) ?? NaN;
    assert.ok(Math.abs(sum - 1) < 1e-9, `${mutation.what}: the confidences add up to ${sum}`);
    return 'score';
  } catch (error) {
    if (!(error instanceof UserError)) throw new Error(mutation.what, { cause: error });
    return error.code;
  }
}
