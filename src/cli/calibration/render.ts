/**
 * Results as text for people: aligned tables and a reliability diagram of characters.
 */
import { oneLine } from '../../core/encode';
import { largest } from '../../core/extremes';
import { correctRowsInWords, count, number as inWords } from '../../core/words/calibration';
import type { RejectedRow, Warning } from '../../core/model/predictions';
import type { Progression, Spread } from '../../core/calibration/progression';
import type { Recommendation } from '../../core/calibration/recommend';
import { metricsOf } from '../../core/words/metrics';
import type { Io } from '../command';
import { remedyForWarning } from '../remedies';
import {
  FEWEST_TO_JUDGE,
  type Evaluation,
  type Metric,
  type ReliabilityBin,
} from '../../core/model/evaluation';
import type { CalibrationReport } from '../../core/calibration/calibrate';

/**
 * Rows in aligned columns: the first is flush left, the others flush right. A cell beyond those of the first row is a
 * remark.
 */
export function aligned(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, c) => largest(rows.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** Decimals of every number: a terminal has room for one more than the panel. */
export const DECIMALS = 4;

export function number(value: number | null | undefined): string {
  return inWords(value, DECIMALS);
}

export function interval({ low, high }: Pick<Metric, 'low' | 'high'>): string {
  return low === null || high === null ? '' : `${number(low)} – ${number(high)}`;
}

export function renderEvaluation(evaluation: Evaluation): string {
  const { labels, eceNull } = evaluation;
  const metrics = metricsOf(evaluation).map(([name, metric]) => [
    name,
    number(metric.value),
    interval(metric),
    ...(metric.reason === undefined ? [] : [metric.reason]),
  ]);
  const what = labels === null ? 'confidence' : `${labels.length} labels: ${labels.join(', ')}`;
  return [
    `${correctRowsInWords(evaluation)} (${what})\n\n`,
    aligned([['', 'value', '95% interval'], ...metrics]),
    eceNull.p === null
      ? ''
      : `\nA perfectly calibrated model would show an ECE of ${number(eceNull.mean)} on average here, and at most ` +
        `${number(eceNull.q95)} in 95 of 100 tables (p = ${eceNull.p.toFixed(3)}).\n`,
    evaluation.n < FEWEST_TO_JUDGE ? '' : `\n${renderDiagram(evaluation.bins)}`,
    renderConfusion(evaluation),
  ].join('');
}

/** Raw and calibrated numbers side by side. */
export function renderCalibration(report: CalibrationReport, out: string): string {
  const { before, after, inSample, folds } = report;
  const rows = metricsOf(before).map(([name, metric], i) => {
    const [calibrated, flattered] = [metricsOf(after)[i]?.[1], metricsOf(inSample)[i]?.[1]];
    return [
      name,
      number(metric.value),
      interval(metric),
      number(calibrated?.value),
      calibrated === undefined ? '' : interval(calibrated),
      number(flattered?.value),
    ];
  });
  const seen =
    folds.source === 'split'
      ? 'fitted on the rows marked fit, evaluated on those marked test'
      : `${folds.count} folds by ${folds.stratifiedBy}${folds.grouped ? ', groups kept together' : ''}, seed ${folds.seed}`;
  const { seedRange } = folds;
  return [
    `${report.method} on ${report.on}, evaluated on ${count(before.n, 'row')} that it did not see (${seen})\n\n`,
    aligned([['', 'raw', '95% interval', 'calibrated', '95% interval', '(in-sample)'], ...rows]),
    seedRange === null
      ? ''
      : `\nWith ${seedRange.seeds.length} fold seeds: ECE ${range(seedRange.ece)}, NLL ${range(seedRange.nll)}.\n`,
    `\nCalibrated:\n${renderDiagram(after.bins)}\nSaved, fitted on all ${count(inSample.n, 'row')}: ${out}\n`,
  ].join('');
}

/** Every calibrator that was compared, and the recommendation. */
export function renderRecommendation({ candidates, excluded, reason, test }: Recommendation): string {
  const rows = candidates.map(({ method, parameters, nll, gap, gapSe }) => [
    method,
    String(parameters),
    number(nll),
    `${number(gap)} ± ${number(gapSe)}`,
  ]);
  return [
    rows.length === 0 ? '' : aligned([['calibrator', 'parameters', 'NLL', 'above the best'], ...rows]),
    ...excluded.map((entry) => `${entry.method} is left out: ${entry.reason}\n`),
    test === null
      ? ''
      : `On the ${count(test.n, 'row')} marked test: NLL ${number(test.raw)} raw, ${number(test.chosen)} with the chosen calibrator.\n`,
    `${reason}\n`,
  ].join('');
}

/** The gain from more labelled rows: the median over repeats, with the middle 80%. */
export function renderProgression({ points, holdOut, repeats, message }: Progression): string {
  const spread = ({ median, low, high }: Spread) => `${number(median)} (${number(low)} – ${number(high)})`;
  const rows = points.map(({ rows: fitted, nll, brier, ece, eceNull }) => [
    fitted.toLocaleString('en-US'),
    ...[nll, brier, ece, eceNull].map(spread),
  ]);
  const held = `${count(repeats, 'repeat')}, ${count(holdOut, 'row')} held out in each`;
  return rows.length === 0
    ? `${message}\n`
    : `${aligned([['rows fitted on', 'NLL', 'Brier', 'ECE', 'ECE if calibrated'], ...rows])}${held}. ${message}\n`;
}

function range([low, high]: readonly [number, number]): string {
  return `${number(low)} – ${number(high)}`;
}

const WIDTH = 41;

/** A line for every bin: its accuracy and its mean confidence between 0 and 1. */
export function renderDiagram(bins: readonly ReliabilityBin[]): string {
  if (bins.length === 0) return '';
  const rows = bins.map((bin, index) => [
    `${index === 0 ? '[' : '('}${bin.low.toFixed(3)}, ${bin.high.toFixed(3)}]`,
    bin.count.toLocaleString('en-US'),
    bin.meanConfidence.toFixed(3),
    bin.accuracy.toFixed(3),
    bar(bin),
  ]);
  const axis = `0${' '.repeat(WIDTH - 2)}1`;
  return `${aligned([['bin of confidence', 'rows', 'confidence', 'accuracy', axis], ...rows])}● accuracy with its 95% interval, │ mean confidence, ◆ both\n`;
}

function bar(bin: ReliabilityBin): string {
  const at = (value: number) => Math.round(value * (WIDTH - 1));
  const low = at(bin.accuracyLow ?? 1);
  const high = at(bin.accuracyHigh ?? 0);
  const cells = Array.from<unknown, string>({ length: WIDTH }, (_, i) => (i >= low && i <= high ? '─' : '·'));
  const accuracy = at(bin.accuracy);
  const confidence = at(bin.meanConfidence);
  cells[confidence] = '│';
  cells[accuracy] = accuracy === confidence ? '◆' : '●';
  return cells.join('');
}

/** With more than twelve labels the matrix is wider than a terminal; --json has it. */
function renderConfusion({ labelMetrics, labels }: Evaluation): string {
  if (labelMetrics === null || labels === null || labels.length > 12) return '';
  const rows = labelMetrics.perLabel.map((label, k) => [
    label.label,
    ...(labelMetrics.confusion[k] ?? []).map((cell) => cell.toLocaleString('en-US')),
    number(label.precision),
    number(label.recall),
    number(label.f1),
    number(label.ece),
  ]);
  return `\n${aligned([['truth \\ predicted', ...labels, 'precision', 'recall', 'F1', 'ECE'], ...rows])}`;
}

/** Number of rejected rows shown on a terminal; --json lists them all. */
const SHOWN_ROWS = 20;

/** Writes warnings and rejected rows to stderr, so that the result can be piped. */
export function report(io: Io, warnings: readonly Warning[], rejected: readonly RejectedRow[]): void {
  for (const warning of warnings)
    io.err(`Warning: ${oneLine(`${warning.message} ${remedyForWarning(warning)}`.trimEnd())}\n`);
  for (const { line, reason } of rejected.slice(0, SHOWN_ROWS))
    io.err(`  line ${line}: ${oneLine(reason)}\n`);
  const more = rejected.length - SHOWN_ROWS;
  if (more > 0) io.err(`  and ${count(more, 'more row')} (all of them with --json)\n`);
}
