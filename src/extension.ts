/** Composition root: the only file that sees everything. It constructs, registers and disposes; it decides nothing. */
import * as vscode from 'vscode';
import { registerClassify } from './features/classify/classify';
import { registerHover } from './features/hover/hover';
import { registerResultView } from './features/result/result-view';
import { EngineClient } from './sources/engine-client';
import { cacheFolder } from './store/cache-home';
import { ModelStore } from './store/models';
import { Classification } from './workspace/classification';
import { Classifiers } from './workspace/classifiers';
import { Results } from './workspace/results';
import { Scoring } from './workspace/scoring';
import type { Services } from './workspace/services';
import { readSettings } from './workspace/settings';
import { Work } from './workspace/work';

/** What tests in the extension host may reach; not an API for other extensions. */
export interface ExtensionInternals {
  readonly engine: EngineClient;
  readonly models: ModelStore;
  readonly results: Results;
  readonly services: Services;
}

/** Every feature: constructed in order, disposed with the extension. */
const FEATURES: readonly ((services: Services) => vscode.Disposable)[] = [
  registerClassify,
  registerHover,
  registerResultView,
];

let engine: EngineClient | undefined;

export function activate(context: vscode.ExtensionContext): ExtensionInternals {
  const log = vscode.window.createOutputChannel('Prompt Confidence', { log: true });
  const settings = readSettings();
  const models = new ModelStore(cacheFolder('models'));
  engine = new EngineClient({
    enginePath: vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.mjs').fsPath,
    nodePath: settings.nodePath,
    idleMs: settings.unloadAfterMinutes * 60_000,
    log: (level, message) => log[level](message),
  });
  const classifiers = new Classifiers();
  const results = new Results();
  const scoring = new Scoring(models, engine);
  const work = new Work(engine);
  const services: Services = {
    context,
    log,
    scoring,
    classifiers,
    classification: new Classification(scoring, classifiers, results),
    results,
    models,
    work,
  };

  context.subscriptions.push(
    log,
    classifiers,
    results,
    work,
    ...FEATURES.map((register) => register(services)),
  );
  return { engine, models, results, services };
}

/** The engine must not outlive the window: VS Code waits for this promise. */
export async function deactivate(): Promise<void> {
  await engine?.dispose();
}
