/**
 * `<table>.meta.json`: where the scores of a table come from, written beside it by `score`.
 */
import * as z from 'zod';
import { savedCalibratorSchema } from '../../core/calibration/saved';
import { badJsonLine } from '../../core/data/json';
import { UserError } from '../../core/user-error';
import { readSmall } from '../read-regular';
import { adapterIdentitySchema, type Binding } from '../../core/model/binding';

/** Version of the file format. A newer one is refused. */
export const SCORE_META_VERSION = 1;

const { model, promptSha256, promptAdded, scoring, backend } =
  savedCalibratorSchema.shape.bound.unwrap().shape;

/** What a calibrator must know about the scores; `score` also writes more (context shape, seed, versions). */
export const scoreMetaSchema = z.looseObject({
  schema: z.literal(SCORE_META_VERSION),
  model,
  promptSha256,
  promptAdded,
  labels: z.array(z.string()).min(2),
  /** By column prefix, without the slash; "" for columns without one. */
  scoring: z.record(z.string(), scoring),
  backend,
  /** Seconds that the source took for all rows of the table: for token probabilities, and for sampled answers. */
  seconds: z.object({ token: z.number().exactOptional(), drawn: z.number().exactOptional() }).exactOptional(),
});

export type ScoreMeta = z.infer<typeof scoreMetaSchema>;

export function scoreMetaFile(table: string): string {
  return `${table}.meta.json`;
}

const calibratedBySchema = z.looseObject({
  /** Name of the calibrator; absent in files of older versions. */
  calibrator: z.string().exactOptional(),
  calibratorSha256: z.string(),
  /** SHA-256 of the table that was calibrated, and of the one that the calibrator was fitted on. */
  tableSha256: z.string(),
  fittedOnSha256: z.string(),
  /** The label shares that the calibrator moves scores to; absent if it moves none. */
  labelShares: z.record(z.string(), z.number()).exactOptional(),
});
export type CalibratedBy = z.infer<typeof calibratedBySchema>;

/** What `apply` writes beside a calibrated table. */
const calibratedMetaSchema = z.looseObject({
  schema: z.literal(SCORE_META_VERSION),
  /** Only if cells that a spreadsheet would compute begin with a single quote. */
  spreadsheetSafe: z.literal(true).exactOptional(),
  /** The adapter that the calibrated scores are of, and the column with their texts; absent for a model alone. */
  adapter: adapterIdentitySchema.exactOptional(),
  textColumn: z.string().exactOptional(),
  calibrated: calibratedBySchema,
});

export type AdapterScores = Pick<z.infer<typeof calibratedMetaSchema>, 'adapter' | 'textColumn'>;

/**
 * What `apply` adds to the record of a table whose labels do not exclude each other: by label, for those that are
 * calibrated. The others keep their origin.
 */
const calibratedLabelsSchema = z.looseObject({
  schema: z.literal(SCORE_META_VERSION),
  calibratedLabels: z.record(z.string(), calibratedBySchema),
});

/**
 * Reads what `apply` wrote beside a calibrated table; undefined where there is no such file.
 *
 * @param ofLabel the label, where labels do not exclude each other; else null
 * @throws UserError meta-invalid, meta-newer, not-a-file, too-large
 */
export async function readCalibratedBy(
  table: string,
  ofLabel: string | null,
): Promise<CalibratedBy | undefined> {
  const value = await readMeta(scoreMetaFile(table));
  return ofLabel === null
    ? calibratedMetaSchema.safeParse(value).data?.calibrated
    : calibratedLabelsSchema.safeParse(value).data?.calibratedLabels[ofLabel];
}

/**
 * The adapter whose scores a calibrated table holds, and by which column they were scored.
 *
 * @throws UserError meta-invalid, meta-newer, not-a-file, too-large
 */
export async function readCalibratedAdapter(table: string): Promise<AdapterScores> {
  return calibratedMetaSchema.safeParse(await readMeta(scoreMetaFile(table))).data ?? {};
}

/**
 * SHA-256 of the tables that one was made from by calibrating one label after the other: they have the same rows.
 *
 * @throws UserError meta-invalid, meta-newer, not-a-file, too-large
 */
export async function tablesBefore(table: string): Promise<readonly string[]> {
  const value = await readMeta(scoreMetaFile(table));
  const calibrated = calibratedLabelsSchema.safeParse(value).data?.calibratedLabels ?? {};
  return Object.values(calibrated).map(({ tableSha256 }) => tableSha256);
}

/**
 * The record of a table in which one label was calibrated.
 *
 * @param source the table that it was made from
 * @throws UserError meta-invalid, meta-newer, not-a-file, too-large
 */
export async function withCalibratedLabel(
  source: string,
  label: string,
  calibrated: CalibratedBy,
): Promise<object> {
  const before = z.looseObject({}).safeParse(await readMeta(scoreMetaFile(source))).data;
  const others = calibratedLabelsSchema.safeParse(before).data?.calibratedLabels;
  return { schema: SCORE_META_VERSION, ...before, calibratedLabels: { ...others, [label]: calibrated } };
}

/**
 * Reads what `score` wrote beside a table; null where there is no such file.
 *
 * @throws UserError meta-invalid, meta-newer, not-a-file, too-large
 */
export async function readScoreMeta(table: string): Promise<ScoreMeta | null> {
  const file = scoreMetaFile(table);
  const value = await readMeta(file);
  // Only a calibrated table describes calibrated scores; its calibrator records where they come from.
  if (value === null || calibratedMetaSchema.safeParse(value).success) return null;
  const parsed = scoreMetaSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Labels were calibrated in a table whose origin is not recorded.
  if (calibratedLabelsSchema.safeParse(value).success) return null;
  const [issue] = parsed.error.issues;
  throw new UserError(
    'meta-invalid',
    `${file} cannot be used: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}. Restore the file or ` +
      `delete it.`,
  );
}

/** The JSON of a file; null without the file. */
async function readMeta(file: string): Promise<unknown> {
  const text = (await readSmall(file))?.toString();
  if (text === undefined) return null;
  const line = badJsonLine(text);
  if (line !== undefined)
    throw new UserError(
      'meta-invalid',
      `${file}, line ${line}: this is not JSON. Restore the file or delete it.`,
    );
  const value: unknown = JSON.parse(text);
  const version = z.looseObject({ schema: z.number() }).safeParse(value);
  if (version.success && version.data.schema > SCORE_META_VERSION)
    throw new UserError(
      'meta-newer',
      `${file} has version ${version.data.schema}, but this program reads only versions up to ${SCORE_META_VERSION}. Update Prompt Confidence.`,
    );
  return value;
}

/**
 * What a calibrator fitted on a table's scores is bound to.
 *
 * @param prefix column prefix in use, null for columns without one
 * @returns null if the origin of these columns is not known
 */
export function bindingOf(meta: ScoreMeta | null, prefix: string | null): Binding | null {
  const own = meta?.scoring[prefix ?? ''];
  if (meta === null || own === undefined) return null;
  const { model, promptSha256, promptAdded, backend } = meta;
  return {
    model,
    ...(promptSha256 === undefined ? {} : { promptSha256 }),
    ...(promptAdded === undefined ? {} : { promptAdded }),
    scoring: own,
    backend,
  };
}
