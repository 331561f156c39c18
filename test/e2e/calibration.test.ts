import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { projectRoot } from '../support/vscode-server';
import { useWorkbench } from './harness';

const TABLE = path.join('test', 'fixtures', 'panel', 'reviews.csv');

describe('the calibration panel as a person uses it', () => {
  const workbench = useWorkbench();
  const panel = () => workbench().webview(/reviews\.csv/);

  before(async () => {
    workbench().writeFile('reviews.csv', readFileSync(path.join(projectRoot(), TABLE), 'utf8'));
    await workbench().openFile('reviews.csv');
    await workbench().runCommand('Prompt Confidence: Open Calibration Panel');
  });

  it('shows every bin with the numbers of the command line', async () => {
    const page = await panel();
    await page.getByRole('heading', { name: 'Overconfident' }).waitFor();
    const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
    const json = execFileSync(process.execPath, [cli, 'evaluate', path.join(projectRoot(), TABLE), '--json']);
    const { bins, ece } = parseEvaluation(json.toString(), 'stdout');
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
      await (await panel()).locator('.diagram').waitFor();
      await workbench().screenshot(`calibration-panel-${theme}`);
    }
  });

  it('jumps from a bin to its rows in the text of the table', async () => {
    const page = await panel();
    await page.locator('.bin').last().press('Enter');
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
