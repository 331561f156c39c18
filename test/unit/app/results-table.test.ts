import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ResultRow, writeResults } from '../../../src/app/results-table';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { confidenceOf } from '../../../src/core/model/rows';
import { labelScores } from '../../../src/core/scoring/score';
import { overviewOf } from '../../../src/features/calibration/worker/overview';
import { AS_FOUND } from '../../../src/protocol/calibration-page';
import { readTable } from '../../../src/store/tables/read-table';
import { bindingOf, readScoreMeta, scoreMetaFile } from '../../../src/store/tables/score-meta';
import { writeWithMeta } from '../../../src/store/tables/write-with-meta';
import { temporaryFolder } from '../../support/temporary';

describe('classified texts as a table', () => {
  const folder = temporaryFolder();
  const ORIGIN = {
    model: { kind: 'file', name: 'tiny.gguf', sha256: '1'.repeat(64) },
    promptSha256: '0'.repeat(64),
    backend: 'cpu',
  } as const;
  const row = (line: number, text: string, logProbs: readonly number[]): ResultRow => ({
    ...{ line, text },
    score: {
      ...labelScores(['positive', 'negative'], logProbs),
      mode: 'first-token',
      ...{ textTokens: 5, cutTokens: 0 },
    },
  });
  const ROWS = [row(1, '=1+1, "quoted"', [-0.1, -4.1]), row(3, 'two\nlines', [-0.9, -0.6])];

  it('are read back with the same confidences, bound to where they come from', async () => {
    const out = path.join(folder(), 't.csv');
    await writeResults(out, ROWS, ORIGIN);
    const { table } = await readTable(out, { truth: 'optional' });
    assert.ok(table.data.kind === 'labels');
    assert.deepEqual(
      Array.from(confidenceOf(table.data).confidence, (p) => p.toFixed(10)),
      ROWS.map(({ score }) => score.confidence.toFixed(10)),
    );
    assert.deepEqual(bindingOf(await readScoreMeta(out), null), {
      ...ORIGIN,
      scoring: { method: 'token-probability', mode: 'first-token' },
    });
  });

  it('leave an older table and its record where they cannot be written', async () => {
    const out = path.join(folder(), 't.csv');
    await writeResults(out, ROWS, ORIGIN);
    async function* failing(): AsyncGenerator<string> {
      yield 'id\n';
      await Promise.reject(new Error('the disk is full'));
    }
    await assert.rejects(writeWithMeta(out, failing(), null), /the disk is full/u);
    assert.notEqual(await readScoreMeta(out), null);
    assert.equal((await readTable(out, { truth: 'optional' })).table.n, ROWS.length);
  });

  it('are bound to nothing where the model is not known, whatever stood beside the file before', async () => {
    const out = path.join(folder(), 't.csv');
    await writeFile(scoreMetaFile(out), '{}');
    await writeResults(out, ROWS, { ...ORIGIN, model: undefined });
    // A person looks at it first.
    const { rows, unsure } = await overviewOf(out, AS_FOUND, DEFAULT_BUCKETS);
    assert.deepEqual([rows, unsure[0]?.text], [2, 'two\nlines']);
    assert.equal(existsSync(scoreMetaFile(out)), false);
  });
});
