import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { CalibrateReport } from '../../../src/cli/calibration/calibrate';
import type { MethodsReport } from '../../../src/cli/calibration/compare-methods';
import { parseSavedCalibrator } from '../../../src/core/calibration/saved';
import { seededRandom, type Random } from '../../../src/core/random';
import type { Answer } from '../../../src/core/scoring/agreement';
import { agreementOf, ensembleScore } from '../../../src/core/scoring/consistency';
import { labelScores, type Score } from '../../../src/core/scoring/score';
import { calibratedScore } from '../../../src/core/calibration/calibrated-score';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { fitToSave } from '../../../src/features/calibration/worker/compare';
import { methodsForPage } from '../../../src/features/calibration/worker/compare-confidence-methods';
import { loadCombined } from '../../../src/features/calibration/worker/load';
import { DEFAULT_PANEL_SETTINGS } from '../../../src/protocol/calibration-page';
import { loadCalibrator } from '../../../src/store/calibrators';
import { scoreCells } from '../../../src/store/tables/score-cells';
import { Workbench } from './workbench';
import { inPanel } from '../../support/in-panel';

const NAMES = ['pos', 'neg'];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function scoreOf(p: number, drawnAt: number, random: Random): Score {
  const token: Score = {
    ...labelScores(NAMES, [Math.log(0.9 * p), Math.log(0.9 * (1 - p))]),
    mode: 'first-token',
    textTokens: 5,
    cutTokens: 0,
  };
  const answers = Array.from({ length: 10 }, (): Answer => {
    return { text: '', label: random() < drawnAt ? 'pos' : 'neg' };
  });
  const drawn = { answers, temperature: 1, variants: 'permuted' as const };
  return ensembleScore(token, agreementOf(NAMES, drawn, token.labels));
}

/**
 * A simulated table with both methods.
 *
 * @param own how much the agreement knows that the token probability does not; 0: it only repeats it, with noise
 */
function table(n: number, own: number): { csv: string; scores: readonly Score[] } {
  const random = seededRandom(5);
  const layout = scoreCells(NAMES, 'ensemble', ['token', 'consistency', 'ensemble'], false);
  const scores: Score[] = [];
  const rows = Array.from({ length: n }, (_, i) => {
    const [f, g] = [5 * random() - 2.5, own * (5 * random() - 2.5)];
    const score = scoreOf(sigmoid(f), sigmoid(own === 0 ? f : g), random);
    scores.push(score);
    const label = random() < sigmoid(f + g) ? 'pos' : 'neg';
    return [String(i), label, ...layout.cells(score)].join(',');
  });
  return { csv: [['id', 'label', ...layout.header].join(','), ...rows].join('\n'), scores };
}

