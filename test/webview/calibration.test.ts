import assert from 'node:assert/strict';
import { visibleName } from '../../src/core/encode';
import { rowsOf } from '../../src/features/calibration/worker/analyse';
import { DEFAULT_CHOICES } from '../../src/protocol/calibration-decisions';
import { DEFAULT_PANEL_SETTINGS, type PanelState } from '../../src/protocol/calibration-page';
import {
  brokenDownStates,
  comparedStates,
  FOREIGN,
  labelledTable,
  PAIRED_COSTS,
  PANEL_STATES,
} from './calibration-states';
import { HOSTILE, unseenIn } from '../support/hostile';
import { until } from '../support/until';
import { HostileTexts } from './hostile-state';
import { THEMES, usePages, type PageOptions, type TestPage } from './page-harness';

const WIDE = 1180;

describe('the calibration panel', () => {
  const pages = usePages('calibration');

  async function show(state: PanelState, options?: PageOptions): Promise<TestPage<'calibration'>> {
    const page = await pages.open({ width: WIDE, ...options });
    page.on('rows', (params) => rowsOf(labelledTable(700), params));
    await page.notify('state', state);
    return page;
  }

  const compared = comparedStates();
  const brokenDown = brokenDownStates();
  const bins = ({ page }: TestPage<'calibration'>) => page.getByRole('option', { name: /^Bin / });

  it('says that it is there, and keeps to its content security policy', async () => {
    const page = await show(PANEL_STATES.usual);
    assert.deepEqual(page.received('ready'), [{ settings: null, choices: null }]);
    for (const state of Object.values(PANEL_STATES)) await page.notify('state', state);
    assert.deepEqual(await page.violations(), []);
  });

  it('shows every bin with its numbers, a table of them and the headline numbers', async () => {
    const page = await show(PANEL_STATES.usual);
    const { evaluation } = PANEL_STATES.usual.analysis;
    assert.equal(await bins(page).count(), evaluation.bins.length);
    const first = evaluation.bins[0];
    assert.ok(first);
    assert.match(
      (await bins(page).first().getAttribute('aria-label')) ?? '',
      new RegExp(
        `^Bin \\(0\\.5, 0\\.55\\]: ${first.count} rows, mean confidence ${first.meanConfidence.toFixed(3)}`,
      ),
    );
    await page.page.getByText('Bins as a table').click();
    const table = page.page.getByRole('table', { name: 'Bins of confidence' });
    assert.equal(await table.getByRole('row').count(), evaluation.bins.length + 1);
    const numbers = page.page.getByRole('table', { name: 'Headline numbers' });
    const ece = numbers.getByRole('row', { name: /^ECE \d/ });
    assert.match(await ece.innerText(), new RegExp(evaluation.ece.value?.toFixed(3) ?? '-'));
    await page.page.getByRole('heading', { name: 'Overconfident' }).waitFor();
    await page.page.getByRole('heading', { name: 'reviews.csv' }).waitFor();
  });

  it('has a list of the labels that do not exclude each other, and asks for the one that is chosen', async () => {
    const page = await show(PANEL_STATES.ownLabels);
    const list = page.page.getByRole('combobox', { name: 'Label, by itself' });
    assert.equal(await list.inputValue(), 'insult');
    assert.deepEqual(await list.getByRole('option').allInnerTexts(), ['toxic', 'insult']);
    await list.selectOption('toxic');
    const [asked] = page.received('settings');
    assert.deepEqual(asked?.table, { ...PANEL_STATES.ownLabels.settings.table, label: 'toxic' });
    await page.notify('state', PANEL_STATES.usual);
    assert.equal(await list.count(), 0);
  });

  it('has a bin under the keys and the pointer, and lists the rows of the one that is chosen', async () => {
    const page = await show(PANEL_STATES.usual);
    await bins(page).first().focus();
    const tip = page.page.locator('.tip');
    const said = (words: RegExp): Promise<void> => tip.filter({ hasText: words, visible: true }).waitFor();
    await page.page.keyboard.press('End');
    await said(/^Bin \(0\.95, 1\]/);
    await page.page.keyboard.press('ArrowLeft');
    await said(/^Bin \(0\.9, 0\.95\]/);
    await page.page.keyboard.press('Enter');
    const rows = page.page.getByRole('table', { name: /worst first/ });
    await rows.waitFor();
    assert.match(await rows.getByRole('row').nth(1).innerText(), /✗ wrong/);
    assert.equal(await page.page.getByRole('option', { name: /^Bin /, selected: true }).count(), 1);
    await rows.getByRole('button').first().click();
    const [shown] = page.received('reveal');
    assert.ok(shown !== undefined && shown.line > 1);
    await bins(page).nth(2).hover();
    await said(/^Bin \(0\.6, 0\.65\]/);
    await page.page.getByRole('button', { name: 'Close' }).click();
    await rows.waitFor({ state: 'hidden' });
  });

  it('tells the numbers of a bin and what a metric means at the pointer, never below the fold', async () => {
    const { page } = await show(PANEL_STATES.usual);
    const tip = page.locator('.tip');
    const inside = async (): Promise<void> => {
      const box = (await tip.boundingBox()) ?? assert.fail('there is no note');
      const { width = 0, height = 0 } = page.viewportSize() ?? {};
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height);
    };
    for (const height of [800, 420]) {
      await page.setViewportSize({ width: WIDE, height });
      const bin = (await page.locator('.bin').last().boundingBox()) ?? assert.fail();
      await page.mouse.move(bin.x + bin.width / 2, Math.min(bin.y + bin.height, height) - 4);
      assert.match(await tip.innerText(), /^Bin \(0\.95, 1\]: \d+ rows/);
      await inside();
      await page.mouse.move(2, 2);
      assert.ok(await tip.isHidden());
    }
    const terms = page.locator('.term');
    for (const term of await terms.all()) {
      await term.focus();
      await tip.filter({ visible: true }).waitFor();
      const words = await tip.innerText();
      assert.ok(words.length > 20);
      assert.equal(await term.getAttribute('aria-description'), words);
      await inside();
    }
    await page.keyboard.press('Escape');
    assert.ok(await tip.isHidden());
  });

  it('goes to the rows that are chosen, and Escape goes back', async () => {
    const { page } = await show(PANEL_STATES.usual);
    const focused = (): Promise<string> => page.evaluate<string>(`document.activeElement.className`);
    const heading = page.getByRole('heading', { name: /^Rows of / });
    for (const start of [page.locator('.bin').last(), page.getByRole('button', { name: /^98$/ })]) {
      await start.focus();
      const key = await start.getAttribute('data-key');
      await page.keyboard.press('Enter');
      await heading.waitFor();
      assert.equal(await focused(), 'chosen-rows');
      const { y = -1 } = (await heading.boundingBox()) ?? {};
      assert.ok(y >= 0 && y < 800, `the rows are at ${y}`);
      await page.keyboard.press('Escape');
      await heading.waitFor({ state: 'hidden' });
      assert.equal(await page.evaluate('document.activeElement.dataset.key'), key);
    }
  });

  it('lists the rows of a cell, a bucket and a threshold, and hands on a threshold', async () => {
    const page = await show(PANEL_STATES.usual);
    const heading = (name: RegExp) => page.page.getByRole('heading', { name }).waitFor();
    const last = () => page.received('rows').at(-1);
    const matrix = page.page.getByRole('table', { name: 'Confusion matrix' });
    await matrix.getByRole('button').nth(1).click();
    await heading(/^Rows of the truth negative, predicted as positive$/);
    const which = { kind: 'cell', truth: 'negative', predicted: 'positive' };
    assert.deepEqual(last(), { which, of: { kind: 'table' }, limit: 200 });
    const [automatic] = PANEL_STATES.usual.decisions.report?.methods[0]?.buckets ?? [];
    await page.page.getByRole('button', { name: String(automatic?.rows), exact: true }).click();
    await heading(/^Rows of confidence 0\.9 or higher$/);
    const of = { kind: 'decision', method: 'raw' };
    assert.deepEqual(last(), { which: { kind: 'range', low: 0.9, high: 1 }, of, limit: 200 });
    await page.page.getByRole('slider', { name: 'Threshold' }).fill('0.8');
    await page.page.getByRole('button', { name: 'List the rows' }).click();
    await heading(/^Rows of confidence 0\.8 or higher$/);
    assert.deepEqual(last(), { which: { kind: 'range', low: 0.8, high: 1 }, of, limit: 200 });
    await page.page.getByRole('button', { name: 'Use This Threshold…' }).click();
    assert.deepEqual(page.received('useThreshold'), [{ method: 'raw', threshold: 0.8 }]);
    await page.page.getByRole('button', { name: 'Apply Calibrator to Table…' }).click();
    assert.equal(page.received('applyCalibrator').length, 1);
    assert.deepEqual(await page.violations(), []);
  });

  it('shows two lines of the text of a row, and all of it when asked', async () => {
    const page = await show(PANEL_STATES.usual);
    page.on('rows', (params) => {
      const listed = rowsOf(labelledTable(700), params);
      return {
        ...listed,
        hasText: true,
        rows: listed.rows.map((row) => ({ ...row, text: 'word '.repeat(180) })),
      };
    });
    await bins(page).last().press('Enter');
    const text = page.page.locator('.row-text').first();
    const height = async (): Promise<number> => (await text.boundingBox())?.height ?? 0;
    await text.waitFor();
    const lines = await height();
    assert.ok(lines > 20 && lines < 50, `it is ${lines} pixels high`);
    await page.page.getByRole('button', { name: 'More', exact: true }).first().click();
    assert.ok((await height()) > 2 * lines);
    await page.page.getByRole('button', { name: 'Less', exact: true }).click();
    assert.equal(await height(), lines);
    await page.screenshot('calibration-row-texts', true);
  });

  it('lists as many rows of a bin again when more are wanted', async () => {
    const page = await show(PANEL_STATES.usual);
    page.on('rows', ({ limit, which }) => rowsOf(labelledTable(2600), { which, limit: limit / 10 }));
    await bins(page).last().click();
    const rows = page.page.getByRole('table', { name: 'Rows, worst first' }).getByRole('row');
    const more = page.page.getByRole('button', { name: /^List \d+ More Rows?$/ });
    await more.waitFor();
    assert.equal(await rows.count(), 21);
    await more.focus();
    await page.page.keyboard.press('Enter');
    await page.page.getByText('The first 40 of ').waitFor();
    assert.equal(await rows.count(), 41);
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'more-rows');
  });

  it('lists the rows of the bins of raw and of the calibrator beside it', async () => {
    const { use } = await compared;
    const page = await show(use);
    await page.page.getByRole('button', { name: 'Platt', exact: true }).click();
    for (const [at, words, method] of [
      [0, 'Raw', 'raw'],
      [1, 'Platt', 'platt'],
    ] as const) {
      await page.page.locator('.pair .diagram').nth(at).locator('.bin').last().press('Enter');
      await page.page.getByRole('heading', { name: new RegExp(`^Rows of the bin .*, ${words}$`) }).waitFor();
      assert.deepEqual(page.received('rows').at(-1)?.of, { kind: 'calibrator', method });
      assert.equal(await page.page.getByRole('option', { name: /^Bin /, selected: true }).count(), 1);
    }
    await page.screenshot('calibration-pair-rows', true);
    assert.deepEqual(await page.accessibilityProblems(), []);
    await page.notify('state', PANEL_STATES.usual);
    await page.page.locator('.chosen-rows').waitFor({ state: 'hidden' });
  });

  it('asks again for rows that could not be listed', async () => {
    const page = await show(PANEL_STATES.usual);
    page.on('rows', () => null);
    await bins(page).last().click();
    await page.page.getByText('The rows could not be listed').waitFor();
    page.on('rows', (params) => rowsOf(labelledTable(700), params));
    await page.page.getByRole('button', { name: 'List Again' }).click();
    await page.page.getByRole('table', { name: 'Rows, worst first' }).waitFor();
  });

  it('shows consistency bars or intervals, never both', async () => {
    const { page } = await show(PANEL_STATES.usual);
    const count = (name: string) => page.locator(`.diagram .${name}`).count();
    assert.ok((await count('consistency')) > 0);
    assert.equal(await count('wilson'), 0);
    await page.getByLabel('interval of accuracy').check();
    assert.equal(await count('consistency'), 0);
    assert.ok((await count('wilson')) > 0);
  });

  it('draws the smooth curve where rows are, and only when it is wanted', async () => {
    const { page } = await show(PANEL_STATES.usual);
    const curve = page.locator('.diagram .curve');
    assert.match((await curve.getAttribute('d')) ?? '', /^M[\d.]+ [\d.]+L/);
    await page.locator('.legend').getByText('smooth accuracy, kernel σ').waitFor();
    await page.getByText('Bins as a table').click();
    await page.getByRole('columnheader', { name: 'Smooth curve' }).waitFor();
    await page.getByLabel('Smooth curve').uncheck();
    assert.equal(await curve.count(), 0);
    assert.equal(await page.locator('.diagram .bin-line').count(), 1);
  });

  it('looks at the rows in parts, worst first, and at the rows of their bins', async () => {
    const { predicted, label, column } = await brokenDown;
    const page = await show({ ...PANEL_STATES.usual, columns: FOREIGN });
    await page.page.getByLabel('Look at').selectOption('predicted');
    await page.page.getByLabel('Look at').selectOption({ label: 'gold' });
    assert.deepEqual(page.received('settings'), [
      { ...DEFAULT_PANEL_SETTINGS, view: { by: 'predicted' } },
      { ...DEFAULT_PANEL_SETTINGS, view: { by: 'column', column: 'gold' } },
    ]);
    await page.notify('state', column);
    const parts = column.breakdown?.parts ?? [];
    const table = page.page.getByRole('table', { name: 'Parts, worst first' });
    assert.equal(await table.getByRole('row').count(), parts.length + 1);
    assert.equal(await page.page.locator('img').count(), 0);
    await page.page.getByText('Not evaluated, because they have fewer than 20 rows: rare (').waitFor();
    const second = parts[1];
    assert.ok(second);
    await table.getByRole('button').nth(1).click();
    assert.equal(await bins(page).count(), second.diagram.evaluation.bins.length);
    await bins(page).first().click();
    await page.page.getByRole('table', { name: 'Rows, worst first' }).waitFor();
    assert.deepEqual(page.received('rows').at(-1)?.of, { kind: 'part', name: second.name });
    await page.notify('state', predicted);
    await page.page.getByRole('heading', { name: /^Predicted: / }).waitFor();
    await page.notify('state', label);
    await page.page.getByRole('heading', { name: /^Label: / }).waitFor();
    await page.page.locator('.diagram').getByText(/^P\(/).waitFor();
    await page.notify('state', PANEL_STATES.sliceRefused);
    await page.page.getByText('All rows are shown below.').waitFor();
    await page.page.locator('.diagram').waitFor();
    assert.deepEqual(await page.violations(), []);
  });

  it('keeps its controls together, however long the names of columns are', async () => {
    const { page } = await show({ ...PANEL_STATES.usual, columns: FOREIGN });
    const widths = await page.evaluate<number[]>(
      `[...document.querySelectorAll('.controls .choice')].map((choice) => choice.getBoundingClientRect().width)`,
    );
    assert.ok(widths.length > 3 && Math.max(...widths) < 350, widths.join(', '));
  });

  it('leads from a table that says nothing to a form of its columns', async () => {
    const page = await show(PANEL_STATES.unmapped);
    const form = page.page.locator('.columns-form');
    await form.getByRole('heading', { name: 'Columns of the table' }).waitFor();
    await form.getByText('The fields show a guess: check them.').waitFor();
    assert.equal(await form.getByLabel('Truth').inputValue(), '=gold');
    await form.getByText('the true label of the row · e.g. spam, ham').waitFor();
    assert.equal(await form.getByRole('button', { name: 'Close' }).count(), 0);
    await form.getByLabel('Group').selectOption({ label: 'body' });
    await form.getByLabel('Id', { exact: true }).selectOption('none');
    await form.getByLabel('of the label').fill('spam');
    await form.getByLabel('is the column').selectOption({ label: 'p_spam' });
    await form.getByRole('button', { name: 'Add' }).click();
    await form.getByText('prob:spam: p_spam').waitFor();
    // What is filled in counts, added or not.
    await form.getByLabel('of the label').fill(' ham ');
    await form.getByLabel('is the column').selectOption({ label: 'p_ham' });
    await form.getByLabel('Evaluate').selectOption('labels');
    await form.getByRole('button', { name: 'Use These Columns' }).click();
    const mapping = { label: 'gold', group: 'body', id: '', 'prob:spam': 'p_spam', 'prob:ham': 'p_ham' };
    assert.deepEqual(page.received('settings'), [
      {
        ...DEFAULT_PANEL_SETTINGS,
        table: { prefix: null, mapping, on: 'labels', label: null, prevalence: null, truth: null },
      },
    ]);
    assert.deepEqual(await page.violations(), []);
  });

  it('asks about a table that seems to mean something else, and reads it so at a click', async () => {
    const page = await show(PANEL_STATES.doubtful);
    const doubts = page.page.locator('.doubts');
    await doubts.getByText('Only 270 of 300 labelled rows could be used.').waitFor();
    await doubts.getByText('were exchanged').waitFor();
    await doubts.getByRole('button', { name: 'Read the Table So' }).click();
    const mapping = { 'prob:negative': 'prob:positive', 'prob:positive': 'prob:negative' };
    assert.deepEqual(page.received('settings'), [
      { ...DEFAULT_PANEL_SETTINGS, table: { ...DEFAULT_PANEL_SETTINGS.table, mapping } },
    ]);
    assert.equal(await page.page.locator('.warnings:not(.doubts)').getByText('could be used').count(), 0);
    await page.notify('state', PANEL_STATES.usual);
    await doubts.waitFor({ state: 'detached' });
  });

  it('shows what was said of the columns at any time, and forgets it when asked to', async () => {
    const page = await show(PANEL_STATES.mapped);
    await page.page.getByRole('button', { name: 'Columns…' }).click();
    const form = page.page.locator('.columns-form');
    assert.equal(await form.getByLabel('Truth').inputValue(), '=gold');
    assert.equal(await form.getByLabel('Id', { exact: true }).inputValue(), 'none');
    assert.equal(await form.getByLabel('Group').inputValue(), '=a column that is gone');
    assert.equal(await form.getByLabel('positive').inputValue(), '0.2');
    await form.getByLabel('positive').fill('0.5');
    await form.getByRole('button', { name: 'Use These Columns' }).click();
    await form.getByRole('alert').getByText('The shares sum to 1.300. They must sum to 1.').waitFor();
    await form.getByLabel('positive').fill('half');
    await form.getByRole('button', { name: 'Use These Columns' }).click();
    await form.getByRole('alert').getByText('Give the share of “positive” as a number').waitFor();
    assert.equal(page.received('settings').length, 0);
    await form.getByRole('button', { name: 'Reset' }).click();
    assert.deepEqual(page.received('settings'), [{ ...DEFAULT_PANEL_SETTINGS }]);
    assert.equal(await form.count(), 0);
  });

  it('shows the scoring methods of a table side by side, and looks at the one that is chosen', async () => {
    const page = await show(PANEL_STATES.severalMethods);
    await page.page.getByRole('heading', { name: 'Choose a confidence method' }).waitFor();
    const figures = page.page.locator('.method-figures .diagram');
    assert.equal(await figures.count(), 4);
    // Their bins are read, and nothing there looks as if it could be chosen.
    assert.ok((await figures.first().getByRole('listitem', { name: /^Bin / }).count()) > 3);
    assert.equal(await figures.locator('[role=option], [tabindex]').count(), 0);
    const table = page.page.getByRole('table', { name: 'Confidence methods on the same rows' });
    assert.match(await table.getByRole('row', { name: /^vote/ }).innerText(), /\t10\t0\.041$/);
    assert.match(await table.getByRole('row', { name: /^<img/ }).innerText(), /\t–\t–$/);
    assert.match(
      await table.getByRole('row', { name: /^Combination/ }).innerText(),
      /^Combination\s+fitted, on unseen rows\s+0[^]*\t11\t0\.079$/,
    );
    const { combination } = PANEL_STATES.severalMethods.methods;
    await page.page.getByText(combination.gain.message).waitFor();
    await page.page.getByRole('button', { name: 'Save Calibrator: Combination…' }).click();
    assert.deepEqual(page.received('save'), [{ method: 'combination' }]);
    await table.getByRole('button', { name: 'vote' }).click();
    assert.deepEqual(page.received('settings'), [
      { ...DEFAULT_PANEL_SETTINGS, table: { ...DEFAULT_PANEL_SETTINGS.table, prefix: 'vote' } },
    ]);
    await page.notify('state', {
      ...PANEL_STATES.severalMethods,
      methods: { ...PANEL_STATES.severalMethods.methods, combination: { reason: 'Nothing is best.' } },
    });
    await page.page.getByText('There is no combination. Nothing is best.').waitFor();
    assert.equal(await table.getByRole('row', { name: /^Combination/ }).count(), 0);
    await page.notify('state', { ...PANEL_STATES.usual, columns: PANEL_STATES.severalMethods.columns });
    await page.page.getByRole('button', { name: 'Compare Methods' }).click();
    assert.equal(page.received('compareConfidenceMethods').length, 1);
  });

  it('stands with its warnings under the title, the way out of low label mass first', async () => {
    const page = await show(PANEL_STATES.calibrated);
    const top = async (name: RegExp): Promise<number> =>
      (await page.page.getByRole('heading', { name }).boundingBox())?.y ?? assert.fail(String(name));
    const order = [
      /^reviews\.csv/,
      /^Low label mass in 500 of 700 rows \(71\.4%\)/,
      /^1 warning$/,
      /^Overconfident/,
    ];
    const tops = [];
    for (const name of order) tops.push(await top(name));
    assert.deepEqual(
      tops,
      tops.toSorted((a, b) => a - b),
    );
    await page.page.getByText('With a base model: add answered examples').waitFor();
    const wanted = { 'prob:a': 'raw:prob:a', calibrator: '' };
    const raw = page.page.getByRole('button', { name: 'Use Its Raw Columns' });
    assert.equal(await raw.count(), 2);
    for (const at of [0, 1]) {
      await raw.nth(at).click();
      assert.deepEqual(page.received('settings').at(-1)?.table.mapping, wanted);
    }
  });

  it('says in its head which label is predicted too often', async () => {
    const { evaluation } = PANEL_STATES.usual.analysis;
    const [negative, positive] = evaluation.labelMetrics?.perLabel ?? [];
    assert.ok(negative && positive && evaluation.labelMetrics);
    const perLabel = [
      { ...negative, support: 357, predicted: 35 },
      { ...positive, support: 343, predicted: 665 },
    ];
    const { page } = await show({
      ...PANEL_STATES.usual,
      analysis: {
        ...PANEL_STATES.usual.analysis,
        evaluation: { ...evaluation, labelMetrics: { ...evaluation.labelMetrics, perLabel } },
      },
    });
    await page.locator('header').getByText('positive is predicted in 95.0% of rows; 49.0% are.').waitFor();
  });

  it('shows what it can of a table without truth, and what to do next', async () => {
    const page = await show(PANEL_STATES.overview);
    await page.page.locator('.facts').getByText('500 rows, no truth').waitFor();
    await page.page.getByRole('heading', { name: /^Low label mass in 240 of 500 rows/ }).waitFor();
    await page.page.getByRole('heading', { name: '1 warning' }).waitFor();
    const row = (table: string, name: RegExp) =>
      page.page.getByRole('table', { name: table }).getByRole('row', { name }).innerText();
    assert.match(await row('Predictions by label', /^positive/), /460\t92\.0%\t0\.910/);
    assert.match(await row('Rows by bucket', /^automatic/), /\[0\.9, 1\]\t300\t60\.0%/);
    assert.match(await row('The most unsure rows', /^7/), /0\.501\tpositive\t\s*Neither good nor bad\./);
    assert.equal(await page.page.locator('svg[data-picture]').count(), 2);
    await page.page.getByRole('button', { name: '9', exact: true }).click();
    assert.deepEqual(page.received('reveal'), [{ line: 9 }]);
    await page.page.getByRole('button', { name: 'Score With Another Classifier…' }).click();
    assert.equal(page.received('scoreTable').length, 1);
    await page.page.getByRole('button', { name: 'Columns…' }).click();
    await page.page.getByRole('heading', { name: 'Columns of the table' }).waitFor();
    // A column that seems to hold the truth is proposed.
    await page.page.getByText('The column “gold” may hold the truth').waitFor();
    assert.equal(await page.page.locator('.columns-form').getByLabel('Truth').inputValue(), '=gold');
    assert.deepEqual(await page.violations(), []);
  });

  it('offers to score a table of texts, which has no columns to assign yet', async () => {
    const page = await show(PANEL_STATES.texts);
    await page.page.getByRole('heading', { name: 'This table holds no predictions yet' }).waitFor();
    assert.equal(await page.page.locator('.columns-form').count(), 0);
    await page.page.getByRole('button', { name: 'Score This Table…' }).click();
    assert.equal(page.received('scoreTable').length, 1);
    await page.page.getByRole('button', { name: 'Columns…' }).click();
    await page.page.locator('.columns-form').waitFor();
  });

  it('offers no ids, texts and scores to divide the rows by', async () => {
    const columns = {
      header: [
        'id',
        'text',
        'label',
        'prob:a',
        'raw:prob:a',
        'lang',
        'token/confidence',
        'label_mass',
        'split',
        'score_warnings',
        'score_error',
      ],
      samples: [],
      guess: null,
    };
    const { page } = await show({ ...PANEL_STATES.usual, columns });
    const offered = await page.getByLabel('Look at').locator('optgroup option').allInnerTexts();
    assert.deepEqual(offered, ['label', 'lang', 'split']);
  });

  it('asks for other bins', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByLabel('Bins', { exact: true }).selectOption('10');
    await page.page.getByLabel('mass').check();
    assert.deepEqual(page.received('settings'), [
      { ...DEFAULT_PANEL_SETTINGS, bins: 10 },
      { ...DEFAULT_PANEL_SETTINGS, binning: 'mass' },
    ]);
  });

  it('has fewer bins where rows are few, and says so', async () => {
    for (const [state, words] of [
      [PANEL_STATES.usual, '20, for 700 rows'],
      [PANEL_STATES.nasty, '5, for 60 rows'],
    ] as const) {
      const { page } = await show(state);
      const chosen = page.getByLabel('Bins', { exact: true }).locator('option:checked');
      assert.equal(await chosen.innerText(), words);
      assert.equal(state.analysis.evaluation.binning.count, Number.parseInt(words));
    }
  });

  it('says how many of the predictions are drawn', async () => {
    const { page } = await show(PANEL_STATES.sampled);
    await page.getByText('single predictions: 2,000 of 2,600, sampled').waitFor();
  });

  it('has a sentence in place of a plot for a few rows, and their numbers', async () => {
    const { page } = await show(PANEL_STATES.few);
    await page.getByRole('heading', { name: 'Too few rows to judge' }).waitFor();
    await page.getByText('7 rows cannot show how confidence and accuracy relate').waitFor();
    assert.equal(await page.getByText('Overconfident').count(), 0);
    assert.equal(await page.locator('.diagram').count(), 0);
    await page.getByRole('table', { name: 'Headline numbers' }).waitFor();
  });

  it('compares calibrators, says which to use, shows it beside raw and saves it', async () => {
    const { use, notEnough } = await compared;
    const page = await show(PANEL_STATES.usual);
    await page.page.getByRole('button', { name: 'Compare Calibrators' }).click();
    assert.deepEqual(page.received('settings'), [{ ...DEFAULT_PANEL_SETTINGS, compare: true }]);
    await page.notify('state', use);
    await page.page.getByRole('heading', { name: /^Calibrators\. Recommended: / }).waitFor();
    const table = page.page.getByRole('table', { name: /that they did not see/ });
    assert.equal(await table.getByRole('row').count(), (use.comparison?.methods.length ?? 0) + 1);
    await table.getByRole('button', { name: 'Platt' }).click();
    await page.page.getByText('Platt, on rows that it did not see').waitFor();
    assert.equal(await page.page.locator('.pair .diagram').count(), 2);
    await page.page.getByRole('button', { name: 'Save Calibrator: Platt…' }).click();
    assert.deepEqual(page.received('save'), [{ method: 'platt' }]);
    await page.notify('state', { ...use, busy: 'Fitting platt on all rows' });
    const save = page.page.getByRole('button', { name: 'Save Calibrator: Platt…' });
    assert.match((await save.getAttribute('title')) ?? '', /^Available when/);
    await save.click({ force: true });
    await save.press('Enter');
    assert.equal(page.received('save').length, 1);
    await page.notify('state', use);
    await save.click();
    assert.equal(page.received('save').length, 2);
    await page.notify('state', notEnough);
    await page.page.getByRole('heading', { name: 'Calibrators. Not enough data' }).waitFor();
    assert.ok((await table.getByRole('row').count()) > 3);
    assert.deepEqual(await page.violations(), []);
  });

  it('lists what was not used, with a jump to each line', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByRole('heading', { name: '1 row not used' }).waitFor();
    await page.page.getByRole('button', { name: 'Line 702' }).click();
    assert.deepEqual(page.received('reveal'), [{ line: 702 }]);
  });

  it('leads to the document that explains it', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByRole('button', { name: 'How to read this panel' }).click();
    assert.equal(page.received('openGuide').length, 1);
  });

  it('explains a table that is refused, and one that is gone', async () => {
    const page = await show(PANEL_STATES.refused);
    await page.page
      .getByText('Write numbers with a decimal point')
      .filter({ visible: true })
      .first()
      .waitFor();
    await page.page.getByRole('button', { name: 'Compute Again' }).click();
    assert.equal(page.received('retry').length, 1);
    await page.page.getByRole('button', { name: 'Open as Text' }).click();
    assert.equal(page.received('openText').length, 1);
    await page.notify('state', PANEL_STATES.gone);
    await page.page.getByRole('heading', { name: 'The file is gone' }).waitFor();
    await page.page.getByText('The numbers below are those of the file before it changed.').waitFor();
  });

  it('says what is being done, and stops it', async () => {
    const page = await show(PANEL_STATES.reading);
    await page.page.getByRole('main').getByText('Reading the table…').waitFor();
    await page.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(page.received('cancel').length, 1);
  });

  it('offers to compute again what could not be compared', async () => {
    const failed = { code: 'calibration-worker', message: 'Computing failed: out of memory.' };
    const { columns } = PANEL_STATES.severalMethods;
    const page = await show({
      ...PANEL_STATES.usual,
      columns,
      comparisonError: failed,
      methodsError: failed,
    });
    await page.page.getByRole('button', { name: 'Compare Again' }).click();
    assert.equal(page.received('compareConfidenceMethods').length, 1);
    await page.page.getByRole('button', { name: 'Compute Again' }).click();
    assert.equal(page.received('retry').length, 1);
  });

  it('holds still where motion is to be reduced', async () => {
    for (const reducedMotion of [true, false]) {
      const { page } = await show(PANEL_STATES.reading, { reducedMotion });
      const moving = await page.evaluate('document.getAnimations().length > 0');
      assert.equal(moving, !reducedMotion);
    }
  });

  it('takes foreign labels as text', async () => {
    const { page } = await show(PANEL_STATES.nasty);
    assert.equal(await page.locator('img').count(), 0);
    assert.match(
      await page.locator('.facts').innerText(),
      /3 labels: <img src=x onerror=alert\(1\)>"\\u\{202e\}, x/,
    );
  });

  it('shows every text that attacks; none of it is invisible, does anything or moves the rest', async () => {
    const texts = new HostileTexts();
    const page = await show(texts.of(PANEL_STATES.usual));
    const done: string[] = [];
    page.page.on('request', (request) => done.push(request.url()));
    page.page.on('dialog', (dialog) => done.push(dialog.message()));
    const missing = new Set(Object.keys(HOSTILE));
    const look = async (): Promise<void> => {
      const text = (await page.page.locator('body').textContent()) ?? '';
      for (const [name, attack] of Object.entries(HOSTILE))
        if (text.includes(visibleName(attack))) missing.delete(name);
      // What the value of an option is, nobody sees.
      const attributes = await page.page.evaluate<string[]>(
        `[...document.querySelectorAll('body *')].flatMap((e) => [...e.attributes].filter((a) => a.name !== 'value').map((a) => a.value))`,
      );
      assert.deepEqual(unseenIn([text, ...attributes].join('\n'), '\n\t'), []);
      assert.equal(await page.page.locator('img, a, iframe, object, embed, script:not([src])').count(), 0);
      for (const width of [400, WIDE]) {
        await page.page.setViewportSize({ width, height: 800 });
        assert.equal(await page.page.evaluate('document.documentElement.scrollWidth'), width);
      }
    };
    page.on('rows', () => texts.rows());
    await bins(page).last().press('Enter');
    await page.page.getByRole('table', { name: 'Rows, worst first' }).waitFor();
    await look();
    assert.deepEqual([...missing], []);
    const { refused, unmapped, mapped, severalMethods, sliceRefused } = PANEL_STATES;
    const { use } = await compared;
    const { column, label } = await brokenDown;
    for (const state of [
      ...[refused, unmapped, mapped, severalMethods, sliceRefused],
      ...[use, column, label, PAIRED_COSTS],
    ]) {
      await page.notify('state', texts.of(state));
      await page.page.evaluate('for (const more of document.querySelectorAll("details")) more.open = true');
      await look();
    }
    assert.deepEqual(done, []);
    assert.deepEqual(page.received('failed'), []);
    assert.deepEqual(await page.violations(), []);
  });

  it('is there again after a reload, with the settings and the bars that were chosen', async () => {
    const page = await show(PANEL_STATES.sampled);
    page.on('ready', () => page.notify('state', PANEL_STATES.sampled));
    await page.page.getByLabel('interval of accuracy').check();
    await page.page.reload();
    await page.page.getByRole('heading', { name: 'reviews.csv' }).waitFor();
    assert.ok(await page.page.getByLabel('interval of accuracy').isChecked());
    const said = page.received('ready').at(-1);
    assert.ok(said);
    assert.deepEqual(said.settings, { ...DEFAULT_PANEL_SETTINGS, bins: 10, binning: 'mass' });
    assert.deepEqual(said.choices, DEFAULT_CHOICES);
  });

  it('lists the rows of the bin that was chosen when it comes back', async () => {
    const page = await show(PANEL_STATES.usual);
    page.on('ready', () => page.notify('state', PANEL_STATES.usual));
    const rows = page.page.getByRole('table', { name: 'Rows, worst first' });
    await bins(page).last().click();
    await rows.waitFor();
    await page.page.reload();
    await rows.waitFor();
    const [before, after] = page.received('rows');
    assert.deepEqual(after, before);
    assert.equal(await page.page.getByRole('option', { name: /^Bin /, selected: true }).count(), 1);
    // Nothing only looks alive: controls reach the host, and rows are listed.
    await page.page.getByLabel('mass').check();
    assert.deepEqual(page.received('settings').at(-1), { ...DEFAULT_PANEL_SETTINGS, binning: 'mass' });
    await bins(page).first().click();
    await page.page.getByRole('heading', { name: 'Rows of the bin (0.5, 0.55]' }).waitFor();
    await page.page.getByRole('button', { name: 'Close' }).click();
    await rows.waitFor({ state: 'hidden' });
    assert.deepEqual(page.received('failed'), []);
    assert.deepEqual(await page.violations(), []);
  });

  it('is scrolled to where it was when it comes back, also where rows come later', async () => {
    const page = await show(PANEL_STATES.usual);
    page.on('ready', () => page.notify('state', PANEL_STATES.usual));
    await bins(page).last().click();
    await page.page.locator('.chosen-rows table').waitFor();
    const bottom = await page.page.evaluate<number>(
      'scrollTo(0, document.body.scrollHeight), Math.round(scrollY)',
    );
    assert.ok(bottom > 800);
    const isSo = (what: string, condition: string): Promise<unknown> =>
      until(what, async () => (await page.page.evaluate<boolean>(condition)) || undefined);
    await isSo('it is kept', `JSON.parse(sessionStorage.getItem('state')).scroll === ${bottom}`);
    await page.page.reload();
    await isSo('it is scrolled', `Math.abs(scrollY - ${bottom}) < 2`);
  });

  for (const [what, code] of [
    ['a click', `setTimeout(() => { throw new Error('nobody caught it') })`],
    ['a promise', `void Promise.reject(new Error('nobody caught it'))`],
  ] as const)
    it(`tells an error of ${what} to the person and to the host, once`, async () => {
      const page = await show(PANEL_STATES.usual);
      await page.page.evaluate(`${code}; ${code}`);
      await page.page.getByRole('button', { name: 'Start Again' }).waitFor();
      const told = page.received('failed').map(({ message }) => message.includes('nobody caught it'));
      assert.deepEqual(told, [true]);
    });

  it('tells so where rows come that it cannot take', async () => {
    const page = await show(PANEL_STATES.usual);
    // What another version would send.
    page.on('rows', () => ({ low: 0 }) as never);
    await bins(page).last().click();
    await page.page.getByRole('button', { name: 'Start Again' }).waitFor();
    assert.equal(page.received('failed').length, 1);
  });

  it('keeps what is looked at, and none of the numbers', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByLabel('interval of accuracy').check();
    const kept = await page.page.evaluate<string>("sessionStorage.getItem('state')");
    assert.deepEqual(Object.keys(JSON.parse(kept) as object).sort(), [
      'choices',
      'scroll',
      'settings',
      'view',
    ]);
  });

  it('begins anew where another version kept something else', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.evaluate(`sessionStorage.setItem('state', '{"state":{},"view":{"band":"wilson"}}')`);
    await page.page.reload();
    await page.notify('state', PANEL_STATES.usual);
    assert.ok(await page.page.getByRole('radio', { name: 'if calibrated' }).isChecked());
    assert.deepEqual(page.received('ready').at(-1), { settings: null, choices: null });
  });

  it('says that it cannot be shown, tells the host why, and starts again', async () => {
    const page = await pages.open({ width: WIDE, failsToStart: true });
    const again = page.page.getByRole('button', { name: 'Start Again' });
    await again.waitFor();
    assert.match(page.received('failed')[0]?.message ?? '', /nothing can be drawn/);
    assert.deepEqual(await page.accessibilityProblems(), []);
    await again.click();
    assert.equal(page.received('restart').length, 1);
    assert.equal(page.received('ready').length, 0);
  });

  it('says so too where it cannot take what it is sent, and forgets what it kept', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.notifyNonsense('state');
    await page.page.getByRole('button', { name: 'Start Again' }).click();
    assert.equal(page.received('failed').length, 1);
    assert.equal(await page.page.evaluate("sessionStorage.getItem('state')"), 'null');
  });

  it('keeps the focus where it was when new numbers come', async () => {
    const page = await show(PANEL_STATES.usual);
    await bins(page).nth(3).focus();
    await page.notify('state', { ...PANEL_STATES.usual, analysis: PANEL_STATES.sampled.analysis });
    await page.notify('state', PANEL_STATES.usual);
    await page.page.getByLabel('mass').focus();
    await page.notify('state', {
      ...PANEL_STATES.usual,
      settings: { ...DEFAULT_PANEL_SETTINGS, bins: 10 },
    });
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'binning-mass');
  });

  it('fits into 400 pixels', async () => {
    const opened = await show(PANEL_STATES.usual, { width: 400 });
    const { page } = opened;
    for (const state of Object.values({ ...PANEL_STATES, ...(await compared), ...(await brokenDown) })) {
      await opened.notify('state', state);
      const overflow = await page.evaluate<string[]>(
        `[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 400.5 && !e.closest('.unseen') && !e.closest('.table-box')).map((e) => e.outerHTML.slice(0, 120))`,
      );
      assert.deepEqual(overflow, []);
      // One below the other: side by side they would be too small to read.
      for (const diagram of await page.locator('.diagram').all())
        assert.ok(((await diagram.boundingBox())?.width ?? 0) > 300);
    }
  });

  it('shows the texts of rows where the panel is narrow', async () => {
    const { page } = await show(PANEL_STATES.overview, { width: 400 });
    const table = page.getByRole('table', { name: 'The most unsure rows' });
    const box = await page.getByRole('region', { name: 'The most unsure rows' }).boundingBox();
    const text = await table.getByText(/^(word )+/).boundingBox();
    assert.ok(box && text);
    // Seen, not merely laid out: the table scrolls within its box.
    const seen = Math.min(box.x + box.width, text.x + text.width) - Math.max(box.x, text.x);
    assert.ok(seen > 280, `${seen} pixels`);
    assert.equal(await table.getByRole('columnheader', { name: 'Text' }).count(), 1);
    assert.equal(await table.getByRole('row').count(), 4);
  });

  it('fits into what a zoom of 150% leaves of a window of 1,280 × 800 beside the side bar', async () => {
    const opened = await show(PANEL_STATES.usual, { width: 505, height: 420 });
    const { page } = opened;
    for (const [name, state] of Object.entries({ ...PANEL_STATES, ...(await compared) })) {
      await opened.notify('state', state);
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.ok(overflow <= 0, `${overflow} pixels beside the page of ${name}`);
      for (const diagram of await page.locator('.diagram').all())
        assert.ok(((await diagram.boundingBox())?.height ?? 0) <= 420, name);
      // Labels of any length make every table scroll.
      if (name !== 'nasty') assert.deepEqual(await opened.cutTables(), [], name);
      await opened.screenshot(`calibration-${name}-zoomed`, true);
    }
  });

  it('fits into a window of 1,280 × 800 beside the side bar, with every table', async () => {
    const opened = await show(PANEL_STATES.usual, { width: 922, height: 700 });
    for (const [name, state] of Object.entries({ ...PANEL_STATES, ...(await compared) })) {
      if (name === 'nasty') continue;
      await opened.notify('state', state);
      assert.deepEqual(await opened.cutTables(), [], name);
    }
  });

  const wide = new Set(['usual', 'use', 'unmapped', 'column', 'label', 'severalMethods']);
  for (const theme of THEMES) {
    it(`breaks no accessibility rule in ${theme}`, async () => {
      const page = await show(PANEL_STATES.reading, { theme });
      for (const [name, state] of Object.entries({
        ...PANEL_STATES,
        ...(await compared),
        ...(await brokenDown),
      })) {
        await page.page.setViewportSize({ width: wide.has(name) ? WIDE : 400, height: 800 });
        await page.notify('state', state);
        if (name === 'usual') await bins(page).nth(9).click();
        if (name === 'mapped') await page.page.getByRole('button', { name: 'Columns…' }).click();
        await page.screenshot(`calibration-${name}-${theme}`, true);
        assert.deepEqual(await page.accessibilityProblems(), [], name);
        // Hundreds of rows are looked at once.
        if (name === 'usual') await page.page.getByRole('button', { name: 'Close' }).click();
        if (name === 'mapped') await page.page.getByRole('button', { name: 'Columns…' }).click();
      }
    });
  }
});
