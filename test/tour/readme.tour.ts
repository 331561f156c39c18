/**
 * `npm run tour`: the README's pictures of the calibration panel, made in the real VS Code from the committed table of
 * real predictions, by the clicks of a person.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { Workbench } from '../e2e/harness';
import { requiredEnvironment } from '../support/vscode-server';
import { runMain } from '../support/run-main';

/** Not over the pictures that are committed, unless that is asked for. */
const OUT = requiredEnvironment('PROMPT_CONFIDENCE_TOUR');

/** Hundreds of fits. */
const PROGRESSION_MS = 600_000;

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const workbench = await Workbench.open({
    sample: 'docs/real-data',
    settings: { 'workbench.colorTheme': 'Dark Modern' },
  });
  const { page } = workbench;
  let step = '';
  const picture = async (name: string): Promise<void> => {
    await page.mouse.move(2, 500);
    await page.screenshot({ path: path.join(OUT, `${name}.png`), animations: 'disabled' });
    console.log(`${name}.png: ${step}`);
  };
  const top = async (frame: Frame, selector: string): Promise<void> => {
    await frame
      .locator(selector)
      .first()
      .evaluate((element) => (element as unknown as { scrollIntoView(): void }).scrollIntoView());
  };
  try {
    await page.setViewportSize({ width: 1280, height: 860 });

    step = 'the context menu of the table opens the panel';
    const row = page
      .locator('.explorer-folders-view .monaco-list-row')
      .filter({ has: page.locator('.label-name').getByText('reviews.csv', { exact: true }) });
    const entry = page.getByRole('menuitem', { name: 'Open Calibration Panel' });
    await workbench.until('the menu has the panel', async () => {
      // A menu that was opened before the extension was found stays without it.
      await page.keyboard.press('Escape');
      await row.click({ button: 'right' });
      await entry.waitFor({ timeout: 3000 });
    });
    await page.screenshot({ path: path.join(OUT, 'calibration-open.png'), animations: 'disabled' });
    console.log(`calibration-open.png: ${step}`);
    await entry.click();

    step = 'the reliability diagram and the headline numbers';
    const frame = await workbench.calibrationPanel();
    await frame.locator('.about').waitFor();
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await picture('calibration');

    step = 'the rows in parts, worst first';
    const look = frame.getByLabel('Look at');
    await look.selectOption('predicted');
    await frame.getByRole('table', { name: 'Parts, worst first' }).waitFor();
    await frame.locator('.busy').waitFor({ state: 'hidden' });
    await top(frame, '.parts');
    await picture('calibration-parts');
    await look.selectOption('all');
    await frame.locator('.parts').waitFor({ state: 'detached' });

    step = 'calibrators compared on rows that they did not see';
    await frame.getByRole('button', { name: 'Compare Calibrators' }).click();
    await frame.getByRole('heading', { name: /^Calibrators\. (Recommended|Keep|Not)/ }).waitFor();
    await frame.locator('.busy').waitFor({ state: 'hidden' });
    await top(frame, '.calibrators');
    await picture('calibration-compared');

    step = 'raw beside calibrated, on the same axes';
    await top(frame, '.pair');
    await picture('calibration-pair');

    step = 'what to decide on';
    await top(frame, '.decisions');
    await picture('calibration-decisions');

    step = 'saved into the workspace, under a name and with what it is bound to';
    await frame.getByRole('button', { name: /^Save Calibrator/ }).click();
    await page.locator('.quick-input-widget:not(.hidden) input').waitFor();
    await picture('calibration-save');
    await page.keyboard.press('Enter');
    await workbench.waitForText(/Saved the calibrator/);

    step = 'whether more labelled rows would help';
    await frame.getByRole('button', { name: 'Compute Sample-Size Progression' }).click();
    const metric = frame.getByRole('group', { name: 'Metric' });
    await metric.waitFor({ timeout: PROGRESSION_MS });
    await metric.evaluate((element) =>
      (element as unknown as { parentElement: { scrollIntoView(): void } }).parentElement.scrollIntoView(),
    );
    await picture('calibration-progression');
  } catch (error) {
    await workbench.screenshot('failed tour');
    throw new Error(`the tour stopped at: ${step}`, { cause: error });
  } finally {
    await workbench.close();
  }
}

runMain(main);
