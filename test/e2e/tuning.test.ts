/** A person who fine-tunes a classifier: runs the command on a labelled table, agrees, and reads what it is worth. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { practiceSet } from '../../src/core/data/practice-set';
import { csvLine } from '../../src/store/tables/csv-line';
import { GEMMA_ADAPTER } from '../support/adapter';
import { writeScriptedPython } from '../support/scripted-python';
import { useWorkbench } from './harness';
import { notification } from './score-and-kill';

describe('a person who fine-tunes a classifier', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-'));
  const python = path.join(folder, 'python');
  before(() => writeScriptedPython(python, GEMMA_ADAPTER));
  after(() => rmSync(folder, { recursive: true }));
  const workbench = useWorkbench({
    settings: {
      'promptConfidence.threads': 1,
      'promptConfidence.gpu': 'off',
      'promptConfidence.pythonPath': python,
    },
  });

  it('is told what it will do, sees how far it is, and reads whether it is worth it', async () => {
    const { page } = workbench();
    const rows = practiceSet(0).slice(0, 120);
    workbench().writeFile(
      'labelled.csv',
      [['text', 'label', 'group'], ...rows.map(({ text, label, group }) => [text, label, group])]
        .map((cells) => csvLine(cells, ','))
        .join(''),
    );
    await workbench().openFile('labelled.csv');
    await workbench().runCommand('Prompt Confidence: Fine-Tune Classifier…');
    for (const asked of [
      'Classifier whose model is tuned on labelled.csv',
      'Column with the texts',
      'Prompt that is tuned',
      'What the model is taught',
    ]) {
      await page.getByPlaceholder(asked).waitFor();
      await workbench().screenshot(`tuning ${asked.split(' ')[0] ?? ''}`);
      await page.keyboard.press('Enter');
    }
    await page.getByText('Name of the adapter, in .prompt-confidence/adapters').first().waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.getByText(/^Fine-tune the model of sentiment on labelled\.csv\?/).waitFor();
    await workbench().screenshot('tuning agreement');
    await dialog.getByRole('button', { name: 'Fine-Tune' }).click();
    const tab = await workbench().webview(/^Fine-Tuning/);
    await tab
      .locator('main')
      .getByText(/^Running: scoring with the base/)
      .waitFor();
    await workbench().screenshot('tuning running');
    const end = await notification(workbench(), /Tuned sentiment-labelled\. /);
    const comparison = await workbench().webview(/^Compare /);
    await comparison.getByRole('heading', { name: 'At a glance' }).waitFor();
    await workbench().screenshot('tuning compared');
    await end.getByRole('button', { name: 'Show Result' }).first().click();
    const result = await workbench().webview(/^Fine-Tuning/);
    await result.getByRole('table', { name: /^Base and tuned model on the hold-out/ }).waitFor();
    await workbench().screenshot('tuning result');
    await result.getByRole('button', { name: 'Use for Classifier…' }).click();
    await page.getByPlaceholder('Classifier whose model gets the adapter').waitFor();
    await workbench().screenshot('tuning use');
    await page.keyboard.press('Enter');
    await notification(workbench(), /The classifier sentiment now uses the adapter sentiment-labelled\./);
    const file = path.join(workbench().workspace, '.prompt-confidence/classifiers/sentiment.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as { readonly adapter?: string };
    assert.equal(written.adapter, 'sentiment-labelled');
    await workbench().setTheme('hc-dark');
    await workbench().screenshot('tuning result in high contrast');
  });
});
