/** A source of scores that a test decides, for tables that no model scores: a made-up one, and said so in the meta. */
import path from 'node:path';
import { labelScores } from '../../src/core/scoring/score';
import type { TableFile } from '../../src/store/tables/inspect';
import { countRows } from '../../src/store/tables/rows';
import { scoreCells } from '../../src/store/tables/score-cells';
import type { ScoreRun } from '../../src/store/tables/score-run';
import type { ScoredRows, ScoreOptions } from '../../src/store/tables/write-scored';

/** The score of a text is made of its length. Texts with "bad" in them fail. */
function scripted(text: string): ScoredRows['scores'][number] {
  if (text.includes('bad')) return { reason: `"${text}" is bad` };
  const scores = labelScores(['a', 'b'], [-text.length, -1]);
  return { ...scores, mode: 'first-token', textTokens: text.length, cutTokens: text.length > 50 ? 1 : 0 };
}

/** A millisecond a text: however a table is cut, its seconds are the same. */
export function scriptedRows(texts: readonly string[]): Promise<ScoredRows> {
  return Promise.resolve({ scores: texts.map(scripted), seconds: { token: texts.length / 1000 } });
}

export async function scriptedRun(
  source: TableFile,
  labels: readonly string[] = ['a', 'b'],
): Promise<ScoreRun> {
  return {
    schema: 1,
    model: { kind: 'file', name: 'scripted', sha256: '0'.repeat(64) },
    promptSha256: '1'.repeat(64),
    labels: [...labels],
    scoring: { '': { method: 'token-probability', mode: 'first-token' } },
    backend: 'cpu',
    classifier: 'test',
    textColumn: 'text',
    source: { name: path.basename(source.file), sha256: source.sha256, rows: await countRows(source) },
    jitter: 0,
    devices: [],
  };
}

/** Scores all rows with the script, one checkpoint after every group. */
export async function scriptedOptions(source: TableFile, run?: ScoreRun): Promise<ScoreOptions> {
  const own = run ?? (await scriptedRun(source));
  return {
    run: own,
    cells: scoreCells(own.labels, 'token-probability', null, false),
    score: scriptedRows,
    textsAtOnce: null,
    replace: true,
    onProgress: () => undefined,
    checkpointMs: 0,
  };
}
