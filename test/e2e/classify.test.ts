import assert from 'node:assert/strict';
import { useWorkbench } from './harness';

/** Markdown, HTML and links in every name that a classifier file may choose. */
const NASTY_LABEL = 'a`]|<img src=x>[click](command:quit)';

describe('a person who classifies a text', () => {
  const workbench = useWorkbench({
    settings: { 'promptConfidence.threads': 1, 'promptConfidence.gpu': 'off' },
  });

  it('sees what to do in the empty result view', async () => {
    await workbench().openFile('reviews.txt');
    await workbench().runCommand('Prompt Confidence: Show Result');
    const page = await workbench().webview('Result');
    await page.getByRole('button', { name: 'Classify Selection' }).waitFor();
    await workbench().screenshot('classify empty');
  });

  it('selects a line, runs the command and reads the answer behind it', async () => {
    await workbench().selectText('I love this movie!');
    await workbench().runCommand('Prompt Confidence: Classify Selection');
    await workbench().decoration(/positive \d\d\.\d%/);
  });

  it('finds the whole result in the view', async () => {
    const page = await workbench().webview('Result');
    await page.getByRole('heading', { name: /positive \d\d\.\d%/ }).waitFor();
    await page.getByText('I love this movie!').first().waitFor();
    assert.ok((await page.getByRole('row').count()) > 10);
    await page.getByText('first token', { exact: true }).waitFor();
    assert.equal(await page.getByRole('option').count(), 1);
  });

  it('hovers over the text and sees it again', async () => {
    const hover = await workbench().hoverText('I love this movie!');
    await workbench().waitForText(/Label mass/, hover);
    assert.deepEqual(await hover.getByRole('link').or(hover.locator('a')).allTextContents(), [
      'Measure…',
      // The person's own label: one press confirms or corrects.
      'positive',
      'negative',
      'Unsure',
      'Show Result',
      'Classify With…',
      'Clear',
    ]);
    await workbench().screenshot('classify hover');
    await workbench().page.mouse.move(0, 0);
  });

  it('classifies the whole file line by line and walks through the history', async () => {
    await workbench().runCommand('Prompt Confidence: Classify Lines of File');
    const page = await workbench().webview('Result');
    await page.getByRole('option').nth(12).waitFor();
    await page.getByRole('listbox').focus();
    await workbench().page.keyboard.press('End');
    await workbench().page.keyboard.press('Enter');
    await page.locator('[role=option][aria-selected=true]', { hasText: 'I love this movie!' }).waitFor();
  });

  it('reads what came out for all lines', async () => {
    await workbench().waitForText(/12 lines: .*positive.* Raw, not calibrated\./);
    await workbench().screenshot('classify lines');
    await workbench().runCommand('Prompt Confidence: Next Doubtful Line');
    await workbench().waitForText(/selected\)/);
  });

  it('adds to a line, whose result is gone until the line is what it was', async () => {
    const { page } = workbench();
    const shown = async (): Promise<string[]> =>
      page.evaluate(
        `[...document.querySelectorAll('.view-line [class*=ced-]')].map((e) => getComputedStyle(e, '::after').content).filter((content) => content.includes('%'))`,
      );
    await workbench().selectText('I love this movie!');
    await page.keyboard.press('End');
    await page.keyboard.type(' Not.');
    await workbench().until('one is gone', async () => assert.equal((await shown()).length, 11));
    await page.keyboard.press('Control+Z');
    await workbench().until('it is back', async () => assert.equal((await shown()).length, 12));
  });

  it('finds the results again after the window was reloaded', async () => {
    await workbench().runCommand('View: Show Explorer');
    await workbench().reload();
    await workbench().openFile('reviews.txt');
    // By itself: nothing of the extension is in sight.
    await workbench().decoration(/positive \d\d\.\d%, raw/);
    await workbench().runCommand('Prompt Confidence: Show Result');
  });

  it('looks right in every theme', async () => {
    for (const theme of ['light', 'dark', 'hc-light', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      const page = await workbench().webview('Result');
      const bodyClass = {
        light: 'vscode-light',
        dark: 'vscode-dark',
        'hc-light': 'vscode-high-contrast-light',
        'hc-dark': 'vscode-high-contrast',
      };
      await page.locator(`body.${bodyClass[theme]}`).waitFor();
      await workbench().screenshot(`classify ${theme}`);
    }
  });

  it('chooses a classifier of the workspace, and sees that a broken one is broken', async () => {
    await workbench().setTheme('dark');
    workbench().writeFile(
      '.prompt-confidence/classifiers/nasty.json',
      JSON.stringify({
        version: 1,
        name: 'nasty',
        template: 'Say: {{text}}\nSo:',
        labels: [{ name: NASTY_LABEL }, { name: '![x](http://127.0.0.1/x.png)' }],
      }),
    );
    workbench().writeFile('.prompt-confidence/classifiers/broken.json', '{ "version": 1 ');
    await workbench().selectText('Slow, quiet and unforgettable.');
    await workbench().runCommand('Prompt Confidence: Classify With…');
    await workbench().waitForText(/broken.json is not valid JSON/);
    await workbench().screenshot('classify with');
    await workbench()
      .page.locator('.quick-input-list .monaco-list-row', { hasText: 'nasty' })
      .first()
      .click();
    await workbench().decoration(/⚠ /);
    const hover = await workbench().hoverText('Slow, quiet and unforgettable.');
    await workbench().waitForText(/Low label mass/, hover);
    assert.equal(await hover.locator('img').count(), 0);
    assert.ok((await hover.textContent())?.includes('<img src=x>[click](command:quit)'));
    await workbench().screenshot('classify nasty');
  });

  it('is told what is wrong when there is nothing to classify', async () => {
    workbench().writeFile('empty.txt', ' \n');
    await workbench().openFile('empty.txt');
    await workbench().runCommand('Prompt Confidence: Classify Selection');
    await workbench().waitForText(/Nothing is selected, and the line of the cursor is empty/);
  });
});
