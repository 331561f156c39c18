/** A labelled table whose rows are divided for tuning: what is written of it, without the scores that it may hold. */
import { SPLITS, type Split } from '../../core/data/tuning-split';
import { csvLine } from './csv-line';
import { inspectTable, type TableFile } from './inspect';
import { tableRows } from './rows';
import { scoreCells } from './score-cells';

const SPLIT = 'split';

/**
 * The rows with a part, in their order, with a column "split" at the end.
 *
 * @param partOf part of each row, by the line on which it begins
 * @param labels of the classifier: columns of their scores are left out
 */
export async function* splitLines(
  source: TableFile,
  partOf: ReadonlyMap<number, Split>,
  labels: readonly string[],
): AsyncGenerator<string> {
  const kept = keptColumns(source.header, labels);
  const names = kept.map((column) => source.header[column] ?? '');
  yield csvLine([...names, SPLIT], source.separator);
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const part = partOf.get(line);
      if (part !== undefined)
        yield csvLine([...kept.map((column) => cells[column] ?? ''), part], source.separator);
    }
}

/** Columns that are neither the split nor what scoring writes. */
function keptColumns(header: readonly string[], labels: readonly string[]): number[] {
  const scores = new Set([
    ...scoreCells(labels, 'token-probability', null, true).header,
    ...labels.flatMap((label) => [`prob:${label}`, `logit:${label}`]),
    ...['correct', 'calibrator_sha256', SPLIT],
  ]);
  return header.flatMap((column, at) => {
    const name = column.trim();
    return scores.has(name) || name.startsWith('raw:') ? [] : [at];
  });
}

/** A row of a table that `splitLines` wrote. */
export interface SplitRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly part: Split;
}

/** The rows of a table with a column "split"; those without a part are passed over. */
export async function* splitRows(source: TableFile): AsyncGenerator<SplitRow> {
  const at = source.header.findIndex((name) => name.trim() === SPLIT);
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const part = SPLITS.find((name) => name === cells[at]);
      if (part !== undefined) yield { line, cells, part };
    }
}

/** The rows that did not train: of the validation and of the hold-out. */
export async function* unseenLines(splitTable: string): AsyncGenerator<string> {
  const source = await inspectTable(splitTable);
  yield csvLine(source.header, source.separator);
  for await (const { cells, part } of splitRows(source))
    if (part !== 'train') yield csvLine(cells, source.separator);
}
