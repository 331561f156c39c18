/** Draws the rows of a table that people are to label, and writes them into a table of their own. */
import type { ColumnOptions } from '../../core/data/columns';
import type { Design, DesignKind, SelectedBy } from '../../core/labelling/design';
import { type Bucket, bucketOf } from '../../core/model/buckets';
import type { Warning } from '../../core/model/predictions';
import { confidenceOf } from '../../core/model/rows';
import { writeFileAtomic } from '../../store/atomic';
import { csvLine } from '../../store/tables/csv-line';
import { MODEL_COLUMNS, namedRow } from '../../store/tables/people-labels';
import { tableRows } from '../../store/tables/rows';
import { type DrawOrder, drawRows, type Frame, frameOf } from './draw-rows';
import { predictedByLine } from './labelling';

export interface SampleOrder extends Omit<DrawOrder, 'below'> {
  /** For a review: what is below the highest of them needs one. */
  readonly buckets: readonly Bucket[];
  readonly table: string;
  readonly out: string;
  readonly columns: ColumnOptions;
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
  /** What people choose among, where the table has scores of labels; null where it tells no labels. */
  readonly labels: readonly string[] | null;
  readonly warnings: readonly Warning[];
}

/**
 * The columns of the table to fill in. The model's answer is none of them, because people who see it tend to agree; but a
 * review is about it.
 */
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

/** @throws UserError everything of `frameOf` and `drawRows`; not-a-file */
export async function sampleTable(order: SampleOrder): Promise<Sampled> {
  const frame = await frameOf(order.table, order.columns);
  const { design, id, kind, texts } = await drawRows(frame, { ...order, below: order.buckets[0]?.low });
  const rows = design.queue.map(({ row, ...drawn }) => ({ ...drawn, line: frame.lines[row] ?? 0 }));
  await writeSample(order.out, frame, { ...order, id, kind, rows });
  const { data } = frame.table ?? {};
  const labels = data?.kind === 'labels' ? data.labels : null;
  return { design, id, kind, n: frame.lines.length, texts, labels, warnings: frame.warnings };
}

export interface WrittenSample extends Pick<SampleOrder, 'buckets' | 'spreadsheetSafe'> {
  readonly id: string;
  readonly kind: DesignKind;
  /** In the order in which they are to be labelled. */
  readonly rows: readonly {
    /** Where the row begins in the table's file. */
    readonly line: number;
    readonly selectedBy: SelectedBy;
    readonly probability: number;
  }[];
}

/** @throws UserError not-a-file; everything of `tableRows` */
export async function writeSample(
  out: string,
  frame: Frame,
  { id, kind, rows, buckets, spreadsheetSafe }: WrittenSample,
): Promise<void> {
  const { source, identity } = frame;
  const answers = kind === 'review' ? modelAnswers(frame, buckets) : undefined;
  const positions = new Map(rows.map((row, at) => [row.line, { ...row, at }]));
  const lines = new Array<string>(rows.length).fill('');
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const drawn = positions.get(line);
      if (drawn === undefined) continue;
      const row = namedRow(identity, line, cells);
      const text = identity.text === undefined ? '' : (cells[identity.text] ?? '');
      lines[drawn.at] = csvLine(
        [
          ...[String(drawn.at + 1), row.id, text, '', row.textSha256],
          ...[id, drawn.selectedBy, String(drawn.probability)],
          ...(answers?.(line) ?? []),
        ],
        ',',
        { spreadsheetSafe },
      );
    }
  const columns = [...SAMPLE_COLUMNS, ...(answers === undefined ? [] : MODEL_COLUMNS)];
  await writeFileAtomic(out, csvLine(columns, ',') + lines.join(''));
}

/** The cells of {@link MODEL_COLUMNS} of the row on a line. */
function modelAnswers({ table }: Frame, buckets: readonly Bucket[]): (line: number) => string[] {
  const predicted = predictedByLine(table);
  const rows = new Map(Array.from(table?.lines ?? [], (line, row) => [line, row]));
  const confidence = table === null ? undefined : confidenceOf(table.data).confidence;
  return (line) => {
    const sureness = confidence?.[rows.get(line) ?? -1] ?? 0;
    return [predicted.get(line) ?? '', String(sureness), bucketOf(sureness, buckets).name];
  };
}
