/** Scores texts with the model that a classifier or the person chose. */
import type * as vscode from 'vscode';
import type { Classifier } from '../core/classifier/definition';
import { checkText } from '../core/classifier/prompt';
import type { Score } from '../core/scoring/score';
import type { ContextShape, Device, EngineOptions, ModelInfo } from '../protocol/engine';
import type { EngineClient } from '../sources/engine-client';
import { Turns } from '../sources/turns';
import { chooseModel } from '../store/choose-model';
import { checkGguf } from '../store/gguf';
import type { ModelEntry, ModelStore } from '../store/models';
import { readSettings } from './settings';

export interface Scored {
  /** One for each text, in order. */
  readonly scores: readonly Score[];
  readonly model: ModelEntry;
  /** What computed them. */
  readonly device: Device;
  readonly shape: ContextShape;
  /** Milliseconds of the whole request, loading not included. */
  readonly ms: number;
}

export interface ScoringOptions {
  /** Rows of the token table, 0 for none. */
  readonly topTokens: number;
  readonly signal?: AbortSignal;
}

export class Scoring {
  private readonly turns = new Turns();
  /** The preparation that is under way: a second request for the same model waits for it, and is not asked again. */
  private preparing: { readonly key: string; readonly done: Promise<void> } | undefined;

  /** @param beforeLoad called before a model is loaded into memory; where it throws, nothing is loaded */
  constructor(
    private readonly models: ModelStore,
    readonly engine: EngineClient,
    private readonly beforeLoad: (model: ModelEntry) => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * The model for a classifier: the one it names, else the chosen one, else the only one there is.
   *
   * @throws UserError `no-model` where there is none to take, or what is wrong with the file
   */
  modelFor(classifier: Pick<Classifier, 'model'> | undefined): Promise<ModelEntry> {
    return chooseModel(this.models, classifier, readSettings().model);
  }

  /** How the engine would load this model now, by the settings. */
  engineOptions(model: ModelEntry): EngineOptions {
    const { gpu, gpuLayers, threads } = readSettings();
    return { modelPath: model.path, gpu, gpuLayers, threads };
  }

  /** Loads the model for a classifier without scoring anything. */
  async load(classifier: Pick<Classifier, 'model'> | undefined, signal?: AbortSignal): Promise<ModelInfo> {
    return this.withModel(await this.modelFor(classifier), signal, (info) => Promise.resolve(info));
  }

  /**
   * @throws UserError for a text that cannot be classified (before any is), a model that cannot be loaded, `cancelled`
   */
  async score(classifier: Classifier, texts: readonly string[], options: ScoringOptions): Promise<Scored> {
    for (const text of texts) checkText(text);
    const model = await this.modelFor(classifier);
    return this.withModel(model, options.signal, async ({ device }) => {
      const started = performance.now();
      const { scores, shape } = await this.engine.score(
        { classifier, texts, topTokens: options.topTokens },
        options.signal,
      );
      return { scores, model, device, shape, ms: performance.now() - started };
    });
  }

  /** Loads a model and works with it; no request for another model gets in between, or ends this one. */
  private withModel<T>(
    model: ModelEntry,
    signal: AbortSignal | undefined,
    work: (info: ModelInfo) => Promise<T>,
  ): Promise<T> {
    const options = this.engineOptions(model);
    return this.turns.take(JSON.stringify(options), signal, async () => {
      await this.prepare(model, options);
      return work(await this.engine.load(signal));
    });
  }

  private async prepare(model: ModelEntry, options: EngineOptions): Promise<void> {
    if (this.engine.isRunning(options)) return;
    const key = JSON.stringify(options);
    if (this.preparing?.key !== key) {
      const done = this.prepareLoad(model, options).finally(() => {
        if (this.preparing?.done === done) this.preparing = undefined;
      });
      this.preparing = { key, done };
    }
    await this.preparing.done;
  }

  private async prepareLoad(model: ModelEntry, options: EngineOptions): Promise<void> {
    // A damaged file is told apart here, with a sentence; in the engine it would be whatever llama.cpp makes of it.
    await checkGguf(model.path);
    await this.beforeLoad(model);
    await this.engine.use(options);
  }
}

/** An abort signal that follows a cancellation token of the editor. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
