import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readTableFacts } from '../../../src/store/tables/table-facts';
import { ROOT } from '../../support/paths';

describe('what a list tells of a table', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-facts-'))));
  after(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  it('is whether it is scored, calibrated and labelled, by its header', async () => {
    for (const [header, wanted] of [
      ['text,label', { isScored: false, isCalibrated: false, isLabelled: true }],
      ['a;b', { isScored: false, isCalibrated: false, isLabelled: false }],
      ['text,prob:yes,prob:no', { isScored: true, isCalibrated: false, isLabelled: false }],
      [
        'token/prob:a,token/prob:b,sum/prob:a,label',
        { isScored: true, isCalibrated: false, isLabelled: true },
      ],
      ['confidence,correct', { isScored: true, isCalibrated: false, isLabelled: true }],
      ['y_true\ty_prob', { isScored: true, isCalibrated: false, isLabelled: true }],
      ['prob:a,prob:b,calibrator_sha256', { isScored: true, isCalibrated: true, isLabelled: false }],
      ['confidence,correct,calibrator_sha256', { isScored: true, isCalibrated: true, isLabelled: false }],
      [
        'raw:confidence,raw:correct,confidence,correct,calibrator_sha256',
        { isScored: true, isCalibrated: true, isLabelled: true },
      ],
    ] as const) {
      const facts = await readTableFacts(write('t.csv', `\ufeff${header}\n1,2\n`));
      assert.deepEqual({ ...facts, ...wanted }, facts, header);
    }
  });

  it('is the number of rows where it is small, counted as rows and not as lines', async () => {
    const facts = await readTableFacts(write('t.csv', 'text,label\n"a\nb",x\n\nc,y\n'));
    assert.equal(facts.rows, 2);
    assert.equal(facts.run, undefined);
  });

  it('is what the run recorded where it is large, of which only the beginning is read', async () => {
    const { rows, run, isScored } = await readTableFacts(path.join(ROOT, 'docs', 'real-data', 'reviews.csv'));
    assert.deepEqual(
      { rows, run, isScored },
      {
        rows: undefined,
        run: { classifier: 'sentiment', rows: 2000 },
        isScored: true,
      },
    );
    const record = {
      ...{ schema: 1, promptSha256: 'a'.repeat(64), labels: ['a', 'b'], backend: 'cpu', classifier: 'mood' },
      model: { kind: 'file', name: 'm.gguf', sha256: 'b'.repeat(64) },
      scoring: { '': { method: 'token-probability', mode: 'first-token' } },
      source: { name: 'texts.csv', sha256: 'c'.repeat(64), rows: 5 },
      shard: { index: 1, of: 2 },
    };
    write('shard.csv.meta.json', JSON.stringify(record));
    const shard = await readTableFacts(write('shard.csv', 'prob:a,prob:b\n1,0\n'));
    assert.deepEqual(shard.run, { classifier: 'mood', rows: 3 });
    const { name, sha256 } = record.source;
    write('shard.csv.meta.json', JSON.stringify({ ...record, source: { name, sha256 } }));
    assert.deepEqual((await readTableFacts(path.join(folder, 'shard.csv'))).run, {
      classifier: 'mood',
      rows: undefined,
    });
    write('shard.csv.meta.json', '{');
    assert.equal((await readTableFacts(path.join(folder, 'shard.csv'))).run, undefined);
    // A terabyte, almost all of it zeros.
    const huge = write('huge.csv', `text,prob:a,prob:b\n${'x,1,0\n'.repeat(20_000)}`);
    const handle = await open(huge, 'r+');
    await handle.truncate(2 ** 40);
    await handle.close();
    const started = performance.now();
    assert.equal((await readTableFacts(huge)).rows, undefined);
    assert.ok(performance.now() - started < 5000);
  });

  it('is refused for what is no table', async () => {
    await assert.rejects(readTableFacts(write('t.csv', '')), { code: 'empty-table' });
    await assert.rejects(readTableFacts(folder), { code: 'not-a-file' });
    await assert.rejects(readTableFacts(write('t.csv', 'PK\x03\x04')), { code: 'not-a-table' });
  });
});
