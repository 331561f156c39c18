/** The real trainer, for tests that have its environment. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { Proven } from '../../src/app/training/prove';
import { tuningLines } from '../../src/app/training/tuning-input';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import type { ProofResult, TuningSettings } from '../../src/core/model/adapter-card';
import type { WireAdapter } from '../../src/protocol/engine';
import type { EngineClient } from '../../src/sources/engine-client';
import { sha256Of } from '../../src/store/models';
import { ROOT } from './paths';

const execute = promisify(execFile);

const NUMBER = { value: 0.5, low: null, high: null };
const RESULT: ProofResult = {
  ...{ model: 'base', calibrator: null, accuracy: NUMBER, meanConfidence: NUMBER, nll: NUMBER, ece: NUMBER },
  eceNull: null,
};
/** For tests that are not about what a tuned model is worth. */
export const NOTHING_PROVEN: Proven = {
  proof: { rows: 0, candidates: 1, results: [RESULT, { ...RESULT, model: 'tuned' }], chosen: 0, notes: [] },
  tables: { base: '', tuned: '' },
  calibrators: { base: null, tuned: null },
};

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

const logProbs = z.array(z.array(z.number()));
const printed = z.object({ base: logProbs, tuned: z.record(z.string(), logProbs) });

/** Epochs of one step each, after which a trained adapter changes most answers. */
const TRAINED_EPOCHS = 12;

export interface Parity {
  /** The largest difference of a label's log-probability between engine and trainer: of the base, and with the adapter. */
  readonly base: number;
  readonly tuned: number;
  /** The mean change that the adapter makes, in the engine. */
  readonly change: number;
  /** Correlation of the changes that the adapter makes in the engine and in the trainer. */
  readonly correlation: number;
}

export interface ParityRow {
  readonly text: string;
  /** Index of its label. */
  readonly label: number;
}

/**
 * Compares engine and trainer with adapters.
 *
 * @param folder for its files
 * @param kinds of {@link PROJECTIONS} for a random large adapter on it, "all" for one on all of them, or "trained" for one
 *   that was trained on the rows
 * @returns by kind
 */
export async function parityOf(
  engine: EngineClient,
  model: string,
  classifier: PromptClassifier,
  rows: readonly ParityRow[],
  {
    folder,
    kinds,
    size,
  }: { readonly folder: string; readonly kinds: readonly string[]; readonly size: number },
): Promise<ReadonlyMap<string, Parity>> {
  const texts = rows.map(({ text }) => text);
  const { answer, prompts } = await engine.tokens({ classifier: classifier.asks, texts });
  const input = path.join(folder, 'input.jsonl');
  const lines = tuningLines({
    base: { gguf: model, folder: null },
    answer,
    settings: { ...SETTINGS, rank: 8, alpha: 8, dropout: 0, epochs: TRAINED_EPOCHS },
    examples: prompts.map(({ tokens }, at) => ({
      ...{ split: 'train' as const, tokens, label: rows[at]?.label ?? 0 },
      ...{ target: undefined, engine: undefined },
    })),
  });
  await writeFile(input, [...lines].join(''));
  const out = await runPython('tests/parity.py', input, String(size), folder, ...kinds);
  const theirs = printed.parse(JSON.parse(out.trim().split('\n').at(-1) ?? ''));
  const ask = async (adapter?: WireAdapter): Promise<number[]> => {
    const asked = { classifier: classifier.asks, texts, topTokens: 0 };
    const { scores } = await engine.score(adapter === undefined ? asked : { ...asked, adapter });
    return scores.flatMap(({ labels }) => labels.map(({ logProb }) => logProb));
  };
  const difference = (left: readonly number[], right: readonly number[]): number =>
    Math.max(...left.map((value, at) => Math.abs(value - (right[at] ?? Number.NaN))));
  const base = await ask();
  const theirBase = theirs.base.flat();
  const found = new Map<string, Parity>();
  for (const kind of kinds) {
    const file = path.join(folder, `${kind}.gguf`);
    const tuned = await ask({ name: kind, path: file, sha256: await sha256Of(file) });
    const theirTuned = (theirs.tuned[kind] ?? []).flat();
    const changes = tuned.map((value, at) => value - (base[at] ?? 0));
    found.set(kind, {
      base: difference(base, theirBase),
      tuned: difference(tuned, theirTuned),
      change: changes.reduce((sum, value) => sum + Math.abs(value), 0) / changes.length,
      correlation: correlationOf(
        changes,
        theirTuned.map((value, at) => value - (theirBase[at] ?? 0)),
      ),
    });
  }
  return found;
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
