/** The engine's process: its requests, and the clocks of what it cannot end by itself. */
import { UserError } from '../core/user-error';
import type { LoadProgress } from '../protocol/child';
import type { Remote } from '../protocol/contract';
import {
  ENGINE_CONTRACT,
  type EngineOptions,
  type ModelInfo,
  type Preparation,
  type PreparationStep,
  type PromptParams,
  type PromptResult,
  type SampleParams,
  type SampleResult,
  type ScoreParams,
  type ScoreResult,
  type TokensParams,
  type TokensResult,
} from '../protocol/engine';
import { type ModelLog, ModelProcess } from './model-process';

export class EngineProcess extends ModelProcess {
  private readonly engine: Remote<typeof ENGINE_CONTRACT.engine>;
  private onProgress: (progress: LoadProgress) => void = () => undefined;
  private step: PreparationStep | null = null;
  private stepClock: NodeJS.Timeout | undefined;
  private slowStep: UserError | undefined;

  /**
   * @param stepMs milliseconds that each step of the preparation may take before the process is ended. `template`: for
   *   all prompts of a request together, up to {@link PROMPTS_TOGETHER}
   */
  constructor(
    enginePath: string,
    nodePath: string | undefined,
    private readonly stepMs: Readonly<Record<PreparationStep, number>>,
    log: ModelLog,
  ) {
    super(enginePath, nodePath, log);
    void this.exited.then(() => clearTimeout(this.stepClock));
    this.engine = this.peer.remote(ENGINE_CONTRACT.engine);
    this.peer.serve(ENGINE_CONTRACT.host, {
      log: ({ level, message }) => log(level, message),
      loadProgress: (progress) => this.onProgress(progress),
      preparing: (preparation) => this.enter(preparation),
    });
  }

  async load(options: EngineOptions, onProgress: (progress: LoadProgress) => void): Promise<ModelInfo> {
    this.onProgress = onProgress;
    try {
      return await this.request(() => this.engine.load(options));
    } finally {
      // A report that arrives after the model is loaded must not make it look unloaded, or start its clock again.
      this.onProgress = () => undefined;
    }
  }

  score(params: ScoreParams, signal: AbortSignal | undefined): Promise<ScoreResult> {
    return this.request((token) => this.engine.score(params, token), signal);
  }

  sample(params: SampleParams, signal: AbortSignal | undefined): Promise<SampleResult> {
    return this.request((token) => this.engine.sample(params, token), signal);
  }

  prompt(params: PromptParams, signal: AbortSignal | undefined): Promise<PromptResult> {
    return this.request((token) => this.engine.prompt(params, token), signal);
  }

  tokens(params: TokensParams, signal: AbortSignal | undefined): Promise<TokensResult> {
    return this.request((token) => this.engine.tokens(params, token), signal);
  }

  /** Starts the clock of a step that the engine cannot end by itself: it may block the engine's only thread. */
  private enter(preparation: Preparation): void {
    clearTimeout(this.stepClock);
    const { step } = preparation;
    this.step = step;
    if (step === null) return;
    const ms = this.stepMs[step] + (step === 'template' ? msForMore(preparation.prompts) : 0);
    const left = step === 'template' ? Math.max(0, ms - preparation.spentMs) : ms;
    this.stepClock = setTimeout(() => {
      this.slowStep = tooSlow(step, Math.round(ms / 1000));
      void this.kill();
    }, left);
  }

  /** A template that takes all memory is the model's fault, and no crash that counts against other models. */
  protected override crash(reason: string): UserError {
    if (this.slowStep !== undefined) return this.slowStep;
    return this.step === 'template'
      ? new UserError(
          'chat-template',
          `The chat template of this model cannot be used: the model engine stopped (${reason}). Set "prompt" to "completion" in the classifier.`,
        )
      : super.crash(reason);
  }
}

/** Prompts of one request that share the time of a template; each further one adds to it. */
const PROMPTS_TOGETHER = 100;
/** Milliseconds for each further prompt: on a machine that is busy, an honest template takes 13 for rendering and tokens. */
const MORE_PROMPT_MS = 50;

function msForMore(prompts: number): number {
  return MORE_PROMPT_MS * Math.max(0, prompts - PROMPTS_TOGETHER);
}

function tooSlow(step: PreparationStep, seconds: number): UserError {
  switch (step) {
    case 'template':
      return new UserError(
        'chat-template-slow',
        `The chat template of this model took more than ${seconds} seconds, so the model engine was stopped. Set "prompt" to "completion" in the classifier, or choose another model.`,
      );
    case 'context':
      return new UserError(
        'engine-timeout',
        `The model was not ready for this classifier within ${seconds} seconds, so its engine was stopped. Use fewer or shorter examples, or a smaller model.`,
      );
  }
}
