import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { projectRoot } from '../support/vscode-server';
import { useWorkbench } from './harness';

/** A table that says nothing by the names of its columns. */
function foreignTable(): string {
  const rows = Array.from({ length: 240 }, (_, i) => {
    const p = ((i * 37) % 100) / 100;
    const gold = (i * 61) % 100 < 50 + (p - 0.5) * 60 ? 'ham' : 'spam';
    return [gold, (1 - p).toFixed(2), p.toFixed(2), i % 3 === 0 ? 'de' : 'en'].join(',');
  });
  return `gold,p_spam,p_ham,lang\n${rows.join('\n')}\n`;
}

describe('a table that says nothing by its names, in the calibration panel', () => {
  const workbench = useWorkbench();
  const ece = async (page: Frame): Promise<string> =>
    page
      .getByRole('table', { name: 'Headline numbers' })
      .getByRole('row', { name: /^ECE \d/ })
      .innerText();

  it('is mapped by hand, shows the numbers of the command line, and is so after a reload of the window', async () => {
    workbench().writeFile('foreign.csv', foreignTable());
    await workbench().openFile('foreign.csv');
    await workbench().runCommand('Prompt Confidence: Open Calibration Panel');
    const page = await workbench().calibrationPanel();
    const form = page.locator('.columns-form');
    await form.getByLabel('Truth').selectOption({ label: 'gold' });
    for (const [label, column] of [
      ['spam', 'p_spam'],
      ['ham', 'p_ham'],
    ] as const) {
      await form.getByLabel('of the label').fill(label);
      await form.getByLabel('is the column').selectOption({ label: column });
      await form.getByRole('button', { name: 'Add' }).click();
    }
    await workbench().screenshot('calibration-columns');
    await form.getByRole('button', { name: 'Use These Columns' }).click();
    await page.locator('.diagram').first().waitFor();
    const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
    const file = path.join(workbench().workspace, 'foreign.csv');
    const words = ['label=gold', 'prob:spam=p_spam', 'prob:ham=p_ham'].flatMap((word) => ['--column', word]);
    const json = execFileSync(process.execPath, [cli, 'evaluate', file, '--json', ...words], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const expected = new RegExp(parseEvaluation(json, 'stdout').ece.value?.toFixed(3) ?? '-');
    assert.match(await ece(page), expected);

    await page.getByLabel('Look at').selectOption({ label: 'lang' });
    await page.getByRole('table', { name: 'Parts, worst first' }).getByRole('button', { name: 'de' }).click();
    await page.getByRole('heading', { name: 'de', exact: true }).waitFor();
    await workbench().screenshot('calibration-by-column');

    await workbench().reload();
    const again = await workbench().calibrationPanel();
    await again.getByRole('table', { name: 'Parts, worst first' }).waitFor();
    await again.getByRole('heading', { name: 'de', exact: true }).waitFor();
    await again.getByLabel('Look at').selectOption('all');
    await workbench().until('all rows are shown', async () => assert.match(await ece(again), expected));
  });
});
