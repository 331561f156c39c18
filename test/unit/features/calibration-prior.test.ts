import assert from 'node:assert/strict';
import { comparisonForPage, fitToSave } from '../../../src/features/calibration/worker/compare';
import { calibratedInDeployment, loadForPage } from '../../../src/features/calibration/worker/load';
import { AS_FOUND, DEFAULT_PANEL_SETTINGS, type PanelSettings } from '../../../src/protocol/calibration-page';
import { loadCalibrator } from '../../../src/store/calibrators';
import { labelTable } from '../cli/tables';
import { Workbench } from '../cli/workbench';
import type { CalibrationReport } from '../../../src/core/calibration/calibrate';
import { inPanel } from '../../support/in-panel';

const silent = (): Promise<void> => Promise.resolve();
const withShares = (neg: number): PanelSettings => ({
  ...DEFAULT_PANEL_SETTINGS,
  bins: 20,
  table: {
    ...AS_FOUND,
    prevalence: [
      { label: 'pos', share: 1 - neg },
      { label: 'neg', share: neg },
    ],
  },
});

describe('corrections of the label prior in the calibration panel', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
    await bench.write('t.csv', labelTable(150));
  });
  after(() => bench.remove());

  for (const [neg, shares] of [
    [0.75, 'neg=0.75,pos=0.25'],
    [0.5, 'uniform'],
  ] as const)
    it(`are, for the batch correction, those of calibrate --shares ${shares}`, async () => {
      const settings = withShares(neg);
      const { input } = await loadForPage(inPanel(bench.at('t.csv'), settings.table));
      const { comparison, compared } = await comparisonForPage(input, settings, silent);
      const words = ['calibrate', '@t.csv', '--method', 'prior-batch', '--shares', shares];
      const { out } = await bench.run(...words, '--out', `@${neg}.json`, '--json');
      const { after } = JSON.parse(out) as CalibrationReport;
      const { diagram } = comparison.methods.find(({ method }) => method === 'prior-batch') ?? assert.fail();
      for (const name of ['accuracy', 'ece', 'nll', 'brier', 'auroc'] as const)
        assert.deepEqual(diagram.evaluation[name], after[name], name);
      assert.match(
        comparison.excluded.find(({ method }) => method === 'prior-batch')?.reason ?? '',
        /label shares in use/,
      );

      const made = { settings, version: '1.2.3', time: '2026-01-02T03:04:05Z' };
      const saved = await fitToSave(input, { method: 'prior-batch', ...made });
      const own = await loadCalibrator(bench.at(`${neg}.json`));
      assert.deepEqual(saved.calibrator, own.saved.calibrator);

      // Its scores are for those shares already: rows are weighted, and no score is moved again.
      const batch = compared.find(({ method }) => method === 'prior-batch') ?? assert.fail();
      const deployed = calibratedInDeployment(batch, settings.table.prevalence ?? []);
      assert.ok(deployed.kind === 'labels' && batch.data.kind === 'labels');
      assert.deepEqual(deployed.logProbs, batch.data.logProbs);
      assert.notDeepEqual(deployed.weight, batch.data.weight);
    });

  it('say what they need where it is not there', async () => {
    const { input } = await loadForPage(inPanel(bench.at('t.csv')));
    const { comparison } = await comparisonForPage(input, DEFAULT_PANEL_SETTINGS, silent);
    const why = new Map(comparison.excluded.map(({ method, reason }) => [method, reason]));
    assert.match(why.get('prior-batch') ?? '', /the label shares in use/);
    assert.match(why.get('prior-content-free') ?? '', /command line/);
    assert.ok(comparison.methods.every(({ method }) => method !== 'prior-batch'));
  });
});
