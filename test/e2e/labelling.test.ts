import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { answersOf, readDecisions } from '../../src/core/labelling/decisions';
import { useWorkbench } from './harness';

/** Labels a sample of 20 rows as a person does: by keys, with a slip, and with the window closed in the middle. */
describe('labelling rows of a table', () => {
  const workbench = useWorkbench();
  const table = Array.from({ length: 200 }, (_, i) => {
    const p = ((i * 37) % 97) / 97;
    return `${i},"Review ${i}: the plot is thin, and the actors make up for it.",${(1 - p).toFixed(3)},${p.toFixed(3)}`;
  });

  async function page(): Promise<Frame> {
    return workbench().pageTitled('Label Rows');
  }
  const saved = () =>
    readDecisions(
      readFileSync(path.join(workbench().workspace, '.prompt-confidence/labels/to-label.csv'), 'utf8'),
    ).decisions;

  it('goes by keys, takes a slip back, and resumes after the window was closed', async () => {
    const { keyboard } = workbench().page;
    workbench().writeFile('to-label.csv', `id,text,prob:negative,prob:positive\n${table.join('\n')}\n`);
    await workbench().openFile('to-label.csv');
    await workbench().runCommand('Prompt Confidence: Label Rows…');
    const first = await page();
    await first.getByLabel('Rows', { exact: true }).fill('20');
    await workbench().screenshot('labelling-setup');
    await first.getByLabel('Rows', { exact: true }).press('Enter');
    const row = async (frame: Frame, at: number): Promise<void> => {
      await frame.getByText(new RegExp(`^Row ${at} of 20\\.`)).waitFor();
    };
    await row(first, 1);
    for (let at = 1; at <= 8; at++) {
      await keyboard.press(at % 2 === 0 ? '1' : '2');
      await row(first, at + 1);
    }
    await keyboard.press('Backspace');
    await row(first, 8);
    await keyboard.type('pos');
    await keyboard.press('Enter');
    await row(first, 9);
    await keyboard.press('0');
    await row(first, 10);
    await workbench().screenshot('labelling-row');

    await workbench().reload();
    const again = await page();
    await row(again, 10);
    await again.getByText('9 of 20 answered, 1 of them unsure or skipped.').waitFor();
    await again.locator('.text').focus();
    for (let at = 10; at < 20; at++) {
      await keyboard.press(at === 15 ? 'Space' : '2');
      await row(again, at + 1);
    }
    await keyboard.press('1');
    await again.getByRole('heading', { name: 'All 20 rows are answered' }).waitFor();
    await workbench().screenshot('labelling-done');
    const decisions = saved();
    assert.equal(decisions.length, 22);
    const answers = answersOf(decisions);
    assert.equal(answers.length, 20);
    assert.ok(answers.every(({ designs }) => designs.size === 1));
    const kinds = answers.map(({ answer }) => answer.kind);
    assert.deepEqual(
      ['label', 'unsure', 'skip'].map((kind) => kinds.filter((other) => other === kind).length),
      [18, 1, 1],
    );
  });

  it('is readable in every theme', async () => {
    await workbench().runCommand('View: Close All Editors');
    await workbench().openFile('to-label.csv');
    await workbench().runCommand('Prompt Confidence: Label Rows…');
    const frame = await page();
    await frame.getByRole('button', { name: 'Label More Rows…' }).click();
    await frame.getByLabel('Find errors').check();
    await frame.getByRole('button', { name: 'Start Labelling' }).click();
    await frame.getByText(/worth \d+ drawn all at random/).waitFor();
    for (const theme of ['light', 'dark', 'hc-light', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`labelling-${theme}`);
    }
  });
});
