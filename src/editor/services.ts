/** What the composition root hands to every feature. */
import type { Log } from './log';
import type * as vscode from 'vscode';
import type { EncoderModels } from '../app/encoder-models';
import type { EngineModels } from '../app/engine-models';
import type { Jobs } from '../app/jobs/jobs';
import type { Sources } from '../app/sources';
import type { LoadedModels } from '../store/loaded-models';
import type { ModelStore } from '../store/models';
import type { Calibrators } from './calibrators';
import type { Classification } from './classification';
import type { Classifiers } from './classifiers';
import type { Endpoints } from './endpoints';
import type { Dialogs } from './dialogs';
import type { PromptDocuments } from './prompt-documents';
import type { Results } from './results';
import type { KnownFigures } from './table-figures';
import type { TextLabels } from './text-labels';
import type { Work } from './work';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  /** The sources of scores, by the settings. */
  readonly sources: Sources;
  /** The engine, and the models that it can load. */
  readonly engineModels: EngineModels;
  /** Sequence classification models and their process. */
  readonly encoderModels: EncoderModels;
  readonly classifiers: Classifiers;
  readonly calibrators: Calibrators;
  readonly classification: Classification;
  readonly results: Results;
  readonly prompts: PromptDocuments;
  readonly models: ModelStore;
  readonly work: Work;
  /** The jobs of this window. */
  readonly jobs: Jobs;
  /** Fire it after a change to the models of this machine. */
  readonly modelsChanged: vscode.EventEmitter<void>;
  /** Fires when labels of rows were saved in this window. */
  readonly labelsChanged: vscode.EventEmitter<void>;
  /** The models that the engines of other windows have loaded. */
  readonly loadedModels: LoadedModels;
  readonly dialogs: Dialogs;
  readonly endpoints: Endpoints;
  /** Figures of tables that were computed before. */
  readonly figures: KnownFigures;
  /** Labels that the person gives to classified texts. */
  readonly textLabels: TextLabels;
}
