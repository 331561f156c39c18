/** Rows of a table whose scores are of a tuned model that was trained on them: they say nothing about new rows. */
import path from 'node:path';
import * as z from 'zod';
import type { AdapterCard } from '../../core/model/adapter-card';
import type { Warning } from '../../core/model/predictions';
import { UserError } from '../../core/user-error';
import { adapterFolder, readCard } from '../adapters';
import { namesIn } from '../folders';
import { readScoreMeta } from './score-meta';
import { rowHash } from './tuning-rows';

export interface TrainedRows {
  /** Whether the adapter was trained on a text, whatever its label is now. */
  has(text: string): boolean;
  /** @param rows that were left out of the table */
  warnings(rows: number): readonly Warning[];
}

/**
 * What the adapter of a scored table was trained on; undefined where the scores are of no adapter.
 *
 * @param file path of the table; its meta file names the adapter, and a card beside it or in a workspace around it tells the rows
 * @throws UserError everything of `readScoreMeta`
 */
export async function trainedRows(file: string): Promise<TrainedRows | undefined> {
  const model = (await readScoreMeta(file))?.model;
  const adapter = model?.kind === 'file' ? model.adapter : undefined;
  if (adapter === undefined) return undefined;
  const card = await cardOf(path.dirname(path.resolve(file)), adapter.sha256);
  const name = path.basename(file);
  if (card === undefined)
    return {
      has: () => false,
      warnings: () => [
        {
          code: 'train-rows-unknown',
          message: `The scores are of the adapter ${adapter.name}, whose card is not in a workspace around ${name}. Rows that it was trained on are not recognised, and make every number look too good.`,
        },
      ],
    };
  const trained = new Set(card.tuning?.rows.train);
  return {
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

/** The column with the texts that a table was scored by; undefined where that is not recorded. */
export async function scoredTextColumn(file: string): Promise<string | undefined> {
  return z.object({ textColumn: z.string() }).safeParse(await readScoreMeta(file)).data?.textColumn;
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
