import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { useWorkbench } from './harness';

const STEPS = [
  'Get a model',
  'Classify a selection',
  'Read the result',
  'Write your own classifier',
  'Score a table',
  'Measure the confidence',
  'Calibrate',
  'Use the calibrator',
];

describe('models and classifiers, as a person uses them', () => {
  const workbench = useWorkbench({
    settings: { 'promptConfidence.threads': 1, 'promptConfidence.gpu': 'off' },
  });
  const rows = (): Locator => workbench().page.locator('.quick-input-list .monaco-list-row');
  const title = (): Locator =>
    workbench().page.locator('.quick-input-widget:not(.hidden) .quick-input-title');
  const input = (): Locator =>
    workbench().page.locator('.quick-input-widget:not(.hidden) .quick-input-box input');
  const status = (): Locator =>
    workbench().page.locator('[id="prompt-confidence.prompt-confidence.promptConfidence.status"]');

  const steps = (): Locator => workbench().page.locator('.getting-started-step');
  /** The steps that are done. */
  const ticked = async (): Promise<string[]> => {
    const done: string[] = [];
    for (const step of STEPS) {
      const titled = steps().filter({ has: workbench().page.locator('.step-title', { hasText: step }) });
      const mark = titled.locator('.codicon-getting-started-step-checked');
      if ((await mark.count()) > 0) done.push(step);
    }
    return done;
  };

  it('Manage Models tells sizes on the disk, and Enter what can be done', async () => {
    const { page } = workbench();
    await workbench().runCommand('Prompt Confidence: Manage Models…');
    await title()
      .getByText(/^Manage Models: .+ on disk$/)
      .waitFor();
    await rows().getByText('gemma-3-270m-q4_k_m.gguf').first().waitFor();
    await workbench().screenshot('manage-models');
    await page.keyboard.press('Enter');
    await rows().getByText('Copy SHA-256').waitFor();
    await workbench().screenshot('manage-model');
    await page.keyboard.press('Escape');
  });

  it('the status item shows the model and opens the actions', async () => {
    const { page } = workbench();
    await status()
      .getByText(/gemma-3-270m|No model/)
      .waitFor();
    await status().click();
    await rows().getByText('Choose Classifier…').waitFor();
    await workbench().screenshot('actions');
    await input().fill('Restart');
    await rows().getByText('Restart Engine').waitFor();
    await page.keyboard.press('Escape');
  });

  it('Choose Model starts at the first model, and Enter takes it', async () => {
    const { page } = workbench();
    await workbench().runCommand('Prompt Confidence: Choose Model…');
    await rows()
      .and(page.locator('.focused'))
      .getByText(/\.gguf/)
      .first()
      .waitFor();
    await workbench().screenshot('choose-model');
    await page.keyboard.press('Enter');
    await input().waitFor({ state: 'hidden' });
    await status()
      .getByText(/gemma-3-270m/)
      .waitFor();
  });

  it('Download Model refuses a bad address as it is typed', async () => {
    const { page } = workbench();
    await workbench().runCommand('Prompt Confidence: Download Model…');
    await rows().getByText('Llama 3.2 Community License').first().waitFor();
    await workbench().screenshot('download-model');
    await input().fill('hf: address');
    await rows().filter({ hasText: 'https URL' }).click();
    await page.getByPlaceholder(/^hf:user/).fill('ftp://host/a.gguf');
    await workbench().waitForText(/is not an address that models can be downloaded from/);
    await workbench().screenshot('download-address');
    await page.keyboard.press('Escape');
  });

  it('Restart Engine loads the model, and the status says where', async () => {
    await workbench().runCommand('Prompt Confidence: Restart Engine');
    await status()
      .getByText(/CPU, 1 thread/)
      .waitFor();
    await status().hover();
    await workbench().waitForText(/after 15 minutes without use/);
    await workbench().screenshot('status-hover');
  });

  it('New Classifier goes forth and back, and opens the file', async () => {
    const { page } = workbench();
    await workbench().runCommand('Prompt Confidence: New Classifier…');
    await page.locator('.quick-input-list').getByText('Is asked in words.').waitFor();
    await page.keyboard.press('Enter');
    await title().getByText('New Classifier (1/4)').waitFor();
    await page.keyboard.type('urgency');
    await page.keyboard.press('Enter');
    await title().getByText('New Classifier (2/4)').waitFor();
    await workbench().screenshot('new-classifier');
    await page.locator('.quick-input-widget .quick-input-titlebar .codicon-quick-input-back').click();
    await title().getByText('New Classifier (1/4)').waitFor();
    assert.equal(await input().inputValue(), 'urgency');
    await page.keyboard.press('Enter');
    await title().getByText('New Classifier (2/4)').waitFor();
    await page.keyboard.type('urgent, normal, low');
    await page.keyboard.press('Enter');
    // Now an example of each label is asked for, too: a base model needs them.
    await title().getByText('New Classifier (3/7)').waitFor();
    await page.keyboard.press('Enter');
    for (const [step, answer] of [
      [4, 'How urgent is this message?'],
      [5, 'The server is down.'],
      [6, 'The invoice has a typo.'],
      [7, 'Nice logo!'],
    ] as const) {
      await title().getByText(`New Classifier (${step}/7)`).waitFor();
      await page.keyboard.type(answer);
      await page.keyboard.press('Enter');
    }
    await page.locator('.tab.active[data-resource-name="urgency.json"]').waitFor();
    const file = path.join(workbench().workspace, '.prompt-confidence', 'classifiers', 'urgency.json');
    assert.ok(existsSync(file));
    assert.match(readFileSync(file, 'utf8'), /"urgent"/);
    assert.match(readFileSync(file, 'utf8'), /The server is down\./);
    await workbench().screenshot('new-classifier-file');
  });

  it('the walkthrough leads from a model to a calibrated confidence, and ticks what was done before', async () => {
    await workbench().runCommand('Welcome: Open Walkthrough...');
    await input().fill('Get started with Prompt Confidence');
    await rows().filter({ hasText: 'Get started with Prompt Confidence' }).first().click();
    await steps().first().waitFor();
    assert.deepEqual(await ticked(), ['Get a model', 'Write your own classifier']);
    for (const step of STEPS) {
      await steps().filter({ hasText: step }).first().click();
      await workbench().screenshot(`walkthrough ${step}`);
    }
    assert.equal(await steps().count(), STEPS.length);
  });

  it('the walkthrough ticks what is done while it is open, and nothing that did not succeed', async () => {
    const { page } = workbench();
    await workbench().openFile('snippets.csv');
    await workbench().runCommand('Prompt Confidence: Score CSV…');
    await page.getByPlaceholder('Classifier to score snippets.csv with').waitFor();
    await page.keyboard.press('Escape');
    await workbench().openFile('reviews.txt');
    await workbench().selectText('I love this movie!');
    await workbench().runCommand('Prompt Confidence: Classify Selection');
    await workbench().runCommand('Prompt Confidence: Show Result');
    await (await workbench().webview('Result')).locator('blockquote').waitFor();
    await page.locator('.tab', { hasText: 'Welcome' }).click();
    const done = ['Get a model', 'Classify a selection', 'Read the result', 'Write your own classifier'];
    await workbench().until('they are ticked', async () => assert.deepEqual(await ticked(), done));
    await workbench().screenshot('walkthrough ticked');
  });
});
