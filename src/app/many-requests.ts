/** Few texts can need very many requests: each sampled answer may be one. A person is asked before such a run begins. */
import type { Classifier } from '../core/classifier/definition';
import { estimateRun, type RunEstimate, usualBytes } from '../core/scoring/estimate';
import type { Source } from '../sources/source';

/** Above this number of requests to a model that is not on this machine, the person is asked first. */
export const MANY_REQUESTS = 200;

/** What many requests are sent to, and what they take. */
export interface ManyRequests {
  /** "qwen3 at http://localhost:8000" */
  readonly sendsTextsTo: string;
  readonly estimate: RunEstimate;
}

/** Throws to refuse. */
export type BeforeMany = (many: ManyRequests) => Promise<void>;

/**
 * What classifying texts takes, if it takes more than {@link MANY_REQUESTS}; otherwise undefined.
 *
 * @param texts typical ones
 * @param count of the texts to classify
 */
export function manyRequests(
  { sendsTextsTo, plan }: Pick<Source, 'sendsTextsTo' | 'plan'>,
  classifier: Classifier,
  texts: readonly string[],
  count: number,
): ManyRequests | undefined {
  if (sendsTextsTo === null || plan === null) return undefined;
  const estimate = estimateRun(plan(classifier, count, usualBytes(texts)));
  return estimate.requests > MANY_REQUESTS ? { sendsTextsTo, estimate } : undefined;
}
