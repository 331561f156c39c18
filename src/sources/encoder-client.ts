/** The process for sequence classification models as the rest of the program sees it. */
import path from 'node:path';
import { UserError } from '../core/user-error';
import type { Remote } from '../protocol/contract';
import {
  ENCODER_CONTRACT,
  type EncoderInfo,
  type EncoderOptions,
  type OutputsResult,
} from '../protocol/encoder';
import { LOAD_STALL_MS, ModelClient, type ModelClientOptions } from './model-client';
import { type ModelLog, ModelProcess } from './model-process';

export interface EncoderClientOptions extends ModelClientOptions {
  /** dist/encoder.mjs */
  readonly encoderPath: string;
}

class EncoderProcess extends ModelProcess {
  readonly encoder: Remote<typeof ENCODER_CONTRACT.encoder>;

  constructor(encoderPath: string, nodePath: string | undefined, log: ModelLog) {
    super(encoderPath, nodePath, log);
    this.encoder = this.peer.remote(ENCODER_CONTRACT.encoder);
  }

  load(options: EncoderOptions): Promise<EncoderInfo> {
    return this.request(() => this.encoder.load(options));
  }

  outputs(texts: readonly string[], signal: AbortSignal | undefined): Promise<OutputsResult> {
    return this.request((token) => this.encoder.outputs({ texts }, token), signal);
  }
}

export class EncoderClient extends ModelClient<EncoderOptions, EncoderInfo, EncoderProcess> {
  protected override readonly lastResort = 'Try another model.';

  constructor(private readonly own: EncoderClientOptions) {
    super(own);
  }

  /**
   * The outputs for texts, in order.
   *
   * @throws UserError `no-model`, `engine-crashed`, `engine-timeout`, `engine-down`, `cancelled`, `encoder-onnx`, and what
   * loading says
   */
  async outputs(texts: readonly string[], signal?: AbortSignal): Promise<OutputsResult['outputs']> {
    const { outputs } = await this.request((process) => process.outputs(texts, signal), texts.length, signal);
    return outputs;
  }

  protected override spawn(nodePath: string | undefined): EncoderProcess {
    checkPlatform(process.platform, process.arch);
    return new EncoderProcess(this.own.encoderPath, nodePath, this.own.log);
  }

  protected override async loadInto(process: EncoderProcess, options: EncoderOptions): Promise<EncoderInfo> {
    const { loadStallMs = LOAD_STALL_MS } = this.own;
    let clock: NodeJS.Timeout | undefined;
    const silent = new Promise<never>((_, reject) => {
      clock = setTimeout(() => reject(stalled(options)), loadStallMs);
    });
    const loading = process.load(options);
    loading.catch(() => undefined);
    try {
      return await Promise.race([loading, silent]);
    } finally {
      clearTimeout(clock);
    }
  }
}

/**
 * ONNX Runtime has no binary for every platform.
 *
 * @throws UserError `encoder-platform`
 * @internal
 */
export function checkPlatform(platform: string, arch: string): void {
  if (platform === 'darwin' && arch === 'x64')
    throw new UserError(
      'encoder-platform',
      'Sequence classification models do not run on a Mac with an Intel processor: ONNX Runtime has no binary for it. Language models do.',
    );
}

function stalled({ folder }: EncoderOptions): UserError {
  return new UserError(
    'engine-timeout',
    `Loading ${path.basename(folder)} made no progress, so the engine was stopped. Move the folder to a faster disk, or try again.`,
  );
}
