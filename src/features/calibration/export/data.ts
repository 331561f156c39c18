import type { Comparison, Diagram } from '../../../protocol/calibration-page';
import { csvLine } from '../../../store/tables/csv-line';
import type { Evaluation } from '../../../core/model/evaluation';
import type { Report } from '../../../protocol/calibration-worker';

/**
 * The bins of a diagram as a CSV: a line for each bin, numbers in full precision.
 *
 * @param part the part that the diagram shows, for a column of its own; null for all rows
 */
export function binsCsv({ evaluation, consistency }: Diagram, part: string | null): string {
  const whose = part === null ? [] : [part];
  const header = [
    ...whose.map(() => 'part'),
    'low',
    'high',
    'count',
    'mean_confidence',
    'accuracy',
    'accuracy_low',
    'accuracy_high',
    'consistency_low',
    'consistency_high',
  ];
  const lines = evaluation.bins.map((bin, index) => {
    const bars = consistency[index];
    return [
      ...whose,
      bin.low,
      bin.high,
      bin.count,
      bin.meanConfidence,
      bin.accuracy,
      bin.accuracyLow,
      bin.accuracyHigh,
      bars?.low ?? '',
      bars?.high ?? '',
    ].map(String);
  });
  return [header, ...lines].map((cells) => csvLine(cells, ',')).join('');
}

/** The comparison of calibrators, each with its evaluation on the rows that it did not see. */
interface ComparisonReport extends Omit<Comparison, 'methods'> {
  readonly before: Evaluation | null;
  readonly methods: readonly {
    readonly method: string;
    readonly after: Evaluation;
    readonly gap: Comparison['methods'][number]['gap'];
  }[];
}

/** The document of `evaluate --json`. If calibrators were compared, they are under `comparison`. */
export function reportJson(report: Report, comparison: Comparison | null): string {
  const whole = comparison === null ? report : { ...report, comparison: comparisonReport(comparison) };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

function comparisonReport({ methods, ...rest }: Comparison): ComparisonReport {
  const raw = methods.find(({ method }) => method === 'raw');
  return {
    ...rest,
    before: raw?.diagram.evaluation ?? null,
    methods: methods
      .filter((entry) => entry !== raw)
      .map(({ method, diagram, gap }) => ({ method, after: diagram.evaluation, gap })),
  };
}
