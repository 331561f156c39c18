import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { useWorkbench } from './harness';

describe('the workbench that end-to-end tests use', () => {
  const workbench = useWorkbench();

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
    }
  });

  it('works on a copy of the sample workspace', () => {
    const sample = path.join(process.env.PROMPT_CONFIDENCE_ROOT ?? '', 'sample');
    assert.notEqual(workbench().workspace, sample);
  });
});
