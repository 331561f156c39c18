import assert from 'node:assert/strict';
import type { MethodsReport } from '../../../src/cli/calibration/compare-methods';
import { seededRandom } from '../../../src/core/random';
import { methodsForPage } from '../../../src/features/calibration/worker/compare-confidence-methods';
import { DEFAULT_PANEL_SETTINGS } from '../../../src/protocol/calibration-page';
import { readMethods } from '../../../src/store/tables/confidence-methods';
import { Workbench } from './workbench';
import { inPanel } from '../../support/in-panel';

/** A table scored by two methods; the second one has no scores for one row in fifty. */
function twoMethods(n: number): string {
  const random = seededRandom(8);
  const rows = Array.from({ length: n }, (_, i) => {
    const p = random();
    const q = i % 50 === 0 ? '' : (p + random()) / 2;
    const label = random() < p ? 'yes' : 'no';
    return [label, 1 - p, p, q === '' ? '' : 1 - q, q].join(',');
  });
  return `label,token/prob:no,token/prob:yes,consistency/prob:no,consistency/prob:yes\n${rows.join('\n')}\n`;
}

const META = {
  schema: 1,
  model: { kind: 'file', name: 'm.gguf', sha256: 'a'.repeat(64) },
  promptSha256: 'b'.repeat(64),
  labels: ['no', 'yes'],
  scoring: {
    token: { method: 'token-probability', mode: 'first-token' },
    consistency: {
      method: 'consistency',
      mode: 'sampled',
      sampling: { samples: 10, temperature: 1, variants: 'permuted' },
    },
  },
  backend: 'cpu',
};

describe('evaluate: several scoring methods', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
    await bench.write('t.csv', twoMethods(100));
  });
  afterEach(() => bench.remove());

  const compared = async (...words: string[]): Promise<MethodsReport> => {
    const { code, out, err } = await bench.run('evaluate', '@t.csv', '--json', ...words);
    assert.equal(code, 0, err);
    return JSON.parse(out) as MethodsReport;
  };

  it('compares them on the rows that all of them have', async () => {
    const { rows, leftOut, methods } = await compared();
    assert.deepEqual([rows, leftOut], [98, 2]);
    assert.deepEqual(
      methods.map(({ method, n, answersPerRow }) => [method, n, answersPerRow]),
      [
        ['token', 98, null],
        ['consistency', 98, null],
      ],
    );
    // Without the rows that one method lacks it is the table of the other.
    const [header = '', ...lines] = twoMethods(100).trimEnd().split('\n');
    await bench.write('t.csv', `${header}\n${lines.filter((_, i) => i % 50 !== 0).join('\n')}\n`);
    for (const { method, ece, auroc } of methods) {
      const { out } = await bench.run('evaluate', '@t.csv', '--json', '--scores', method);
      const own = JSON.parse(out) as MethodsReport['methods'][number];
      assert.deepEqual([ece, auroc], [own.ece, own.auroc]);
    }
  });

  it('says how many answers of the model a row takes, where the table does', async () => {
    const ensemble = { ...META.scoring.consistency, method: 'ensemble' };
    await bench.write('t.csv.meta.json', JSON.stringify(META));
    assert.deepEqual(
      (await compared()).methods.map(({ answersPerRow }) => answersPerRow),
      [1, 10],
    );
    await bench.write(
      't.csv.meta.json',
      JSON.stringify({ ...META, scoring: { ...META.scoring, consistency: ensemble } }),
    );
    assert.deepEqual(
      (await compared()).methods.map(({ answersPerRow }) => answersPerRow),
      [1, 11],
    );
  });

  it('says how many seconds a row took, where the table does', async () => {
    const ensemble = { ...META.scoring.consistency, method: 'ensemble' };
    const seconds = async (...changes: object[]) => {
      await bench.write('t.csv.meta.json', JSON.stringify(Object.assign({}, META, ...changes)));
      return (await compared()).methods.map(({ secondsPerRow }) => secondsPerRow);
    };
    assert.deepEqual(await seconds(), [null, null]);
    const both = { seconds: { token: 1, drawn: 20 } };
    // Of all 100 rows, those that are not compared too.
    assert.deepEqual(await seconds(both), [0.01, 0.2]);
    assert.deepEqual(await seconds({ seconds: { drawn: 20 } }), [null, 0.2]);
    assert.deepEqual(
      await seconds(both, { scoring: { ...META.scoring, consistency: ensemble } }),
      [0.01, 0.21000000000000002],
    );
    const { out } = await bench.run('evaluate', '@t.csv');
    assert.match(out, /^token .* 1 +0\.01$/m);
    assert.match(out, /^consistency .* 11 +0\.21$/m);
  });

  it('prints them as a table, and wants one chosen for everything else', async () => {
    const { out, err } = await bench.run('evaluate', '@t.csv');
    assert.match(
      out,
      /^98 rows, scored by 2 confidence methods\. Left out, because some method has no score for them: 2 rows\.$/m,
    );
    assert.match(out, /^token +0\.\d{4}/m);
    assert.match(out, /Choose one with --scores/);
    assert.match(err, /Warning: consistency: 2 of 100 rows were not used/);
    const refused = await bench.run('evaluate', '@t.csv', '--target', '.9');
    assert.equal(refused.code, 2);
    assert.match(refused.err, /several confidence methods \(token, consistency\)/);
  });

  it('refuses to compare methods that have no row in common', async () => {
    await bench.write('t.csv', 'label,a/prob:x,a/prob:y,b/prob:x,b/prob:y\nx,.5,.5,,\ny,,,.5,.5\n');
    const { code, err } = await bench.run('evaluate', '@t.csv');
    assert.equal(code, 2);
    assert.match(err, /No row has scores of every confidence method/);
    await assert.rejects(readMethods(bench.at('t.csv'), {}), { code: 'no-common-rows' });
  });

  it('shows the same in the calibration panel', async () => {
    const { methods, rows, leftOut } = await compared();
    // By default the panel has fewer bins for few rows.
    const settings = { ...DEFAULT_PANEL_SETTINGS, bins: 20 };
    const panel = await methodsForPage(inPanel(bench.at('t.csv')), settings, () => Promise.resolve());
    assert.deepEqual([panel.rows, panel.leftOut], [rows, leftOut]);
    for (const [index, { method, answersPerRow, secondsPerRow, ...evaluation }] of methods.entries()) {
      const shown = panel.methods[index];
      assert.deepEqual(
        [shown?.prefix, shown?.answersPerRow, shown?.secondsPerRow],
        [method, answersPerRow, secondsPerRow],
      );
      assert.deepEqual(JSON.parse(JSON.stringify(shown?.diagram.evaluation)), evaluation);
    }
  });
});
