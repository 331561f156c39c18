import * as z from 'zod';
import { equalMassEdges } from '../../metrics/bins';
import { countBelow } from '../../metrics/sort';
import { logit } from '../../model/numeric';
import { FEWEST_OUTCOMES, type ScalarKind } from '../calibrator-kind';
import type { BinarySample } from '../sample';
import { ascending, probability } from '../saved-numbers';

const schema = z
  .strictObject({
    kind: z.literal('histogram'),
    /** (B − 1) ascending inner edges, in log-odds. */
    edges: z.array(z.number()).readonly(),
    /** (B) */
    values: z.array(probability).readonly(),
  })
  .refine(({ edges, values }) => values.length === edges.length + 1, 'there is one value more than edges')
  .refine(({ edges }) => ascending(edges, true), 'edges must ascend');

/** A step function: the share of positive rows in each bin (lo, hi] of the score. */
type HistogramMap = Readonly<z.infer<typeof schema>>;

/**
 * Histogram binning: Zadrozny & Elkan, "Obtaining calibrated probability estimates from decision trees and naive
 * Bayesian classifiers", 2001, §3.
 *
 * Example: f = 1, 1, 2, 2 with y = 0, 1, 1, 1 gives the edge 1.5 and the values .5 and 1.
 */
export const histogram = {
  shape: 'scalar',
  id: 'histogram',
  title: 'Histogram',
  on: { labels: true, confidence: true },
  schema,
  needs: null,
  fewestOutcomes: FEWEST_OUTCOMES,
  growsWithRows: false,
  fit: fitHistogram,
  apply: histogramLogOdds,
  parameters: ({ edges, values }) => values.length + edges.length,
  monotone: () => false,
} as const satisfies ScalarKind<HistogramMap>;

const BINS = 10;

/** Bins of equal mass, whose edges are fitted too: at midpoints between neighbouring scores, never between equal ones. */
function fitHistogram(sample: BinarySample): HistogramMap {
  return histogramOnEdges(sample, equalMassEdges(sample.f, BINS, sample.weight).edges);
}

/**
 * Shares of positive rows in bins that are given.
 *
 * @public for the benchmark, which compares it on the edges of another library
 * @param edges (B − 1) ascending inner edges, in log-odds
 */
export function histogramOnEdges({ f, y, weight }: BinarySample, edges: readonly number[]): HistogramMap {
  const positive = new Float64Array(edges.length + 1);
  const total = new Float64Array(edges.length + 1);
  for (let i = 0; i < f.length; i++) {
    const bin = countBelow(edges, f[i] ?? 0);
    const w = weight === null ? 1 : (weight[i] ?? 0);
    total[bin] = (total[bin] ?? 0) + w;
    if (y[i] === 1) positive[bin] = (positive[bin] ?? 0) + w;
  }
  const values = Array.from(positive, (sum, bin) => {
    const mass = total[bin] ?? 0;
    return mass === 0 ? 0.5 : sum / mass;
  });
  return { kind: 'histogram', edges, values };
}

/** Log-odds of the bin's share; ±Infinity where it is 0 or 1. */
function histogramLogOdds(map: HistogramMap, f: number): number {
  return logit(map.values[countBelow(map.edges, f)] ?? 0);
}
