/** Score CSV… as a person runs it, with an extension host that dies on the way. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { partAt } from '../../src/store/tables/work-place';
import { seededRandom } from '../../src/core/random';
import { killExtensionHosts } from '../support/extension-host';
import { CLI } from '../support/paths';
import { withoutSeconds } from '../support/score-meta';
import type { Workbench } from './harness';

/** Made-up film reviews with a truth that means nothing. */
export function reviewsTable(rows: number): string {
  const random = seededRandom(3);
  const words = 'slow brilliant dull long charming clumsy film story ending cast and but not very'.split(' ');
  const text = (): string =>
    Array.from(
      { length: 3 + Math.floor(random() * 9) },
      () => words[Math.floor(random() * words.length)],
    ).join(' ');
  const lines = Array.from(
    { length: rows },
    (_, i) => `${i},"${text()}, ${i}",${i % 2 === 0 ? 'positive' : 'negative'}\n`,
  );
  return `id,text,label\n${lines.join('')}`;
}

/** What the command line makes of a table of the workspace, and of nobody's kill; the meta without its seconds. */
export function byCommandLine({ workspace }: Workbench, table: string): { out: string; meta: string } {
  const out = path.join(workspace, `${table}.cli.csv`);
  const options = ['--gpu', 'off', '--threads', '1'];
  execFileSync(process.execPath, [CLI, 'score', path.join(workspace, table), '--out', out, ...options], {
    stdio: 'pipe',
  });
  return readScored(out);
}

/** A scored table, and what stands beside it without its seconds. */
export function readScored(file: string): { out: string; meta: string } {
  return {
    out: readFileSync(file, 'utf8'),
    meta: withoutSeconds(readFileSync(`${file}.meta.json`, 'utf8')),
  };
}

/**
 * The list of notifications, once it holds this one. Under a test driver the workbench shows none by itself, and the
 * list closes with its last entry.
 */
export async function notification(workbench: Workbench, text: string | RegExp): Promise<Locator> {
  const list = workbench.page.locator('.notifications-center.visible');
  return workbench.until(`there is a notification "${String(text)}"`, async () => {
    if (!(await list.isVisible())) await workbench.runCommand('Notifications: Show Notifications');
    await list.getByText(text).first().waitFor({ timeout: 5_000 });
    return list;
  });
}

/** Score CSV… for the open table, with what it proposes. */
export async function startScoring(workbench: Workbench, table: string): Promise<void> {
  const { page } = workbench;
  await workbench.openFile(table);
  await workbench.runCommand('Prompt Confidence: Score CSV…');
  for (const question of [`Classifier to score ${table} with`, 'Column with the texts']) {
    await page.getByPlaceholder(question).waitFor();
    await page.keyboard.press('Enter');
  }
  await workbench.waitForText(/Name of the scored copy/);
  await page.keyboard.press('Enter');
}

/**
 * Scores a table; kills the extension host at a moment after the rows began, opens the window again, and resumes. A
 * machine that has scored all of them by then has nothing to resume.
 *
 * @param moment settles at that moment of a run towards the table `out`
 */
export async function scoreAndKillHost(
  workbench: Workbench,
  table: string,
  rows: number,
  moment: (out: string) => Promise<void>,
): Promise<void> {
  const { workspace } = workbench;
  const out = path.join(workspace, table.replace('.csv', '.scored.csv'));
  workbench.writeFile(table, reviewsTable(rows));
  // What activates the extension when the window is opened again.
  workbench.writeFile('.prompt-confidence/.gitkeep', '');
  await startScoring(workbench, table);
  await workbench.until('the rows have begun', async () => {
    if (!existsSync(partAt('work', out)) && !existsSync(out)) throw new Error('there is no part');
    await Promise.resolve();
  });
  await moment(out);
  if (killExtensionHosts(path.join(path.dirname(workspace), 'server')) === 0)
    throw new Error('there was no extension host to kill');
  await workbench.reload();
  if (existsSync(out)) return;
  const offer = await notification(workbench, `${path.basename(out)} is unfinished`);
  await offer.getByRole('button', { name: 'Resume' }).first().click();
  await workbench.until('the table is whole', async () => {
    if (!existsSync(out)) throw new Error('there is no table');
    await Promise.resolve();
  });
}
