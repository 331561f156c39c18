/**
 * The designs of a workspace's labels: `.prompt-confidence/labels/<name>.<id>.design.json`. A design is drawn once and
 * written down with every row that it drew, so that labelling resumes where it ended, also after the table has changed.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { jsonOf } from '../core/data/json';
import { DESIGN_KINDS, SELECTED_BY } from '../core/labelling/design';
import { goalSchema } from '../core/labelling/goal';
import { MOST_LABELS } from '../core/model/most-labels';
import { writeFileAtomic } from './atomic';
import { explainingWrite } from './explain-write';
import { namesIn } from './folders';
import { checkInside } from './inside';
import { labelsFolder } from './labels';
import { readSmall } from './read-regular';

const probability = z.number().gt(0).max(1);

/** The most rows that a design draws. */
export const MOST_ROWS = 20_000;

const writtenDesignSchema = z.object({
  version: z.literal(1),
  /** As every decision about its rows names it. */
  id: z.string().regex(/^[\w-]{1,60}$/u),
  kind: z.enum(DESIGN_KINDS),
  seed: z.int().min(0),
  /** The table that it was drawn from. */
  table: z.object({ name: z.string(), sha256: z.string(), rows: z.int().min(1) }),
  /** The smallest probability of any row of the table. */
  leastProbability: probability,
  /** Rows drawn all at random that estimate as well. */
  worth: z.number().positive(),
  labels: z.array(z.string().min(1).max(200)).min(1).max(MOST_LABELS),
  /** Whether the model's answer is hidden until a person has answered. */
  isBlind: z.boolean(),
  goal: goalSchema.nullable(),
  /** ISO 8601. */
  time: z.string(),
  /** In the order in which they are labelled. */
  queue: z
    .array(
      z.object({
        rowId: z.string(),
        textSha256: z.string(),
        selectedBy: z.enum(SELECTED_BY),
        probability,
      }),
    )
    .min(1)
    .max(MOST_ROWS),
});
export type WrittenDesign = z.infer<typeof writtenDesignSchema>;

/** Bytes of a design of the most rows. */
const LARGEST = 8 * 1024 * 1024;
const END = '.design.json';

/**
 * Writes a design, whole or not at all.
 *
 * @param workspace absolute path
 * @param name of the labels
 * @throws UserError not-writable, not-a-file, leads-elsewhere
 */
export async function writeDesign(workspace: string, name: string, design: WrittenDesign): Promise<void> {
  const file = path.join(labelsFolder(workspace), `${name}.${design.id}${END}`);
  await explainingWrite(file, async () => {
    await checkInside(workspace, file);
    await mkdir(path.dirname(file), { recursive: true });
    await checkInside(workspace, file);
    await writeFileAtomic(file, `${JSON.stringify(design, null, 1)}\n`);
  });
}

/**
 * The designs of a labels file, which lie beside it, oldest first, and names of files that hold none.
 *
 * @param file of the labels, whether or not there are any yet
 * @throws errors of node:fs
 */
export async function readDesigns(
  file: string,
): Promise<{ designs: readonly WrittenDesign[]; unread: readonly string[] }> {
  const folder = path.dirname(file);
  const name = path.basename(file, '.csv');
  const files = (await namesIn(folder)).filter(
    (found) => found.startsWith(`${name}.`) && found.endsWith(END),
  );
  const designs: WrittenDesign[] = [];
  const unread: string[] = [];
  for (const found of files) {
    const bytes = await readSmall(path.join(folder, found), LARGEST).catch(() => undefined);
    const { data } = writtenDesignSchema.safeParse(jsonOf(bytes?.toString() ?? ''));
    // Of labels whose name begins so, with a dot in it.
    if (data !== undefined && found !== `${name}.${data.id}${END}`) continue;
    if (data === undefined) unread.push(found);
    else designs.push(data);
  }
  return { designs: designs.sort((one, other) => (one.time < other.time ? -1 : 1)), unread };
}
