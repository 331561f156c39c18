import assert from 'node:assert/strict';
import type { EvaluateReport } from '../../../src/core/decisions/report';
import { seededRandom } from '../../../src/core/random';
import { confidenceTable, labelTable } from './tables';
import { Workbench } from './workbench';

/** Scores that are right in language "en" and worth nothing in "de"; three rows in "fr". */
function slicedTable(): string {
  const random = seededRandom(3);
  const rows = Array.from({ length: 303 }, (_, i) => {
    const language = i < 200 ? 'en' : i < 300 ? 'de' : 'fr';
    const p = random();
    const right = language === 'de' ? random() < 0.5 : random() < Math.max(p, 1 - p);
    const label = p > 0.5 === right ? 'pos' : 'neg';
    return `${language},${label},${1 - p},${p}`;
  });
  return `language,label,prob:neg,prob:pos\n${rows.join('\n')}\n`;
}

describe('evaluate: decisions', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
  });
  afterEach(() => bench.remove());

  async function evaluated(content: string, ...options: string[]): Promise<EvaluateReport> {
    await bench.write('t.csv', content);
    const { code, out, err } = await bench.run('evaluate', '@t.csv', '--json', ...options);
    assert.equal(code, 0, err);
    return JSON.parse(out) as EvaluateReport;
  }

  it('slices by any column and by the predicted label, worst first, small slices named', async () => {
    const { slices } = await evaluated(slicedTable(), '--slice', 'language', '--slice', 'predicted');
    const [byLanguage, byPredicted] = slices;
    assert.equal(byLanguage?.column, 'language');
    assert.deepEqual(
      byLanguage.slices.map(({ name, evaluation }) => [name, evaluation.n]),
      [
        ['de', 100],
        ['en', 200],
      ],
    );
    assert.deepEqual([byLanguage.minimumRows, byLanguage.tooSmall], [20, [{ name: 'fr', rows: 3 }]]);
    const names = byPredicted?.slices.map(({ name }) => name) ?? [];
    assert.deepEqual(names.toSorted(), ['neg', 'pos']);
    const { out } = await bench.run('evaluate', '@t.csv', '--slice', 'language');
    assert.match(out, /by language .*\nde +100 /u);
    assert.match(out, /fewer than 20 rows: fr \(3\)/u);
  });

  it('counts rows and errors in buckets that can be edited', async () => {
    const table = 'confidence,correct\n.95,1\n.9,0\n.8999,1\n.2,0\n';
    const { buckets } = await evaluated(table);
    assert.deepEqual(
      buckets.map(({ name, rows, errors }) => [name, rows, errors]),
      [
        ['automatic', 2, 1],
        ['review', 1, 0],
        ['manual check', 0, 0],
        ['manual', 1, 1],
      ],
    );
    assert.deepEqual([buckets[0]?.accuracy, buckets[2]?.accuracy], [0.5, null]);
    const edited = await evaluated(table, '--buckets', 'yes=.5,no=0');
    assert.deepEqual(
      edited.buckets.map(({ name, low, high, rows }) => [name, low, high, rows]),
      [
        ['yes', 0.5, 1, 3],
        ['no', 0, 0.5, 1],
      ],
    );
    const gap = await bench.run('evaluate', '@t.csv', '--buckets', 'yes=.5');
    assert.deepEqual([gap.code, gap.out], [2, '']);
  });

  it('lists errors, the surest first, by the line of the file', async () => {
    const { confidentErrors } = await evaluated('label,prob:a,prob:b\na,.4,.6\na,.9,.1\nb,.99,.01\n');
    assert.deepEqual(
      confidentErrors.map(({ line, predicted, truth }) => [line, predicted, truth]),
      [
        [4, 'a', 'b'],
        [2, 'b', 'a'],
      ],
    );
  });

  it('names the labels of the surest errors of a table of confidence too', async () => {
    const { confidentErrors } = await evaluated('label,predicted,confidence\na,b,.9\na,a,.8\nB.,a,.6\n');
    assert.deepEqual(
      confidentErrors.map(({ line, predicted, truth }) => [line, predicted, truth]),
      [
        [2, 'b', 'a'],
        [4, 'a', 'B.'],
      ],
    );
  });

  it('chooses a threshold for a target, for costs by label pair, and for one label', async () => {
    const table = labelTable(2000, { skew: 0 });
    await bench.write('costs.json', '{"wrong": {"pos": {"neg": 9}, "neg": {"pos": 3}}, "review": 1}');
    const costs = ['--costs', bench.at('costs.json')];
    const result = await evaluated(table, '--target', '0.75', '--label', 'pos', ...costs);
    const { threshold, labelThreshold, majorityBaseline } = result;
    assert.ok((threshold?.threshold ?? 0) > 0.5);
    assert.ok((threshold?.estimate.value ?? 0) > 0.7);
    assert.ok((result.costs?.scored?.cost ?? 9) < (result.costs?.scored?.automaticAll ?? 0));
    assert.equal(labelThreshold?.label, 'pos');
    assert.ok(labelThreshold.curve.length <= 101);
    assert.ok((labelThreshold.estimate?.f1 ?? 0) > 0.6);
    assert.ok(Math.abs((majorityBaseline?.accuracy ?? 0) - 0.5) < 0.05);
    const { out } = await bench.run('evaluate', '@t.csv', '--target', '0.75', '--label', 'pos', ...costs);
    assert.match(out, /correct in at least 75% of cases/u);
    assert.match(out, /is cheapest/u);
    assert.match(out, /"pos" at P = /u);
  });

  it('says what is wrong with a file of costs', async () => {
    await bench.write('t.csv', labelTable(20));
    const tried: readonly (readonly [string, RegExp])[] = [
      ['{"wrong": 1', /is not JSON/u],
      ['{"wrong": 1}', /review/u],
      [
        '{"wrong": {"pos": {"neg": 1}}, "review": 1}',
        /lacks the cost of predicting "pos" when "neg" is true/u,
      ],
    ];
    for (const [content, sentence] of tried) {
      await bench.write('costs.json', content);
      const { code, out, err } = await bench.run('evaluate', '@t.csv', '--costs', '@costs.json');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, sentence);
    }
  });

  it('takes no cost from what every object has', async () => {
    // [].constructor.length is 1.
    const rows = Array.from(
      { length: 20 },
      (_, i) => `${i % 2 === 0 ? 'constructor' : 'length'},.${i + 30},.${70 - i}`,
    );
    await bench.write('t.csv', `label,prob:constructor,prob:length\n${rows.join('\n')}\n`);
    await bench.write('costs.json', '{"wrong": {"length": {"constructor": 5}}, "review": 1}');
    const { code, err } = await bench.run('evaluate', '@t.csv', '--costs', '@costs.json');
    assert.equal(code, 2);
    assert.match(err, /lacks the cost of predicting "length" when "constructor" is true/u);
  });

  it('shows a balanced table as it would be where a label is rare', async () => {
    // Scores that are exactly right at even shares; after the shift they are right at the new ones.
    const random = seededRandom(8);
    const rows = Array.from({ length: 1600 }, (_, i) => {
      const label = i % 2 === 0 ? 'pos' : 'neg';
      // ln of the likelihood ratio of N(±1, 1) at x is 2x.
      const x = (label === 'pos' ? 1 : -1) + gaussian(random);
      return `${label},${-x},${x}`;
    });
    const table = `label,logit:neg,logit:pos\n${rows.join('\n')}\n`;
    const even = await evaluated(table);
    const rare = await evaluated(table, '--prevalence', 'pos=.1,neg=.9');
    assert.deepEqual(rare.prevalence?.deployed, [0.9, 0.1]);
    assert.ok((rare.accuracy.value ?? 0) > (even.accuracy.value ?? 1) + 0.05);
    assert.ok(Math.abs((rare.accuracy.value ?? 0) - (rare.meanConfidence.value ?? 1)) < 0.02);
    assert.ok(rare.warnings.some(({ code }) => code === 'prevalence-raw'));
    assert.equal(rare.majorityBaseline?.label, 'neg');
    assert.ok(Math.abs(rare.majorityBaseline.accuracy - 0.9) < 1e-9);
  });

  it('refuses what a table of confidence cannot say', async () => {
    await bench.write('t.csv', confidenceTable(50));
    for (const options of [
      ['--prevalence', 'a=.1,b=.9'],
      ['--label', 'a'],
      ['--slice', 'predicted'],
      ['--slice', 'nowhere'],
      ['--target', '95'],
      ['--buckets', 'high'],
    ]) {
      const { code, out, err } = await bench.run('evaluate', '@t.csv', ...options);
      assert.deepEqual([code, out], [2, ''], options.join(' '));
      assert.ok(err.length > 0);
    }
  });
});

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
