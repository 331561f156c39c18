/**
 * A prediction table from a file.
 */
import path from 'node:path';
import { areNumbered, type ColumnOptions } from '../../core/data/columns';
import { type PredictionTable, TableBuilder, type ReadOptions } from '../../core/data/table';
import { UserError } from '../../core/user-error';
import { columnsOf } from './columns-of';
import { isSample, MissingAnswers, withDesignWeights } from './drawn-rows';
import { inspectTable, type TableFile } from './inspect';
import { peopleLabels, weightColumn, withLabels } from './people-labels';
import { tableRows } from './rows';
import { trainedRows } from './trained-rows';

export interface ReadTable {
  readonly source: TableFile;
  /** At least one row. */
  readonly table: PredictionTable;
  /** Rows that were drawn and that people could not label; null where nothing tells that rows were drawn. */
  readonly missing: { readonly rows: number; readonly share: number } | null;
}

interface Drawing {
  /** Whether labels from elsewhere, with the weights of their design, are put beside the rows. */
  readonly isDrawnElsewhere?: boolean;
}

/**
 * Reads and checks a whole table. Memory is its columns of numbers, about 50 bytes a row, whatever the texts hold.
 *
 * @param labelsFrom a file with the labels that people gave, which are then the true ones
 * @throws UserError everything of `inspectTable`, `tableRows`, `columnsOf`, `TableBuilder`, `peopleLabels` and
 *   `withLabels`; no-rows; no-usable-rows; train-rows; no-truth where no row is labelled
 */
export async function readTable(
  file: string,
  asked: ColumnOptions & ReadOptions & Drawing,
  labelsFrom?: string,
): Promise<ReadTable> {
  const inspected = await inspectTable(file);
  // The weights of a sample are those of its design, which would count twice beside those of the labels.
  const isWeightedElsewhere =
    (labelsFrom !== undefined || asked.isDrawnElsewhere === true) && isSample(inspected);
  const mapping = isWeightedElsewhere ? { ...asked.mapping, weight: '' } : asked.mapping;
  const people = labelsFrom === undefined ? null : await peopleLabels(inspected, labelsFrom, { mapping });
  const joined =
    people === null || labelsFrom === undefined
      ? null
      : withLabels(inspected, labelsFrom, people, weightColumn(inspected.header, mapping));
  const weighted = joined === null ? withDesignWeights(inspected, mapping) : null;
  const source = (joined ?? weighted)?.source ?? inspected;
  const options = { ...asked, mapping: { ...mapping, ...(joined ?? weighted)?.mapping } };
  const name = path.basename(file);
  const { columns, warnings } = await columnsOf(source, options);
  const builder = new TableBuilder(columns, options);
  const missing =
    people === null ? MissingAnswers.of(source, columns.roles.label, columns.roles.weight) : null;
  const trained = options.truth === 'required' ? await trainedRows(source, columns.roles.text) : undefined;
  let [read, left] = [0, 0];
  for await (const batch of tableRows(source)) {
    for (const { cells, line } of batch)
      if (trained?.has(cells) === true) left++;
      else {
        builder.add(cells, line);
        missing?.add(cells);
      }
    read += batch.length;
  }
  if (read === 0) throw new UserError('no-rows', `${name} has a header but no rows.`);
  const table = builder.take();
  if (table.n === 0 && left > 0)
    throw new UserError(
      'train-rows',
      `The adapter was trained on ${left === read ? 'all' : left.toLocaleString('en-US')} of the ${read.toLocaleString('en-US')} rows of ${name}, and no other row counts. Score rows that it has not seen.`,
    );
  if (table.n === 0)
    throw table.unlabelled > 0 && table.otherTruths.length === 0
      ? noLabels(name, table)
      : noUsableRows(name, table);
  const said = [
    ...source.warnings,
    ...(people?.warnings ?? []),
    ...(weighted === null ? [] : [weighted.warning]),
    ...(trained?.warnings(left) ?? []),
    ...warnings,
    ...table.warnings,
  ];
  return {
    source,
    table: { ...table, warnings: said },
    missing:
      people === null ? (missing?.counted ?? null) : { rows: people.missing, share: people.missingShare },
  };
}

/** Some rows are not labelled, and no other row has a label that could be counted. */
function noLabels(name: string, { unlabelled, rejected, rejectedCount }: PredictionTable): UserError {
  const others =
    rejectedCount === 0
      ? ''
      : ` ${rejectedCount.toLocaleString('en-US')} other rows cannot be used. ${reasonsOf(rejected)}`;
  return new UserError(
    'no-truth',
    `${unlabelled.toLocaleString('en-US')} rows of ${name} are not labelled, and no row counts. Write the true label of some rows into the column of labels.${others}`,
  );
}

function reasonsOf(rejected: PredictionTable['rejected']): string {
  return rejected
    .slice(0, 3)
    .map(({ line, reason }) => `Line ${line}: ${reason}.`)
    .join(' ');
}

function noUsableRows(name: string, table: PredictionTable): UserError {
  const { rejected, rejectedCount, columns, mistakes, otherTruths } = table;
  const { found, scores } = columns;
  const isSplit = mistakes.splits === rejectedCount && found.includes('split');
  return new UserError(
    'no-usable-rows',
    `None of the ${rejectedCount} rows of ${name} can be used. ${reasonsOf(rejected)}`,
    {
      data: {
        areNumbered:
          otherTruths.length > 0 && (areNumbered(scores?.labels ?? []) || areNumbered(otherTruths)),
        ...(isSplit ? { columns: { split: '' } } : {}),
      },
    },
  );
}
