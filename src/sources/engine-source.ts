/** The engine as a source of scores. */
import type { Binding } from '../core/model/binding';
import { deviceInWords } from '../core/words/device';
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
    score: (request, signal) => engine.score(request, signal),
    sample: async (request, signal) => ({
      ...(await engine.sample(request, signal)),
      temperature: request.temperature,
    }),
  };
}

/** A model file as calibrators are bound to it; undefined while its SHA-256 is not known. */
export function modelIdentity(file: string, sha256: string | undefined): Binding['model'] | undefined {
  return sha256 === undefined ? undefined : fileIdentity(file, sha256);
}

function fileIdentity(name: string, sha256: string): Binding['model'] {
  return { kind: 'file', name, sha256 };
}
