/** The engine as a source of scores. */
import { askingOf } from '../core/classifier/definition';
import type { Binding } from '../core/model/binding';
import type { PromptVariant } from '../core/scoring/variants';
import { deviceInWords } from '../core/words/device';
import type { SampleParams, WireAdapter } from '../protocol/engine';
import type { EngineClient } from './engine-client';
import type { ModelFile, Source } from './source';

/** The model file that the engine uses. */
export interface EngineModel extends ModelFile {
  readSha256(): Promise<string>;
}

/**
 * @param engine told to use `model` already
 * @param adapter checked to belong to `model`
 */
export function engineSource(engine: EngineClient, model: EngineModel, adapter?: WireAdapter): Source {
  const tuned = adapter === undefined ? {} : { adapter };
  return {
    sendsTextsTo: null,
    mayBoundScores: false,
    identity: async (signal) => {
      const { device, versions } = await engine.load(signal);
      const name = adapter === undefined ? model.file : `${model.file} with the adapter ${adapter.name}`;
      return {
        model: modelIdentity(model.file, model.sha256, adapter),
        modelFile: model,
        backend: device.backend,
        device,
        versions,
        inWords: `${name} on ${deviceInWords(device)}`,
      };
    },
    model: async () => fileIdentity(model.file, await model.readSha256(), adapter),
    plan: null,
    textsAtOnce: null,
    score: ({ classifier, ...request }, signal) =>
      engine.score({ ...request, ...tuned, classifier: askingOf(classifier) }, signal),
    prompt: (classifier, text, signal) =>
      engine.prompt({ classifier: askingOf(classifier), ...tuned, text }, signal),
    tokens: (classifier, texts, signal) => engine.tokens({ classifier: askingOf(classifier), texts }, signal),
    sample: async ({ prompts, ...request }, signal) => ({
      ...(await engine.sample({ ...request, ...tuned, prompts: prompts.map(onWire) }, signal)),
      temperature: request.temperature,
    }),
  };
}

function onWire({ asks, samples }: PromptVariant): SampleParams['prompts'][number] {
  return { classifier: asks, samples };
}

type BoundAdapter = Pick<WireAdapter, 'name' | 'sha256'>;

/** The identity of a model that calibrators are bound to; undefined while the SHA-256 of its file is unknown. */
export function modelIdentity(
  file: string,
  sha256: string | undefined,
  adapter?: BoundAdapter,
): Binding['model'] | undefined {
  return sha256 === undefined ? undefined : fileIdentity(file, sha256, adapter);
}

function fileIdentity(name: string, sha256: string, adapter: BoundAdapter | undefined): Binding['model'] {
  const tuned = adapter && { name: adapter.name, sha256: adapter.sha256 };
  return { kind: 'file', name, sha256, ...(tuned === undefined ? {} : { adapter: tuned }) };
}
