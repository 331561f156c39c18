import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { partAt } from '../../src/store/tables/work-place';
import { useWorkbench } from './harness';
import { byCommandLine, notification, readScored, reviewsTable, startScoring } from './score-and-kill';

describe('a person who scores a table', () => {
  const workbench = useWorkbench({
    settings: { 'promptConfidence.threads': 1, 'promptConfidence.gpu': 'off' },
  });
  const at = (name: string): string => path.join(workbench().workspace, name);

  it('sees how far it is, and pauses it', async () => {
    // More rows than any machine scores before the click.
    workbench().writeFile('many.csv', reviewsTable(50_000));
    await startScoring(workbench(), 'many.csv');
    await workbench().page.locator('.monaco-dialog-box').getByRole('button', { name: 'Score' }).click();
    const progress = await notification(workbench(), /\d+ of 50,000 rows \(\d+%\) · .* left/);
    await workbench().screenshot('score progress');
    await progress.getByRole('button', { name: 'Cancel' }).first().click();
    const paused = /Paused: [\d,]+ of 50,000 rows \(\d+%\) of many\.scored\.csv are scored\./;
    const note = await notification(workbench(), paused);
    await workbench().screenshot('score paused');
    assert.ok(!existsSync(at('many.scored.csv')));
    const { page } = workbench();
    const isGone = async (): Promise<void> => {
      await page.locator('.notification-list-item-message').getByText(paused).waitFor({ state: 'detached' });
    };
    // By the note itself.
    await note.getByRole('link', { name: 'Resume' }).first().click();
    await isGone();
    const again = await notification(workbench(), /\d+ of 50,000 rows \(\d+%\) · .* left/);
    await again.getByRole('button', { name: 'Cancel' }).first().click();
    await notification(workbench(), paused);
    await workbench().runCommand('View: Show Prompt Confidence');
    const job = page.getByRole('treeitem', { name: /^Scoring many\.csv, [\d,]+ of 50,000 rows/ }).last();
    await job.click({ button: 'right' });
    await workbench().screenshot('score in the home view');
    await page.getByRole('menuitem', { name: 'Discard…' }).click();
    await page.locator('.monaco-dialog-box').getByRole('button', { name: 'Discard' }).click();
    await job.waitFor({ state: 'detached' });
    await isGone();
    await workbench().until('what was scored is forgotten', async () => {
      assert.ok(!existsSync(partAt('work', at('many.scored.csv'))));
      await Promise.resolve();
    });
  });

  it('gets what the command line makes of it, and opens the calibration panel', async () => {
    workbench().writeFile('films.csv', reviewsTable(30));
    await startScoring(workbench(), 'films.csv');
    const end = await notification(workbench(), 'films.scored.csv is complete: 30 rows.');
    await workbench().screenshot('score done');
    assert.deepEqual(readScored(at('films.scored.csv')), byCommandLine(workbench(), 'films.csv'));
    await end.getByRole('button', { name: 'Open Calibration Panel' }).first().click();
    await workbench().page.locator('.tab.active[data-resource-name="films.scored.csv"]').waitFor();
    await (await workbench().calibrationPanel()).locator('.diagram').first().waitFor();
  });
});
