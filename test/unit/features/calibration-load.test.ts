import assert from 'node:assert/strict';
import { parseEvaluation } from '../../../src/core/data/evaluation-json';
import { seededRandom } from '../../../src/core/random';
import { analyse } from '../../../src/features/calibration/worker/analyse';
import { fitToSave } from '../../../src/features/calibration/worker/compare';
import { loadForPage } from '../../../src/features/calibration/worker/load';
import { loadCalibrator } from '../../../src/store/calibrators';
import { AS_FOUND, DEFAULT_PANEL_SETTINGS, type TableOptions } from '../../../src/protocol/calibration-page';
import { Workbench } from '../cli/workbench';
import { inPanel } from '../../support/in-panel';

const FRESH = 'ham "fresh"';
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** A table whose own names say nothing, with the columns of two methods beside. */
function foreignTable(n: number): string {
  const random = seededRandom(5);
  const rows = Array.from({ length: n }, (_, i) => {
    const p = 0.02 + 0.96 * random();
    const gold = random() < (p + 0.5) / 2 ? FRESH : 'spam';
    const sure = Math.max(p, 1 - p);
    const cells = [`t${i}`, `u${i % 40}`, gold, 1 - p, p, sure, p > 0.5 ? FRESH : 'spam'];
    return [...cells, i % 3 === 0 ? 'test' : 'fit', 1 + (i % 4), 1 - sure / 2, sure / 2, sure, 1 - sure]
      .map((cell) => (typeof cell === 'string' ? quoted(cell) : cell))
      .join(',');
  });
  const header = ['body', 'author', 'gold', 'p_spam', 'p_ham', 'score', 'guess', 'part', 'times'];
  for (const method of ['token', 'vote']) header.push(`${method}/prob:spam`, `${method}/prob:${FRESH}`);
  return `${header.map(quoted).join(',')}\n${rows.join('\n')}\n`;
}

describe('a table as the calibration panel reads it', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
    await bench.write('t.csv', foreignTable(300));
  });
  after(() => bench.remove());

  const scores = { 'prob:spam': 'p_spam', [`prob:${FRESH}`]: 'p_ham', label: 'gold' };
  const cases: Record<string, { options: Partial<TableOptions>; words: readonly string[] }> = {
    'mapped scores': { options: { mapping: scores }, words: [] },
    'group, weight and split': {
      options: { mapping: { ...scores, group: 'author', weight: 'times', split: 'part' } },
      words: [],
    },
    'confidence and two labels': {
      options: {
        mapping: { label: 'gold', predicted: 'guess', confidence: 'score' },
        on: 'confidence',
      },
      words: ['--on', 'confidence'],
    },
    'one method of several': {
      options: { mapping: { label: 'gold' }, prefix: 'vote' },
      words: ['--scores', 'vote'],
    },
    'label shares in use': {
      options: {
        mapping: scores,
        prevalence: [
          { label: FRESH, share: 0.9 },
          { label: 'spam', share: 0.1 },
        ],
      },
      words: ['--prevalence', `${FRESH}=.9,spam=.1`],
    },
  };
  for (const [name, { options, words }] of Object.entries(cases))
    it(`shows what evaluate says of ${name}`, async () => {
      // By default the panel has fewer bins for so few rows.
      const settings = { ...DEFAULT_PANEL_SETTINGS, bins: 20, table: { ...AS_FOUND, ...options } };
      const loaded = await loadForPage(inPanel(bench.at('t.csv'), settings.table));
      const { evaluation } = analyse(loaded, settings, false);
      const mapping = Object.entries(settings.table.mapping).flatMap(([role, column]) => [
        '--column',
        `${role}=${column}`,
      ]);
      const { out, err } = await bench.run('evaluate', '@t.csv', '--json', ...mapping, ...words);
      assert.deepEqual(evaluation, parseEvaluation(out, err));
    });

  it('saves the calibrator that calibrate saves, for the columns and the shares that were chosen', async () => {
    const prevalence = [
      { label: 'spam', share: 0.1 },
      { label: FRESH, share: 0.9 },
    ];
    const table = { ...AS_FOUND, mapping: { label: 'gold', group: 'author' }, prefix: 'vote', prevalence };
    const { input } = await loadForPage(inPanel(bench.at('t.csv'), table));
    const settings = { ...DEFAULT_PANEL_SETTINGS, table };
    const time = '2026-01-02T03:04:05.000Z';
    const saved = await fitToSave(input, { method: 'bias-temperature', settings, version: '0.0.0', time });
    const shares = [
      '--prevalence',
      `spam=.1,${FRESH}=.9`,
      '--out',
      '@c.json',
      '--method',
      'bias-temperature',
    ];
    const columns = ['--scores', 'vote', '--column', 'label=gold', '--column', 'group=author'];
    const { code, err } = await bench.run('calibrate', '@t.csv', ...columns, ...shares);
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(JSON.stringify(saved)), (await loadCalibrator(bench.at('c.json'))).saved);
  });

  const refuses = (name: string, options: Partial<TableOptions>, code: string, message: RegExp) =>
    assert.rejects(loadForPage(inPanel(bench.at(name), { ...AS_FOUND, ...options })), {
      name: 'UserError',
      code,
      message,
    });

  it('asks for the label shares anew where the labels are others', async () => {
    const mapping = { label: 'gold', 'prob:spam': 'p_spam', [`prob:${FRESH}`]: 'p_ham' };
    const prevalence = [
      { label: 'spam', share: 0.1 },
      { label: 'ham', share: 0.9 },
    ];
    await refuses('t.csv', { mapping, prevalence }, 'labels-differ', /given for "spam", "ham"/);
  });

  it('refuses shares that are none, and those that no row speaks for', async () => {
    const prevalence = [
      { label: 'a', share: 0.5 },
      { label: 'b', share: 0.2 },
    ];
    await bench.write('ab.csv', 'label,prob:a,prob:b\na,.5,.5\nb,.5,.5\n');
    await refuses('ab.csv', { prevalence }, 'bad-shares', /sum to 1/);
    await bench.write('a.csv', 'label,prob:a,prob:b\na,.5,.5\na,.7,.3\n');
    const whole = prevalence.map(({ label }) => ({ label, share: 0.5 }));
    await refuses('a.csv', { prevalence: whole }, 'bad-shares', /^No row has the true label "b"/);
  });

  it('needs a score for every label where labels or their shares are asked for', async () => {
    await bench.write('sure.csv', 'confidence,correct\n.9,1\n.8,0\n');
    await refuses('sure.csv', { on: 'labels' }, 'no-label-scores', /^sure\.csv has no score for every label/);
    const prevalence = [{ label: 'a', share: 1 }];
    await refuses(
      'sure.csv',
      { prevalence },
      'no-label-scores',
      /Omit them, or assign the columns of the scores/,
    );
  });
});
