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
import { confidenceTable, labelTable } from '../unit/calibration/tables';

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

const COVERED_LABELS = ['brier', 'nll', 'classwiseEce'] as const;

/** How often intervals of the metrics of label scores hold the truth. */
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
    text: `Three labels whose scores are biased and twice too sure. ${runs} tables each. Required: at least 90%, and 80% for classwise ECE.`,
    head: ['n', 'Brier', 'NLL', 'classwise ECE'],
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
