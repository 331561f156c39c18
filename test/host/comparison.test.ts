/** Compare With… and Try Another…: from tables to the page of their comparison. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ComparisonPanel } from '../../src/features/calibration/comparison/comparison-panel';
import type { Comparisons } from '../../src/features/calibration/comparison/comparisons';
import { COMMANDS } from '../../src/protocol/manifest';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';

describe('comparing tables in the editor', () => {
  let comparisons: Comparisons;
  let folder: string;
  const uri = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));

  before(async () => {
    ({ comparisons } = await internals());
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    const table = readFileSync(path.join(projectRoot(), 'test/fixtures/panel/reviews.csv'), 'utf8');
    const [header = '', ...lines] = table.trimEnd().split('\n').slice(0, 201);
    writeFileSync(uri('compare-a.csv').fsPath, [header, ...lines].join('\n'));
    // The same rows in another order, less some of them.
    writeFileSync(uri('compare-b.csv').fsPath, [header, ...lines.slice(20).reverse()].join('\n'));
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('the comparison is closed', () => comparisons.panels.length === 0 || undefined);
  });
  after(() => {
    for (const name of ['compare-a.csv', 'compare-b.csv']) rmSync(uri(name).fsPath, { force: true });
  });

  const complete = (): Promise<ComparisonPanel> =>
    until('the comparison is complete', () =>
      comparisons.panels.find(({ state }) => state.busy === null && (state.view ?? state.error) !== null),
    );

  it('compares what is chosen together, once, and says what is missing', async () => {
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const { state } = await complete();
    assert.equal(state.error, null);
    assert.deepEqual(state.view?.report.names, ['compare-a', 'compare-b']);
    assert.ok((state.view.report.tables[0]?.missing ?? 0) > 0);
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    assert.equal(comparisons.panels.length, 1);
    assert.equal(
      vscode.window.tabGroups.activeTabGroup.activeTab?.label,
      'Compare compare-a.csv, compare-b.csv',
    );
  });

  it('compares again when a table changes', async () => {
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const before = (await complete()).state.view?.report.pairing.rows ?? 0;
    const lines = readFileSync(uri('compare-b.csv').fsPath, 'utf8').split('\n');
    let fewer = 20;
    const change = (): void =>
      writeFileSync(uri('compare-b.csv').fsPath, lines.slice(0, -fewer++).join('\n'));
    // The editor begins to watch a folder at some time after it was asked to, and no event tells when.
    const again = setInterval(change, 3000);
    try {
      change();
      await until('fewer rows are compared', () => {
        const rows = comparisons.panels[0]?.state.view?.report.pairing.rows ?? before;
        return rows < before || undefined;
      });
    } finally {
      clearInterval(again);
    }
  });

  it('says why tables cannot be compared', async () => {
    writeFileSync(uri('compare-b.csv').fsPath, 'id,label,prob:x,prob:y\n1,x,.6,.4\n');
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const { state } = await complete();
    assert.equal(state.error?.code, 'labels-differ');
    assert.match(state.error.message, /^compare-b\.csv has the labels/);
  });
});
