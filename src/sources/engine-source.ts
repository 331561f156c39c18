/** The engine as a source of scores. */
import { deviceInWords } from '../core/words/device';
import type { EngineClient } from './engine-client';
import type { SampleRequest, ScoreRequest, Source } from './source';

/** The model file that the engine uses. */
export interface ModelFile {
  readonly file: string;
  sha256(): Promise<string>;
}

/** @param engine told to use `model` already */
export function engineSource(engine: EngineClient, model: ModelFile) {
  return {
    origin: async (signal?: AbortSignal) => {
      const [{ device }, sha256] = await Promise.all([engine.load(signal), model.sha256()]);
      return {
        model: { kind: 'file', name: model.file, sha256 },
        backend: device.backend,
        inWords: `${model.file} on ${deviceInWords(device)}`,
      };
    },
    textsAtOnce: null,
    score: (request: ScoreRequest, signal?: AbortSignal) => engine.score(request, signal),
    sample: async (request: SampleRequest, signal?: AbortSignal) => ({
      ...(await engine.sample(request, signal)),
      temperature: request.temperature,
    }),
  } satisfies Source;
}
