/** The engine as the rest of the program sees it: a language model that scores, samples and shows prompts. */
import path from 'node:path';
import { UserError } from '../core/user-error';
import type { LoadProgress } from '../protocol/child';
import type {
  EngineOptions,
  ModelInfo,
  PromptParams,
  PromptResult,
  SampleParams,
  SampleResult,
  ScoreParams,
  ScoreResult,
  TokensParams,
  TokensResult,
} from '../protocol/engine';
import { EngineProcess } from './engine-process';
import {
  isCrash,
  LOAD_STALL_MS,
  ModelClient,
  type ModelClientOptions,
  type ModelState,
  stopped,
  TEXT_TIMEOUT_MS,
} from './model-client';

export type EngineState = ModelState<ModelInfo>;

export interface EngineClientOptions extends ModelClientOptions {
  /** dist/engine.mjs */
  readonly enginePath: string;
  /** Milliseconds that the chat template of a model may take for one request, tokens and plan included: real ones take a few. */
  readonly templateTimeoutMs?: number;
  /** Milliseconds that a GPU backend may take to start before the CPU is used instead. */
  readonly gpuDeadlineMs?: number;
}

const TEMPLATE_TIMEOUT_MS = 5_000;

export class EngineClient extends ModelClient<EngineOptions, ModelInfo, EngineProcess> {
  protected override readonly lastResort = 'Try another model, or turn the GPU off.';

  constructor(private readonly own: EngineClientOptions) {
    super(own);
  }

  /**
   * Scores texts, in order.
   *
   * @throws UserError `no-model`, `engine-crashed`, `engine-timeout`, `engine-down`, `chat-template`, `chat-template-slow`,
   * `cancelled`, and what loading says
   */
  async score(params: ScoreParams, signal?: AbortSignal): Promise<ScoreResult> {
    return this.request((engine) => engine.score(params, signal), params.texts.length, signal);
  }

  /**
   * Samples answers to texts, in order.
   *
   * @throws UserError as `score`
   */
  async sample(params: SampleParams, signal?: AbortSignal): Promise<SampleResult> {
    const { prompts, texts } = params;
    return this.request((engine) => engine.sample(params, signal), prompts.length * texts.length, signal);
  }

  /**
   * What the model gets for a text.
   *
   * @throws UserError as `score`
   */
  async prompt(params: PromptParams, signal?: AbortSignal): Promise<PromptResult> {
    return this.request((engine) => engine.prompt(params, signal), 1, signal);
  }

  /**
   * The tokens of prompts, and how their answers are read.
   *
   * @throws UserError as `score`
   */
  async tokens(params: TokensParams, signal?: AbortSignal): Promise<TokensResult> {
    return this.request((engine) => engine.tokens(params, signal), 1, signal);
  }

  protected override spawn(nodePath: string | undefined): EngineProcess {
    const { enginePath, log, templateTimeoutMs, textTimeoutMs } = this.own;
    const template = templateTimeoutMs ?? TEMPLATE_TIMEOUT_MS;
    const context = textTimeoutMs ?? TEXT_TIMEOUT_MS;
    return new EngineProcess(enginePath, nodePath, { template, context }, log);
  }

  /** A GPU that hangs or crashes the start is left out of a second try. */
  protected override async loadInto(process: EngineProcess, options: EngineOptions): Promise<ModelInfo> {
    const { log, gpuDeadlineMs = 30_000, loadStallMs = LOAD_STALL_MS } = this.own;
    const giveUpGpu = async (reason: string): Promise<ModelInfo> => {
      log('warn', `${reason} Starting again on the CPU.`);
      await process.kill();
      if (!this.isCurrent(process)) throw stopped();
      return this.launch({ ...options, gpu: 'off', fallback: reason }).model;
    };
    let clock: NodeJS.Timeout | undefined;
    let restart: (phase: LoadProgress['phase']) => void = () => undefined;
    const silent = new Promise<'GPU' | 'load'>((resolve) => {
      restart = (phase) => {
        clearTimeout(clock);
        clock =
          phase === 'probing' && options.gpu !== 'off'
            ? setTimeout(() => resolve('GPU'), gpuDeadlineMs)
            : setTimeout(() => resolve('load'), loadStallMs);
      };
    });
    restart('probing');
    const loading = process.load(options, (progress) => {
      restart(progress.phase);
      if (this.isCurrent(process)) this.publish({ kind: 'starting', progress });
    });
    // Where it is given up, the request dies with the process that is about to be ended.
    loading.catch(() => undefined);
    try {
      const result = await Promise.race([loading, silent]);
      if (result === 'GPU') return await giveUpGpu('The GPU did not answer in time.');
      if (result === 'load') throw stalled(options);
      return result;
    } catch (error) {
      if (isCrash(error) && options.gpu !== 'off' && this.isCurrent(process))
        return await giveUpGpu('The GPU backend crashed.');
      throw error;
    } finally {
      clearTimeout(clock);
    }
  }
}

function stalled({ modelPath, gpu }: EngineOptions): UserError {
  const advice =
    gpu === 'off' ? 'Move the file to a faster disk' : 'Move the file to a faster disk, turn the GPU off';
  return new UserError(
    'engine-timeout',
    `Loading ${path.basename(modelPath)} made no progress, so the engine was stopped. ${advice}, or try again.`,
  );
}
