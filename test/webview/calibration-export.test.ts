import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Picture } from '../../src/protocol/calibration-export';
import { resultsFolder } from '../support/vscode-server';
import { brokenDownStates, comparedStates, PANEL_STATES, progressedState } from './calibration-states';
import { THEMES, usePages, type TestPage } from './page-harness';

describe('exporting from the calibration panel', () => {
  const pages = usePages('calibration');

  const picturesOf = async (page: TestPage<'calibration'>): Promise<readonly Picture[]> => {
    await page.page.getByRole('button', { name: 'Export…' }).click();
    return page.received('export').at(-1)?.pictures ?? [];
  };
  const pictureOf = async (
    page: TestPage<'calibration'>,
    id: string,
    format: 'svg' | 'png',
  ): Promise<string> => {
    const data = await page.ask('picture', { id, format });
    assert.ok(typeof data === 'string');
    return data;
  };

  it('names every diagram that is shown, and is offered once the numbers are complete', async () => {
    const page = await pages.open({ width: 1180 });
    const offered = page.page.getByRole('button', { name: 'Export…' });
    for (const incomplete of [PANEL_STATES.reading, PANEL_STATES.refused, PANEL_STATES.gone]) {
      await page.notify('state', incomplete);
      assert.equal(await offered.isVisible(), false);
    }
    await page.notify('state', PANEL_STATES.usual);
    assert.deepEqual(
      (await picturesOf(page)).map(({ id }) => id),
      ['raw', 'thresholds'],
    );
    await page.notify('state', (await comparedStates()).use);
    const pictures = await picturesOf(page);
    assert.deepEqual(
      pictures.map(({ id }) => id),
      ['raw', 'before', 'after', 'thresholds'],
    );
    assert.match(pictures[2]?.title ?? '', /^Reliability diagram after /);
    await page.page.getByRole('button', { name: 'Copy…' }).click();
    assert.deepEqual(page.received('copy'), [{ part: null }]);
    assert.equal(await page.ask('picture', { id: 'other', format: 'svg' }), null);
  });

  it('names the part that is shown', async () => {
    const page = await pages.open({ width: 1180 });
    const { column } = await brokenDownStates();
    await page.notify('state', column);
    const [, second] = column.breakdown?.parts ?? [];
    assert.ok(second);
    await page.page
      .getByRole('table', { name: 'Parts, worst first' })
      .getByRole('button', { name: second.name })
      .click();
    const [raw] = await picturesOf(page);
    assert.ok(raw?.title.startsWith(`Reliability diagram of ${second.name}: accuracy by confidence`));
    assert.equal(page.received('export').at(-1)?.part, second.name);
    await page.page.getByRole('button', { name: 'Copy…' }).click();
    assert.deepEqual(page.received('copy'), [{ part: second.name }]);
  });

  it('is offered again when the numbers are computed, and says so', async () => {
    const page = await pages.open({ width: 1180 });
    await page.notify('state', { ...PANEL_STATES.usual, busy: 'Computing' });
    for (const name of ['Export…', 'Copy…']) {
      const offered = page.page.getByRole('button', { name });
      assert.equal(await offered.isEnabled(), false);
      assert.match((await offered.getAttribute('title')) ?? '', /^Available when the numbers are complete/);
      await offered.press('Enter');
    }
    assert.deepEqual([page.received('export'), page.received('copy')], [[], []]);
    await page.screenshot('calibration-export-waits');
    await page.notify('state', PANEL_STATES.usual);
    await picturesOf(page);
  });

  it('makes pictures of the thresholds and of what more rows would bring', async () => {
    const page = await pages.open({ width: 1180 });
    await page.notify('state', progressedState());
    const pictures = (await picturesOf(page)).filter(({ id }) => /^(thresholds|progression-)/.test(id));
    const methods = progressedState().progression.methods?.map(({ method }) => `progression-${method}`);
    assert.deepEqual(
      pictures.map(({ id }) => id),
      ['thresholds', ...(methods ?? [])],
    );
    for (const { id, title } of pictures) {
      assert.ok(title.length > 0);
      const svg = await pictureOf(page, id, 'svg');
      assert.doesNotMatch(svg, /var\(|class=|style=|href|url\(|rgb|color\(/);
      assert.match(svg, /<polyline/);
      const png = Buffer.from(await pictureOf(page, id, 'png'), 'base64');
      writeFileSync(path.join(resultsFolder('screenshots'), `exported-${id}.png`), png);
      assert.ok(png.length > 5000, 'the picture is all but empty');
    }
    assert.deepEqual(await page.violations(), []);
  });

  it('puts a legend under the thresholds: the curves, the target, and every bucket by its shape', async () => {
    const page = await pages.open({ width: 1180 });
    const { use } = await comparedStates();
    const name = `${'w'.repeat(50)} & <b>`;
    const buckets = use.decisions.buckets.map((bucket, at) => (at === 1 ? { ...bucket, name } : bucket));
    const report = use.decisions.report && { ...use.decisions.report, buckets };
    await page.notify('state', { ...use, decisions: { ...use.decisions, buckets, report } });
    const svg = await pictureOf(page, 'thresholds', 'svg');
    const { words, viewBox, widest } = await page.page.evaluate<{
      words: string[];
      viewBox: { width: number };
      widest: number;
    }>(
      `(() => {
        const { documentElement: root } = new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml');
        const shown = document.body.appendChild(document.importNode(root, true));
        const lines = [...shown.querySelectorAll('g[transform] > text')];
        const { x, width } = shown.viewBox.baseVal;
        const widest = Math.max(...lines.map((line) => line.getBBox().x + line.getBBox().width));
        return { words: lines.map((line) => line.textContent), viewBox: { width: x + width }, widest };
      })()`,
    );
    assert.deepEqual(words.slice(0, 1), ['raw']);
    assert.match(words[1] ?? '', /, on rows that the fit did not see$/);
    assert.ok(words.includes('target accuracy: 0.95'));
    assert.deepEqual(words.slice(-4), [
      'automatic [0.9, 1]',
      `${name} [0.7, 0.9)`,
      'manual check [0.5, 0.7)',
      'manual [0, 0.5)',
    ]);
    assert.ok(widest <= viewBox.width, `the legend is ${widest} wide, the picture ${viewBox.width}`);
    const png = Buffer.from(await pictureOf(page, 'thresholds', 'png'), 'base64');
    writeFileSync(path.join(resultsFolder('screenshots'), 'exported-thresholds-legend.png'), png);
  });

  for (const theme of THEMES) {
    it(`makes an SVG that needs nothing but itself, and the same as a PNG, in ${theme}`, async () => {
      const page = await pages.open({ width: 1180, theme });
      await page.notify('state', PANEL_STATES.usual);
      const svg = await pictureOf(page, 'raw', 'svg');
      const { bins } = PANEL_STATES.usual.analysis.evaluation;
      writeFileSync(path.join(resultsFolder('screenshots'), `exported-${theme}.svg`), svg);
      assert.doesNotMatch(svg, /var\(|class=|style=|href|url\(|rgb|color\(/);
      const parsed = await page.page.evaluate<{ root: string; title: string; desc: string; marks: number }>(
        `(() => {
          const { documentElement: root } = new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml');
          return {
            root: root.tagName,
            title: root.querySelector('title').textContent,
            desc: root.querySelector('desc').textContent,
            marks: root.querySelectorAll('g circle').length,
          };
        })()`,
      );
      assert.equal(parsed.root, 'svg');
      assert.match(parsed.title, /^Reliability diagram/);
      assert.equal(parsed.desc.match(/Bin [[(]/g)?.length, bins.length);
      assert.ok(parsed.marks > 1);
      const png = Buffer.from(await pictureOf(page, 'raw', 'png'), 'base64');
      writeFileSync(path.join(resultsFolder('screenshots'), `exported-${theme}.png`), png);
      assert.equal(png.subarray(1, 4).toString(), 'PNG');
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2 * Number(width), 2 * Number(height)]);
      assert.ok(png.length > 20_000, 'the picture is all but empty');
      assert.deepEqual(await page.violations(), []);
    });
  }
});
