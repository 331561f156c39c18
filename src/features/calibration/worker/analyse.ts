/** Computes what the panel shows from a table. Runs in the worker; has no state and no clock. */
import { leftOut } from '../../../core/data/table';
import { evaluateTable } from '../../../app/tables/evaluate-table';
import { confidenceOf } from '../../../core/model/rows';
import type { EvaluateReport } from '../../../core/decisions/report';
import { assess } from '../../../core/metrics/evaluate';
import {
  REJECTED_LIMIT,
  type Analysis,
  type BinParams,
  type BinRows,
  type PanelSettings,
} from '../../../protocol/calibration-page';
import type { LabelledTable } from '../../../store/tables/labelled';
import type { Part } from './breakdown';
import { suits } from './decide';
import { diagramOf } from './diagram-data';
import type { PanelTable } from './load';
import type { ReportParams } from '../../../protocol/calibration-worker';

/**
 * Computes the same numbers as `evaluate --json` of the command line, and the data of the drawings.
 *
 * @param quick leaves out the intervals and the null: the first picture of a large table
 */
export function analyse(
  input: LabelledTable,
  settings: PanelSettings,
  origin: string,
  quick: boolean,
): Analysis {
  const { table, data } = input;
  const assessment = assess(data, {
    bins: settings.bins,
    binning: settings.binning,
    ...(quick ? { rounds: 0, nullDraws: 0 } : {}),
    warnings: input.warnings,
    ...leftOut(table),
    rejected: table.rejected.slice(0, REJECTED_LIMIT),
  });
  return {
    ...diagramOf(data, assessment),
    settings,
    preliminary: quick,
    rejectedCount: table.rejectedCount,
    origin,
    sha256: input.source.sha256,
    size: input.source.size,
    modified: input.source.modified,
  };
}

/** The document of the command line with the same options, including buckets, target accuracy and costs. */
export function reportOf(
  table: PanelTable,
  { settings: { bins, binning }, decide: { question, buckets } }: ReportParams,
): EvaluateReport {
  const costs = suits(question.costs, table.shown.data) ? question.costs : undefined;
  return evaluateTable(table, { bins, binning, buckets, target: question.target, costs });
}

/**
 * The rows of one bin (low, high], worst first. The first bin also contains its low end.
 *
 * @param part the rows and scores that the bin belongs to, if not the whole table, raw
 */
export function rowsOfBin(
  { table, data }: LabelledTable,
  { low, high, limit }: Pick<BinParams, 'low' | 'high' | 'limit'>,
  part?: Pick<Part, 'data' | 'rows'>,
): BinRows {
  const looked = part?.data ?? data;
  const { confidence, correct, rank, ...own } = confidenceOf(looked);
  // A view of one label against the rest has no predicted label; a calibrator may have changed it.
  const isOwn = looked.kind === 'labels';
  const { predicted } = isOwn ? own : confidenceOf(data);
  const found: number[] = [];
  for (let i = 0; i < confidence.length; i++) {
    const p = confidence[i] ?? 0;
    if (p <= high && (p > low || (low === 0 && p === 0))) found.push(i);
  }
  const badness = (row: number): number => {
    const f = rank[row] ?? 0;
    return correct[row] === 1 ? -f : f;
  };
  found.sort((a, b) => (correct[a] ?? 0) - (correct[b] ?? 0) || badness(b) - badness(a) || a - b);
  const named = (labels: readonly string[], index: number | undefined): string | null =>
    index === undefined || index < 0 ? null : (labels[index] ?? null);
  return {
    low,
    high,
    total: found.length,
    rows: found.slice(0, limit).map((at) => {
      const row = part === undefined ? at : (part.rows[at] ?? 0);
      return {
        line: table.lines[row] ?? 1,
        confidence: confidence[at] ?? 0,
        correct: correct[at] === 1,
        predicted:
          data.kind === 'labels'
            ? named(data.labels, predicted?.[isOwn ? at : row])
            : named(table.predicted?.names ?? [], table.predicted?.index[row]),
        truth:
          data.kind === 'labels'
            ? named(data.labels, data.truth[row])
            : named(table.label?.names ?? [], table.label?.index[row]),
      };
    }),
  };
}
