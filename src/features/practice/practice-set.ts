/** Create Practice Set: a table of synthetic labelled texts to try scoring, calibration and fine-tuning on. */
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { writePracticeTable } from '../../app/practice-table';
import { practiceInWords } from '../../core/words/practice';
import { COMMANDS } from '../../protocol/manifest';
import { checkPlace } from '../../editor/place';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { isTrustedOrTold } from '../../editor/trust';

const SEED = 0;

export function registerPractice(services: Services): vscode.Disposable {
  return vscode.commands.registerCommand(COMMANDS.createPracticeSet, () => createPracticeSet(services));
}

async function createPracticeSet(services: Services): Promise<void> {
  const { dialogs } = services;
  const why = 'A practice set is written into a workspace that you trust.';
  if (!(await isTrustedOrTold(dialogs, why))) return;
  try {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const place = folder?.uri.scheme === 'file' ? folder.uri.fsPath : os.homedir();
    const file = await dialogs.chooseNewFile('Create Practice Set', path.join(place, 'practice.csv'), {
      Tables: ['csv'],
    });
    if (file === undefined) return;
    const uri = vscode.Uri.file(file);
    await checkPlace(uri);
    const rows = await writePracticeTable(file, SEED);
    const said = `${path.basename(file)}: ${practiceInWords(rows.length)}`;
    const chosen = await dialogs.tell('info', said, ['Score CSV…', 'Open File']);
    if (chosen === 'Open File') await vscode.window.showTextDocument(uri);
    if (chosen === 'Score CSV…') await vscode.commands.executeCommand(COMMANDS.scoreCsv, uri);
  } catch (error) {
    await reportError(services, error);
  }
}
