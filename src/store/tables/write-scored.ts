/** A table with the scores of every row's text beside it. */
import path from 'node:path';
import { checkText } from '../../core/classifier/prompt';
import type { Score } from '../../core/scoring/score';
import { UserError } from '../../core/user-error';
import { writeFileAtomic } from '../atomic';
import { csvLine } from './csv-line';
import type { TableFile } from './inspect';
import { tableRows } from './rows';
import { type CopyOptions, type CopyReport, RowCalibrator } from './write-calibrated';

export interface ScoreOptions {
  /** Name of the column that holds the texts. */
  readonly textColumn: string;
  /** Labels in the classifier's order. */
  readonly labels: readonly string[];
  /** Scores texts, one for each, in order. */
  readonly score: (texts: readonly string[]) => Promise<readonly Score[]>;
  /** Makes calibrated rows of scored ones; undefined for raw scores. */
  readonly calibrator?: CopyOptions | undefined;
  /** Rows written so far. */
  readonly onProgress: (rows: number) => void;
  /** Called when every row is written, just before the copy takes its name: what belongs to an older copy goes now. */
  readonly beforeReplace: () => Promise<void>;
}

export interface ScoreReport {
  readonly rows: number;
  /** Rows without a score, by physical line, and why. */
  readonly failed: readonly { readonly line: number; readonly reason: string }[];
  /** Rows whose text was cut to fit. */
  readonly cut: number;
  /** Of the calibrator; null for raw scores. */
  readonly calibration: Omit<CopyReport, 'rows'> | null;
}

/** Texts that are scored together: enough to fill the engine's batches with equal lengths, few enough to cancel soon. */
const GROUP = 256;

/**
 * Streams a table into its scored copy, rows in their order. The copy appears under its name when it is whole.
 *
 * Added columns: `logprob:<label>` (ln P(label), not normalised over the labels), `label_mass`, `predicted`,
 * `confidence`, and `score_error` with the reason where a row could not be scored.
 *
 * @throws UserError everything of `tableRows`; no-such-column, column-exists, no-rows
 */
export async function writeScored(
  source: TableFile,
  out: string,
  options: ScoreOptions,
): Promise<ScoreReport> {
  const name = path.basename(source.file);
  const header = source.header.map((column) => column.trim());
  const at = header.indexOf(options.textColumn);
  if (at < 0)
    throw new UserError(
      'no-such-column',
      `${name} has no column "${options.textColumn}" with the texts; it has ${header.join(', ')}. Name it with --text-column.`,
    );
  const added = [
    ...options.labels.map((label) => `logprob:${label}`),
    'label_mass',
    'predicted',
    'confidence',
    'score_error',
  ];
  const clash = added.find((column) => header.includes(column));
  if (clash !== undefined)
    throw new UserError(
      'column-exists',
      `${name} has a column "${clash}" already. Score the table without scores, or rename the column.`,
    );
  const scoredHeader = [...source.header, ...added];
  const calibrator = options.calibrator && new RowCalibrator(scoredHeader, name, options.calibrator);
  const failed: { line: number; reason: string }[] = [];
  let rows = 0;
  let cut = 0;

  async function* lines(): AsyncGenerator<string> {
    yield csvLine(calibrator?.header ?? scoredHeader, source.separator);
    for await (const batch of tableRows(source))
      for (let start = 0; start < batch.length; start += GROUP) {
        const group = batch.slice(start, start + GROUP);
        const problems = group.map(({ cells }) => textProblem(cells[at] ?? ''));
        const texts = group.flatMap(({ cells }, index) =>
          problems[index] === undefined ? [cells[at] ?? ''] : [],
        );
        const scores = [...(await options.score(texts))];
        const scored: { cells: string[]; line: number; hasNone: boolean }[] = [];
        for (const [index, { cells, line }] of group.entries()) {
          const reason = problems[index];
          const score = reason === undefined ? scores.shift() : undefined;
          if (reason !== undefined) failed.push({ line, reason });
          if (score !== undefined && score.cutTokens > 0) cut++;
          const kept = source.header.map((_, column) => cells[column] ?? '');
          scored.push({
            cells: [...kept, ...scoreCells(score, reason, options.labels)],
            line,
            hasNone: score === undefined,
          });
        }
        const written = calibrator?.rows(scored) ?? scored.map(({ cells }) => cells);
        rows += group.length;
        options.onProgress(rows);
        yield written.map((cells) => csvLine(cells, source.separator)).join('');
      }
    if (rows === 0) throw new UserError('no-rows', `${name} has a header but no rows.`);
    await options.beforeReplace();
  }

  await writeFileAtomic(out, lines());
  return { rows, failed, cut, calibration: calibrator?.report() ?? null };
}

function textProblem(text: string): string | undefined {
  try {
    checkText(text);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Numbers are written in full: reading them back gives the same bits. */
function scoreCells(
  score: Score | undefined,
  reason: string | undefined,
  labels: readonly string[],
): string[] {
  if (score === undefined) return [...labels.map(() => ''), '', '', '', reason ?? ''];
  return [
    ...score.labels.map((entry) => String(entry.logProb)),
    String(score.labelMass),
    score.label,
    String(score.confidence),
    '',
  ];
}
