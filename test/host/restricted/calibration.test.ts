import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { copyText, exportFile, type ExportSource } from '../../../src/features/calibration/export/export';
import { askCalibratorFile } from '../../../src/features/calibration/save';
import { projectRoot } from '../../support/vscode-server';
import { until } from '../../support/until';
import { internals } from '../internals';
import { ScriptedDialogs } from '../scripted-dialogs';

const code = (wanted: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === wanted;

describe('the calibration panel in a restricted workspace', () => {
  const table = vscode.Uri.file(path.join(projectRoot(), 'test/fixtures/panel/reviews.csv'));

  it('shows its numbers, can copy them, and says why it writes nothing into the workspace', async () => {
    const { calibration } = await internals();
    await vscode.commands.executeCommand('promptConfidence.openCalibration', table);
    const panel = await until('a panel opens', () => calibration.panels[0]);
    const state = await until('it has its numbers', () =>
      panel.state.busy === null && panel.state.analysis !== null ? panel.state : undefined,
    );
    const source: ExportSource = {
      uri: table,
      state,
      versions: {},
      isStale: false,
      part: null,
      report: () => Promise.resolve({}),
      picture: () => Promise.resolve(null),
    };
    const copying = new ScriptedDialogs(['Markdown']);
    await copyText(source, copying);
    assert.equal(copying.saying('copy # Calibration of').length, 1);
    const folder = vscode.workspace.workspaceFolders?.[0];
    assert.ok(folder);
    const inside = new ScriptedDialogs(['Report', path.join(folder.uri.fsPath, 'report.md')]);
    await assert.rejects(exportFile(source, inside, []), code('not-trusted'));
    await assert.rejects(
      askCalibratorFile(new ScriptedDialogs([]), table, 'platt', 'origin'),
      code('not-trusted'),
    );
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
