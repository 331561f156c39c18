import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { seededRandom } from '../../src/core/random';
import { projectRoot } from '../support/vscode-server';
import { useWorkbench } from './harness';
import { notification, reviewsTable, scoreAndKillHost } from './score-and-kill';

describe('a person who scores a table', () => {
  const workbench = useWorkbench({
    settings: { 'promptConfidence.threads': 1, 'promptConfidence.gpu': 'off' },
  });
  const at = (name: string): string => path.join(workbench().workspace, name);

  /** What the command line makes of the same table. */
  function byCommandLine(table: string): { out: string; meta: string } {
    const out = at(`${table}.cli.csv`);
    const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
    execFileSync(process.execPath, [cli, 'score', at(table), '--out', out, '--gpu', 'off'], {
      stdio: 'pipe',
    });
    return { out: readFileSync(out, 'utf8'), meta: readFileSync(`${out}.meta.json`, 'utf8') };
  }

  it('sees how far it is, pauses it, resumes it and opens the calibration panel', async () => {
    const { page } = workbench();
    workbench().writeFile('films.csv', reviewsTable(150));
    await workbench().openFile('films.csv');
    await workbench().runCommand('Prompt Confidence: Score CSV…');
    for (const question of ['Classifier to score films.csv with', 'Column with the texts']) {
      await page.getByPlaceholder(question).waitFor();
      await page.keyboard.press('Enter');
    }
    await workbench().waitForText(/Name of the scored copy/);
    await page.keyboard.press('Enter');
    const progress = await notification(workbench(), /\d+ of 150 rows \(\d+%\) · .* left/);
    await workbench().screenshot('score progress');
    await progress.getByRole('button', { name: 'Cancel' }).first().click();
    const pause = await notification(
      workbench(),
      /Paused: \d+ of 150 rows \(\d+%\) of films\.scored\.csv are scored\./,
    );
    await workbench().screenshot('score paused');
    assert.ok(!existsSync(at('films.scored.csv')));
    await pause.getByRole('button', { name: 'Resume' }).first().click();
    const end = await notification(workbench(), '150 rows are scored in films.scored.csv.');
    await workbench().screenshot('score done');
    const expected = byCommandLine('films.csv');
    assert.equal(readFileSync(at('films.scored.csv'), 'utf8'), expected.out);
    assert.equal(readFileSync(at('films.scored.csv.meta.json'), 'utf8'), expected.meta);
    await end.getByRole('button', { name: 'Open Calibration Panel' }).first().click();
    await page.locator('.tab.active[data-resource-name="films.scored.csv"]').waitFor();
  });

  it('loses nothing when the extension host is killed in the middle', async () => {
    const share = seededRandom(2027)();
    await scoreAndKillHost(workbench(), 'killed.csv', 120, share);
    const expected = byCommandLine('killed.csv');
    assert.equal(readFileSync(at('killed.scored.csv'), 'utf8'), expected.out);
    assert.equal(readFileSync(at('killed.scored.csv.meta.json'), 'utf8'), expected.meta);
    assert.deepEqual(
      readdirSync(workbench().workspace).filter((name) => /\.(part|lock|tmp)/u.test(name)),
      [],
    );
  });
});