describe('a fitted combination', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
  });
  afterEach(() => bench.remove());

  async function calibrate(own: number) {
    const simulated = table(300, own);
    await bench.write('t.csv', simulated.csv);
    const ran = await bench.run('calibrate', '@t.csv', '--method', 'combination', '--out', '@c.json');
    assert.equal(ran.code, 0, ran.err);
    return { ...ran, ...simulated };
  }

  it('beats the token probability alone where the answers know more, and is applied as it was fitted', async () => {
    const { out, scores } = await calibrate(1);
    assert.match(out, /The combination beats the token probability alone/u);
    const applied = await bench.run('apply', '@c.json', '@t.csv', '--out', '@u.csv');
    assert.equal(applied.code, 0, applied.err);
    const { calibrator } = parseSavedCalibrator(await readFile(bench.at('c.json'), 'utf8'));
    const [header = '', ...rows] = (await readFile(bench.at('u.csv'), 'utf8')).trim().split('\n');
    const columns = header.split(',');
    assert.ok(columns.includes('token/logprob:pos') && columns.includes('raw:ensemble/confidence'), header);
    const at = columns.indexOf('ensemble/prob:pos');
    for (const [index, row] of rows.slice(0, 50).entries()) {
      const score = scores[index];
      assert.ok(score);
      const { labels } = calibratedScore(score, calibrator, DEFAULT_BUCKETS);
      assert.ok(Math.abs(Number(row.split(',')[at]) - (labels?.[0]?.confidence ?? NaN)) < 1e-10);
    }
    const evaluated = await bench.run('evaluate', '@t.csv', '--calibrator', '@c.json', '--json');
    assert.equal(evaluated.code, 0, evaluated.err);
  });

  it('says that it does not where the answers only repeat it with noise', async () => {
    const { err } = await calibrate(0);
    assert.match(err, /The combination does not beat the token probability alone/u);
  });

  for (const own of [0, 1])
    it(`has in the comparison of methods, there and in the panel, the numbers of calibrate (${own})`, async () => {
      const simulated = table(300, own);
      await bench.write('t.csv', simulated.csv);
      const fitted = await bench.run(
        ...['calibrate', '@t.csv', '--method', 'combination', '--out', '@c.json', '--json'],
      );
      const { after, warnings } = JSON.parse(fitted.out) as CalibrateReport;
      const { out } = await bench.run('evaluate', '@t.csv', '--json');
      const { combination } = JSON.parse(out) as MethodsReport;
      assert.ok(combination !== null && !('reason' in combination));
      const { gain, folds, answersPerRow, secondsPerRow, ...evaluation } = combination;
      assert.deepEqual(evaluation, after);
      assert.deepEqual([answersPerRow, secondsPerRow], [null, null]);
      assert.equal(gain.beats, own === 1);
      const said = warnings.filter(({ code }) => code === 'combination-gain').map(({ message }) => message);
      assert.deepEqual(said, gain.beats ? [] : [gain.message]);
      assert.ok((await bench.run('evaluate', '@t.csv')).out.includes(gain.message));

      const progress: string[] = [];
      const file = bench.at('t.csv');
      const panel = await methodsForPage(
        // By default the panel has fewer bins for so few rows.
        inPanel(file),
        { ...DEFAULT_PANEL_SETTINGS, bins: 20 },
        (message) => Promise.resolve(void progress.push(message)),
      );
      const shown = panel.combination;
      assert.ok(shown !== null && !('reason' in shown));
      assert.deepEqual(JSON.parse(JSON.stringify(shown.diagram.evaluation)), evaluation);
      assert.deepEqual([shown.gain, shown.folds], [gain, folds]);
      assert.equal(progress.at(-1), 'Comparing methods: the combination');

      const saved = await fitToSave(await loadCombined(inPanel(file)), {
        ...{ method: 'combination', settings: DEFAULT_PANEL_SETTINGS, version: '0.0.0' },
        time: '2026-01-02T03:04:05.000Z',
      });
      assert.deepEqual(JSON.parse(JSON.stringify(saved)), (await loadCalibrator(bench.at('c.json'))).saved);
    });

  it('is explained where it cannot be fitted, and no word is lost on it where a method is missing', async () => {
    const { csv } = table(100, 1);
    const [header = '', ...rows] = csv.split('\n');
    // Agreement and token probability say the same in every row.
    const names = header.split(',');
    const copied = rows.map((row) => {
      const cells = row.split(',');
      for (const [at, name] of names.entries())
        if (name.startsWith('consistency/logprob:'))
          cells[at] = cells[names.indexOf(name.replace('consistency', 'token'))] ?? '';
      return cells.join(',');
    });
    await bench.write('t.csv', [header, ...copied].join('\n'));
    const { out } = await bench.run('evaluate', '@t.csv');
    assert.match(out, /There is no combination\. .*carry the same information in every row/u);
    await bench.write('t.csv', csv.replaceAll('consistency/', 'vote/'));
    const { combination } = JSON.parse(
      (await bench.run('evaluate', '@t.csv', '--json')).out,
    ) as MethodsReport;
    assert.equal(combination, null);
  });

  it('needs the columns of both methods', async () => {
    await bench.write('t.csv', 'label,prob:pos,prob:neg\npos,.9,.1\nneg,.4,.6\n');
    const ran = await bench.run('calibrate', '@t.csv', '--method', 'combination', '--out', '@c.json');
    assert.equal(ran.code, 2);
    assert.match(ran.err, /--methods token,consistency,ensemble/u);
  });
});
