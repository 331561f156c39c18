import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { useWorkbench } from './harness';

describe('the workbench that end-to-end tests use, on the whole sample workspace', () => {
  const workbench = useWorkbench({
    isWhole: true,
    settings: { 'promptConfidence.threads': 1, 'promptConfidence.gpu': 'off' },
  });

  it('opens a file of the workspace', async () => {
    await workbench().openFile('reviews.txt');
    await workbench().waitForText('Best worst thing ever');
  });

  it('selects a text, which commands then act upon', async () => {
    await workbench().selectText('worst');
    await workbench().runCommand('Transform to Uppercase');
    await workbench().waitForText('Best WORST thing ever');
    await workbench().runCommand('Undo');
    await workbench().waitForText('Best worst thing ever');
  });

  it('selects all of the text', async () => {
    await workbench().selectAll();
    await workbench().waitForText(/\(\d+ selected\)/);
  });

  it('opens files by their path and shows the hover over a text', async () => {
    await workbench().openFile('.vscode/settings.json');
    const hover = await workbench().hoverText('editor.wordWrap');
    await workbench().waitForText('Controls how lines should wrap.', hover);
  });

  it('finds the document inside a webview', async () => {
    workbench().writeFile('notes.md', '# A heading\n');
    await workbench().openFile('notes.md');
    await workbench().runCommand('Markdown: Open Preview');
    const preview = await workbench().webview('Preview notes.md');
    await workbench().waitForText('A heading', preview);
  });

  it('wears every theme', async () => {
    for (const theme of ['light', 'dark', 'hc-light', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      const picture = await workbench().screenshot(`workbench-${theme}`);
      assert.ok(readFileSync(picture).length > 0);
      // Words are written in these colours: what is translucent cannot be read.
      const colours = await workbench().page.evaluate<string[]>(
        `['green', 'yellow', 'orange', 'red'].map((tone) => getComputedStyle(document.querySelector('.monaco-workbench')).getPropertyValue('--vscode-promptConfidence-' + tone + 'BucketForeground').trim())`,
      );
      for (const colour of colours) assert.match(colour, /^#[0-9a-f]{6}$/i, theme);
    }
  });

  it('works on a copy of the sample workspace', () => {
    const sample = path.join(process.env.PROMPT_CONFIDENCE_ROOT ?? '', 'sample');
    assert.notEqual(workbench().workspace, sample);
  });

  it('shows a person who opens the sample what is there, and a calibrated answer beside the raw one', async () => {
    const { page } = workbench();
    const item = (name: RegExp): Locator => page.getByRole('treeitem', { name }).first();
    await workbench().setTheme('dark');
    await workbench().openFile('reviews.txt');
    await workbench().runCommand('View: Show Prompt Confidence');
    await item(/^sentiment\b.*in use.*calibrated by reviews/).waitFor();
    await item(/^topic\b/).waitFor();
    await workbench().selectText('I love this movie!');
    await workbench().runCommand('Prompt Confidence: Classify Selection');
    const result = await workbench().webview('Result');
    await result.getByRole('heading', { name: /positive \d\d\.\d%/ }).waitFor();
    await workbench().waitForText(/Of the rows that it did not see, \d+\.\d% are correct/, result);
    await item(/^Tables/).click();
    await item(/^reviews-scored\.csv.*2,000 rows/).click();
    const panel = await workbench().calibrationPanel();
    await workbench().waitForText(/2,000 rows/, panel);
    await workbench().screenshot('sample');
  });
});
