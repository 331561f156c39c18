import assert from 'node:assert/strict';
import { rowsOfBin } from '../../src/features/calibration/analyse';
import { DEFAULT_CHOICES } from '../../src/protocol/calibration-decisions';
import {
  CALIBRATION_PAGE_METHODS,
  DEFAULT_PANEL_SETTINGS,
  type PanelState,
} from '../../src/protocol/calibration-page';
import { comparedStates, labelledTable, PANEL_STATES } from './calibration-states';
import { usePages, type PageOptions, type TestPage, type Theme } from './page-harness';

const WIDE = 1180;
const { state: STATE, ready, settings, reveal, retry, cancel } = CALIBRATION_PAGE_METHODS;

describe('the calibration panel', () => {
  const pages = usePages('calibration');

  async function show(state: PanelState, options?: PageOptions): Promise<TestPage> {
    const page = await pages.open({ width: WIDE, ...options });
    page.answer(CALIBRATION_PAGE_METHODS.binRows, (params) => {
      const { low, high } = params as { low: number; high: number };
      return rowsOfBin(labelledTable(700), low, high);
    });
    await page.notify(STATE, state);
    return page;
  }

  const compared = comparedStates();
  const bins = ({ page }: TestPage) => page.getByRole('option', { name: /^Bin / });

  it('says that it is there, and keeps to its content security policy', async () => {
    const page = await show(PANEL_STATES.usual);
    assert.deepEqual(page.received(ready), [{ settings: null, choices: null }]);
    for (const state of Object.values(PANEL_STATES)) await page.notify(STATE, state);
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

  it('has a bin under the keys and the pointer, and lists the rows of the one that is chosen', async () => {
    const page = await show(PANEL_STATES.usual);
    await bins(page).first().focus();
    await page.page.keyboard.press('End');
    const readout = page.page.locator('.readout');
    assert.match(await readout.innerText(), /^Bin \(0\.95, 1\]/);
    await page.page.keyboard.press('ArrowLeft');
    assert.match(await readout.innerText(), /^Bin \(0\.9, 0\.95\]/);
    await page.page.keyboard.press('Enter');
    const rows = page.page.getByRole('table', { name: /worst first/ });
    await rows.waitFor();
    assert.match(await rows.getByRole('row').nth(1).innerText(), /✗ wrong/);
    assert.equal(await page.page.getByRole('option', { name: /^Bin /, selected: true }).count(), 1);
    await rows.getByRole('button').first().click();
    const [shown] = page.received(reveal) as { line: number }[];
    assert.ok(shown !== undefined && shown.line > 1);
    await bins(page).nth(2).hover();
    assert.match(await readout.innerText(), /^Bin \(0\.6, 0\.65\]/);
    await page.page.getByRole('button', { name: 'Close' }).click();
    await rows.waitFor({ state: 'hidden' });
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

  it('asks for other bins', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByLabel('Bins', { exact: true }).selectOption('10');
    await page.page.getByLabel('mass').check();
    assert.deepEqual(page.received(settings), [
      { ...DEFAULT_PANEL_SETTINGS, bins: 10 },
      { ...DEFAULT_PANEL_SETTINGS, binning: 'mass' },
    ]);
  });

  it('says how many of the predictions are drawn', async () => {
    const { page } = await show(PANEL_STATES.sampled);
    await page.getByText('single predictions: 2,000 of 2,600, sampled').waitFor();
  });

  it('has a sentence in place of a plot for a few rows, and their numbers', async () => {
    const { page } = await show(PANEL_STATES.few);
    await page.getByText('7 rows cannot show how confidence and accuracy go together').waitFor();
    assert.equal(await page.locator('.diagram').count(), 0);
    await page.getByRole('table', { name: 'Headline numbers' }).waitFor();
  });

  it('compares calibrators, says which to use, shows it beside raw and saves it', async () => {
    const { use, notEnough } = await compared;
    const page = await show(PANEL_STATES.usual);
    await page.page.getByRole('button', { name: 'Compare Calibrators' }).click();
    assert.deepEqual(page.received(settings), [{ ...DEFAULT_PANEL_SETTINGS, compare: true }]);
    await page.notify(STATE, use);
    await page.page.getByRole('heading', { name: /^Calibrators\. Recommended: / }).waitFor();
    const table = page.page.getByRole('table', { name: /that they did not see/ });
    assert.equal(await table.getByRole('row').count(), (use.comparison?.methods.length ?? 0) + 1);
    await table.getByRole('button', { name: 'Platt' }).click();
    await page.page.getByText('Platt, on rows that it did not see').waitFor();
    assert.equal(await page.page.locator('.pair .diagram').count(), 2);
    await page.page.getByRole('button', { name: 'Save Calibrator: Platt…' }).click();
    assert.deepEqual(page.received(CALIBRATION_PAGE_METHODS.save), [{ method: 'platt' }]);
    await page.notify(STATE, notEnough);
    await page.page.getByRole('heading', { name: 'Calibrators. Not enough data' }).waitFor();
    assert.ok((await table.getByRole('row').count()) > 3);
    assert.deepEqual(await page.violations(), []);
  });

  it('lists what was not used, with a jump to each line', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByRole('heading', { name: '1 row not used' }).waitFor();
    await page.page.getByRole('button', { name: 'Line 702' }).click();
    assert.deepEqual(page.received(reveal), [{ line: 702 }]);
  });

  it('explains a table that is refused, and one that is gone', async () => {
    const page = await show(PANEL_STATES.refused);
    await page.page
      .getByText('Write numbers with a decimal point')
      .filter({ visible: true })
      .first()
      .waitFor();
    await page.page.getByRole('button', { name: 'Compute Again' }).click();
    assert.equal(page.received(retry).length, 1);
    await page.page.getByRole('button', { name: 'Open as Text' }).click();
    assert.equal(page.received(CALIBRATION_PAGE_METHODS.openText).length, 1);
    await page.notify(STATE, PANEL_STATES.gone);
    await page.page.getByRole('heading', { name: 'The file is gone' }).waitFor();
    await page.page.getByText('The numbers below are of the file as it was before.').waitFor();
  });

  it('says what is being done, and stops it', async () => {
    const page = await show(PANEL_STATES.reading);
    await page.page.getByRole('main').getByText('Reading the table…').waitFor();
    await page.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(page.received(cancel).length, 1);
  });

  it('takes foreign labels as text', async () => {
    const { page } = await show(PANEL_STATES.nasty);
    assert.equal(await page.locator('img').count(), 0);
    assert.match(
      await page.locator('.facts').innerText(),
      /3 labels: <img src=x onerror=alert\(1\)>"\\u\{202e\}, x/,
    );
  });

  it('is there again after a reload, with the settings and the bars that were chosen', async () => {
    const page = await show(PANEL_STATES.sampled);
    await page.page.getByLabel('interval of accuracy').check();
    await page.page.reload();
    await page.page.getByRole('heading', { name: 'reviews.csv' }).waitFor();
    assert.ok(await page.page.getByLabel('interval of accuracy').isChecked());
    assert.deepEqual(page.received(ready).at(-1), {
      settings: { ...DEFAULT_PANEL_SETTINGS, bins: 10, binning: 'mass' },
      choices: DEFAULT_CHOICES,
    });
  });

  it('keeps the focus where it was when new numbers come', async () => {
    const page = await show(PANEL_STATES.usual);
    await bins(page).nth(3).focus();
    await page.notify(STATE, { ...PANEL_STATES.usual, analysis: PANEL_STATES.sampled.analysis });
    await page.notify(STATE, PANEL_STATES.usual);
    await page.page.getByLabel('mass').focus();
    await page.notify(STATE, {
      ...PANEL_STATES.usual,
      settings: { ...DEFAULT_PANEL_SETTINGS, bins: 10 },
    });
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'binning-mass');
  });

  it('fits into 400 pixels', async () => {
    for (const state of Object.values({ ...PANEL_STATES, ...(await compared) })) {
      const { page } = await show(state, { width: 400 });
      const overflow = await page.evaluate<string[]>(
        `[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 400.5 && !e.closest('.unseen') && !e.closest('.table-box')).map((e) => e.outerHTML.slice(0, 120))`,
      );
      assert.deepEqual(overflow, []);
      // One below the other: side by side they would be too small to read.
      for (const diagram of await page.locator('.diagram').all())
        assert.ok(((await diagram.boundingBox())?.width ?? 0) > 300);
    }
  });

  for (const theme of ['light', 'dark', 'hc-light', 'hc-dark'] as const satisfies Theme[]) {
    it(`breaks no accessibility rule in ${theme}`, async () => {
      for (const [name, state] of Object.entries({ ...PANEL_STATES, ...(await compared) })) {
        const page = await show(state, { theme, width: name === 'usual' || name === 'use' ? WIDE : 400 });
        if (name === 'usual') await bins(page).nth(9).click();
        await page.screenshot(`calibration-${name}-${theme}`, true);
        assert.deepEqual(await page.accessibilityProblems(), [], name);
      }
    });
  }
});
