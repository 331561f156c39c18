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
import { readCalibratedAdapter, readScoreMeta } from './score-meta';
import { rowHash } from './tuning-rows';

export interface TrainedRows {
  readonly adapter: string;
  /** Place of the column with the texts; undefined where the table has none. */
  readonly textAt: number | undefined;
  /** Whether the adapter was trained on a text, whatever its label is now. */
  has(text: string): boolean;
  /** @param rows that were left out of the table */
  warnings(rows: number): readonly Warning[];
}

/**
 * What the adapter of a scored table was trained on; undefined where the scores are of no adapter.
 *
 * @param source its meta file names the adapter, and a card beside it or in a workspace around it tells the rows
 * @param textAt place of the column that is read as the text; undefined: that which was scored
 * @throws UserError everything of `readScoreMeta`
 */
export async function trainedRows(
  { file, header }: Pick<TableFile, 'file' | 'header'>,
  textAt: number | undefined,
): Promise<TrainedRows | undefined> {
  const scored = await adapterScores(file);
  if (scored === undefined) return undefined;
  const { adapter, textColumn } = scored;
  const at = textAt ?? header.findIndex((name) => name.trim() === textColumn);
  const card = await cardOf(path.dirname(path.resolve(file)), adapter.sha256);
  const name = path.basename(file);
  const unknown = (why: string): TrainedRows => ({
    adapter: adapter.name,
    textAt: undefined,
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
  if (at < 0) return unknown(`but ${name} has no column with the texts`);
  const trained = new Set(card.tuning.rows.train);
  return {
    adapter: adapter.name,
    textAt: at,
    has: (text) => card.labels.some((label) => trained.has(rowHash(text, label))),
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

const textColumnSchema = z.object({ textColumn: z.string() });

/** The adapter that a table, or the one that a calibrated copy was made of, was scored with, and by which column. */
async function adapterScores(
  file: string,
): Promise<{ readonly adapter: AdapterIdentity; readonly textColumn: string | undefined } | undefined> {
  const scored = await readScoreMeta(file);
  const copy = await readCalibratedAdapter(file);
  const adapter = scored?.model.kind === 'file' ? scored.model.adapter : copy.adapter;
  return adapter && { adapter, textColumn: textColumnSchema.safeParse(scored ?? copy).data?.textColumn };
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
