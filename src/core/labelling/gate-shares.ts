/** Limits of a gate on what is estimated from rows that people labelled. */
import { holm, type Limit, type LimitResult, type Verdict } from '../decisions/gate';
import { UserError } from '../user-error';
import { type BoundedEstimate, MOST_MISSING, type TableEstimate } from './estimate';
import { shareTails } from './share';

/** A limit on the share of a label in the whole table. */
export interface ShareLimit {
  readonly metric: `share:${string}`;
  readonly bound: 'max' | 'min';
  readonly limit: number;
}

export type ShareResult = Omit<LimitResult, 'metric'> & Pick<ShareLimit, 'metric'>;

const SHARE = 'share:';
const ALPHA = 0.05;

/** @returns undefined for the name of another metric */
export function shareMetric(name: string): ShareLimit['metric'] | undefined {
  return name.startsWith(SHARE) && name.length > SHARE.length
    ? `share:${name.slice(SHARE.length)}`
    : undefined;
}

/**
 * A limit passes if the one-sided 95% bound of the estimate is within it, and fails if the opposite is shown, at 5% after
 * Holm's correction. Where more than 5% of the table could not be labelled, both hold for whatever those rows are.
 *
 * @throws UserError no-such-label
 */
export function gateShares(estimate: TableEstimate, limits: readonly ShareLimit[]): ShareResult[] {
  const found = limits.map((limit) => ({ limit, share: shareOf(estimate, limit.metric) }));
  return judged(found, estimate);
}

/** The same for limits on accuracy, where rows are missing. */
export function gateAccuracy(
  estimate: TableEstimate,
  limits: readonly (Limit & { readonly metric: 'accuracy' })[],
): (LimitResult & { readonly metric: 'accuracy' })[] {
  return judged(
    limits.map((limit) => ({ limit, share: estimate.accuracy })),
    estimate,
  );
}

function shareOf({ shares }: TableEstimate, metric: ShareLimit['metric']): BoundedEstimate {
  const label = metric.slice(SHARE.length);
  const found = shares.find((share) => share.label === label);
  if (found !== undefined) return found;
  throw new UserError(
    'no-such-label',
    shares.length === 0
      ? 'A limit on the share of a label needs a table with a score for every label.'
      : `The table has no label "${label}". It has ${shares.map((share) => share.label).join(', ')}.`,
  );
}

interface AnyLimit<Metric> {
  readonly metric: Metric;
  readonly bound: 'max' | 'min';
  readonly limit: number;
}

type AnyResult<Metric> = Omit<LimitResult, 'metric'> & { readonly metric: Metric };

function judged<Metric extends string>(
  found: readonly { readonly limit: AnyLimit<Metric>; readonly share: BoundedEstimate }[],
  { missingShare, labelled }: TableEstimate,
): AnyResult<Metric>[] {
  const isBounded = missingShare > MOST_MISSING;
  const evidence = found.map(({ limit, share }) => {
    // The worst and the best that the rows without a label allow.
    const low = (isBounded ? share.ifNone : null) ?? share;
    const high = (isBounded ? share.ifAll : null) ?? share;
    const failureP =
      limit.bound === 'min' ? shareTails(high, limit.limit).atLeast : shareTails(low, limit.limit).atMost;
    return {
      limit,
      share,
      low: low.bounds?.low ?? null,
      high: high.bounds?.high ?? null,
      best: { low, high },
      failureP,
    };
  });
  const adjusted = holm(evidence.map(({ failureP }) => failureP));
  return evidence.map(({ limit, share, low, high, best }, i): AnyResult<Metric> => {
    const name = `${limit.metric} ${limit.bound === 'max' ? '≤' : '≥'} ${limit.limit}`;
    const result = { ...limit, value: share.value, low, high, neededRows: null };
    const of = isBounded
      ? `, whatever the ${(100 * missingShare).toFixed(1)}% are that people could not label`
      : '';
    const said = (verdict: Verdict, words: string): AnyResult<Metric> => ({
      ...result,
      verdict,
      message: `${name} ${words}`,
    });
    if (low === null || high === null)
      return said('undecided', 'is undecided: the labelled rows are of too few groups.');
    if (limit.bound === 'min' ? low >= limit.limit : high <= limit.limit)
      return said('pass', `passes: 95% bound ${show(limit.bound === 'min' ? low : high)}${of}.`);
    const opposite = limit.bound === 'min' ? best.high.bounds?.high : best.low.bounds?.low;
    if ((adjusted[i] ?? 1) <= ALPHA)
      return said('fail', `fails: ${show(share.value)} (95% bound ${show(opposite ?? NaN)}${of}).`);
    const needed = labelsToDecide(limit, share, { low, high }, labelled);
    const words = needed === null ? '' : `; about ${needed} labels are needed`;
    return {
      ...said(
        'undecided',
        `is undecided: ${show(share.value)} (95% bounds ${show(low)} and ${show(high)}${of})${words}.`,
      ),
      neededRows: needed,
    };
  });
}

/** Widths fall with the square root of the labels; what could not be labelled does not become less. */
function labelsToDecide(
  { bound, limit }: AnyLimit<string>,
  { value, bounds, ifNone }: BoundedEstimate,
  { low, high }: { readonly low: number; readonly high: number },
  labelled: number,
): number | null {
  if (bounds === null || (ifNone !== null && (low < bounds.low || high > bounds.high))) return null;
  const isWithin = bound === 'min' ? value >= limit : value <= limit;
  const end = isWithin === (bound === 'min') ? low : high;
  const ratio = (value - end) / (value - limit);
  return Number.isFinite(ratio) && ratio > 1 ? Math.ceil(labelled * ratio * ratio) : null;
}

function show(value: number): string {
  return String(Number(value.toPrecision(3)));
}
