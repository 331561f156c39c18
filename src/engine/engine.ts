/**
 * The engine without its messages: one model, and the scorers of the classifiers used last.
 *
 * Nothing here disposes the model: llama.cpp's clean-up can hang for ever (after a failed load it does), and ending
 * the process gives everything back at once.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { getModuleVersion, InsufficientMemoryError, type LlamaModel } from 'node-llama-cpp';
import { promptIdentity } from '../core/classifier/prompt';
import { hash53 } from '../core/data/hash';
import { seededRandom } from '../core/random';
import type { Answer } from '../core/scoring/agreement';
import { drawAnswers } from '../core/scoring/draw';
import { cancelledError, UserError } from '../core/user-error';
import { InOrder } from '../child/in-order';
import type { LoadProgress } from '../protocol/child';
import type {
  Device,
  EngineOptions,
  ModelInfo,
  Preparation,
  PromptParams,
  PromptResult,
  SampleParams,
  SampleResult,
  ScoreParams,
  ScoreResult,
  TokensParams,
  TokensResult,
  WireAdapter,
} from '../protocol/engine';
import { startBackend, type Backend, type Log } from './backend';
import { defaultTemplate } from './chat-template';
import { planPrompt, usesTemplate } from './prompt-tokens';
import { Scorer, type Plan } from './scorer';

/** Contexts kept ready at the same time: switching between two classifiers should not evaluate prompts again. */
const KEPT_SCORERS = 2;

export interface EngineHost {
  readonly log: Log;
  /** Settles when the host can know it. */
  preparing(preparation: Preparation): Promise<void>;
}

export class Engine {
  private loaded: { backend: Backend; model: LlamaModel; planned: Plan } | undefined;
  /** Most recently used last. */
  private readonly scorers = new Map<string, Scorer>();
  /** One request at a time: they share the context, and the cores. */
  private readonly queue = new InOrder();
  /** What the current request has spent in the step `template`, and for how many prompts it needs it at most. */
  private template = { spentMs: 0, prompts: 1 };

  /** @param scratch folder for temporary files of this process */
  constructor(
    private readonly scratch: string,
    private readonly host: EngineHost,
  ) {}

  /**
   * Loads the one model of this process.
   *
   * @throws UserError if the file cannot be loaded
   */
  load(options: EngineOptions, onProgress: (progress: LoadProgress) => void): Promise<ModelInfo> {
    return this.queue.run(() => this.loadNow(options, onProgress));
  }

  /** Scores texts; ends early with the error `cancelled` once `cancelled()` is true. */
  score(params: ScoreParams, cancelled: () => boolean): Promise<ScoreResult> {
    return this.queue.run(async () => {
      if (cancelled()) throw cancelledError();
      this.template = { spentMs: 0, prompts: 1 };
      const scorer = await this.scorerFor(params.classifier, params.adapter);
      const scores = await scorer.score(params.texts, params.topTokens, cancelled);
      return { shape: scorer.shape, scores };
    });
  }

  /**
   * Samples answers. Each prompt is evaluated once, each text once under each prompt. The answers are sampled here, seeded
   * by seed, prompt and text, so that neither the other texts nor their order change them.
   */
  sample(params: SampleParams, cancelled: () => boolean): Promise<SampleResult> {
    const { prompts, adapter, texts, temperature, seed } = params;
    return this.queue.run(async () => {
      if (cancelled()) throw cancelledError();
      const [first] = prompts;
      if (first === undefined) throw new Error('no prompt to draw answers under');
      this.template = { spentMs: 0, prompts: prompts.length };
      const scorer = await this.scorerFor(first.classifier, adapter);
      const samples = texts.map(() => ({ answers: [] as Answer[], textTokens: 0, cutTokens: 0 }));
      for (const { classifier, samples: count } of prompts) {
        const variant = await this.preparing(() => scorer.variant(classifier));
        const prompt = promptIdentity(classifier);
        const scores = await variant.score(texts, 0, cancelled, temperature);
        scores.forEach(({ labels, textTokens, cutTokens }, index) => {
          const sample = samples[index];
          if (sample === undefined) return;
          const random = seededRandom(hash53(JSON.stringify([seed, prompt, texts[index]])));
          for (const answer of drawAnswers(labels, count, random)) sample.answers.push(answer);
          sample.textTokens = textTokens;
          sample.cutTokens = Math.max(sample.cutTokens, cutTokens);
        });
      }
      return { shape: scorer.shape, samples };
    });
  }

  /** What `score` gives to the model for a text. */
  prompt({ classifier, adapter, text }: PromptParams, cancelled: () => boolean): Promise<PromptResult> {
    return this.queue.run(async () => {
      if (cancelled()) throw cancelledError();
      this.template = { spentMs: 0, prompts: 1 };
      return (await this.scorerFor(classifier, adapter)).prompt(text);
    });
  }

  /** The tokens that `score` gives to the model for some texts, without an adapter: it changes none. */
  tokens({ classifier, texts }: TokensParams, cancelled: () => boolean): Promise<TokensResult> {
    return this.queue.run(async () => {
      if (cancelled()) throw cancelledError();
      this.template = { spentMs: 0, prompts: 1 };
      return (await this.scorerFor(classifier, undefined)).tokens(texts);
    });
  }

  /** Does what comes before the texts, and lets the host know for how long. */
  private async preparing<T>(work: () => Promise<T>): Promise<T> {
    await this.host.preparing({ step: 'context' });
    try {
      return await work();
    } finally {
      await this.host.preparing({ step: null });
    }
  }

