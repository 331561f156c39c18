import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { parseSavedCalibrator } from '../../src/core/calibration/saved';
import { labelName } from '../../src/core/words/calibration';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { lookAt } from '../support/picture';
import { projectRoot, resultsFolder } from '../support/vscode-server';
import { useWorkbench } from './harness';

const TABLE = path.join('test', 'fixtures', 'panel', 'reviews.csv');

function runCli(...words: string[]): string {
  const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
  return execFileSync(process.execPath, [cli, ...words], { encoding: 'utf8', stdio: 'pipe' });
}

/** What people's labels should not be, and are. */
const LABELS = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  `it's "quoted" & more`,
  'x'.repeat(1000),
  '    ',
];

function tableOf(labels: readonly string[]): string {
  const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 400 }, (_, i) => {
    const [truth, predicted] = [i, i % 3 === 0 ? i + 1 : i].map((at) => labels[at % labels.length] ?? '');
    return [quoted(truth ?? ''), quoted(predicted ?? ''), (0.5 + ((i * 37) % 50) / 100).toFixed(2)].join(',');
  });
  return `label,predicted,confidence\n${rows.join('\n')}\n`;
}

/** A table that says nothing by the names of its columns. */
function foreignTable(): string {
  const rows = Array.from({ length: 240 }, (_, i) => {
    const p = ((i * 37) % 100) / 100;
    const gold = (i * 61) % 100 < 50 + (p - 0.5) * 60 ? 'ham' : 'spam';
    return [gold, (1 - p).toFixed(2), p.toFixed(2), i % 3 === 0 ? 'de' : 'en'].join(',');
  });
  return `gold,p_spam,p_ham,lang\n${rows.join('\n')}\n`;
}

