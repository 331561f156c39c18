/** The ids of the calibrators. */

export const METHODS = [
  'platt',
  'isotonic',
  'temperature',
  'bias-temperature',
  'vector',
  'beta',
  'histogram',
  'slope',
  'combination',
  'content-free',
  'batch',
] as const;

/**
 * Every calibrator. The last two are label-free prior corrections, the rest are fitted on labelled rows; combination
 * on token probability and agreement together.
 */
export type Method = (typeof METHODS)[number];
