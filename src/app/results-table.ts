/** Writes classified texts as a scored table, which is measured, labelled and reviewed as any other. */
import { type ScoreOrigin, tableLabels } from '../core/calibration/compatibility';
import type { Score } from '../core/scoring/score';
import { confidenceMethodOf } from '../core/scoring/score-parts';
import { AS_IS, csvLine } from '../store/tables/csv-line';
import { scoreCells } from '../store/tables/score-cells';
import { SCORE_META_VERSION, type ScoreMeta } from '../store/tables/score-meta';
import { writeWithMeta } from '../store/tables/write-with-meta';

export interface ResultRow {
  /** Line of the document where the text begins, from 1. */
  readonly line: number;
  readonly text: string;
  readonly score: Score;
}

/**
 * @param rows at least one; of one classifier, and of one origin
 * @throws UserError not-a-file
 */
export async function writeResults(
  out: string,
  rows: readonly ResultRow[],
  { model, promptSha256, promptAdded, backend }: ScoreOrigin,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) throw new Error('a table needs rows');
  const labels = first.score.labels.map(({ label }) => label);
  const canBound = rows.some(({ score }) => score.labels.some(({ isBound }) => isBound === true));
  const cells = scoreCells(
    labels,
    confidenceMethodOf(first.score),
    null,
    canBound,
    first.score.mode === 'multi-label',
  );
  const lines = [
    csvLine(['line', 'text', ...cells.header], ',', AS_IS),
    ...rows.map(({ line, text, score }) => csvLine([String(line), text, ...cells.cells(score)], ',', AS_IS)),
  ];
  // Without the model's hash nothing can be bound to these scores.
  const meta: ScoreMeta | null =
    model === undefined
      ? null
      : {
          schema: SCORE_META_VERSION,
          model,
          ...(promptSha256 === undefined ? {} : { promptSha256 }),
          ...(promptAdded === undefined ? {} : { promptAdded }),
          labels: tableLabels(labels),
          scoring: cells.scoring(first.score),
          backend,
        };
  await writeWithMeta(out, lines, meta && `${JSON.stringify(meta, null, 2)}\n`);
}
