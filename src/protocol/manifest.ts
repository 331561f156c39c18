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
  openCalibration: 'promptConfidence.openCalibration',
  applyCalibrator: 'promptConfidence.applyCalibrator',
  scoreCsv: 'promptConfidence.scoreCsv',
  pauseScoring: 'promptConfidence.pauseScoring',
  createPracticeSet: 'promptConfidence.createPracticeSet',
  setCalibrator: 'promptConfidence.setCalibrator',
  useCalibrator: 'promptConfidence.useCalibrator',
  pauseJob: 'promptConfidence.pauseJob',
  resumeJob: 'promptConfidence.resumeJob',
  discardJob: 'promptConfidence.discardJob',
  refreshHome: 'promptConfidence.refreshHome',
} as const;

/** The context keys that conditions in package.json use. */
export const CONTEXT_KEYS = {
  /** True once a model is on this machine: the walkthrough's first step. */
  hasModel: 'promptConfidence.hasModel',
  /** True once a text was classified: the walkthrough's second step. */
  hasClassified: 'promptConfidence.hasClassified',
  /** True once the result view has shown a result: its third step. */
  hasSeenResult: 'promptConfidence.hasSeenResult',
  /** True once New Classifier has written a file: its fourth step. */
  hasNewClassifier: 'promptConfidence.hasNewClassifier',
  /** True once a table was scored, measured and calibrated, and a classifier uses the calibrator: its later steps. */
  hasScored: 'promptConfidence.hasScored',
  hasMeasured: 'promptConfidence.hasMeasured',
  hasCalibrator: 'promptConfidence.hasCalibrator',
  usesCalibrator: 'promptConfidence.usesCalibrator',
  /** True while there is a run to pause. */
  scoring: 'promptConfidence.scoring',
} as const;

export const HOME_VIEW = 'promptConfidence.home';
export const RESULT_VIEW = 'promptConfidence.result';
export const CALIBRATION_EDITOR = 'promptConfidence.calibration';

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
  'unloadAfterMinutes',
  'hover.classifySelection',
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
