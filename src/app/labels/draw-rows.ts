/** Which rows of a table are drawn to be labelled, and what is known of them. */
import path from 'node:path';
import type { ColumnOptions } from '../../core/data/columns';
import { groupNumbers, hash53, normaliseText } from '../../core/data/hash';
import type { PredictionTable } from '../../core/data/table';
import { type Design, type DesignKind, drawDesign } from '../../core/labelling/design';
import { confidenceOf } from '../../core/model/rows';
import type { Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { columnsOf } from '../../store/tables/columns-of';
import { inspectTable, type TableFile } from '../../store/tables/inspect';
import { type Identity, identityOf } from '../../store/tables/people-labels';
import { readTable } from '../../store/tables/read-table';
import { tableRows } from '../../store/tables/rows';
import { countTrained, trainedRows } from '../../store/tables/trained-rows';

export interface DrawOrder {
  /** Undefined: stratified, or all at random where the table has no scores. */
  readonly kind: DesignKind | undefined;
  readonly rows: number;
  readonly seed: number;
  /** For a review: rows of a lower confidence need one. */
  readonly below?: number | undefined;
}

/** A table whose rows can be drawn. */
export interface Frame {
  readonly source: TableFile;
  readonly identity: Identity;
  /** Lines of the rows that can be drawn: of a scored table those with scores, of another one all with a text. */
  readonly lines: Int32Array;
  /** Null for a table without scores. */
  readonly table: PredictionTable | null;
  readonly warnings: readonly Warning[];
}

export interface Drawn {
  readonly design: Design;
  /** As every row that was drawn names it. */
  readonly id: string;
  readonly kind: DesignKind;
  /** Different texts of the table. */
  readonly texts: number;
}

/** @throws UserError what `drawDesign` throws */
export async function drawRows({ source, identity, lines, table }: Frame, order: DrawOrder): Promise<Drawn> {
  const kind = order.kind ?? (table === null ? 'random' : 'stratified');
  const cluster = await clustersOf(source, lines, identity.text);
  const found = table && confidenceOf(table.data);
  const design = drawDesign({
    kind,
    size: order.rows,
    seed: order.seed,
    below: order.below,
    n: lines.length,
    cluster,
    scores: found ? { confidence: found.confidence, predicted: found.predicted } : undefined,
  });
  return {
    design,
    id: `${kind}-${design.queue.length}-seed${order.seed}-${source.sha256.slice(0, 8)}`,
    kind,
    texts: cluster === undefined ? lines.length : new Set(cluster).size,
  };
}

/** @throws UserError everything of `inspectTable`, `identityOf` and `readTable`; no-rows */
export async function frameOf(file: string, columns: ColumnOptions): Promise<Frame> {
  const source = await inspectTable(file);
  const identity = identityOf(source, columns.mapping);
  const isScored = await columnsOf(source, columns).then(
    () => true,
    (error: unknown) => {
      if (error instanceof UserError && error.code === 'no-columns') return false;
      throw error;
    },
  );
  if (isScored) {
    // The truth, where there is some, plays no part in what is drawn.
    const mapping = { ...columns.mapping, label: '', correct: '', weight: '', split: '' };
    const { table } = await readTable(file, { ...columns, mapping, truth: 'optional' });
    const warnings = [...table.warnings, ...(await trainedWarnings(source, table))];
    return { source, identity, lines: table.lines, table, warnings };
  }
  const { text, id } = identity;
  const lines: number[] = [];
  let empty = 0;
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      if ((cells[text ?? id ?? 0] ?? '').trim() === '') empty++;
      else lines.push(line);
    }
  if (lines.length === 0)
    throw new UserError('no-rows', `${path.basename(file)} has no row with a text that could be drawn.`);
  const warnings: Warning[] =
    empty === 0 ? [] : [{ code: 'empty-texts', message: `${empty} rows have no text and cannot be drawn.` }];
  return { source, identity, lines: Int32Array.from(lines), table: null, warnings };
}

/** Labels of rows that trained the model are of no use for its numbers: that is said before people give them. */
async function trainedWarnings(source: TableFile, table: PredictionTable): Promise<readonly Warning[]> {
  const trained = await trainedRows(source, table.columns.roles.text);
  if (trained === undefined) return [];
  const known = await countTrained(source, trained, new Set(table.lines));
  if (known === 0) return trained.warnings(0);
  return [
    {
      code: 'train-rows',
      message: `${known.toLocaleString('en-US')} of these rows trained the adapter ${trained.adapter}, and "estimate" refuses their labels: what it gets right there says nothing about other rows. Draw from a table of rows that it has not seen, or from the scores of the base.`,
    },
  ];
}

/** Near-copies: texts that are equal but for case, spaces and punctuation. Undefined without texts, or without copies. */
async function clustersOf(
  source: TableFile,
  lines: Int32Array,
  text: number | undefined,
): Promise<Int32Array | undefined> {
  if (text === undefined) return undefined;
  const at = new Map(Array.from(lines, (line, row) => [line, row]));
  const hashes = new Float64Array(lines.length);
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const row = at.get(line);
      const normal = normaliseText(cells[text] ?? '');
      // A row without a text is alone.
      if (row !== undefined) hashes[row] = hash53(normal === '' ? `\n${line}` : normal);
    }
  return groupNumbers(hashes);
}
