/** The confidence methods and their settings. */

/**
 * token-probability: P(label) as the model's answer. consistency: how often the label is the answer among several
 * sampled ones. ensemble: both together.
 */
export const CONFIDENCE_METHODS = ['token-probability', 'consistency', 'ensemble'] as const;
export type ConfidenceMethod = (typeof CONFIDENCE_METHODS)[number];

/** Seconds that a source took; absent for what was not requested. */
export interface MethodSeconds {
  /** For token probabilities. */
  readonly token?: number;
  /** For sampled answers, and for breaking ties of their counts. */
  readonly drawn?: number;
}

export function sumOfSeconds(all: readonly MethodSeconds[]): MethodSeconds {
  return Object.fromEntries(
    (['token', 'drawn'] as const).flatMap((part) => {
      const own = all.flatMap((seconds) => seconds[part] ?? []);
      return own.length === 0 ? [] : [[part, own.reduce((sum, value) => sum + value)]];
    }),
  );
}

/** How the prompt differs between samples: examples and labels in another order, or not at all. */
export const VARIANTS = ['permuted', 'plain'] as const;
export type Variants = (typeof VARIANTS)[number];

/** How answers are sampled, for consistency and ensemble. */
export interface ConsistencySettings {
  /** N, at least 2. */
  readonly samples: number;
  /** Above 0; 1 is the model's own distribution. */
  readonly temperature: number;
  readonly variants: Variants;
}

export const DEFAULT_CONSISTENCY: ConsistencySettings = {
  samples: 10,
  temperature: 1,
  variants: 'permuted',
};
