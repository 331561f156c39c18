import assert from 'node:assert/strict';
import { DEFAULT_BUCKETS } from '../../src/core/model/buckets';
import { NO_PROGRESSION } from '../../src/protocol/calibration-decisions';
import type { PanelState } from '../../src/protocol/calibration-page';
import {
  comparedStates,
  labelledTable,
  PAIRED_COSTS,
  PANEL_STATES,
  progressedState,
  stateOf,
} from './calibration-states';
import { THEMES, usePages, type PageOptions, type TestPage } from './page-harness';

const WIDE = 1180;

describe('the calibration panel: what to do', () => {
  const pages = usePages('calibration');
  const compared = comparedStates();
  const progressed = progressedState();

  async function show(state: PanelState, options?: PageOptions): Promise<TestPage<'calibration'>> {
    const page = await pages.open({ width: WIDE, ...options });
    await page.notify('state', state);
    return page;
  }

  const bucketRows = ({ page }: TestPage<'calibration'>): Promise<string[]> =>
    page
      .getByRole('table', { name: /^Buckets/ })
      .locator('tbody tr')
      .allInnerTexts();

  it('shows what each bucket holds, raw and after the calibrator that stands beside it', async () => {
    const { use } = await compared;
    const page = await show(PANEL_STATES.usual);
    assert.equal((await bucketRows(page)).length, 4);
    await page.notify('state', use);
    const rows = await bucketRows(page);
    assert.equal(rows.length, 8);
    const { methods } = use.decisions.report ?? {};
    const shown = methods?.find(({ method }) => method === use.comparison?.choice);
    for (const [at, held] of [methods?.[0]?.buckets[0], shown?.buckets[0]].entries()) {
      assert.ok(held);
      const { meanConfidence, accuracy } = held;
      for (const value of [String(held.rows), meanConfidence?.toFixed(3), accuracy?.toFixed(3)])
        assert.ok(value !== undefined && rows[at]?.includes(value), `${rows[at]} has ${value}`);
    }
    await page.page.getByRole('button', { name: 'Platt', exact: true }).click();
    assert.ok((await bucketRows(page))[1]?.includes('Platt'));
  });

  it('takes edited buckets, says at the field what is wrong with one, and goes back to the default', async () => {
    const page = await show(PANEL_STATES.usual);
    await page.page.getByRole('button', { name: 'Edit Buckets' }).click();
    const low = page.page.getByRole('textbox', { name: 'Lower end of bucket 2' });
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'bucket-0-name');
    await low.fill('0,95');
    await page.page.getByRole('textbox', { name: 'Name of bucket 4' }).fill(' review');
    // What is typed outlives new numbers.
    await page.notify('state', {
      ...PANEL_STATES.usual,
      decisions: { ...PANEL_STATES.usual.decisions, bucketNote: 'x' },
    });
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'bucket-3-name');
    await page.page.getByRole('button', { name: 'Save Buckets' }).click();
    assert.deepEqual(page.received('editBuckets'), []);
    await page.page.getByText('Bucket 2 must start below 0.9').waitFor();
    await page.page.getByText('Bucket 4 has the same name as another').waitFor();
    assert.equal(await low.getAttribute('aria-invalid'), 'true');
    assert.match((await low.getAttribute('aria-description')) ?? '', /^Bucket 2 must start below 0\.9/);
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'bucket-1-low');
    await low.fill('.8');
    await page.page.getByRole('textbox', { name: 'Name of bucket 4' }).fill('rest');
    await page.page.keyboard.press('Enter');
    assert.deepEqual(page.received('editBuckets'), [
      {
        buckets: DEFAULT_BUCKETS.map((bucket, at) =>
          at === 1 ? { ...bucket, low: 0.8 } : at === 3 ? { ...bucket, name: 'rest' } : bucket,
        ),
      },
    ]);
    // The page is still the one that it was: what Enter submits goes nowhere else.
    assert.equal(page.received('ready').length, 1);
    await page.page.getByRole('button', { name: 'Edit Buckets' }).click();
    await page.page.getByRole('button', { name: 'Reset to Defaults' }).click();
    assert.deepEqual(page.received('editBuckets').at(-1), { buckets: null });
    await page.page.getByRole('button', { name: 'Edit Buckets' }).click();
    await page.page.keyboard.press('Escape');
    await page.page.getByRole('button', { name: 'Edit Buckets' }).waitFor();
  });

  it('splits and removes buckets under the keys, and keeps the focus at their place', async () => {
    const page = await show(PANEL_STATES.usual);
    const focused = () => page.page.evaluate('document.activeElement.dataset.key');
    const press = async (button: string): Promise<void> => {
      await page.page.getByRole('button', { name: button, exact: true }).focus();
      await page.page.keyboard.press('Enter');
    };
    const lows = (): Promise<string[]> =>
      page.page
        .getByRole('textbox', { name: /^Lower end/ })
        .evaluateAll((fields) => fields.map((field) => (field as unknown as { value: string }).value));
    await page.page.getByRole('button', { name: 'Edit Buckets' }).click();
    await press('Split bucket 1');
    assert.equal(await focused(), 'bucket-0-name');
    assert.deepEqual(await lows(), ['0.95', '0.9', '0.7', '0.5', '0']);
    assert.match((await bucketRows(page))[0] ?? '', /–\s+–\s+–/);
    await press('Save Buckets');
    await page.page.getByText('Bucket 1 needs a name.').waitFor();
    await page.page.keyboard.type('at once');
    // What is wrong with a bucket is not said of the one that takes its place.
    await press('Split bucket 5');
    assert.equal(await page.page.getByText('needs a name').count(), 0);
    assert.deepEqual(await lows(), ['0.95', '0.9', '0.7', '0.5', '0.25', '0']);
    await page.page.keyboard.type('odd');
    await press('Remove bucket 3');
    assert.equal(await focused(), 'bucket-2-remove');
    // The last one goes: the one above it takes its range.
    await press('Remove bucket 5');
    assert.equal(await focused(), 'bucket-3-remove');
    assert.deepEqual(await lows(), ['0.95', '0.9', '0.5', '0']);
    await press('Save Buckets');
    assert.deepEqual(page.received('editBuckets'), [
      {
        buckets: [
          { name: 'at once', low: 0.95 },
          { name: 'automatic', low: 0.9 },
          { name: 'manual check', low: 0.5 },
          { name: 'odd', low: 0 },
        ],
      },
    ]);
  });

  it('leaves one bucket at least, and makes no more than can be told apart', async () => {
    const page = await show(PANEL_STATES.usual);
    const change = (name: string) => page.page.getByRole('button', { name, exact: true });
    await change('Edit Buckets').click();
    for (let rows = 4; rows < 8; rows++) await change('Split bucket 2').click();
    await page.page.getByText('No more than 8 buckets').waitFor();
    assert.ok(await change('Split bucket 2').isDisabled());
    await page.screenshot('decisions-most-buckets', true);
    assert.deepEqual(await page.accessibilityProblems(), []);
    for (let rows = 8; rows > 1; rows--) await change('Remove bucket 1').click();
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'bucket-0-name');
    assert.ok(await change('Remove bucket 1').isDisabled());
    await page.page.keyboard.press('Enter');
    assert.deepEqual(page.received('editBuckets'), [{ buckets: [{ name: 'manual', low: 0 }] }]);
  });

  it('says what is right from a threshold on, under the keys and after a reload', async () => {
    const { use } = await compared;
    const page = await show(use);
    page.on('ready', () => page.notify('state', use));
    const slider = page.page.getByRole('slider', { name: 'Threshold' });
    await slider.focus();
    await page.page.keyboard.press('ArrowLeft');
    const words = await page.page.locator('.threshold-readout').innerText();
    const raw = use.decisions.report?.methods[0]?.curve.find(({ threshold }) => threshold === 0.89);
    assert.ok(raw);
    assert.ok(
      words.startsWith(
        `Threshold 0.89. Raw: ${raw.rows} rows (coverage ${raw.coverage.toFixed(3)}), accuracy ${raw.accuracy.toFixed(3)}`,
      ),
      words,
    );
    assert.equal(await slider.getAttribute('aria-valuetext'), words);
    await page.page.getByText('Thresholds as a table').click();
    const table = page.page.getByRole('table', { name: /at or above each threshold/ });
    const lines = await table.getByRole('row').allInnerTexts();
    assert.ok(lines.find((line) => line.startsWith('0.89'))?.includes(raw.accuracy.toFixed(3)));
    await page.page.reload();
    assert.equal(await slider.inputValue(), '0.89');
  });

  it('finds a threshold for an accuracy, and by costs for each pair of labels', async () => {
    const page = await show(PANEL_STATES.usual);
    const { threshold } = PANEL_STATES.usual.decisions.report?.methods[0] ?? {};
    await page.page.getByText(threshold?.message ?? '-').waitFor();
    const target = page.page.getByRole('textbox', { name: 'Accuracy of automatic decisions' });
    await page.page.getByText('Accuracy of automatic decisions').click();
    assert.equal(await page.page.evaluate('document.activeElement.dataset.key'), 'target');
    await target.fill('95');
    await target.press('Enter');
    await page.page.getByText('A number above 0 and below 1').waitFor();
    assert.equal(
      await target.getAttribute('aria-description'),
      'Enter a number above 0 and below 1, such as 0.95.',
    );
    assert.deepEqual(page.received('ask'), []);
    await target.fill('0.8');
    await target.press('Enter');
    assert.equal(await target.getAttribute('aria-description'), null);
    const costs = { wrong: 5, review: 1 };
    assert.deepEqual(page.received('ask'), [{ target: 0.8, costs }]);
    await page.page.getByLabel('the costs of mistakes and reviews').check();
    await page.page.getByText(/Deciding automatically at a confidence of|Reviewing every row/).waitFor();
    await page.page.getByLabel('A cost for each pair of labels').check();
    assert.deepEqual(page.received('ask').at(-1), {
      target: 0.95,
      costs: {
        review: 1,
        wrong: [
          [0, 5],
          [5, 0],
        ],
      },
    });
  });

  it('asks for each cost by its labels, whatever they are', async () => {
    const page = await show(PAIRED_COSTS);
    await page.page.getByLabel('the costs of mistakes and reviews').check();
    const field = page.page.getByRole('textbox', { name: /^Cost of plain where <img src=x/ });
    assert.equal(await field.inputValue(), '2');
    await field.fill('7');
    await field.press('Enter');
    assert.deepEqual(
      (page.received('ask') as { costs: { wrong: number[][] } }[])[0]?.costs.wrong[0],
      [0, 5, 7],
    );
    assert.equal(await page.page.locator('img').count(), 0);
    assert.deepEqual(await page.violations(), []);
  });

  it('computes sample sizes on demand, says how far it is, stops, and says whether more rows would help', async () => {
    const page = await show(PANEL_STATES.sampled);
    await page.page.getByRole('button', { name: 'Compute Sample-Size Progression' }).click();
    assert.equal(page.received('startProgression').length, 1);
    await page.notify('state', {
      ...progressed,
      progression: { ...NO_PROGRESSION, busy: 'vector (6 of 7), draw 3 of 50' },
    });
    await page.page.getByText('vector (6 of 7), draw 3 of 50…').waitFor();
    await page.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(page.received('cancelProgression').length, 1);
    await page.notify('state', progressed);
    await page.page.getByRole('heading', { name: 'More labelled rows would help little' }).waitFor();
    const methods = progressed.progression.methods ?? [];
    const multiples = page.page.locator('.multiples').getByRole('img');
    assert.equal(await multiples.count(), methods.length);
    const [first] = methods;
    const last = first?.points.at(-1);
    assert.ok(last);
    assert.ok((await multiples.first().getAttribute('aria-label'))?.includes(`NLL: `));
    await page.page.getByLabel('Brier', { exact: true }).check();
    assert.ok(
      (await multiples.first().getAttribute('aria-label'))?.includes(
        `${last.brier.median.toFixed(3)} at ${last.rows.toLocaleString('en-US')} rows`,
      ),
    );
    await page.page.getByText('Sample sizes as a table').click();
    const table = page.page.getByRole('table', { name: /^Metrics by number of rows/ });
    assert.equal(
      await table.getByRole('row').count(),
      2 + methods.reduce((sum, { points }) => sum + points.length, 0),
    );
    assert.deepEqual(await page.violations(), []);
  });

  it('says where there are too few rows for sample sizes', async () => {
    const { page } = await show(stateOf(labelledTable(200)));
    await page.getByText('This needs at least 300 labelled rows; the table has 200.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Compute Sample-Size Progression' }).count(), 0);
  });

  const looks = async (): Promise<Record<string, PanelState>> => {
    const { use } = await compared;
    return { use, progressed, paired: PAIRED_COSTS };
  };

  async function prepare({ page }: TestPage<'calibration'>, name: string): Promise<void> {
    if (name === 'use') await page.getByText('Thresholds as a table').click();
    if (name === 'progressed') await page.getByText('Sample sizes as a table').click();
    if (name !== 'paired') return;
    await page.getByLabel('the costs of mistakes and reviews').check();
    await page.getByRole('button', { name: 'Edit Buckets' }).click();
    await page.getByRole('textbox', { name: 'Lower end of bucket 2' }).fill('2');
    await page.getByRole('button', { name: 'Save Buckets' }).click();
  }

  it('fits into 400 pixels', async () => {
    const page = await pages.open({ width: 400 });
    for (const [name, state] of Object.entries(await looks())) {
      await page.notify('state', state);
      await prepare(page, name);
      const overflow = await page.page.evaluate<string[]>(
        `[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 400.5 && !e.closest('.unseen') && !e.closest('.table-box')).map((e) => e.outerHTML.slice(0, 120))`,
      );
      assert.deepEqual(overflow, [], name);
    }
  });

  for (const theme of THEMES) {
    it(`breaks no accessibility rule in ${theme}`, async () => {
      const page = await pages.open({ theme });
      for (const [name, state] of Object.entries(await looks())) {
        await page.page.setViewportSize({ width: name === 'paired' ? 400 : WIDE, height: 800 });
        await page.notify('state', state);
        await prepare(page, name);
        await page.screenshot(`decisions-${name}-${theme}`, true);
        assert.deepEqual(await page.accessibilityProblems(), [], name);
      }
    });
  }
});
