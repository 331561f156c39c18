/**
 * Composition root: the only file that sees everything. It constructs, registers and disposes, and decides nothing.
 * src/shell.ts loads it when something is used.
 */
import { openLog } from './editor/log';
import * as vscode from 'vscode';
import { SETTINGS_SECTION } from './protocol/manifest';
import { CalibrationEditor, registerCalibration } from './features/calibration/calibration-editor';
import { Comparisons, registerComparisons } from './features/calibration/comparison/comparisons';
import { Labellings, registerLabellings } from './features/calibration/labelling/labellings';
import { registerCalibrators } from './features/calibrators/calibrators';
import { registerClassify } from './features/classify/classify';
import { registerEndpoints } from './features/endpoints/commands';
import { registerHome } from './features/home/home';
import { HomeTree } from './features/home/home-tree';
import { registerHover } from './features/hover/hover';
import { registerImport } from './features/import/import-predictions';
import { registerPractice } from './features/practice/practice-set';
import { registerScore } from './features/score/register';
import { registerResultView, ResultView } from './features/result/result-view';
import { registerClassifierFiles } from './features/classifiers/classifier-files';
import { registerModels } from './features/models/commands';
import { registerTuning } from './features/tuning/register';
import { TuningRuns } from './features/tuning/tuning-runs';
import { registerStatus } from './features/status/status';
import { Jobs } from './app/jobs/jobs';
import { EncoderModels } from './app/encoder-models';
import { EncoderClient } from './sources/encoder-client';
import { EngineClient } from './sources/engine-client';
import type { ModelClientSettings } from './sources/model-client';
import type { ModelLog } from './sources/model-process';
import { cacheFolder } from './store/cache-home';
import { LoadedModels } from './store/loaded-models';
import { ModelStore } from './store/models';
import { Calibrators } from './editor/calibrators';
import { Classification } from './editor/classification';
import { Classifiers } from './editor/classifiers';
import { Endpoints } from './editor/endpoints';
import { ModelHashes } from './editor/model-hashes';
import { EditorDialogs } from './editor/dialogs';
import { PromptDocuments } from './editor/prompt-documents';
import { ResultCalibration } from './editor/result-calibration';
import { Results } from './editor/results';
import { SecondCopyGuard } from './editor/second-copy';
import type { Services } from './editor/services';
import { readSettings } from './editor/settings';
import { editorEngineModels, editorSources } from './editor/sources';
import { KnownFigures } from './editor/table-figures';
import { TextLabels } from './editor/text-labels';
import { Work } from './editor/work';

/** What tests in the extension host may reach; not an API for other extensions. */
export interface ExtensionInternals {
  readonly engine: EngineClient;
  readonly models: ModelStore;
  readonly results: Results;
  readonly services: Services;
  /** What fills the views that the shell has registered. */
  readonly calibration: CalibrationEditor;
  readonly comparisons: Comparisons;
  readonly labellings: Labellings;
  readonly tuning: TuningRuns;
  readonly resultView: ResultView;
  readonly home: HomeTree;
}

/** Features that no other code refers to. They are constructed in this order and disposed with the extension. */
const FEATURES: readonly ((services: Services) => vscode.Disposable)[] = [
  registerClassify,
  registerHover,
  registerModels,
  registerEndpoints,
  registerScore,
  registerPractice,
  registerImport,
  // After those that register kinds of jobs: it offers to resume what they find unfinished.
  registerStatus,
  registerClassifierFiles,
  registerCalibrators,
];

/** Ends what must have ended before the window closes; settles when it has. */
let ending: (() => Promise<void>) | undefined;

export function activate(context: vscode.ExtensionContext): ExtensionInternals {
  const log = openLog();
  const models = new ModelStore(cacheFolder('models'));
  const processes = {
    ...processSettings(),
    log: ((level, message) => log[level](message)) satisfies ModelLog,
  };
  const bundle = (name: string): string => vscode.Uri.joinPath(context.extensionUri, 'dist', name).fsPath;
  const engine = new EngineClient({ enginePath: bundle('engine.mjs'), ...processes });
  const encoder = new EncoderClient({ encoderPath: bundle('encoder.mjs'), ...processes });
  const dialogs = new EditorDialogs();
  const loadedModels = new LoadedModels(cacheFolder('engines'));
  const guard = new SecondCopyGuard(engine, loadedModels, dialogs, {
    onError: (error) => log.warn('engine note', error),
  });
  const jobs = new Jobs((line) => log.info(line));
  ending = async () => {
    // Paused first, so that none of them starts the engine again.
    await Promise.all([jobs.stop(), engine.dispose(), encoder.dispose(), results.store()]);
    await guard.dispose();
  };
  const classifiers = new Classifiers();
  const endpoints = new Endpoints(context.secrets);
  const results = new Results(context.workspaceState, log);
  const engineModels = editorEngineModels(models, engine, classifiers, (model) => guard.beforeLoad(model));
  const encoderModels = new EncoderModels({
    models,
    encoder,
    threads: () => readSettings().threads,
  });
  const sources = editorSources(engineModels, encoderModels, endpoints);
  const calibrators = new Calibrators();
  const hashes = new ModelHashes(models, log);
  const resultCalibration = new ResultCalibration({ classifiers, calibrators, results, models, hashes, log });
  const work = new Work(engine);
  const prompts = new PromptDocuments();
  const figures = new KnownFigures(context.workspaceState);
  const textLabels = new TextLabels();
  const services: Services = {
    context,
    log,
    sources,
    engineModels,
    encoderModels,
    classifiers,
    calibrators,
    classification: new Classification({
      sources,
      classifiers,
      calibrators,
      results,
      calibration: resultCalibration,
      dialogs,
    }),
    results,
    prompts,
    models,
    modelsChanged: new vscode.EventEmitter<void>(),
    labelsChanged: new vscode.EventEmitter<void>(),
    loadedModels,
    dialogs,
    endpoints,
    work,
    jobs,
    figures,
    textLabels,
  };

  const calibration = new CalibrationEditor(services);
  const comparisons = new Comparisons(services);
  const labellings = new Labellings(services);
  const tuning = new TuningRuns(services);
  const resultView = new ResultView(services);
  const home = new HomeTree(services);
  context.subscriptions.push(
    log,
    classifiers,
    results,
    prompts,
    calibrators,
    hashes,
    resultCalibration,
    work,
    figures,
    textLabels,
    services.modelsChanged,
    services.labelsChanged,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(SETTINGS_SECTION)) return;
      for (const client of [engine, encoder]) client.configure(processSettings());
    }),
  );
  const registers: readonly (() => vscode.Disposable)[] = [
    () => registerTuning(services, tuning),
    ...FEATURES.map((register) => () => register(services)),
    () => registerCalibration(services, calibration),
    () => registerComparisons(services, comparisons),
    () => registerLabellings(services, labellings),
    () => registerResultView(services, resultView),
    () => registerHome(services, home),
  ];
  // One by one: where one throws, the shell takes away those before it.
  for (const register of registers) context.subscriptions.push(register());
  return {
    engine,
    models,
    results,
    services,
    calibration,
    comparisons,
    labellings,
    tuning,
    resultView,
    home,
  };
}

/** The engine must not outlive the window: VS Code waits for this promise. */
export async function deactivate(): Promise<void> {
  await ending?.();
}

function processSettings(): ModelClientSettings {
  const { nodePath, unloadAfterMinutes } = readSettings();
  return { nodePath, idleMs: unloadAfterMinutes * 60_000 };
}
