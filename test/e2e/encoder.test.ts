/** A sequence classification model as a person uses it: from New Classifier to a calibrated hover. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { encoderFolder, encoderReference } from '../support/encoder';
import { CLI } from '../support/paths';
import { useWorkbench } from './harness';

const { logits: LOGITS } = encoderReference('single-label');
const TEXT = 'The film was long';

describe('a person with a sequence classification model', () => {
  const workbench = useWorkbench({ settings: { 'promptConfidence.threads': 1 } });
  const own = (...names: string[]): string =>
    path.join(workbench().workspace, '.prompt-confidence', ...names);

  it('makes a classifier of its folder', async () => {
    const { page } = workbench();
    const quick = page.locator('.quick-input-widget');
    await workbench().runCommand('Prompt Confidence: New Classifier…');
    await quick.locator('.monaco-list-row', { hasText: 'Sequence classification model…' }).click();
    // VS Code's own dialog for folders of the machine that the window works on. While it looks at a folder it hears nothing.
    const typed = quick.locator('input[type=text]:visible');
    const asks = quick.getByPlaceholder('Folder path');
    await asks.waitFor();
    await workbench().until('the folder is taken', async () => {
      if (await asks.isVisible()) {
        await asks.fill(encoderFolder('single-label'), { timeout: 2000 });
        // It may have written its own folder into it meanwhile.
        assert.equal(await asks.inputValue({ timeout: 2000 }), encoderFolder('single-label'));
        await quick.getByRole('button', { name: 'OK' }).click({ timeout: 2000 });
      }
      await page.locator('.quick-input-title', { hasText: 'New Classifier' }).waitFor({ timeout: 5000 });
    });
    await workbench().screenshot('encoder name');
    await typed.fill('topics');
    await page.keyboard.press('Enter');
    await page.locator('.tab.active[data-resource-name="topics.json"]').waitFor();
    const file = JSON.parse(readFileSync(own('classifiers', 'topics.json'), 'utf8')) as { kind: string };
    assert.equal(file.kind, 'encoder');
  });

  it('classifies a line with it, and sees the outputs of the model in the hover', async () => {
    workbench().writeFile('encoder.txt', `${TEXT}\n`);
    await workbench().openFile('encoder.txt');
    await workbench().selectText(TEXT);
    await classifyWithTopics();
    await workbench().decoration(/topic \d+ \d\d\.\d%, raw/);
    const hover = await workbench().hoverText(TEXT);
    await workbench().waitForText(/Label mass not applicable/, hover);
    await workbench().waitForText(/output 10, logit/, hover);
    await workbench().screenshot('encoder hover');
    await workbench().page.mouse.move(0, 0);
  });

  it('gives it a calibrator that was fitted on its scores, and sees the calibrated confidence', async () => {
    const { page } = workbench();
    const rows = Array.from({ length: 240 }, (_, row) => {
      const { text, logits } = LOGITS[row % LOGITS.length] ?? { text: '', logits: [] };
      const likeliest = logits.indexOf(Math.max(...logits));
      return `"${text.replaceAll('"', '""')} ${row}",topic ${row % 2 === 0 ? (row / 2) % 12 : likeliest}`;
    });
    workbench().writeFile('topics.csv', ['text,label', ...rows, ''].join('\n'));
    const calibrators = own('calibrators');
    mkdirSync(calibrators, { recursive: true });
    runCli('score', 'topics.csv', '--out', 'topics-scored.csv', '--classifier', 'topics');
    const file = path.join(calibrators, 'topics.json');
    runCli('calibrate', 'topics-scored.csv', '--method', 'temperature', '--out', file);
    await workbench().runCommand('Prompt Confidence: Set Calibrator for Classifier…');
    for (const name of ['topics', 'topics'])
      await page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
    await workbench().until('the classifier names it', async () => {
      const file = await readFile(own('classifiers', 'topics.json'), 'utf8');
      assert.match(file, /"calibrator": "topics/);
    });
    await workbench().openFile('encoder.txt');
    await workbench().selectText(TEXT);
    await classifyWithTopics();
    await workbench().decoration(/topic \d+ \d\d\.\d% . \w.*, raw \d/);
    const hover = await workbench().hoverText(TEXT);
    await workbench().waitForText(/calibrated by .*topics/, hover);
    await workbench().screenshot('encoder calibrated hover');
  });

  async function classifyWithTopics(): Promise<void> {
    await workbench().runCommand('Prompt Confidence: Classify With…');
    await workbench()
      .page.locator('.quick-input-list .monaco-list-row', { hasText: 'topics' })
      .first()
      .click();
  }

  function runCli(...words: string[]): void {
    execFileSync(process.execPath, [CLI, ...words], { cwd: workbench().workspace, stdio: 'pipe' });
  }
});
