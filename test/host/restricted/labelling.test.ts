import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../../src/protocol/manifest';
import { until } from '../../support/until';
import { internals } from '../internals';

describe('labelling in a restricted workspace', () => {
  it('shows the rows, saves nothing, and says why', async () => {
    const { labellings } = await internals();
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    const uri = vscode.Uri.file(path.join(folder, 'untrusted-rows.csv'));
    writeFileSync(
      uri.fsPath,
      `id,text\n${Array.from({ length: 30 }, (_, i) => `${i},text ${i}`).join('\n')}\n`,
    );
    try {
      await vscode.commands.executeCommand(COMMANDS.labelRows, uri);
      const panel = await until('the page asks which rows', () =>
        labellings.panels.find(({ state }) => state.setup !== null && state.busy === null),
      );
      assert.equal(panel.state.saving?.code, 'not-trusted');
      await panel.begin({ kind: 'random', rows: 5, labels: ['a', 'b'], isBlind: true, goal: null });
      // The editor may tell of the new table meanwhile, which is read again then.
      const row = await until('the first row is shown', () => panel.state.session?.row ?? undefined);
      assert.match(row.text, /^text \d+$/u);
      await panel.answer(0, { kind: 'label', label: 'a' });
      assert.equal(panel.state.saving.code, 'not-trusted');
      assert.deepEqual([panel.state.session?.answered, panel.state.session?.row?.at], [0, 0]);
      assert.ok(!existsSync(path.join(folder, '.prompt-confidence', 'labels')));
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      rmSync(uri.fsPath);
    }
  });
});
