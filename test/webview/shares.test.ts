import assert from 'node:assert/strict';
import {
  DEFAULT_PANEL_SETTINGS,
  emptyPanelState,
  type PanelState,
} from '../../src/protocol/calibration-page';
import { labelledTable, stateOf } from './calibration-states';
import { THEMES, type PageOptions, type TestPage, usePages } from './page-harness';
import { labelledByPeople, type Made } from './shares-states';

const WIDE = 1180;

describe('the shares in the calibration panel', () => {
  const pages = usePages('calibration');
  let made: Made;
  let unsure: Made;
  before(async () => {
    made = await labelledByPeople();
    unsure = await labelledByPeople({ labelled: 120, unsure: 12 });
  });

  async function show(state: PanelState, options?: PageOptions): Promise<TestPage<'calibration'>> {
    const page = await pages.open({ width: WIDE, ...options });
    await page.notify('state', state);
    return page;
  }
  const overview = (change: Partial<PanelState>): PanelState => ({
    ...emptyPanelState('reviews.csv'),
    settings: DEFAULT_PANEL_SETTINGS,
    overview: made.overview,
    ...change,
  });

  it('are estimated from the labels that were found, with what those are worth', async () => {
    const page = await show(overview({ shares: made.shares }));
    await page.page
      .getByText(/were found in .prompt-confidence\/labels\/reviews\.csv\. 100 of 2,000 rows/)
      .waitFor();
    const worth = await page.page.locator('.worth').innerText();
    const labels = Number(/your 100 labels are worth (\d+)/.exec(worth)?.[1]);
    assert.ok(labels > 110, worth);
    const table = page.page.getByRole('table', { name: 'Shares and accuracy in the whole table' });
    const share = made.shares?.report?.shares[1];
    assert.ok(share?.low);
    assert.match(
      await table.getByRole('row', { name: /^share of positive/ }).innerText(),
      new RegExp(`${share.value.toFixed(3)}\\s+${share.low.toFixed(3)} to`),
    );
    const confused = page.page.getByRole('table', {
      name: 'Shares of the whole table by the label of people and of the model',
    });
    for (const [k, row] of (made.shares?.report?.confusion ?? assert.fail()).entries())
      assert.deepEqual(
        await confused.locator('tbody tr').nth(k).locator('td').allInnerTexts(),
        row.map((value) => value.toFixed(3)),
      );
    await page.page.getByRole('heading', { name: 'The table itself has no true labels' }).waitFor();
    await page.page.getByRole('button', { name: 'Measure With These Labels' }).click();
    assert.deepEqual(
      page.received('settings').map(({ table: { truth } }) => truth),
      ['people'],
    );
    await page.page.getByRole('button', { name: 'Save a Labelled Copy…' }).click();
    assert.equal(page.received('saveLabelled').length, 1);
    await page.page.getByRole('button', { name: 'Copy Findings' }).click();
    assert.equal(page.received('copyAudit').length, 1);
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('have bounds where people could not label all texts', async () => {
    const page = await show(overview({ shares: unsure.shares }));
    const table = page.page.getByRole('table', { name: 'Bounds for texts that people could not label' });
    assert.equal(await table.getByRole('row').count(), 4);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('lead to the labelling of rows where there are no labels, also beside numbers', async () => {
    const page = await show(overview({}));
    await page.page.getByRole('button', { name: 'Label Rows…' }).first().click();
    await page.page.getByRole('button', { name: 'Label Rows…' }).last().click();
    assert.equal(page.received('labelRows').length, 2);
    const beside = await show({ ...stateOf(labelledTable(400)), shares: made.shares });
    await beside.page.getByRole('heading', { name: 'Shares', exact: true }).waitFor();
    assert.equal(await beside.page.getByRole('button', { name: 'Label Rows…' }).count(), 1);
  });

  it('can be the truth of all numbers, which is said under the title, or not', async () => {
    const state = stateOf(labelledTable(400));
    const analysis = { ...state.analysis, truthFrom: 'reviews.csv' };
    const page = await show({ ...state, analysis, shares: made.shares });
    await page.page
      .getByText('The truth is the labels that people gave: .prompt-confidence/labels/reviews.csv')
      .waitFor();
    await page.screenshot('truth-of-people', true);
    await page.page.getByRole('button', { name: 'Measure Without These Labels' }).click();
    assert.deepEqual(
      page.received('settings').map(({ table: { truth } }) => truth),
      ['table'],
    );
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('say why nothing can be estimated', async () => {
    const error = { code: 'labels-foreign', message: 'reviews.csv holds no label yet.' };
    const page = await show(overview({ shares: { file: 'reviews.csv', report: null, error } }));
    await page.page.getByText('reviews.csv holds no label yet.').waitFor();
    assert.equal(await page.page.getByRole('button', { name: 'Copy Findings' }).count(), 0);
  });

  it('plan how many labels are needed, as it is typed', async () => {
    const page = await show(overview({ shares: made.shares }));
    await page.page.getByText('How many labels do I need?').click();
    await page.page.getByText(/^1,0\d\d labels$/).waitFor();
    await page.page.getByLabel('Points').fill('10');
    await page.page.getByText(/^9\d labels$/).waitFor();
    await page.page.getByLabel('Accuracy that is expected').fill('0.8');
    await page.page.getByText('no practical number of labels').waitFor();
    await page.page.getByLabel('Target accuracy').fill('');
    await page.page.getByText('enter a number in the range').waitFor();
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('are found also under another name, by the texts', async () => {
    const { shares } = await labelledByPeople({ labelled: 30, name: 'colleague' });
    assert.equal(shares?.file, 'colleague.csv');
    assert.equal(shares.report?.labelled, 30);
  });

  for (const theme of THEMES)
    it(`are readable in ${theme}, wide and narrow`, async () => {
      for (const width of [WIDE, 420]) {
        const page = await show(overview({ shares: unsure.shares }), { theme, width });
        await page.page.getByText('How many labels do I need?').click();
        await page.screenshot(`shares-${theme}-${width}`, true);
        const overflow = await page.page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(overflow <= 0, `${overflow} pixels beside the page at ${width}`);
        assert.deepEqual(await page.accessibilityProblems(), []);
      }
    });
});
