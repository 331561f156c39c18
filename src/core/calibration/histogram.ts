import { equalMassEdges } from '../metrics/bins';
import { countBelow } from '../metrics/sort';
import { logit } from '../model/numeric';
import type { BinarySample } from './sample';

/** A step function: the share of positive rows in each bin (lo, hi] of the score. */
export interface HistogramMap {
  readonly kind: 'histogram';
  /** (B − 1) ascending inner edges, in log-odds. */
  readonly edges: readonly number[];
  /** (B) values in [0, 1]. */
  readonly values: readonly number[];
}

const BINS = 10;

/**
 * Histogram binning (Zadrozny & Elkan, "Obtaining calibrated probability estimates from decision trees and naive
 * Bayesian classifiers", 2001, §3) with bins of equal mass, whose edges are fitted too: at midpoints between
 * neighbouring scores, never between equal ones.
 */
export function fitHistogram(sample: BinarySample): HistogramMap {
  return histogramOnEdges(sample, equalMassEdges(sample.f, BINS).edges);
}

/**
 * Shares of positive rows in bins that are given.
 *
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
export function histogramLogOdds(map: HistogramMap, f: number): number {
  return logit(map.values[countBelow(map.edges, f)] ?? 0);
}
