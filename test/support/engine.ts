/** The real engine process with a real model, for tests. */
import { type Asking, classifierFrom, type Classifier } from '../../src/core/classifier/definition';
import type { Score } from '../../src/core/scoring/score';
import type { EngineOptions } from '../../src/protocol/engine';
import { EngineClient, type EngineClientOptions } from '../../src/sources/engine-client';
import { ENGINE, TEST_MODEL } from './paths';

export function cpu(modelPath = TEST_MODEL): EngineOptions {
  return { modelPath, gpu: 'off', gpuLayers: 'auto', threads: 0 };
}

export async function startEngine(
  model: EngineOptions = cpu(),
  options: Partial<EngineClientOptions> = {},
): Promise<EngineClient> {
  const engine = new EngineClient({ enginePath: ENGINE, log: () => undefined, ...options });
  await engine.use(model);
  return engine;
}

export function makeClassifier(fields: object): Classifier {
  return classifierFrom({ version: 1, name: 'test', ...fields }, 'test.json');
}

/** The same classifier, asking in another way. */
export function asking(classifier: Classifier, fields: Partial<Asking>): Classifier {
  return { ...classifier, asks: { ...classifier.asks, ...fields } };
}

export async function scoreAll(
  engine: EngineClient,
  classifier: Classifier,
  texts: readonly string[],
  topTokens = 0,
): Promise<readonly Score[]> {
  return (await engine.score({ classifier: classifier.asks, texts, topTokens })).scores;
}
