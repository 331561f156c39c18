import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSavedCalibrator } from '../../src/core/calibration/saved';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { projectRoot } from '../support/vscode-server';
import { useWorkbench } from './harness';

const TABLE = path.join('test', 'fixtures', 'panel', 'reviews.csv');

function runCli(...words: string[]): string {
  const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
  return execFileSync(process.execPath, [cli, ...words], { encoding: 'utf8', stdio: 'pipe' });
}

describe('the calibration panel as a person uses it', () => {
  const workbench = useWorkbench();

  before(async () => {
    workbench().writeFile('reviews.csv', readFileSync(path.join(projectRoot(), TABLE), 'utf8'));
    await workbench().openFile('reviews.csv');
    await workbench().runCommand('Prompt Confidence: Open Calibration Panel');
  });

  it('shows every bin with the numbers of the command line', async () => {
    const page = await workbench().calibrationPanel();
    await page.getByRole('heading', { name: 'Overconfident' }).waitFor();
    const json = runCli('evaluate', path.join(projectRoot(), TABLE), '--json');
    const { bins, ece } = parseEvaluation(json, 'stdout');
    const shown: string[] = [];
    for (const bin of await page.locator('.bin').all())
      shown.push((await bin.getAttribute('aria-label')) ?? '');
    assert.deepEqual(
      shown.map((words) => /(\d+) rows?, mean confidence ([\d.]+), accuracy ([\d.]+)/.exec(words)?.slice(1)),
      bins.map((bin) => [String(bin.count), bin.meanConfidence.toFixed(3), bin.accuracy.toFixed(3)]),
    );
    const row = page.getByRole('table', { name: 'Headline numbers' }).getByRole('row', { name: /^ECE \d/ });
    assert.match(await row.innerText(), new RegExp(ece.value?.toFixed(3) ?? '-'));
  });

  it('looks right in every theme', async () => {
    for (const theme of ['light', 'dark', 'hc-light', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      await (await workbench().calibrationPanel()).locator('.diagram').waitFor();
      await workbench().screenshot(`calibration-panel-${theme}`);
    }
  });

  it('compares calibrators and saves one as the command line would, which can use it', async () => {
    const page = await workbench().calibrationPanel();
    await page.getByRole('button', { name: 'Compare Calibrators' }).click();
    await page.getByRole('heading', { name: /^Calibrators\. Recommended/ }).waitFor();
    for (const theme of ['light', 'dark', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      await page.getByRole('heading', { name: /^Calibrators\. / }).scrollIntoViewIfNeeded();
      await page.locator('.pair').scrollIntoViewIfNeeded();
      await workbench().screenshot(`calibration-panel-compared-${theme}`);
    }
    await page.getByRole('button', { name: 'Platt', exact: true }).click();
    await page.getByRole('button', { name: /^Save Calibrator: Platt/ }).click();
    await workbench().page.locator('.quick-input-widget:not(.hidden) input').waitFor();
    await workbench().screenshot('calibration-panel-save');
    await workbench().page.keyboard.press('Enter');
    await workbench().waitForText(/Saved the calibrator reviews-platt/);
    await workbench().screenshot('calibration-panel-saved');

    const { workspace } = workbench();
    const file = path.join(workspace, '.prompt-confidence', 'calibrators', 'reviews-platt.json');
    const own = path.join(workspace, 'own.json');
    const table = path.join(workspace, 'reviews.csv');
    runCli('calibrate', table, '--method', 'platt', '--out', own);
    const timeless = (name: string) => {
      const { time, versions, ...rest } = parseSavedCalibrator(readFileSync(name, 'utf8'));
      assert.ok(time.length > 0 && versions['prompt-confidence'] !== undefined);
      return rest;
    };
    assert.deepEqual(timeless(file), timeless(own));
    runCli('evaluate', table, '--calibrator', file);
  });

  it('jumps from a bin to its rows in the text of the table', async () => {
    const page = await workbench().calibrationPanel();
    await page.locator('.bin[data-key^="raw-bin"]').last().press('Enter');
    await page.getByRole('table', { name: /worst first/ }).waitFor();
    await workbench().screenshot('calibration-panel-rows');
    const link = page
      .getByRole('table', { name: /worst first/ })
      .getByRole('button')
      .first();
    const line = await link.innerText();
    await link.click();
    await workbench().waitForText(new RegExp(`Ln ${line}, Col`));
    await workbench().screenshot('calibration-panel-jump');
  });
});
