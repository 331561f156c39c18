/** The real trainer, for tests that have its environment. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { tuningLines } from '../../src/app/training/tuning-input';
import type { Classifier } from '../../src/core/classifier/definition';
import type { TuningSettings } from '../../src/core/model/adapter-card';
import type { EngineClient } from '../../src/sources/engine-client';
import { sha256Of } from '../../src/store/models';
import { ROOT } from './paths';

const execute = promisify(execFile);

export const TRAINING = path.join(ROOT, 'training');

/** The Python of scripts/peers.mjs. */
export function trainerPython(): string {
  return process.env.PROMPT_CONFIDENCE_TRAINING_PYTHON ?? assert.fail('no environment of the trainer');
}

/** Runs a script or a tool of the trainer's environment; what it prints. */
export async function runPython(...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(trainerPython(), args, {
    cwd: TRAINING,
    env: { ...process.env, PYTHONPATH: TRAINING, PYTHONDONTWRITEBYTECODE: '1', HF_HUB_OFFLINE: '1' },
    maxBuffer: 1 << 28,
  });
  return stdout;
}

export const SETTINGS: TuningSettings = {
  ...{ loss: 'label', rank: 4, alpha: 4, dropout: 0.05, learningRate: 5e-4, epochs: 2, batch: 16 },
  ...{ microBatch: 8, patience: 3, stopOn: 'nll', threads: 2, seed: 0 },
};

/** Projections of attention and MLP, as transformers calls them. */
export const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

const rows = z.array(z.array(z.number()));
const printed = z.object({ base: rows, tuned: rows });

export interface Parity {
  /** The largest difference of a label's log-probability between engine and trainer: of the base, and with the adapter. */
  readonly base: number;
  readonly tuned: number;
  /** The mean change that the adapter makes, in the engine. */
  readonly change: number;
  /** Correlation of the changes that the adapter makes in the engine and in the trainer. */
  readonly correlation: number;
}

/**
 * Compares engine and trainer with a random large adapter.
 *
 * @param folder for its files
 * @param projection one of {@link PROJECTIONS}, or "all"
 */
export async function parityOf(
  engine: EngineClient,
  model: string,
  classifier: Classifier,
  texts: readonly string[],
  { folder, projection, size }: { readonly folder: string; readonly projection: string; readonly size: number },
): Promise<Parity> {
  const { answer, prompts } = await engine.tokens({ classifier: classifier.asks, texts });
  const input = path.join(folder, `${projection}.jsonl`);
  const lines = tuningLines({
    gguf: model,
    folder: null,
    answer,
    settings: { ...SETTINGS, rank: 8, alpha: 8, dropout: 0 },
    examples: prompts.map(({ tokens }) => ({
      ...{ split: 'train' as const, tokens, label: 0 },
      ...{ target: undefined, engine: undefined },
    })),
  });
  await writeFile(input, [...lines].join(''));
  const file = path.join(folder, `${projection}.gguf`);
  const out = await runPython('tests/parity.py', input, projection, String(size), file);
  const theirs = printed.parse(JSON.parse(out.trim().split('\n').at(-1) ?? ''));
  const adapter = { name: projection, path: file, sha256: await sha256Of(file) };
  const ask = async (tuned: boolean): Promise<number[][]> => {
    const { scores } = await engine.score({
      classifier: classifier.asks,
      texts,
      topTokens: 0,
      ...(tuned ? { adapter } : {}),
    });
    return scores.map(({ labels }) => labels.map(({ logProb }) => logProb));
  };
  const base = (await ask(false)).flat();
  const tuned = (await ask(true)).flat();
  const difference = (left: readonly number[], right: readonly number[]): number =>
    Math.max(...left.map((value, at) => Math.abs(value - (right[at] ?? Number.NaN))));
  const ours = tuned.map((value, at) => value - (base[at] ?? 0));
  const own = theirs.tuned.flat().map((value, at) => value - (theirs.base.flat()[at] ?? 0));
  return {
    base: difference(base, theirs.base.flat()),
    tuned: difference(tuned, theirs.tuned.flat()),
    change: ours.reduce((sum, value) => sum + Math.abs(value), 0) / ours.length,
    correlation: correlationOf(ours, own),
  };
}

function correlationOf(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [a, b] = [mean(left), mean(right)];
  let [both, one, other] = [0, 0, 0];
  left.forEach((value, at) => {
    const [x, y] = [value - a, (right[at] ?? 0) - b];
    both += x * y;
    one += x * x;
    other += y * y;
  });
  return both / Math.sqrt(one * other);
}