describe('the calibration panel as a person uses it', () => {
  const workbench = useWorkbench();

  /** The panel on a table, and nothing else open. */
  async function openPanel(name: string, content: string): Promise<Frame> {
    await workbench().runCommand('View: Close All Editors');
    await workbench().page.locator('.tab').first().waitFor({ state: 'detached' });
    workbench().writeFile(name, content);
    await workbench().openFile(name);
    await workbench().runCommand('Prompt Confidence: Open Calibration Panel');
    return workbench().calibrationPanel();
  }
  const ece = async (page: Frame): Promise<string> =>
    page
      .getByRole('table', { name: 'Headline numbers' })
      .getByRole('row', { name: /^ECE \d/ })
      .innerText();

  it('shows every bin with the numbers of the command line', async () => {
    const page = await openPanel('reviews.csv', readFileSync(path.join(projectRoot(), TABLE), 'utf8'));
    await page.getByRole('heading', { name: 'Overconfident' }).waitFor();
    const json = runCli('evaluate', path.join(projectRoot(), TABLE), '--json');
    const { bins, ece: expected } = parseEvaluation(json, 'stdout');
    const shown: string[] = [];
    for (const bin of await page.locator('.bin').all())
      shown.push((await bin.getAttribute('aria-label')) ?? '');
    assert.deepEqual(
      shown.map((words) => /(\d+) rows?, mean confidence ([\d.]+), accuracy ([\d.]+)/.exec(words)?.slice(1)),
      bins.map((bin) => [String(bin.count), bin.meanConfidence.toFixed(3), bin.accuracy.toFixed(3)]),
    );
    assert.match(await ece(page), new RegExp(expected.value?.toFixed(3) ?? '-'));
  });

  it('looks right in every theme', async () => {
    for (const theme of ['light', 'dark', 'hc-light', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      await (await workbench().calibrationPanel()).locator('.diagram').waitFor();
      await workbench().screenshot(`calibration-panel-${theme}`);
    }
  });

  it('compares calibrators and saves one as the command line would, which can use it', async () => {
    const page = await workbench().calibrationPanel();
    await page.getByRole('button', { name: 'Compare Calibrators' }).click();
    await page.getByRole('heading', { name: /^Calibrators\. Recommended/ }).waitFor();
    for (const theme of ['light', 'dark', 'hc-dark'] as const) {
      await workbench().setTheme(theme);
      await page.getByRole('heading', { name: /^Calibrators\. / }).scrollIntoViewIfNeeded();
      await page.locator('.pair').scrollIntoViewIfNeeded();
      await workbench().screenshot(`calibration-panel-compared-${theme}`);
    }
    await page.getByRole('button', { name: 'Platt', exact: true }).click();
    await page.getByRole('button', { name: /^Save Calibrator: Platt/ }).click();
    await workbench().page.locator('.quick-input-widget:not(.hidden) input').waitFor();
    await workbench().screenshot('calibration-panel-save');
    await workbench().page.keyboard.press('Enter');
    await workbench().waitForText(/Saved the calibrator reviews-platt/);
    await workbench().screenshot('calibration-panel-saved');

    const { workspace } = workbench();
    const file = path.join(workspace, '.prompt-confidence', 'calibrators', 'reviews-platt.json');
    const own = path.join(workspace, 'own.json');
    const table = path.join(workspace, 'reviews.csv');
    runCli('calibrate', table, '--method', 'platt', '--out', own);
    const timeless = (name: string) => {
      const { time, versions, ...rest } = parseSavedCalibrator(readFileSync(name, 'utf8'));
      assert.ok(time.length > 0 && versions['prompt-confidence'] !== undefined);
      return rest;
    };
    assert.deepEqual(timeless(file), timeless(own));
    runCli('evaluate', table, '--calibrator', file);
  });

  it('exports pictures by clicks, as files that hold what the page shows', async () => {
    const { page, workspace } = workbench();
    const browser = page.context().browser() ?? assert.fail();
    const input = page.locator('.quick-input-widget:not(.hidden) .quick-input-box input');
    const pick = async (question: string, answer: string): Promise<void> => {
      await page.locator(`.quick-input-widget:not(.hidden) input[placeholder="${question}"]`).waitFor();
      await input.fill(answer);
      await page.locator('.quick-input-list .monaco-list-row.focused', { hasText: answer }).waitFor();
      await page.keyboard.press('Enter');
    };
    const exported = async (title: string, id: string, form: 'SVG' | 'PNG'): Promise<Buffer> => {
      const name = `reviews-${id}.${form.toLowerCase()}`;
      await (await workbench().calibrationPanel()).getByRole('button', { name: 'Export…' }).click();
      await pick('What to export', form);
      await pick('Which picture', title);
      // The dialog suggests a file beside the table.
      await workbench().until('a place is asked for', async () =>
        assert.equal(path.basename(await input.inputValue()), name),
      );
      await page.keyboard.press('Enter');
      await workbench().waitForText(`Exported ${name}.`);
      return readFileSync(path.join(workspace, name));
    };
    for (const [title, id] of [
      ['Reliability diagram: accuracy by confidence', 'raw'],
      ['Accuracy and coverage', 'thresholds'],
    ] as const) {
      const svg = await lookAt(browser, await exported(title, id, 'SVG'), 'image/svg+xml');
      const file = await exported(title, id, 'PNG');
      const png = await lookAt(browser, file, 'image/png');
      writeFileSync(path.join(resultsFolder('screenshots'), `exported-by-clicks-${id}.png`), file);
      assert.deepEqual([png.width, png.height], [2 * svg.width, 2 * svg.height]);
      assert.ok(png.width > 900 && png.height > 700, `${png.width} × ${png.height}`);
      for (const { colours, painted } of [svg, png])
        assert.ok(colours > 20 && painted > 0.03 && painted < 0.9, `${colours} colours, ${painted} painted`);
      // At half the size, more of the pixels are edges.
      assert.ok(Math.abs(png.painted - svg.painted) < 0.05, `${png.painted}, ${svg.painted}`);
    }
  });

  it('jumps from a bin to its rows in the text of the table', async () => {
    const page = await workbench().calibrationPanel();
    await page.locator('.bin[data-key^="raw-bin"]').last().press('Enter');
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

  it('answers after its rows were left for another tab, and after a reload', async () => {
    const { page: window } = workbench();
    const alive = async (bins: string): Promise<void> => {
      const panel = await workbench().calibrationPanel();
      await panel.getByRole('table', { name: 'Rows, worst first' }).waitFor();
      await panel.getByLabel('Bins', { exact: true }).selectOption(bins);
      // A bin of another width is another one: its rows are listed no longer, and those of a new one are.
      await panel.locator('.chosen-rows').waitFor({ state: 'hidden' });
      await panel.locator('.bin[data-key^="raw-bin"]').last().press('Enter');
      await panel.getByRole('table', { name: 'Rows, worst first' }).waitFor();
    };
    await workbench().runCommand('View: Focus First Editor Group');
    await workbench().openFile('reviews.txt');
    // The first tab of that name is the table as text.
    await window.locator('.tab[data-resource-name="reviews.csv"]').nth(1).click();
    await alive('10');
    await workbench().screenshot('calibration-panel-back');
    await workbench().reload();
    await alive('15');
  });

  it('shows labels that are no words as the text that they are, and breaks nothing', async () => {
    const page = await openPanel('labels.csv', tableOf(LABELS));
    await page.getByLabel('Look at').selectOption('predicted');
    const parts = page.getByRole('table', { name: 'Parts, worst first' });
    await parts.waitFor();
    const names = await parts.locator('tbody').getByRole('button').allInnerTexts();
    // Nothing but spaces is no prediction: such rows have no part of their own.
    const predicted = LABELS.filter((label) => label.trim() !== '');
    assert.deepEqual(names.toSorted(), predicted.map(labelName).toSorted());
    for (const name of names) {
      await parts.getByRole('button', { name, exact: true }).click();
      await page.locator('.part-title').getByText(name).waitFor();
    }
    await page.locator('.bin').last().press('Enter');
    await page.locator('.chosen-rows table').waitFor();
    await workbench().screenshot('calibration-labels');
    assert.equal(await page.title(), 'Calibration');
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.ok(
      await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      'it scrolls sideways',
    );
  });

  it('maps a table that says nothing by hand, and is so after a reload of the window', async () => {
    const page = await openPanel('foreign.csv', foreignTable());
    const form = page.locator('.columns-form');
    // Without a truth the predictions are shown.
    await page.getByRole('button', { name: 'Columns…' }).click();
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
    // The panel starts with fewer bins where rows are few.
    await page.getByLabel('Bins', { exact: true }).selectOption('20');
    const file = path.join(workbench().workspace, 'foreign.csv');
    const words = ['label=gold', 'prob:spam=p_spam', 'prob:ham=p_ham'].flatMap((word) => ['--column', word]);
    const json = runCli('evaluate', file, '--json', ...words);
    const expected = new RegExp(parseEvaluation(json, 'stdout').ece.value?.toFixed(3) ?? '-');
    await workbench().until('the bins are counted', async () => assert.match(await ece(page), expected));

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
