/** Names that package.json declares. A unit test holds the two together. */

export const COMMANDS = {
  classifySelection: 'promptConfidence.classifySelection',
  classifyWith: 'promptConfidence.classifyWith',
  classifyLines: 'promptConfidence.classifyLines',
  clearResults: 'promptConfidence.clearResults',
  chooseModel: 'promptConfidence.chooseModel',
  downloadModel: 'promptConfidence.downloadModel',
  manageModels: 'promptConfidence.manageModels',
  newClassifier: 'promptConfidence.newClassifier',
  addEndpoint: 'promptConfidence.addEndpoint',
  editEndpoints: 'promptConfidence.editEndpoints',
  setEndpointKey: 'promptConfidence.setEndpointKey',
  removeEndpoint: 'promptConfidence.removeEndpoint',
  restartEngine: 'promptConfidence.restartEngine',
  showLog: 'promptConfidence.showLog',
  showActions: 'promptConfidence.showActions',
  showResult: 'promptConfidence.showResult',
  openCalibration: 'promptConfidence.openCalibration',
  scoreCsv: 'promptConfidence.scoreCsv',
  pauseScoring: 'promptConfidence.pauseScoring',
  setCalibrator: 'promptConfidence.setCalibrator',
} as const;