  /** Does what a chat template can make long. The host's clock for it counts all of a request together. */
  private async inTemplate<T>(work: () => T): Promise<T> {
    await this.host.preparing({ step: 'template', ...this.template });
    const started = performance.now();
    try {
      return work();
    } finally {
      this.template.spentMs += performance.now() - started;
      await this.host.preparing({ step: 'context' });
    }
  }

  private async loadNow(
    options: EngineOptions,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<ModelInfo> {
    if (this.loaded !== undefined) throw new Error('this engine has a model already');
    const started = performance.now();
    const fileName = path.basename(options.modelPath);
    onProgress({ phase: 'probing', fraction: 0 });
    // llama.cpp throws "Failed to load model" and tells the reason only to its logger.
    const reasons: string[] = [];
    const backend = await startBackend(options, (level, message) => {
      if (level === 'error' && this.loaded === undefined) reasons.push(message);
      this.host.log(level, message);
    });
    onProgress({ phase: 'loading', fraction: 0 });
    const gpu = backend.llama.gpu !== false && options.gpu !== 'off';
    let model: LlamaModel;
    try {
      model = await backend.llama.loadModel({
        modelPath: options.modelPath,
        gpuLayers: gpu ? options.gpuLayers : 0,
        onLoadProgress: (fraction) => onProgress({ phase: 'loading', fraction }),
      });
    } catch (error) {
      throw loadError(error, reasons, fileName);
    }
    const { general, tokenizer } = model.fileInfo.metadata;
    const chatTemplate = defaultTemplate(tokenizer.chat_template);
    this.loaded = {
      backend,
      model,
      planned: async (classifier) => {
        const plan = (): ReturnType<typeof planPrompt> => planPrompt(classifier, chatTemplate, model);
        return usesTemplate(classifier, chatTemplate) ? this.inTemplate(plan) : plan();
      },
    };
    return {
      fileName,
      bytes: statSync(options.modelPath).size,
      ...(general.name === undefined ? {} : { name: general.name }),
      architecture: general.architecture,
      hasChatTemplate: chatTemplate !== undefined,
      trainContextTokens: model.trainContextSize,
      device: await deviceOf(backend, model),
      loadMs: performance.now() - started,
      versions: { nodeLlamaCpp: await getModuleVersion(), llamaCpp: backend.llama.llamaCppRelease.release },
    };
  }

  /** Base and adapter are two scorers on the same weights: each has its own context, and its own state of the prefix. */
  private async scorerFor(
    classifier: ScoreParams['classifier'],
    adapter: WireAdapter | undefined,
  ): Promise<Scorer> {
    if (this.loaded === undefined) throw new UserError('no-model', 'No model is loaded.');
    const key = `${adapter?.sha256 ?? ''} ${promptIdentity(classifier)}`;
    const known = this.scorers.get(key);
    if (known !== undefined) {
      this.scorers.delete(key);
      this.scorers.set(key, known);
      return known;
    }
    for (const [oldKey, old] of this.scorers) {
      if (this.scorers.size < KEPT_SCORERS) break;
      this.scorers.delete(oldKey);
      await old.dispose();
    }
    const { backend, model, planned } = this.loaded;
    try {
      const scorer = await this.preparing(() =>
        Scorer.create(model, planned, classifier, {
          adapter,
          threads: backend.threads,
          scratch: this.scratch,
        }),
      );
      this.scorers.set(key, scorer);
      return scorer;
    } catch (error) {
      if (error instanceof InsufficientMemoryError)
        throw new UserError(
          'out-of-memory',
          `There is not enough memory for the context of "${classifier.name}". Lower "maxTextTokens" in the classifier, or choose a smaller model.`,
          { cause: error },
        );
      throw error;
    }
  }
}

async function deviceOf(backend: Backend, model: LlamaModel): Promise<Device> {
  const offloadedLayers = model.gpuLayers;
  // A backend can call itself "vulkan" with no device present: only devices with layers on them count.
  const names = offloadedLayers > 0 ? await backend.llama.getGpuDeviceNames() : [];
  return {
    backend: offloadedLayers > 0 && backend.llama.gpu !== false ? backend.llama.gpu : 'cpu',
    names,
    offloadedLayers,
    totalLayers: model.fileInsights.totalLayers,
    threads: backend.threads,
    ...(backend.fallback === undefined ? {} : { fallback: backend.fallback }),
  };
}

function loadError(error: unknown, logged: readonly string[], fileName: string): UserError {
  const reason = [...new Set(logged), error instanceof Error ? error.message : String(error)].join('; ');
  if (error instanceof InsufficientMemoryError)
    return new UserError(
      'out-of-memory',
      `There is not enough memory for ${fileName}: ${reason}. Choose a smaller model, or close other programs.`,
      { cause: error },
    );
  const architecture = /unknown model architecture: '([^']*)'/.exec(reason)?.[1];
  if (architecture !== undefined)
    return new UserError(
      'model-unsupported',
      `${fileName} has the architecture "${architecture}", which this version of llama.cpp does not know. Choose another model.`,
      { cause: error },
    );
  return new UserError(
    'model-unreadable',
    `${fileName} cannot be loaded: ${reason}. The file may be damaged or of an unsupported kind; download it again or choose another model.`,
    { cause: error },
  );
}
