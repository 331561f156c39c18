/** Commands, context keys, views and settings by the names that package.json has for them. A unit test compares the two. */

export const COMMANDS = {
  classifySelection: 'promptConfidence.classifySelection',
  classifyWith: 'promptConfidence.classifyWith',
  classifyWithThis: 'promptConfidence.classifyWithThis',
  chooseClassifier: 'promptConfidence.chooseClassifier',
  useClassifier: 'promptConfidence.useClassifier',
  editClassifier: 'promptConfidence.editClassifier',
  classifyLines: 'promptConfidence.classifyLines',
  nextDoubtfulLine: 'promptConfidence.nextDoubtfulLine',
  previousDoubtfulLine: 'promptConfidence.previousDoubtfulLine',
  listDoubtfulLines: 'promptConfidence.listDoubtfulLines',
  saveResults: 'promptConfidence.saveResults',
  measure: 'promptConfidence.measure',
  showPrompt: 'promptConfidence.showPrompt',
  tryClassifier: 'promptConfidence.tryClassifier',
  clearResults: 'promptConfidence.clearResults',
  chooseModel: 'promptConfidence.chooseModel',
  downloadModel: 'promptConfidence.downloadModel',
  manageModels: 'promptConfidence.manageModels',
  useModel: 'promptConfidence.useModel',
  newClassifier: 'promptConfidence.newClassifier',
  addEndpoint: 'promptConfidence.addEndpoint',
  setEndpointKey: 'promptConfidence.setEndpointKey',
  removeEndpoint: 'promptConfidence.removeEndpoint',
  restartEngine: 'promptConfidence.restartEngine',
  showLog: 'promptConfidence.showLog',
  showActions: 'promptConfidence.showActions',
  showResult: 'promptConfidence.showResult',
  labelResult: 'promptConfidence.labelResult',
  openCalibration: 'promptConfidence.openCalibration',
  applyCalibrator: 'promptConfidence.applyCalibrator',
  useThreshold: 'promptConfidence.useThreshold',
  compareTables: 'promptConfidence.compareTables',
  tryAnother: 'promptConfidence.tryAnother',
  labelRows: 'promptConfidence.labelRows',
  scoreCsv: 'promptConfidence.scoreCsv',
  pauseScoring: 'promptConfidence.pauseScoring',
  createPracticeSet: 'promptConfidence.createPracticeSet',
  importPredictions: 'promptConfidence.importPredictions',
  fineTune: 'promptConfidence.fineTune',
  showTuning: 'promptConfidence.showTuning',
  useAdapter: 'promptConfidence.useAdapter',
  removeTrainer: 'promptConfidence.removeTrainer',
  setCalibrator: 'promptConfidence.setCalibrator',
  useCalibrator: 'promptConfidence.useCalibrator',
  pauseJob: 'promptConfidence.pauseJob',
  resumeJob: 'promptConfidence.resumeJob',
  discardJob: 'promptConfidence.discardJob',
  refreshHome: 'promptConfidence.refreshHome',
} as const;

/** In place of the index of a label, as an argument of `labelResult`. */
export const UNSURE = -1;

/** The context keys that conditions in package.json use. */
export const CONTEXT_KEYS = {
  /** True while there is a run to pause. */
  scoring: 'promptConfidence.scoring',
} as const;

/** The walkthrough, and its steps in their order. */
export const WALKTHROUGH = 'promptConfidence.start';
export const WALKTHROUGH_STEPS = [
  'model',
  'classify',
  'result',
  'classifier',
  'score',
  'measure',
  'calibrate',
  'use',
] as const;
export type WalkthroughStep = (typeof WALKTHROUGH_STEPS)[number];

/** The command that is run when what a step asks for has succeeded: its completion event. */
export function doneCommand(step: WalkthroughStep): string {
  return `promptConfidence.done.${step}`;
}

export const HOME_VIEW = 'promptConfidence.home';
export const RESULT_VIEW = 'promptConfidence.result';
export const CALIBRATION_EDITOR = 'promptConfidence.calibration';
/** The type of a comparison's tab. */
export const COMPARISON_VIEW = 'promptConfidence.comparison';
/** The type of a labelling page's tab. */
export const LABELLING_VIEW = 'promptConfidence.labelling';
/** The type of a tuning's tab. */
export const TUNING_VIEW = 'promptConfidence.tuning';

export const SETTINGS_SECTION = 'promptConfidence';
/**
 * Names without the section.
 *
 * @internal
 */
export const SETTINGS = [
  'classifier',
  'buckets',
  'model',
  'endpoints',
  'gpu',
  'gpuLayers',
  'threads',
  'nodePath',
  'pythonPath',
  'pipArguments',
  'unloadAfterMinutes',
  'hover.classifySelection',
  'labels.who',
] as const;
export type SettingName = (typeof SETTINGS)[number];

/** The full name, as in settings.json. */
export function settingId(name: SettingName): string {
  return `${SETTINGS_SECTION}.${name}`;
}

/** The status bar item. */
export const STATUS_ITEM = 'promptConfidence.status';

/** Where the state of a workspace keeps the results of its last session. */
export const RESULTS_KEY = 'results';
