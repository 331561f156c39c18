/** What the composition root hands to every feature. */
import type * as vscode from 'vscode';
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
import type { Results } from './results';
import type { Work } from './work';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** What scores come from, as the settings say. */
  readonly sources: Sources;
  /** The engine, and the model that it would load. */
  readonly engineModels: EngineModels;
  readonly classifiers: Classifiers;
  readonly calibrators: Calibrators;
  readonly classification: Classification;
  readonly results: Results;
  readonly models: ModelStore;
  readonly work: Work;
  /** Long work, which can be paused and resumed. */
  readonly jobs: Jobs;
  /** Fire it after a change to the models of this machine. */
  readonly modelsChanged: vscode.EventEmitter<void>;
  /** What the engines of other windows hold. */
  readonly loadedModels: LoadedModels;
  readonly dialogs: Dialogs;
  readonly endpoints: Endpoints;
}
