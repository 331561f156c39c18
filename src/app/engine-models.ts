/** The engine with the model that a classifier needs: chosen, checked, loaded, and kept while it is used. */
import type { Classifier } from '../core/classifier/definition';
import type { Binding } from '../core/model/binding';
import { UserError } from '../core/user-error';
import type { EngineOptions, ModelInfo, WireAdapter } from '../protocol/engine';
import type { EngineClient } from '../sources/engine-client';
import { type EngineModel, engineSource, modelIdentity } from '../sources/engine-source';
import { Turns } from '../sources/turns';
import type { LoadedAdapter } from '../store/adapters';
import { checkGguf } from '../store/gguf';
import type { ModelEntry, ModelStore } from '../store/models';
import { type AdapterParts, adapterOf } from './classifier-adapter';
import type { SourceOpener } from './sources';

/** How the engine loads a model. */
export type LoadSettings = Omit<EngineOptions, 'modelPath' | 'fallback'>;

export interface EngineModelsParts {
  readonly models: ModelStore;
  readonly engine: EngineClient;
  /** The model for a classifier; @throws UserError `no-model` where there is none to take */
  readonly modelFor: (classifier: Pick<Classifier, 'model'> | undefined) => Promise<ModelEntry>;
  readonly adapters: AdapterParts;
  readonly settings: () => LoadSettings;
  /** Called before a model is loaded into memory. If it throws, nothing is loaded. */
  readonly beforeLoad?: (model: ModelEntry) => Promise<void>;
}

export class EngineModels {
  private readonly turns = new Turns();
  /** The preparation that is under way: a second request for the same model waits for it, and is not asked again. */
  private preparing: { readonly key: string; readonly done: Promise<void> } | undefined;

  constructor(private readonly parts: EngineModelsParts) {}

  get engine(): EngineClient {
    return this.parts.engine;
  }

  /** @throws UserError `no-model` where there is none to take, or what is wrong with the file */
  modelFor(classifier: Pick<Classifier, 'model'> | undefined): Promise<ModelEntry> {
    return this.parts.modelFor(classifier);
  }

  /** How the engine would load this model now. */
  optionsFor(model: ModelEntry): EngineOptions {
    return { modelPath: model.path, ...this.parts.settings() };
  }

  /** Loads the model for a classifier without scoring anything. */
  async load(classifier: Pick<Classifier, 'model'> | undefined, signal?: AbortSignal): Promise<ModelInfo> {
    return this.withModel(await this.modelFor(classifier), signal, (info) => Promise.resolve(info));
  }

  /** While `work` runs, requests for other models wait. */
  readonly open: SourceOpener = async ({ classifier, signal }, work) => {
    const model = await this.modelFor(classifier);
    const readSha256 = (): Promise<string> => this.parts.models.sha256(model.path, { signal });
    const adapter = await this.adapterFor(classifier, { ...model, readSha256 });
    // With an adapter the model's hash has been compared, so it is known.
    const sha256 = adapter === undefined ? model.sha256 : adapter.card.base.sha256;
    return this.withModel(model, signal, () =>
      work(engineSource(this.engine, { ...model, sha256, readSha256 }, onWire(adapter))),
    );
  };

  /**
   * What a classifier's scores will be bound to, as far as it is known without loading anything: undefined without a model
   * or while its SHA-256 is not known.
   *
   * @throws UserError everything of `adapterOf`
   */
  async identityBefore(classifier: Classifier): Promise<Binding['model'] | undefined> {
    const model = await this.modelFor(classifier).catch((error: unknown) => {
      if (error instanceof UserError) return undefined;
      throw error;
    });
    if (model === undefined) return undefined;
    const readSha256 = (): Promise<string> => this.parts.models.sha256(model.path);
    const adapter = await this.adapterFor(classifier, { ...model, readSha256 });
    return modelIdentity(model.file, adapter?.card.base.sha256 ?? model.sha256, adapter);
  }

  private adapterFor(
    classifier: Classifier,
    { file, readSha256 }: Pick<EngineModel, 'file' | 'readSha256'>,
  ): Promise<LoadedAdapter | undefined> {
    return adapterOf(this.parts.adapters, classifier, { file, sha256: readSha256 });
  }

  /** Loads a model and works with it. Requests for other models wait meanwhile. */
  private withModel<T>(
    model: ModelEntry,
    signal: AbortSignal | undefined,
    work: (info: ModelInfo) => Promise<T>,
  ): Promise<T> {
    const options = this.optionsFor(model);
    return this.turns.take(JSON.stringify(options), signal, async () => {
      const isLoaded = this.engine.isRunning(options);
      await this.prepare(model, options);
      const info = await this.engine.load(signal);
      // A list of models that cannot be written is no reason not to score.
      if (!isLoaded) await this.parts.models.prefer(model, 'lastUsed').catch(() => undefined);
      return work(info);
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
    // A damaged file is found here, with a sentence; in the engine it would be whatever llama.cpp makes of it.
    await checkGguf(model.path);
    await this.parts.beforeLoad?.(model);
    await this.engine.use(options);
  }
}

function onWire(adapter: LoadedAdapter | undefined): WireAdapter | undefined {
  return adapter && { name: adapter.name, path: adapter.path, sha256: adapter.sha256 };
}
