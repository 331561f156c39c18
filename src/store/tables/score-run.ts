/**
 * What `score` writes beside a table: everything that its scores depend on. A run is resumed, and shards
 * are merged, only if it agrees. Only `seconds`, the time that scoring took, may differ. Everything else is the
 * same in the file of the same run.
 */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Classifier } from '../../core/classifier/definition';
import { type Bucket, bucketsSchema } from '../../core/model/buckets';
import type { MethodSeconds } from '../../core/model/confidence-method';
import { UserError } from '../../core/user-error';
import type { ContextShape } from '../../protocol/engine';
import type { LoadedCalibrator } from '../calibrators';
import { boundPrompt } from '../prompt-hash';
import type { TableFile } from './inspect';
import { readScoreMeta, SCORE_META_VERSION, scoreMetaFile, scoreMetaSchema } from './score-meta';
import type { Binding } from '../../core/model/binding';

/** The rows of a shard: the index-th (from 1), and every of-th after it. */
const shardSchema = z.strictObject({ index: z.int().min(1), of: z.int().min(1) });
export type Shard = z.infer<typeof shardSchema>;

export const scoreRunSchema = scoreMetaSchema.extend({
  classifier: z.string(),
  textColumn: z.string(),
  /** The table that was scored; it describes all rows, even if only a shard was scored. */
  source: z.object({ name: z.string(), sha256: z.string(), rows: z.int().min(0) }),
  /** Only for calibrated scores. */
  buckets: bucketsSchema.exactOptional(),
  /** Only if cells that a spreadsheet would compute begin with a single quote. */
  spreadsheetSafe: z.literal(true).exactOptional(),
  /** Only where not every row was scored. */
  shard: shardSchema.exactOptional(),
  /**
   * Largest difference, in probability, between a text alone and the same text among others, as measured with a handful
   * of texts; null where there are no token probabilities.
   */
  jitter: z.number().min(0).nullable(),
  /** Only if answers are sampled. */
  seed: z.int().exactOptional(),
  /** Names of the devices that computed the scores. */
  devices: z.array(z.string()).readonly(),
});
export type ScoreRun = z.infer<typeof scoreRunSchema>;

/** The parts of a run's meta file. */
export interface RunParts {
  readonly classifier: Classifier;
  readonly model: Binding['model'];
  readonly backend: string;
  /** By column prefix, without the slash. */
  readonly scoring: Readonly<Record<string, Binding['scoring']>>;
  readonly context: ContextShape | null;
  readonly jitter: number | null;
  readonly devices: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  /** Undefined for raw scores. */
  readonly calibrator:
    (Pick<LoadedCalibrator, 'file' | 'sha256'> & { readonly buckets: readonly Bucket[] }) | undefined;
  readonly source: TableFile;
  readonly rows: number;
  readonly textColumn: string;
  /** Seed of the sampled answers; written only if there are any. */
  readonly seed: number;
  readonly shard?: Shard | undefined;
  readonly spreadsheetSafe: boolean;
}

export function scoreRun(parts: RunParts): ScoreRun {
  const { classifier, calibrator, source, rows, seed, shard } = parts;
  return {
    schema: SCORE_META_VERSION,
    model: parts.model,
    ...boundPrompt(classifier, parts.context),
    labels: classifier.labels.map((label) => label.name),
    scoring: parts.scoring,
    backend: parts.backend,
    jitter: parts.jitter,
    classifier: classifier.name,
    ...(calibrator === undefined
      ? {}
      : { buckets: calibrator.buckets.map(({ name, low }) => ({ name, low })) }),
    calibrator:
      calibrator === undefined ? null : { file: path.basename(calibrator.file), sha256: calibrator.sha256 },
    context: parts.context,
    devices: parts.devices,
    versions: parts.versions,
    source: { name: path.basename(source.file), sha256: source.sha256, rows },
    textColumn: parts.textColumn,
    ...(Object.values(parts.scoring).some(({ sampling }) => sampling !== undefined) ? { seed } : {}),
    ...(parts.spreadsheetSafe ? { spreadsheetSafe: true } : {}),
    ...(shard === undefined ? {} : { shard }),
  };
}

/**
 * The meta.json of a run: its fields stand in the schema's order, whether they were measured or read from shards.
 *
 * @param seconds that the source took for all of its rows; written to the millisecond, and not at all where it was
 *   never asked
 */
export function runText(run: ScoreRun, seconds: MethodSeconds): string {
  const rounded = Object.entries(seconds).map(([part, value]): [string, number] => [
    part,
    Math.round(value * 1000) / 1000,
  ]);
  const timed = rounded.length === 0 ? {} : { seconds: Object.fromEntries(rounded) };
  return `${JSON.stringify(scoreRunSchema.parse({ ...run, ...timed }), null, 2)}\n`;
}

/** How many of a table's rows belong to a shard; all without one. */
export function rowsOf(total: number, shard: Shard | undefined): number {
  return shard === undefined ? total : Math.max(0, Math.ceil((total - shard.index + 1) / shard.of));
}

/** Top-level fields in words; the others are called by their names. */
const WORDS: Readonly<Record<string, string>> = {
  source: 'the table to score',
  textColumn: 'the text column',
  model: 'the model',
  promptSha256: 'the prompt',
  promptAdded: 'what the chat template adds to the prompt',
  labels: 'the labels or their order',
  scoring: 'the confidence method or its settings',
  seed: 'the seed of the sampled answers',
  context: 'the shape of the context',
  versions: 'the version of the engine',
  devices: 'the device',
  calibrator: 'the calibrator',
  buckets: 'the buckets',
  spreadsheetSafe: 'whether cells are safe for a spreadsheet',
};

/**
 * In which fields two runs differ, each as "the model (model.sha256 was a5fd…, is 77b1…)".
 *
 * @param except top-level fields that may differ
 */
export function runDifferences(before: ScoreRun, now: ScoreRun, except: readonly string[]): string[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return fields
    .filter((field) => !except.includes(field))
    .flatMap((field) => {
      const leaves = leafDifferences(field, before[field], now[field]);
      return leaves.length === 0 ? [] : [`${WORDS[field] ?? field} (${leaves.join(', ')})`];
    });
}

function leafDifferences(name: string, before: unknown, now: unknown): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  const [old, young] = [recordSchema.safeParse(before).data, recordSchema.safeParse(now).data];
  if (old === undefined || young === undefined) return [`${name} was ${shown(before)}, is now ${shown(now)}`];
  return [...new Set([...Object.keys(old), ...Object.keys(young)])].flatMap((key) =>
    leafDifferences(key === '' ? name : `${name}.${key}`, old[key], young[key]),
  );
}

const recordSchema = z.record(z.string(), z.unknown());

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (/^[0-9a-f]{64}$/u.test(text)) return `${text.slice(0, 12)}…`;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/**
 * Reads the run beside a scored table.
 *
 * @throws UserError no-run: there is none, or an older version wrote it; everything of `readScoreMeta`
 */
export async function readScoreRun(table: string): Promise<ScoreRun> {
  const parsed = scoreRunSchema.safeParse(await readScoreMeta(table));
  if (parsed.success) return parsed.data;
  const meta = path.basename(scoreMetaFile(table));
  throw new UserError(
    'no-run',
    `${path.basename(table)} has no ${meta}, which records how it was scored. Score it again with this version.`,
  );
}
