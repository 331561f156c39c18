/** Options that replace the confidence method of the classifier. */
import type { Classifier } from '../core/classifier/definition';
import { CONFIDENCE_METHODS, type ConfidenceMethod, VARIANTS } from '../core/model/confidence-method';
import { oneOf } from './calibration/options';
import { usageError } from './command';
import { decimalNumber, wholeNumber } from './numbers';

/** For node:util parseArgs. */
export const CONFIDENCE_METHOD_OPTIONS = {
  'confidence-method': { type: 'string' },
  // Its name until calibrators had an option of the same name; scripts may still use it.
  method: { type: 'string' },
  samples: { type: 'string' },
  temperature: { type: 'string' },
  variants: { type: 'string' },
  seed: { type: 'string', default: '0' },
} as const;

export const CONFIDENCE_METHOD_USAGE = `  --confidence-method M   token-probability, consistency (agreement of sampled answers) or ensemble (both);
                          default: the classifier's
  --samples N             sampled answers, 2 to 10000, for consistency and ensemble (default: the classifier's, or 10)
  --temperature T         sampling temperature, above 0, at most 10 (default: the classifier's, or 1)
  --variants WHICH        permuted: another order of examples and labels for every answer; plain: one prompt, which for
                          answers of one token only adds noise to the token probability (default: the classifier's)
  --seed N                seed of the sampled answers (default: 0)`;

export interface ConfidenceMethodValues {
  readonly 'confidence-method'?: string | undefined;
  readonly method?: string | undefined;
  readonly samples?: string | undefined;
  readonly temperature?: string | undefined;
  readonly variants?: string | undefined;
  readonly seed: string;
}

/** @throws UserError usage */
export function withConfidenceMethod(classifier: Classifier, values: ConfidenceMethodValues): Classifier {
  const { consistency } = classifier;
  const { samples, temperature } = values;
  return {
    ...classifier,
    method: methodOf(values) ?? classifier.method,
    consistency: {
      samples:
        samples === undefined
          ? consistency.samples
          : wholeNumber('samples', samples, { low: 2, high: 10_000 }),
      temperature:
        temperature === undefined
          ? consistency.temperature
          : decimalNumber(
              'temperature',
              temperature,
              'a number above 0, at most 10',
              (t) => t > 0 && t <= 10,
            ),
      variants: oneOf('variants', values.variants, VARIANTS) ?? consistency.variants,
    },
  };
}

function methodOf({
  'confidence-method': now,
  method: before,
}: ConfidenceMethodValues): ConfidenceMethod | undefined {
  if (now !== undefined && before !== undefined && now !== before)
    throw usageError('--confidence-method and --method are the same option. Leave --method out.');
  return oneOf('confidence-method', now ?? before, CONFIDENCE_METHODS);
}

/** @throws UserError usage */
export function seedOf({ seed }: Pick<ConfidenceMethodValues, 'seed'>): number {
  return wholeNumber('seed', seed);
}
