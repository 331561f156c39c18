/**
 * `node scripts/tour.mjs themes`: what the real VS Code puts into the document of a page, for the page tests: its
 * colours in each theme, as far as our pages or its own styles use them, and those styles.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { THEMES, Workbench, type Theme } from '../e2e/harness';
import { projectRoot, requiredEnvironment } from '../support/vscode-server';
import { runMain } from '../support/run-main';

interface Document {
  readonly bodyClass: string;
  readonly variables: Record<string, string>;
  readonly styles: string;
}

async function main(): Promise<void> {
  const workbench = await Workbench.open();
  try {
    workbench.writeFile('table.csv', 'confidence,correct\n0.9,1\n');
    await workbench.openFile('table.csv');
    await workbench.runCommand('Prompt Confidence: Open Calibration Panel');
    const frame = await workbench.calibrationPanel();
    const themes: Partial<Record<Theme, Pick<Document, 'bodyClass' | 'variables'>>> = {};
    let styles = '';
    for (const theme of Object.keys(THEMES) as Theme[]) {
      await workbench.setTheme(theme);
      await frame.locator(`body[data-vscode-theme-id="${THEMES[theme].name}"]`).waitFor();
      const document = await read(frame);
      ({ styles } = document);
      const wanted = mentioned([styles, ...ownPages(), BENEATH]);
      const variables = Object.entries(document.variables).filter(([name]) => wanted.has(name));
      themes[theme] = { bodyClass: document.bodyClass, variables: Object.fromEntries(variables.sort()) };
      console.log(`${theme}: ${variables.length} of ${Object.keys(document.variables).length} variables`);
    }
    const file = path.join(requiredEnvironment('PROMPT_CONFIDENCE_TOUR'), 'vscode.json');
    writeFileSync(file, `${JSON.stringify({ styles, themes }, null, 2)}\n`);
  } finally {
    await workbench.close();
  }
}

function read(frame: Frame): Promise<Document> {
  return frame.evaluate<Document>(`({
    bodyClass: document.body.className,
    variables: Object.fromEntries(
      [...document.documentElement.style].map((name) => [name, document.documentElement.style.getPropertyValue(name)]),
    ),
    styles: document.getElementById('_defaultStyles').textContent,
  })`);
}

/** What the result view stands on: the editor paints it beneath the page. */
const BENEATH = '--vscode-sideBar-background';

/** The built pages, with the widgets in them. */
function ownPages(): string[] {
  const folder = path.join(projectRoot(), 'dist', 'page');
  return readdirSync(folder)
    .filter((name) => /\.(css|js)$/.test(name))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

function mentioned(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => text.match(/--vscode-[\w-]+/g) ?? []));
}

runMain(main);
