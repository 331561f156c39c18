import { applyCalibrator, fitCalibrator, type FitOptions } from '../../src/core/calibration/calibrator';
import { crossFit, partition } from '../../src/core/calibration/cross-fit';
import { confidenceOf, labelData } from '../../src/core/model/rows';
import { logSoftmax } from '../../src/core/model/numeric';
import { recommend } from '../../src/core/calibration/recommend';
import type { CalibrateOn, LabelData, PredictionData } from '../../src/core/model/predictions';
import { evaluate } from '../../src/core/metrics/evaluate';
import {
  brierLosses,
  labelBrierLosses,
  labelNllLosses,
  nllLosses,
  weightedMean,
} from '../../src/core/metrics/losses';
import { standardNormal } from '../../src/core/metrics/random-draws';
import { seededRandom } from '../../src/core/random';
import { confidenceTable, labelTable, shifted } from '../unit/calibration/tables';

/** One row of a Markdown table, and whether it misses what is asked of it. */
export interface Line {
  readonly cells: readonly string[];
  readonly misses: boolean;
}

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly head: readonly string[];
  readonly lines: readonly Line[];
}

const RESAMPLING = { rounds: 300, nullDraws: 300 } as const;
const POPULATION = 400_000;

/** Metrics whose intervals are checked. */
export const COVERED = [
  'accuracy',
  'meanConfidence',
  'brier',
  'nll',
  'auroc',
  'aurc',
  'ece',
  'mce',
  'smoothEce',
  'debiasedL2',
] as const;

/** (a) How often each 95% interval holds the true value. */
export function coverage(runs: number): Section {
  const lines: Line[] = [];
  for (const gap of [0, 0.05, 0.1]) {
    const population = evaluate(shifted(POPULATION, 999, gap), { rounds: 0, nullDraws: 0 });
    const truth = (metric: (typeof COVERED)[number]): number => {
      // These are known: the gap is the same in every bin. The rest is read off a large sample.
      if (metric === 'ece' || metric === 'mce' || metric === 'debiasedL2') return gap;
      if (metric === 'smoothEce' && gap === 0) return 0;
      return population[metric].value ?? NaN;
    };
    for (const n of [100, 300, 1000]) {
      const hits = new Map<string, number>();
      let bins = 0;
      let binHits = 0;
      for (let run = 0; run < runs; run++) {
        const data = shifted(n, 1 + run + 10_000 * n, gap);
        const evaluation = evaluate(data, { ...RESAMPLING, seed: run });
        for (const metric of COVERED) {
          const { low, high } = evaluation[metric];
          const value = truth(metric);
          if (low !== null && high !== null && low <= value && value <= high)
            hits.set(metric, (hits.get(metric) ?? 0) + 1);
        }
        for (const bin of evaluation.bins) {
          bins++;
          const accuracy = bin.meanConfidence - gap;
          if ((bin.accuracyLow ?? 0) <= accuracy && accuracy <= (bin.accuracyHigh ?? 1)) binHits++;
        }
      }
      const shares = [...COVERED.map((metric) => (hits.get(metric) ?? 0) / runs), binHits / bins];
      const isLow = shares.some((share, i) => {
        const isError = /ece|mce|Ece|L2/.exec(COVERED[i] ?? '') !== null;
        return share < (isError ? 0.8 : 0.9);
      });
      lines.push({ cells: [String(gap), String(n), ...shares.map(percent)], misses: isLow });
    }
  }
  return {
    title: 'Coverage of the 95% intervals',
    text: `Confidences are uniform on (.5, 1); a row is correct with probability confidence − gap. ${runs} tables each, ${RESAMPLING.rounds} bootstrap rounds and null draws. Required: at least 90%, and 80% for the approximate intervals of calibration errors.`,
    head: ['gap', 'n', ...COVERED, 'bin accuracy'],
    lines,
  };
}

const COVERED_LABELS = ['brier', 'nll', 'classwiseEce'] as const;

