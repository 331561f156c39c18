/**
 * `node scripts/tour.mjs walkthrough`: the pictures of the walkthrough, made in the real VS Code by the clicks of a
 * person, in a light and a dark theme. The table is the committed one of real predictions.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { builtinFile } from '../../src/core/classifier/builtin';
import { startScoring } from '../e2e/score-and-kill';
import { Workbench } from '../e2e/harness';
import { projectRoot, requiredEnvironment } from '../support/vscode-server';
import { runMain } from '../support/run-main';

/** Not over the pictures that are committed, unless that is asked for. */
const OUT = requiredEnvironment('PROMPT_CONFIDENCE_TOUR');
const THEMES = ['dark', 'light'] as const;

/** The part of the window that a picture shows, at most this large. */
const SIZE = { width: 720, height: 520 };
/** Of an editor with a few lines in it. */
const LINES = { width: 720, height: 250 };
/** Of the panel: the diagram, and the words beside it. */
const PANEL = { width: 1100, height: 760 };

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const workbench = await Workbench.open({
    settings: { 'promptConfidence.gpu': 'off', 'editor.minimap.enabled': false },
  });
  const { page } = workbench;
  const picture = async (name: string, part: Locator, most = SIZE): Promise<void> => {
    for (const theme of THEMES) {
      await workbench.setTheme(theme);
      await page.mouse.move(2, 700);
      await part.waitFor();
      // Pages are drawn in their colours a moment after the window.
      await page.waitForTimeout(500);
      const box = await part.boundingBox();
      if (box === null) throw new Error(`${name} has no place`);
      const { x, y } = box;
      const [width, height] = [Math.min(box.width, most.width), Math.min(box.height, most.height)];
      const clip = { x, y, width, height };
      await page.screenshot({ path: path.join(OUT, `${name}-${theme}.png`), animations: 'disabled', clip });
    }
    console.log(name);
  };
  const item = (name: RegExp): Locator => page.getByRole('treeitem', { name }).first();
  const sideBar = page.locator('.part.sidebar');
  const editor = page.locator('.editor-group-container.active .editor-instance').first();
  try {
    await page.setViewportSize({ width: 1280, height: 860 });
    await workbench.runCommand('View: Show Prompt Confidence');
    // Wide enough for what stands beside the names.
    const edge = (await sideBar.boundingBox()) ?? { x: 0, width: 0 };
    await page.mouse.move(edge.x + edge.width, 500);
    await page.mouse.down();
    await page.mouse.move(edge.x + 460, 500, { steps: 5 });
    await page.mouse.up();
    await item(/^Models and Endpoints/).click();
    await item(/\.gguf/).waitFor();
    await picture('model', sideBar);
    await item(/^Models and Endpoints/).click();

    await workbench.openFile('reviews.txt');
    await workbench.selectText('I love this movie!');
    await workbench.runCommand('Prompt Confidence: Classify Selection');
    const result = await workbench.webview('Result');
    await result.getByRole('heading', { name: /positive/ }).waitFor();
    await picture('classify', editor, LINES);
    await item(/^Classifiers/).click();
    await page.setViewportSize({ width: 1280, height: 1100 });
    await picture('result', page.locator('.part.sidebar .pane').last());
    await page.setViewportSize({ width: 1280, height: 860 });

    const classifier = '.prompt-confidence/classifiers/sentiment.json';
    workbench.writeFile(classifier, `${JSON.stringify(builtinFile('sentiment'), null, 2)}\n`);
    await workbench.openFile(classifier);
    await picture('classifier', editor);

    await startScoring(workbench, 'snippets.csv');
    await item(/^Tables/).click();
    await item(/^snippets\.scored\.csv/).waitFor();
    await picture('score', sideBar);

    for (const name of ['reviews.csv', 'reviews.csv.meta.json'])
      workbench.writeFile(name, readFileSync(path.join(projectRoot(), 'docs', 'real-data', name), 'utf8'));
    await item(/^reviews\.csv/).click();
    const panel = await workbench.calibrationPanel();
    await panel.locator('.about').waitFor();
    await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await picture('measure', editor, PANEL);

    await panel.getByRole('button', { name: 'Compare Calibrators' }).click();
    await panel.getByRole('heading', { name: /^Calibrators\. (Recommended|Keep|Not)/ }).waitFor();
    await panel.locator('.busy').waitFor({ state: 'hidden' });
    await panel
      .locator('.calibrators')
      .first()
      .evaluate((element) => (element as unknown as { scrollIntoView(): void }).scrollIntoView());
    await picture('calibrate', editor, PANEL);

    await panel.getByRole('button', { name: /^Save Calibrator/ }).click();
    await page.locator('.quick-input-widget:not(.hidden) input').waitFor();
    await page.keyboard.press('Enter');
    await workbench.waitForText(/Saved the calibrator/);
    await workbench.runCommand('Prompt Confidence: Set Calibrator for Classifier…');
    await page.getByPlaceholder('Classifier to calibrate').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'reviews' }).first().click();
    await workbench.waitForText(/now uses the calibrator reviews/);
    await workbench.openFile('reviews.txt');
    await workbench.selectText('I love this movie!');
    await workbench.runCommand('Prompt Confidence: Classify Selection');
    await workbench.until('the calibrated result is shown', async () => {
      const shown = await page.evaluate<string>(
        `[...document.querySelectorAll('.view-line span')].map((span) => getComputedStyle(span, '::after').content).join(' ')`,
      );
      if (!shown.includes('raw')) throw new Error(shown);
    });
    await picture('use', editor, LINES);
  } catch (error) {
    await workbench.screenshot('failed walkthrough tour');
    throw new Error('the tour stopped', { cause: error });
  } finally {
    await workbench.close();
  }
}

runMain(main);
