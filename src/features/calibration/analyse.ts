/** What the panel shows, computed from a table. Runs in the worker; has no state and no clock. */
import { confidenceOf, rowCount } from '../../core/calibration/data';
import type { PredictionData } from '../../core/calibration/types';
import { decide } from '../../core/decisions/decisions';
import { type EvaluateReport, evaluateReport } from '../../core/decisions/report';
import { assess, evaluate } from '../../core/metrics/evaluate';
import { seededRandom } from '../../core/random';
import {
  BIN_ROW_LIMIT,
  DOT_LIMIT,
  REJECTED_LIMIT,
  type Analysis,
  type BinRows,
  type Dots,
  type PanelSettings,
} from '../../protocol/calibration-page';
import type { LabelledTable } from '../../store/tables/labelled';
import type { LoadedTable } from './load';

/** Of the sample of dots and their jitter. */
const DOT_SEED = 1;

/**
 * The same numbers as `evaluate --json` of the command line, and what is drawn beside them.
 *
 * @param quick without intervals and null: the first picture of a large table
 */
export function analyse(
  input: LabelledTable,
  settings: PanelSettings,
  origin: string,
  quick: boolean,
): Analysis {
  const { table, data } = input;
  const { evaluation, consistencyBars } = assess(data, {
    bins: settings.bins,
    binning: settings.binning,
    ...(quick ? { rounds: 0, nullDraws: 0 } : {}),
    warnings: input.warnings,
    rejected: table.rejected.slice(0, REJECTED_LIMIT),
  });
  return {
    evaluation,
    consistency: [...consistencyBars],
    dots: sampleDots(data),
    settings,
    preliminary: quick,
    rejectedCount: table.rejectedCount,
    origin,
    sha256: input.source.sha256,
  };
}

/** What `evaluate --json` prints with the same options. */
export function reportOf(
  { shown: { table, data, warnings }, prevalence }: LoadedTable,
  { bins, binning }: PanelSettings,
): EvaluateReport {
  const options = { bins, binning };
  const evaluation = evaluate(data, { ...options, warnings, rejected: table.rejected });
  const decisions = decide(data, evaluation.labelMetrics, options);
  return evaluateReport(evaluation, decisions, table.lines, prevalence);
}

/** At most {@link DOT_LIMIT} rows, each as likely as any other; the same ones every time. */
export function sampleDots(data: PredictionData): Dots {
  const { confidence, correct } = confidenceOf(data);
  const random = seededRandom(DOT_SEED);
  const n = confidence.length;
  const dots = {
    confidence: [] as number[],
    correct: [] as number[],
    jitter: [] as number[],
    total: n,
  };
  // Selection sampling (Knuth 1997, 3.4.2, algorithm S): in order, in one pass.
  let wanted = Math.min(DOT_LIMIT, n);
  for (let i = 0; i < n && wanted > 0; i++) {
    if (random() * (n - i) >= wanted) continue;
    wanted--;
    dots.confidence.push(round(confidence[i] ?? 0));
    dots.correct.push(correct[i] === 1 ? 1 : 0);
    dots.jitter.push(round(random()));
  }
  return dots;
}

/** Finer than a pixel. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** The rows of one bin (low, high], the first closed on the left too; worst first. */
export function rowsOfBin({ table, data }: LabelledTable, low: number, high: number): BinRows {
  const { confidence, correct, logOdds, predicted } = confidenceOf(data);
  const found: number[] = [];
  for (let i = 0; i < rowCount(data); i++) {
    const p = confidence[i] ?? 0;
    if (p <= high && (p > low || (low === 0 && p === 0))) found.push(i);
  }
  const badness = (row: number): number => {
    const f = logOdds[row] ?? 0;
    return correct[row] === 1 ? -f : f;
  };
  found.sort((a, b) => (correct[a] ?? 0) - (correct[b] ?? 0) || badness(b) - badness(a) || a - b);
  const named = (labels: readonly string[], index: number | undefined): string | null =>
    index === undefined || index < 0 ? null : (labels[index] ?? null);
  return {
    low,
    high,
    total: found.length,
    rows: found.slice(0, BIN_ROW_LIMIT).map((row) => ({
      line: table.lines[row] ?? 1,
      confidence: confidence[row] ?? 0,
      correct: correct[row] === 1,
      predicted:
        data.kind === 'labels'
          ? named(data.labels, predicted?.[row])
          : named(table.predicted?.names ?? [], table.predicted?.index[row]),
      truth: data.kind === 'labels' ? named(data.labels, data.truth[row]) : null,
    })),
  };
}