/** (a) The same for the metrics of label scores. */
export function labelCoverage(runs: number): Section {
  const truth = evaluate(labels(POPULATION, 999), { rounds: 0, nullDraws: 0 }).labelMetrics;
  const lines = [100, 300, 1000].map((n): Line => {
    const evaluations = Array.from(
      { length: runs },
      (_, run) => evaluate(labels(n, 1 + run + 10_000 * n), { ...RESAMPLING, seed: run }).labelMetrics,
    );
    const shares = COVERED_LABELS.map((metric) => {
      const value = truth?.[metric].value ?? NaN;
      const holds = evaluations.filter((metrics) => {
        const { low, high } = metrics?.[metric] ?? { low: null, high: null };
        return low !== null && high !== null && low <= value && value <= high;
      });
      return holds.length / runs;
    });
    const misses = shares.some((share, i) => share < (COVERED_LABELS[i] === 'classwiseEce' ? 0.8 : 0.9));
    return { cells: [String(n), ...shares.map(percent)], misses };
  });
  return {
    title: 'Coverage of the 95% intervals of label scores',
    text: `Three labels whose scores are biased and twice too sure. ${runs} tables each. Required: as above.`,
    head: ['n', 'Brier', 'NLL', 'classwise ECE'],
    lines,
  };
}

/** (b) Under the null its p is uniform. */
export function nullUniform(runs: number): Section {
  const lines = [100, 300, 1000].map((n): Line => {
    const ps = Array.from({ length: runs }, (_, run) => {
      const { eceNull } = evaluate(shifted(n, 77 + run + 10_000 * n, 0), {
        rounds: 0,
        nullDraws: 300,
        seed: run,
      });
      return eceNull.p ?? 1;
    }).sort((left, right) => left - right);
    const distance = Math.max(...ps.map((p, i) => Math.max((i + 1) / runs - p, p - i / runs)));
    const small = ps.filter((p) => p < 0.05).length / runs;
    // Kolmogorov's 1% point.
    return {
      cells: [String(n), percent(small), distance.toFixed(3), (1.63 / Math.sqrt(runs)).toFixed(3)],
      misses: distance > 1.63 / Math.sqrt(runs),
    };
  });
  return {
    title: "The null's p on calibrated tables",
    text: `${runs} tables each. Required: the largest distance from the uniform distribution is below Kolmogorov's 1% point.`,
    head: ['n', 'p below .05', 'distance', '1% point'],
    lines,
  };
}

function losses(data: PredictionData): { nll: number; brier: number } {
  if (data.kind === 'labels')
    return {
      nll: weightedMean(labelNllLosses(data).loss, null),
      brier: weightedMean(labelBrierLosses(data), null),
    };
  const predicted = confidenceOf(data);
  return {
    nll: weightedMean(nllLosses(predicted).loss, null),
    brier: weightedMean(brierLosses(predicted), null),
  };
}

interface Fitting {
  readonly name: string;
  readonly options: FitOptions;
  readonly make: (n: number, seed: number) => PredictionData;
}

const BIAS = [0.7, 0, -0.7];
const labels = (n: number, seed: number) => labelTable(n, seed, 0.5, BIAS);

/** Token scores and agreement of which both say something: right by the softmax of half of each, and a bias. */
function agreeingTable(n: number, seed: number): LabelData {
  const K = BIAS.length;
  const random = seededRandom(seed);
  const scores = () => Float64Array.from({ length: n * K }, () => 2 * standardNormal(random));
  const [token, drawn] = [scores(), scores()];
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const u = BIAS.map((bias, k) => 0.5 * (token[i * K + k] ?? 0) + 0.5 * (drawn[i * K + k] ?? 0) + bias);
    const p = logSoftmax(Float64Array.from(u), K).map(Math.exp);
    let left = random();
    return Math.max(
      0,
      [...p].findIndex((share) => (left -= share) < 0),
    );
  });
  const data = labelData({ labels: BIAS.map((_, k) => `label ${k}`), scores: token, truth });
  return { ...data, agreement: logSoftmax(drawn, K) };
}

