/** The real process for sequence classification models, for tests. */
import path from 'node:path';
import { encoderConfig } from '../../src/core/encoder/config';
import type { EncoderOptions } from '../../src/protocol/encoder';
import { EncoderClient, type EncoderClientOptions } from '../../src/sources/encoder-client';
import { readJson } from './encoder';
import { ENCODER } from './paths';

export function encoderOptions(folder: string, options: Partial<EncoderOptions> = {}): EncoderOptions {
  const { outputs, positionLimit } = encoderConfig(readJson(path.join(folder, 'config.json')));
  return {
    folder,
    modelPath: path.join(folder, 'model.onnx'),
    outputs: outputs.length,
    ...(positionLimit === undefined ? {} : { positionLimit }),
    threads: 1,
    ...options,
  };
}

export async function startEncoder(
  folder: string,
  options: Partial<EncoderOptions> = {},
  client: Partial<EncoderClientOptions> = {},
): Promise<EncoderClient> {
  const encoder = new EncoderClient({ encoderPath: ENCODER, log: () => undefined, ...client });
  await encoder.use(encoderOptions(folder, options));
  return encoder;
}
