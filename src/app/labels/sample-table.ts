/** Draws the rows of a table that people are to label, and writes them into a table of their own. */
import path from 'node:path';
import type { ColumnOptions } from '../../core/data/columns';
import { groupNumbers, hash53, normaliseText } from '../../core/data/hash';
import { type Design, type DesignKind, drawDesign } from '../../core/labelling/design';
import { confidenceOf } from '../../core/model/rows';
import type { PredictionData, Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { writeFileAtomic } from '../../store/atomic';
import { columnsOf } from '../../store/tables/columns-of';
import { csvLine } from '../../store/tables/csv-line';
import { inspectTable, type TableFile } from '../../store/tables/inspect';
import { identityOf, namedRow } from '../../store/tables/people-labels';
import { readTable } from '../../store/tables/read-table';
import { tableRows } from '../../store/tables/rows';

export interface SampleOrder {
  readonly table: string;
  readonly out: string;
  readonly columns: ColumnOptions;
  /** Undefined: stratified, or all at random where the table has no scores. */
  readonly kind: DesignKind | undefined;
  readonly rows: number;
  readonly seed: number;
  readonly spreadsheetSafe: boolean;
}

export interface Sampled {
  readonly design: Design;
  /** As every row that was drawn names it. */
  readonly id: string;
  readonly kind: DesignKind;
  /** Rows that could be drawn, and their different texts. */
  readonly n: number;
  readonly texts: number;
  readonly warnings: readonly Warning[];
}

/** The columns of the table to fill in. The model's answer is none of them: people who see it tend to agree. */
const SAMPLE_COLUMNS = [
  'position',
  'row_id',
  'text',
  'label',
  'text_sha256',
  'design',
  'selected_by',
  'inclusion_probability',
] as const;

/** @throws UserError everything of `inspectTable`, `identityOf`, `readTable` and `drawDesign`; not-a-file */
export async function sampleTable(order: SampleOrder): Promise<Sampled> {
  const source = await inspectTable(order.table);
  const identity = identityOf(source, order.columns.mapping);
  const frame = await frameOf(source, order);
  const kind = order.kind ?? (frame.data === null ? 'random' : 'stratified');
  const cluster = await clustersOf(source, frame.lines, identity.text);
  const found = frame.data && confidenceOf(frame.data);
  const design = drawDesign({
    kind,
    size: order.rows,
    seed: order.seed,
    n: frame.lines.length,
    cluster,
    scores: found ? { confidence: found.confidence, predicted: found.predicted } : undefined,
  });
  const id = `${kind}-${design.queue.length}-seed${order.seed}-${source.sha256.slice(0, 8)}`;
  const positions = new Map(design.queue.map((drawn, at) => [frame.lines[drawn.row] ?? 0, { ...drawn, at }]));
  const lines = new Array<string>(design.queue.length).fill('');
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const drawn = positions.get(line);
      if (drawn === undefined) continue;
      const row = namedRow(identity, line, cells);
      const text = identity.text === undefined ? '' : (cells[identity.text] ?? '');
      lines[drawn.at] = csvLine(
        [
          String(drawn.at + 1),
          row.id,
          text,
          '',
          row.textSha256,
          id,
          drawn.selectedBy,
          String(drawn.probability),
        ],
        ',',
        { spreadsheetSafe: order.spreadsheetSafe },
      );
    }
  await writeFileAtomic(order.out, csvLine(SAMPLE_COLUMNS, ',') + lines.join(''));
  return {
    design,
    id,
    kind,
    n: frame.lines.length,
    texts: cluster === undefined ? frame.lines.length : new Set(cluster).size,
    warnings: frame.warnings,
  };
}

interface Frame {
  readonly lines: Int32Array;
  /** Null for a table without scores. */
  readonly data: PredictionData | null;
  readonly warnings: readonly Warning[];
}

/** The rows that can be drawn: of a scored table those with scores, of another one all with a text. */
async function frameOf(source: TableFile, { table: file, columns }: SampleOrder): Promise<Frame> {
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
    return { lines: table.lines, data: table.data, warnings: table.warnings };
  }
  const { text, id } = identityOf(source, columns.mapping);
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
  return { lines: Int32Array.from(lines), data: null, warnings };
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