const FITTINGS: readonly Fitting[] = [
  ...(['temperature', 'bias-temperature', 'vector', 'platt', 'beta', 'histogram', 'isotonic'] as const).map(
    (method): Fitting => ({ name: method, options: { method, on: 'labels' }, make: labels }),
  ),
  {
    name: 'prior-content-free',
    options: { method: 'prior-content-free', on: 'labels', neutral: Float64Array.of(0.9, 0.1, -1) },
    make: labels,
  },
  {
    name: 'prior-batch',
    options: { method: 'prior-batch', on: 'labels', shares: [0.5, 0.3, 0.2] },
    make: labels,
  },
  { name: 'combination', options: { method: 'combination', on: 'labels' }, make: agreeingTable },
  ...(['slope', 'platt', 'beta', 'histogram', 'isotonic'] as const).map((method): Fitting => ({
    name: method,
    options: { method, on: 'confidence' },
    make: (n, seed) => confidenceTable(n, seed, 0.6, -0.2),
  })),
];

/** (c) Cross-fitted losses against those of the saved calibrator on fresh rows. */
export function crossFitted(runs: number): Section {
  const n = 500;
  const lines = FITTINGS.map(({ name, options, make }): Line => {
    const { on } = options;
    const fresh = make(100_000, 424_242);
    const gaps = { nll: [] as number[], brier: [] as number[] };
    let inSample = 0;
    for (let run = 0; run < runs; run++) {
      const data = make(n, 1000 + run);
      const fit = (train: PredictionData) => fitCalibrator(train, { ...options, seed: run }).calibrator;
      const estimate = losses(crossFit(data, on, partition(data, run), fit).calibrated);
      const saved = fit(data);
      const truth = losses(applyCalibrator(saved, fresh));
      inSample += (losses(applyCalibrator(saved, data)).nll - truth.nll) / runs;
      gaps.nll.push(estimate.nll - truth.nll);
      gaps.brier.push(estimate.brier - truth.brier);
    }
    const nll = meanSe(gaps.nll);
    const brier = meanSe(gaps.brier);
    const isOff = (gap: { mean: number; se: number }) => Math.abs(gap.mean) > 3 * gap.se;
    return {
      cells: [on, name, signed(nll), signed(brier), inSample.toFixed(4)],
      misses: isOff(nll) || isOff(brier),
    };
  });
  return {
    title: 'Cross-fitted losses against 100,000 fresh rows',
    text: `The mean of (cross-fitted − on fresh rows) over ${runs} tables of ${n} rows, with its standard error. Required: within three standard errors of 0. Folds fit on a tenth fewer rows than the saved calibrator, so a small excess is expected, above all for isotonic and histogram. The last column is the same difference for the in-sample NLL.`,
    head: ['on', 'calibrator', 'NLL', 'Brier', 'in-sample NLL'],
    lines,
  };
}

/** (d) Where the confidences are right there is nothing to repair. */
export function pureNoise(runs: number): Section {
  const tables: [string, CalibrateOn, (seed: number) => PredictionData][] = [
    ['confidence, n = 300', 'confidence', (seed) => confidenceTable(300, seed)],
    ['confidence, n = 1,000', 'confidence', (seed) => confidenceTable(1000, seed)],
    ['three labels, n = 300', 'labels', (seed) => labelTable(300, seed, 1, [0, 0, 0])],
    ['three labels, n = 1,000', 'labels', (seed) => labelTable(1000, seed, 1, [0, 0, 0])],
  ];
  const lines = tables.map(([name, on, make]): Line => {
    const verdicts = Array.from(
      { length: runs },
      (_, run) => recommend(make(5000 + run), { on, seed: run }).verdict,
    );
    const kept = verdicts.filter((verdict) => verdict !== 'use').length / runs;
    return { cells: [name, percent(kept)], misses: kept < 0.9 };
  });
  return {
    title: 'Recommendation for calibrated tables',
    text: `${runs} tables each, whose confidences are exactly right. Required: "keep raw" or "not enough data" in at least 90%.`,
    head: ['table', 'kept raw or not enough'],
    lines,
  };
}

function meanSe(values: readonly number[]): { mean: number; se: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, se: Math.sqrt(variance / n) };
}

function signed({ mean, se }: { mean: number; se: number }): string {
  return `${mean >= 0 ? '+' : '−'}${Math.abs(mean).toFixed(4)} ± ${se.toFixed(4)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
