/** What a run takes, in words. */
import type { RunEstimate } from '../scoring/estimate';
import { formatTimeLeft } from './quantities';

/**
 * "about 12,000 requests with 2,400,000 tokens of prompt and 12,000 of answer, 0.37 by the price of the endpoint, at
 * least 20 min"; "20 min at the pace of a few test texts" if the rate was measured
 */
export function estimateInWords(estimate: RunEstimate): string {
  const { requests, promptTokens, answerTokens, cost, seconds, isMeasured } = estimate;
  const count = (value: number): string => Math.round(value).toLocaleString('en-US');
  const time = seconds === null ? null : formatTimeLeft(seconds);
  return [
    `about ${count(requests)} requests with ${count(promptTokens)} tokens of prompt and ${count(answerTokens)} of answer`,
    ...(cost === null ? [] : [`${cost.toFixed(2)} by the price of the endpoint`]),
    ...(time === null ? [] : [isMeasured ? `${time} at the pace of a few test texts` : `at least ${time}`]),
  ].join(', ');
}
