/** The engine as a source of scores. */
import type { Binding } from '../core/model/binding';
import type { PromptVariant } from '../core/scoring/variants';
import { deviceInWords } from '../core/words/device';
import type { SampleParams } from '../protocol/engine';
import type { EngineClient } from './engine-client';
import type { ModelFile, Source } from './source';

/** The model file that the engine uses. */
export interface EngineModel extends ModelFile {
  readSha256(): Promise<string>;
}

/** @param engine told to use `model` already */
export function engineSource(engine: EngineClient, model: EngineModel): Source {
  return {
    sendsTextsTo: null,
    mayBoundScores: false,
    identity: async (signal) => {
      const { device, versions } = await engine.load(signal);
      return {
        model: modelIdentity(model.file, model.sha256),
        modelFile: model,
        backend: device.backend,
        device,
        versions,
        inWords: `${model.file} on ${deviceInWords(device)}`,
      };
    },
    model: async () => fileIdentity(model.file, await model.readSha256()),
    plan: null,
    textsAtOnce: null,
    score: ({ classifier, ...request }, signal) =>
      engine.score({ ...request, classifier: classifier.asks }, signal),
    prompt: ({ asks }, text, signal) => engine.prompt({ classifier: asks, text }, signal),
    sample: async ({ prompts, ...request }, signal) => ({
      ...(await engine.sample({ ...request, prompts: prompts.map(onWire) }, signal)),
      temperature: request.temperature,
    }),
  };
}

function onWire({ asks, samples }: PromptVariant): SampleParams['prompts'][number] {
  return { classifier: asks, samples };
}

/** The identity of a model file that calibrators are bound to; undefined while its SHA-256 is unknown. */
export function modelIdentity(file: string, sha256: string | undefined): Binding['model'] | undefined {
  return sha256 === undefined ? undefined : fileIdentity(file, sha256);
}

function fileIdentity(name: string, sha256: string): Binding['model'] {
  return { kind: 'file', name, sha256 };
}
