/** Opens the sources of scores in the editor, by its settings, endpoints and language models. */
import * as vscode from 'vscode';
import type { EncoderModels } from '../app/encoder-models';
import { EngineModels } from '../app/engine-models';
import { type SourceOpener, Sources } from '../app/sources';
import type { Classifier } from '../core/classifier/definition';
import type { DistantKind, DistantSourceName } from '../core/classifier/source-name';
import { UserError } from '../core/user-error';
import type { EngineClient } from '../sources/engine-client';
import type { Source } from '../sources/source';
import { AdapterStore } from '../store/adapters';
import { cacheFolder } from '../store/cache-home';
import { chooseModel } from '../store/choose-model';
import type { ModelEntry, ModelStore } from '../store/models';
import { folderOf } from './change-classifier';
import type { Classifiers } from './classifiers';
import { describeEditorModel, editorModelSource } from './editor-models';
import type { Endpoints } from './endpoints';
import { readSettings } from './settings';

/** @param beforeLoad called before a model is loaded into memory. If it throws, nothing is loaded. */
export function editorEngineModels(
  models: ModelStore,
  engine: EngineClient,
  classifiers: Pick<Classifiers, 'find'>,
  beforeLoad?: (model: ModelEntry) => Promise<void>,
): EngineModels {
  return new EngineModels({
    models,
    engine,
    modelFor: (classifier) => chooseModel(models, classifier, readSettings().model),
    adapters: {
      adapters: new AdapterStore(cacheFolder('adapters')),
      workspaceOf: (classifier) => workspaceOf(classifiers, classifier),
    },
    settings: () => {
      const { gpu, gpuLayers, threads } = readSettings();
      return { gpu, gpuLayers, threads };
    },
    ...(beforeLoad === undefined ? {} : { beforeLoad }),
  });
}

/**
 * The workspace folder of a classifier, whose adapters it may name.
 *
 * @throws UserError not-trusted, not-on-disk; classifier-missing, for what is tried before it was saved
 */
async function workspaceOf(classifiers: Pick<Classifiers, 'find'>, { name }: Classifier): Promise<string> {
  if (!vscode.workspace.isTrusted)
    throw new UserError('not-trusted', 'An adapter is loaded only in a workspace that you trust.');
  const entry = await classifiers.find(name);
  // Tuned, but not yet in a file: adapters are written into the first folder.
  const folder = entry.kind === 'builtin' ? vscode.workspace.workspaceFolders?.[0]?.uri : folderOf(entry.uri);
  if (folder?.scheme !== 'file')
    throw new UserError('not-on-disk', 'An adapter is loaded only from a folder on this machine.');
  return folder.fsPath;
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

/** How the editor opens and describes the sources that send texts, by the name in the classifier file. */
const DISTANT: Readonly<
  Record<
    DistantKind,
    {
      readonly open: (name: string | null, endpoints: Endpoints) => Source | Promise<Source>;
      readonly describe: (name: string | null, endpoints: Endpoints) => DistantSource;
    }
  >
> = {
  endpoint: {
    open: (name, endpoints) => endpoints.source(name ?? ''),
    describe: (name, endpoints) => endpoints.describe(name ?? ''),
  },
  editor: { open: editorModelSource, describe: describeEditorModel },
};

export function editorSources(
  engineModels: EngineModels,
  encoderModels: EncoderModels,
  endpoints: Endpoints,
): Sources {
  const distant =
    (kind: DistantKind): SourceOpener =>
    async ({ name }, work) =>
      work(await DISTANT[kind].open(name, endpoints));
  return new Sources(
    {
      engine: engineModels.open,
      encoder: encoderModels.open,
      endpoint: distant('endpoint'),
      editor: distant('editor'),
    },
    () => vscode.workspace.isTrusted,
  );
}

export function distantSource({ kind, name }: DistantSourceName, endpoints: Endpoints): DistantSource {
  return DISTANT[kind].describe(name, endpoints);
}
