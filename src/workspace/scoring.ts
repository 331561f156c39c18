/** Scores texts with the source that a classifier names, or the model that the person chose. */
import * as vscode from 'vscode';
import type { Classifier } from '../core/classifier/definition';
import { checkText } from '../core/classifier/prompt';
import type { Score } from '../core/scoring/score';
import { UserError } from '../core/user-error';
import type { ContextShape, EngineOptions, ModelInfo } from '../protocol/engine';
import type { EngineClient } from '../sources/engine-client';
import { engineSource } from '../sources/engine-source';
import { scoreTexts } from '../sources/score-texts';
import { isFailed, type Origin, type Source } from '../sources/source';
import { Turns } from '../sources/turns';
import { chooseModel } from '../store/choose-model';
import { checkGguf } from '../store/gguf';
import type { ModelEntry, ModelStore } from '../store/models';
import { editorModelSource } from './editor-models';
import type { Endpoints } from './endpoints';
import { readSettings } from './settings';

/** What computes scores: a model file on this machine, or a model somewhere else. */
export type Scorer =
  | { readonly kind: 'engine'; readonly model: ModelEntry; readonly info: ModelInfo }
  | { readonly kind: 'elsewhere'; readonly origin: Origin };

export interface Scored {
  /** One for each text, in order; null for a text that failed where others did not. */
  readonly scores: readonly (Score | null)[];
  /** Why the first of the failed texts failed; undefined where none did. */
  readonly failure: string | undefined;
  readonly scorer: Scorer;
  /** Null where the source does not say. */
  readonly shape: ContextShape | null;
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
    private readonly endpoints: Endpoints,
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
   * @throws UserError for a text that cannot be classified (before any is), a source that cannot be used, `cancelled`
   */
  async score(classifier: Classifier, texts: readonly string[], options: ScoringOptions): Promise<Scored> {
    for (const text of texts) checkText(text);
    return this.withSource(classifier, options.signal, async (source, scorer) => {
      const started = performance.now();
      const { scores, shape } = await scoreTexts(source, classifier, texts, options);
      const failed = scores.find(isFailed);
      return {
        scores: scores.map((score) => (isFailed(score) ? null : score)),
        failure: failed?.reason,
        scorer,
        shape,
        ms: performance.now() - started,
      };
    });
  }

  /**
   * Works with the source that a classifier names. The engine is kept for it meanwhile: no request for another model
   * gets in between.
   *
   * @throws UserError `source-untrusted`; for a source that cannot be used; what `work` throws
   */
  async withSource<T>(
    classifier: Classifier,
    signal: AbortSignal | undefined,
    work: (source: Source, scorer: Scorer) => Promise<T>,
  ): Promise<T> {
    const { source: name } = classifier;
    if (name.kind !== 'engine') {
      if (!vscode.workspace.isTrusted)
        throw new UserError(
          'source-untrusted',
          `The classifier "${classifier.name}" sends texts to a model that is not on this machine, which it may only do in a workspace that you trust.`,
        );
      const source =
        name.kind === 'endpoint' ? this.endpoints.source(name.name) : await editorModelSource(name.model);
      return work(source, { kind: 'elsewhere', origin: await source.origin(signal) });
    }
    const model = await this.modelFor(classifier);
    const file = { file: model.file, sha256: () => this.models.sha256(model.path) };
    return this.withModel(model, signal, (info) =>
      work(engineSource(this.engine, file), { kind: 'engine', model, info }),
    );
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
