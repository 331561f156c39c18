/** Rows of a table whose scores are of a tuned model that was trained on them: they say nothing about new rows. */
import path from 'node:path';
import * as z from 'zod';
import type { AdapterCard } from '../../core/model/adapter-card';
import type { AdapterIdentity } from '../../core/model/binding';
import type { Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { adapterFolder, readCard } from '../adapters';
import { namesIn } from '../folders';
import type { TableFile } from './inspect';
import { tableRows } from './rows';
import { readCalibratedAdapter, readScoreMeta } from './score-meta';
import { rowHash } from './tuning-rows';

export interface TrainedRows {
  readonly adapter: string;
  /** Places of the columns with the texts: the one that was scored, and the one that is read; empty where none is known. */
  readonly textsAt: readonly number[];
  /** Whether the adapter was trained on a row, whatever its label is now. */
  has(cells: readonly string[]): boolean;
  /** @param rows that were left out of the table */
  warnings(rows: number): readonly Warning[];
}

/**
 * What the adapter of a scored table was trained on; undefined where the scores are of no adapter.
 *
 * @param source its meta file names the adapter, and a card beside it or in a workspace around it tells the rows
 * @param textAt place of the column that is read as the text; undefined where there is none
 * @throws UserError everything of `readScoreMeta`
 */
export async function trainedRows(
  { file, header }: Pick<TableFile, 'file' | 'header'>,
  textAt: number | undefined,
): Promise<TrainedRows | undefined> {
  const scored = await adapterScores(file);
  if (scored === undefined) return undefined;
  const { adapter, textColumn, labels } = scored;
  // Both: a column that somebody calls the text need not be the one that was scored, and that may have another name now.
  const places = [header.findIndex((name) => name.trim() === textColumn), textAt ?? ABSENT];
  const textsAt = [...new Set(places.filter((at) => at >= 0))];
  const card = await cardOf(path.dirname(path.resolve(file)), adapter.sha256);
  const name = path.basename(file);
  const unknown = (why: string): TrainedRows => ({
    adapter: adapter.name,
    textsAt: [],
    has: () => false,
    warnings: () => [
      {
        code: 'train-rows-unknown',
        message: `The scores are of the adapter ${adapter.name}, ${why}. Rows that it was trained on are not recognised, and make every number look too good.`,
      },
    ],
  });
  if (card === undefined) return unknown(`whose card is not in a workspace around ${name}`);
  if (card.tuning === null) return unknown('whose card does not tell its rows');
  if (textsAt.length === 0) return unknown(`but ${name} has no column with the texts`);
  const trained = new Set(card.tuning.rows.train);
  // Those of the scores too: a card may have been edited.
  const all = [...new Set([...card.labels, ...labels])];
  return {
    adapter: adapter.name,
    textsAt,
    has: (cells) => textsAt.some((at) => all.some((label) => trained.has(rowHash(cells[at] ?? '', label)))),
    warnings: (rows) =>
      rows === 0
        ? []
        : [
            {
              code: 'train-rows',
              message: `${rows.toLocaleString('en-US')} rows of ${name} trained the adapter ${adapter.name}. They are left out of every number and every calibrator.`,
            },
          ],
  };
}

/** How many rows of a table an adapter was trained on. @param lines on which the rows that count begin */
export async function countTrained(
  source: TableFile,
  trained: TrainedRows,
  lines: ReadonlySet<number>,
): Promise<number> {
  let known = 0;
  for await (const batch of tableRows(source))
    for (const { line, cells } of batch) if (lines.has(line) && trained.has(cells)) known++;
  return known;
}

const ABSENT = -1;

const recordSchema = z.object({
  textColumn: z.string().optional().catch(undefined),
  labels: z.array(z.string()).catch([]),
});

interface AdapterScores {
  readonly adapter: AdapterIdentity;
  /** The column that was scored, and the labels that were asked about. */
  readonly textColumn: string | undefined;
  readonly labels: readonly string[];
}

/** The adapter that a table, or the one that a calibrated copy was made of, was scored with. */
async function adapterScores(file: string): Promise<AdapterScores | undefined> {
  const scored = await readScoreMeta(file);
  const copy = await readCalibratedAdapter(file);
  const adapter = scored?.model.kind === 'file' ? scored.model.adapter : copy.adapter;
  if (adapter === undefined) return undefined;
  const { textColumn, labels } = recordSchema.parse(scored ?? copy);
  return { adapter, textColumn, labels };
}

/** Of one folder: nobody waits for what a repository may hold in thousands. */
const MOST_CARDS = 200;

/** The card of an adapter: in the folder itself, or in a workspace that it lies in. */
async function cardOf(folder: string, sha256: string): Promise<AdapterCard | undefined> {
  const places = [folder];
  for (let at = folder; ; at = path.dirname(at)) {
    places.push(adapterFolder(at));
    if (path.dirname(at) === at) break;
  }
  for (const place of places) {
    const names = await namesIn(place).catch(() => []);
    for (const name of names.filter((each) => each.endsWith('.gguf')).slice(0, MOST_CARDS)) {
      const card = await readCard(path.join(place, name)).catch((error: unknown) => {
        if (error instanceof UserError) return undefined;
        throw error;
      });
      if (card?.sha256 === sha256) return card;
    }
  }
  return undefined;
}
