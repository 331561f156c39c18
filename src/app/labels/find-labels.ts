/** Which of a workspace's labels files is of a table. */
import path from 'node:path';
import { readDecisions } from '../../core/labelling/decisions';
import type { ColumnOptions } from '../../core/data/columns';
import { namesIn } from '../../store/folders';
import { isLabelsFile, readLabelsText } from '../../store/labels';
import { inspectTable } from '../../store/tables/inspect';
import { identityOf, namedRow } from '../../store/tables/people-labels';
import { tableRows } from '../../store/tables/rows';

/** Files of a folder that are looked at: more than anybody keeps. */
const MOST_FILES = 50;

/**
 * The file with labels of a table: the one that is named after it, else the one with the most of its texts, if they are
 * at least half of those that were labelled.
 *
 * @param own where the labels of this table are kept
 * @param columns that tell the rows apart
 * @returns undefined where there is none
 * @throws UserError everything of `inspectTable`, `identityOf` and `tableRows`
 */
export async function findLabels(
  table: string,
  own: string,
  columns: Pick<ColumnOptions, 'mapping'>,
): Promise<string | undefined> {
  if (await isUsable(own)) return own;
  const folder = path.dirname(own);
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.csv')).sort();
  const texts = new Map<string, Set<string>>();
  for (const name of names.slice(0, MOST_FILES)) {
    const file = path.join(folder, name);
    const { decisions } = (await isUsable(file))
      ? readDecisions(await readLabelsText(file))
      : { decisions: [] };
    const known = new Set(decisions.flatMap(({ textSha256 }) => (textSha256 === '' ? [] : [textSha256])));
    if (known.size > 0) texts.set(file, known);
  }
  if (texts.size === 0) return undefined;
  const source = await inspectTable(table);
  const { text } = identityOf(source, columns.mapping);
  // Ids alone, such as 1, 2, 3, are those of any table.
  if (text === undefined) return undefined;
  const found = new Map<string, Set<string>>();
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) {
      const { textSha256 } = namedRow({ id: undefined, text }, line, cells);
      for (const [file, known] of texts)
        if (known.has(textSha256)) found.set(file, (found.get(file) ?? new Set()).add(textSha256));
    }
  // Of another table whose texts are partly the same, the labelled rows are no draw of this one.
  return [...found]
    .filter(([file, { size }]) => size >= (texts.get(file)?.size ?? 0) / 2)
    .sort(([, one], [, other]) => other.size - one.size)[0]?.[0];
}

/** A file that cannot be read is none. */
async function isUsable(file: string): Promise<boolean> {
  return isLabelsFile(file).catch(() => false);
}
