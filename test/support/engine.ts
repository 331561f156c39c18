/** The real engine process with a real model, for tests. */
import assert from 'node:assert/strict';
import type { Asking, PromptClassifier } from '../../src/core/classifier/definition';
import type { Score } from '../../src/core/scoring/score';
import type { EngineOptions } from '../../src/protocol/engine';
import { EngineClient, type EngineClientOptions } from '../../src/sources/engine-client';
import { ENGINE, TEST_MODEL } from './paths';
import { promptClassifierFrom } from './prompt-classifier';

/** A small model on one thread: two of them would wait for each other most of the time. */
export function cpu(modelPath = TEST_MODEL): EngineOptions {
  return { modelPath, gpu: 'off', gpuLayers: 'auto', threads: modelPath === TEST_MODEL ? 0 : 1 };
}

export async function startEngine(
  model: EngineOptions = cpu(),
  options: Partial<EngineClientOptions> = {},
): Promise<EngineClient> {
  const engine = new EngineClient({ enginePath: ENGINE, log: () => undefined, ...options });
  await engine.use(model);
  return engine;
}

let shared: EngineClient | undefined;

/**
 * Registers a hook in the calling `describe`; the function gives the engine with the real model that all suites of this
 * process share which leave it as it was: loading takes seconds. It ends with the process.
 */
export function sharedEngine(): () => EngineClient {
  before(async () => {
    shared ??= await startEngine();
    await shared.load();
  });
  return () => shared ?? assert.fail();
}

export function makeClassifier(fields: object): PromptClassifier {
  return promptClassifierFrom({ version: 1, name: 'test', ...fields }, 'test.json');
}

/** The same classifier, asking in another way. */
export function asking(classifier: PromptClassifier, fields: Partial<Asking>): PromptClassifier {
  return { ...classifier, asks: { ...classifier.asks, ...fields } };
}

export async function scoreAll(
  engine: EngineClient,
  classifier: PromptClassifier,
  texts: readonly string[],
  topTokens = 0,
): Promise<readonly Score[]> {
  return (await engine.score({ classifier: classifier.asks, texts, topTokens })).scores;
}
