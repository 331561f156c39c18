/** Writes a table with the labels that people gave beside its rows. */
import { labelColumns } from '../../core/data/columns';
import type { AnsweredRow } from '../../core/labelling/decisions';
import type { Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { readSmall } from '../../store/read-regular';
import { csvLine } from '../../store/tables/csv-line';
import { inspectTable } from '../../store/tables/inspect';
import { peopleLabels } from '../../store/tables/people-labels';
import { tableRows } from '../../store/tables/rows';
import { scoreMetaFile } from '../../store/tables/score-meta';
import { writeWithMeta } from '../../store/tables/write-with-meta';

export interface JoinOrder {
  readonly table: string;
  readonly labels: string;
  readonly out: string;
  readonly mapping: Readonly<Record<string, string>>;
  /** The column of the labels, if its name does not show it. */
  readonly labelColumn: string | undefined;
  readonly spreadsheetSafe: boolean;
}

export interface Joined {
  readonly rows: number;
  readonly labelled: number;
  /** Rows that were drawn and have no label. */
  readonly missing: number;
  readonly missingShare: number;
  readonly warnings: readonly Warning[];
}

/** `weight` counts in every estimate; `answer` tells unsure, skipped and disputed rows from those that nobody reached. */
const ADDED = ['label', 'answer', 'selected_by', 'inclusion_probability', 'weight'] as const;

/**
 * The scores are those of the table, so the record of where they come from is copied too.
 *
 * @throws UserError column-exists; everything of `inspectTable`, `peopleLabels` and `tableRows`
 */
export async function joinLabels(order: JoinOrder): Promise<Joined> {
  const source = await inspectTable(order.table);
  if (labelColumns(source.header).length > 0)
    throw new UserError(
      'own-labels',
      'The labels of this table do not exclude each other, and this puts one label beside each text. Evaluate one label with the labels that people gave, which needs no copy.',
    );
  const named = source.header.map((name) => name.trim());
  const clash = ADDED.find((name) => named.includes(name));
  if (clash !== undefined)
    throw new UserError(
      'column-exists',
      `The table already has a column "${clash}". Rename it first; or evaluate the table with these labels, which needs no copy.`,
    );
  const { mapping, labelColumn } = order;
  const people = await peopleLabels(source, order.labels, { mapping, labelColumn });
  const style = { spreadsheetSafe: order.spreadsheetSafe };
  let rows = 0;
  let labelled = 0;
  async function* lines(): AsyncGenerator<string> {
    yield csvLine([...source.header, ...ADDED], source.separator, style);
    for await (const batch of tableRows(source)) {
      rows += batch.length;
      let text = '';
      for (const { line, cells } of batch) {
        const answered = people.rows.get(line);
        if (answered?.answer.kind === 'label') labelled++;
        const own = source.header.map((_, column) => cells[column] ?? '');
        const added = addedCells(answered, people.weights.get(line), people.probabilities.get(line));
        text += csvLine([...own, ...added], source.separator, style);
      }
      yield text;
    }
  }
  const meta = await readSmall(scoreMetaFile(order.table));
  await writeWithMeta(order.out, lines(), meta ?? null);
  const { missing, missingShare, warnings } = people;
  return { rows, labelled, missing, missingShare, warnings };
}

/** Rows that nobody drew have no label here, so that no estimate uses them, but their answer is kept. */
function addedCells(
  row: AnsweredRow | undefined,
  weight: number | undefined,
  probability: number | undefined,
): string[] {
  if (row === undefined) return ['', '', '', '', '1'];
  const { answer, selectedBy } = row;
  const said = answer.kind === 'label' ? answer.label : answer.kind;
  if (weight === undefined) return ['', said, selectedBy, '', '1'];
  const label = answer.kind === 'label' ? answer.label : '';
  // Where several designs drew the row, its weight is that of all of them, and no one probability is.
  return [label, said, selectedBy, probability === undefined ? '' : String(probability), String(weight)];
}
