/** Computes what the panel shows from a table. Runs in the worker; has no state and no clock. */
import path from 'node:path';
import { leftOut } from '../../../core/data/table';
import { evaluateTable } from '../../../app/tables/evaluate-table';
import { confidenceOf } from '../../../core/model/rows';
import type { EvaluateReport } from '../../../core/decisions/report';
import { assess } from '../../../core/metrics/evaluate';
import {
  REJECTED_LIMIT,
  type Analysis,
  binsOf,
  type ListedRows,
  type PanelSettings,
  type RowParams,
  TEXT_LIMIT,
} from '../../../protocol/calibration-page';
import type { LabelledTable } from '../../../store/tables/labelled';
import type { Part } from './breakdown';
import { cellsAt } from '../../../store/tables/rows';
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
  { shown, origin, labelsFrom }: Pick<PanelTable, 'shown' | 'origin' | 'labelsFrom'>,
  settings: PanelSettings,
  quick: boolean,
): Analysis {
  const { table, data, source, warnings } = shown;
  const assessment = assess(data, {
    bins: binsOf(settings, table.n),
    binning: settings.binning,
    ...(quick ? { rounds: 0, nullDraws: 0 } : {}),
    warnings,
    ...leftOut(table),
    rejected: table.rejected.slice(0, REJECTED_LIMIT),
  });
  return {
    ...diagramOf(data, assessment),
    settings,
    preliminary: quick,
    rejectedCount: table.rejectedCount,
    lowMass: table.lowMass,
    truthFrom: nameOf(labelsFrom),
    origin,
    sha256: source.sha256,
    size: source.size,
    modified: source.modified,
  };
}

/** Name of the file with the labels that are the truth; null for that of the table itself. */
export function nameOf(labelsFrom: string | undefined): string | null {
  return labelsFrom === undefined ? null : path.basename(labelsFrom);
}

/** The document of the command line with the same options, including buckets, target accuracy and costs. */
export function reportOf(
  table: PanelTable,
  { settings, decide: { question, buckets } }: ReportParams,
): EvaluateReport {
  const bins = binsOf(settings, table.shown.table.n);
  const { binning } = settings;
  const costs = suits(question.costs, table.shown.data) ? question.costs : undefined;
  return evaluateTable(table, { bins, binning, buckets, target: question.target, costs });
}

/**
 * The rows of a bin, a bucket, a threshold or a cell of the confusion matrix, worst first, without their texts.
 *
 * @param part the rows and scores that they belong to, if not the whole table, raw
 */
export function rowsOf(
  { table, data }: LabelledTable,
  { which, limit }: Pick<RowParams, 'which' | 'limit'>,
  part?: Pick<Part, 'data' | 'rows'>,
): ListedRows {
  const looked = part?.data ?? data;
  const { confidence, correct, rank, ...own } = confidenceOf(looked);
  // A view of one label against the rest has no predicted label; a calibrator may have changed it.
  const isOwn = looked.kind === 'labels';
  const { predicted } = isOwn ? own : confidenceOf(data);
  const rowAt = (at: number): number => (part === undefined ? at : (part.rows[at] ?? 0));
  const named = (labels: readonly string[], index: number | undefined): string | null =>
    index === undefined || index < 0 ? null : (labels[index] ?? null);
  const predictedAt = (at: number): string | null =>
    data.kind === 'labels'
      ? named(data.labels, predicted?.[isOwn ? at : rowAt(at)])
      : named(table.predicted?.names ?? [], table.predicted?.index[rowAt(at)]);
  const truthAt = (at: number): string | null =>
    data.kind === 'labels'
      ? named(data.labels, data.truth[rowAt(at)])
      : named(table.label?.names ?? [], table.label?.index[rowAt(at)]);
  const isWanted = (at: number): boolean => {
    const p = confidence[at] ?? 0;
    switch (which.kind) {
      case 'bin':
        return p <= which.high && (p > which.low || (which.low === 0 && p === 0));
      case 'range':
        return p >= which.low && (p < which.high || which.high === 1);
      case 'cell':
        return predictedAt(at) === which.predicted && truthAt(at) === which.truth;
    }
  };
  const found = [...confidence.keys()].filter(isWanted);
  const badness = (row: number): number => {
    const f = rank[row] ?? 0;
    return correct[row] === 1 ? -f : f;
  };
  found.sort((a, b) => (correct[a] ?? 0) - (correct[b] ?? 0) || badness(b) - badness(a) || a - b);
  return {
    total: found.length,
    hasText: table.columns.roles.text !== undefined,
    rows: found.slice(0, limit).map((at) => ({
      line: table.lines[rowAt(at)] ?? 1,
      confidence: confidence[at] ?? 0,
      correct: correct[at] === 1,
      predicted: predictedAt(at),
      truth: truthAt(at),
      text: null,
    })),
  };
}

/**
 * The same rows with their texts, which the table in memory does not hold: the file is read again up to the last of them.
 *
 * @throws UserError everything of `tableRows`
 */
export async function withTexts<Row extends { readonly line: number }>(
  { source, table }: Pick<LabelledTable, 'source' | 'table'>,
  rows: readonly Row[],
): Promise<(Row & { readonly text: string | null })[]> {
  const { text } = table.columns.roles;
  const texts =
    text === undefined ? undefined : await cellsAt(source, text, new Set(rows.map(({ line }) => line)));
  return rows.map((row) => {
    const cell = texts?.get(row.line);
    return { ...row, text: cell === undefined ? null : cut(cell) };
  });
}

/** At most {@link TEXT_LIMIT} characters, and a sign where more follow. */
export function cut(text: string): string {
  return text.length <= TEXT_LIMIT ? text : `${text.slice(0, TEXT_LIMIT).replace(/[\ud800-\udbff]$/u, '')}…`;
}
