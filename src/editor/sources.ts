/** Opens the sources of scores in the editor, by its settings, endpoints and language models. */
import * as vscode from 'vscode';
import { EngineModels } from '../app/engine-models';
import { Sources } from '../app/sources';
import type { SourceName } from '../core/classifier/source-name';
import type { EngineClient } from '../sources/engine-client';
import { chooseModel } from '../store/choose-model';
import type { ModelEntry, ModelStore } from '../store/models';
import { editorModelSource } from './editor-models';
import type { Endpoints } from './endpoints';
import { readSettings } from './settings';

/** @param beforeLoad called before a model is loaded into memory. If it throws, nothing is loaded. */
export function editorEngineModels(
  models: ModelStore,
  engine: EngineClient,
  beforeLoad?: (model: ModelEntry) => Promise<void>,
): EngineModels {
  return new EngineModels({
    models,
    engine,
    modelFor: (classifier) => chooseModel(models, classifier, readSettings().model),
    settings: () => {
      const { gpu, gpuLayers, threads } = readSettings();
      return { gpu, gpuLayers, threads };
    },
    ...(beforeLoad === undefined ? {} : { beforeLoad }),
  });
}

export function editorSources(engineModels: EngineModels, endpoints: Endpoints): Sources {
  return new Sources(
    {
      engine: engineModels.open,
      endpoint: async ({ name }, work) => work(endpoints.source(name ?? '')),
      editor: async ({ name }, work) => work(await editorModelSource(name)),
    },
    () => vscode.workspace.isTrusted,
  );
}

/** A source that is not on this machine, described from the settings; no request is sent. */
export interface DistantSource {
  /** Short, for a status bar. */
  readonly name: string;
  /** "endpoint local: tiny at http://localhost:8000/v1" */
  readonly inWords: string;
  /** Why it cannot be asked, if that is known. */
  readonly problem?: string;
}

export function distantSource({ kind, name }: SourceName, endpoints: Endpoints): DistantSource {
  if (kind === 'editor')
    return name === null
      ? { name: 'editor model', inWords: 'the first language model that the editor offers' }
      : { name, inWords: `the editor model ${name}` };
  return endpoints.describe(name ?? '');
}
