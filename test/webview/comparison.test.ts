import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ComparisonState, ComparisonView } from '../../src/protocol/comparison-page';
import { HOSTILE, unseenIn } from '../support/hostile';
import { resultsFolder } from '../support/vscode-server';
import { comparisonState, comparisonView } from './comparison-states';
import { THEMES, usePages, type PageOptions, type TestPage } from './page-harness';

const WIDE = 1180;

describe('the page of a comparison', () => {
  const pages = usePages('comparison');
  let two: ComparisonView;
  let three: ComparisonView;
  before(async () => {
    two = await comparisonView(2, { slice: 'kind' });
    three = await comparisonView(3);
  });

  async function show(state: ComparisonState, options?: PageOptions): Promise<TestPage<'comparison'>> {
    const page = await pages.open({ width: WIDE, ...options });
    await page.notify('state', state);
    return page;
  }

  it('says that it is there, and what is better before any number', async () => {
    const page = await show(comparisonState(two));
    assert.deepEqual(page.received('ready'), [{ settings: null }]);
    const headings = await page.page.getByRole('heading').allInnerTexts();
    assert.deepEqual(headings.slice(0, 3), ['Comparison of base.csv, tuned.csv', headings[1], 'At a glance']);
    assert.match(headings[1] ?? '', /^tuned is better than base/);
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('shows the numbers of every run with their differences, and the table at the threshold', async () => {
    const page = await show(comparisonState(two));
    const numbers = page.page.getByRole('table', { name: /^Numbers of every run, Raw/ });
    const accuracy = numbers.getByRole('row', { name: /^Accuracy \d/ });
    const [raw] = two.report.stages;
    const value = raw?.differences[0]?.[0]?.value ?? NaN;
    assert.ok((await accuracy.innerText()).includes(`+${value.toFixed(3)}`));
    assert.match(await accuracy.innerText(), /▲ better/);
    const high = page.page.getByRole('table', { name: 'At the threshold' });
    assert.equal(await high.getByRole('row').count(), 3);
    assert.match(await high.innerText(), new RegExp(String(raw?.runs[1]?.high.rows)));
    const slices = page.page.getByRole('table', { name: 'Accuracy by kind' });
    assert.equal(await slices.getByRole('row').count(), 3);
  });

  it('draws the runs side by side, raw and after each calibrator, and their confidences over each other', async () => {
    const page = await show(comparisonState(two));
    for (const title of ['Raw', 'After Platt', 'After isotonic', 'After the recommended calibrator']) {
      await page.page.getByLabel('Scores').selectOption({ label: title });
      await page.page.getByRole('heading', { name: title, exact: true }).waitFor();
      for (const name of ['base', 'tuned'])
        assert.equal(
          await page.page.locator('svg.diagram title', { hasText: `of ${name}, ${title}` }).count(),
          1,
        );
      assert.equal(await page.page.locator(`svg.histogram:has(title:text("${title}")) .outline`).count(), 2);
    }
    await page.page.getByRole('button', { name: 'Raw', exact: true }).click();
    await page.page.getByRole('heading', { name: 'Raw', exact: true }).waitFor();
  });

  it('draws the runs of the slice that is chosen side by side, the one that fell furthest first', async () => {
    const page = await show(comparisonState(two));
    const [worst, other] = two.report.slices[0]?.slices ?? [];
    for (const { name, rows } of [worst, other].flatMap((slice) => slice ?? [])) {
      const accuracies = page.page.getByRole('table', { name: 'Accuracy by kind' });
      const row = accuracies.getByRole('row', { name: new RegExp(`^${name} `) });
      if (name !== worst?.name) await row.getByRole('button', { name }).click();
      await page.page.getByRole('heading', { name: `kind: ${name}` }).waitFor();
      assert.match(await row.innerText(), /shown below/);
      for (const run of ['base', 'tuned'])
        assert.equal(
          await page.page.locator('svg.diagram title', { hasText: `of ${run}, kind: ${name}` }).count(),
          1,
        );
      const legend = page.page.locator('figure', {
        has: page.page.locator('svg title', { hasText: `confidence, kind: ${name}` }),
      });
      assert.match(await legend.innerText(), new RegExp(`base: ${rows} rows`));
    }
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('says what is in no slice, and compares no values that are too many to show', async () => {
    const said: string[] = [];
    const gaps = await comparisonView(
      2,
      { slice: 'kind' },
      {
        rows: 80,
        kind: (i) => (i < 7 ? '' : i < 60 ? 'news' : `k${i}`),
        say: (message) => {
          said.push(message);
          return Promise.resolve();
        },
      },
    );
    assert.equal(said.at(-1), 'Comparing slices (1 of 1)');
    let page = await show(comparisonState(gaps));
    await page.page.getByText('7 rows without a value in kind are in no slice.').waitFor();
    const [sliced] = gaps.report.slices;
    assert.ok(sliced);
    const many = { ...sliced, slices: [], notCompared: 400, tooSmall: [], tooSmallCount: 0, withoutValue: 0 };
    page = await show(comparisonState({ ...gaps, report: { ...gaps.report, slices: [many] } }));
    await page.page.getByText('kind has 400 values with 20 rows or more').waitFor();
    assert.equal(await page.page.getByText('No value has').count(), 0);
    assert.equal(await page.page.getByRole('table', { name: /^Numbers of every run/ }).count(), 1);
  });

  it('asks for other numbers, and keeps what is looked at', async () => {
    const page = await show(comparisonState(two));
    await page.page.getByLabel('Threshold', { exact: true }).selectOption('0.95');
    await page.page.getByLabel('Scores').selectOption({ label: 'After Platt' });
    const [first] = page.received('settings');
    assert.equal(first?.threshold, 0.95);
    await page.page.reload();
    await page.notify('state', comparisonState(two));
    await page.page.getByRole('heading', { name: 'After Platt', exact: true }).waitFor();
  });

  it('lists the rows that differ, worst first, with a way to each line', async () => {
    const page = await show(comparisonState(two));
    const rows = page.page.getByRole('table', { name: /^Rows on which the runs differ/ });
    assert.match(await rows.getByRole('row').nth(1).innerText(), /▼ lost[\s\S]*✓[\s\S]*✗/);
    await rows.getByRole('button').nth(1).click();
    const [revealed] = page.received('reveal');
    assert.equal(revealed?.table, 1);
    assert.equal(revealed.line, two.rows[0]?.runs[1]?.line);
    page.on('rows', () => [...two.rows, ...two.rows]);
    await page.page.getByRole('button', { name: /^List \d+ More Rows/ }).click();
    await rows
      .getByRole('row')
      .nth(two.rows.length + 1)
      .waitFor();
  });

  it('names the winner of several runs with its number from other rows', async () => {
    const page = await show(comparisonState(three));
    const words = await page.page.locator('.winner').innerText();
    assert.match(
      words,
      /^tuned has the lowest NLL of 3; it was chosen in \d+ of 10 folds\. On rows that did not choose it/,
    );
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('waits, fails and cancels in words', async () => {
    const page = await show(comparisonState(null, { busy: 'Reading the tables' }));
    await page.page.getByText('Reading the tables…').waitFor();
    await page.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(page.received('cancel').length, 1);
    const error = { code: 'no-common-rows', message: '"base.csv", "tuned.csv" have no rows in common.' };
    await page.notify('state', comparisonState(null, { error }));
    await page.page.getByRole('heading', { name: 'These tables cannot be compared' }).waitFor();
    assert.equal(await page.page.getByRole('button', { name: 'Export…' }).isVisible(), false);
    await page.page.getByRole('button', { name: 'Compare Again' }).click();
    assert.equal(page.received('retry').length, 1);
    await page.page.getByRole('button', { name: 'Open tuned.csv' }).click();
    assert.deepEqual(page.received('openTable'), [{ table: 1 }]);
    assert.deepEqual(await page.accessibilityProblems(), []);
  });

  it('leads on: another table, another run, the calibration panel, the guide', async () => {
    const page = await show(comparisonState(two));
    await page.page.getByRole('button', { name: 'Compare With…' }).click();
    await page.page.getByRole('button', { name: 'Try Another…' }).click();
    await page.page.getByRole('button', { name: 'Copy Report' }).click();
    await page.page.getByRole('button', { name: 'How to read a comparison' }).click();
    for (const method of ['compareWith', 'tryAnother', 'copy', 'openGuide'] as const)
      assert.equal(page.received(method).length, 1, method);
  });

  it('makes pictures that need nothing but themselves', async () => {
    const page = await show(comparisonState(two));
    await page.page.getByRole('button', { name: 'Export…' }).click();
    const pictures = page.received('export').at(-1)?.pictures ?? [];
    assert.deepEqual(
      pictures.map(({ id }) => id),
      ['raw', 'slice-1'].flatMap((shown) => ['1', '2', 'confidence'].map((part) => `${shown}-${part}`)),
    );
    for (const { id } of pictures) {
      const svg = await page.ask('picture', { id, format: 'svg' });
      assert.doesNotMatch(svg ?? '', /var\(|class=|style=|href|url\(|rgb|color\(/);
      const png = Buffer.from((await page.ask('picture', { id, format: 'png' })) ?? '', 'base64');
      writeFileSync(path.join(resultsFolder('screenshots'), `comparison-${id}.png`), png);
      assert.ok(png.length > 4000, id);
    }
  });

  it('shows what others wrote as text', async () => {
    const texts = Object.values(HOSTILE).filter((text) => !text.includes('\0'));
    const view = await comparisonView(
      2,
      {},
      { rows: 120, text: (i) => `${i} ${texts[i % texts.length] ?? ''}` },
    );
    const names = view.report.names.map((_, at) => texts[at] ?? '');
    const page = await show(comparisonState({ ...view, report: { ...view.report, names } }));
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(unseenIn(await page.page.locator('body').innerText(), '\n\t'), []);
  });

  for (const theme of THEMES)
    it(`is readable in ${theme}, wide and narrow`, async () => {
      // The last: what a zoom of 150% leaves of a window of 1,280 × 800 beside the side bar.
      for (const [width, height] of [
        [WIDE, 800],
        [422, 800],
        [505, 420],
      ] as const) {
        const page = await show(comparisonState(two), { theme, width, height });
        await page.screenshot(`comparison-${theme}-${width}`, true);
        const overflow = await page.page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(overflow <= 0, `${overflow} pixels beside the page at ${width}`);
        for (const picture of await page.page.locator('.diagram').all())
          assert.ok(((await picture.boundingBox())?.height ?? 0) <= height);
        assert.deepEqual(await page.accessibilityProblems(), []);
      }
    });

  it('fits beside the side bar of a window of 1,280 pixels, also at a zoom of 150%', async () => {
    for (const width of [505, 922]) {
      const page = await show(comparisonState(two), { width });
      assert.deepEqual(await page.cutTables(), [], String(width));
    }
  });

  it('has its pictures taken in light, and of three runs', async () => {
    const light = await show(comparisonState(two), { theme: 'light' });
    await light.screenshot('comparison-light-1180', true);
    const several = await show(comparisonState(three), { theme: 'dark' });
    await several.screenshot('comparison-three-dark', true);
  });
});
