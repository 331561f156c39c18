/** Measure Confidence…: leads from a raw confidence to tables that show how often it is right. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import type { Dialogs } from '../../editor/dialogs';

export async function measure({ dialogs }: { readonly dialogs: Dialogs }): Promise<void> {
  const command = await dialogs.choose({
    title: 'Measure Confidence',
    placeholder: 'Texts whose true labels you know show how often the model is right',
    choices: [
      {
        icon: 'table',
        label: 'Score a CSV…',
        detail: 'Classify every row of a table of texts. Its column of true labels is compared afterwards.',
        value: COMMANDS.scoreCsv,
      },
      {
        icon: 'graph-scatter',
        label: 'Open a scored CSV…',
        detail: 'Show in the calibration panel how often each confidence was right, and fit a calibrator.',
        value: COMMANDS.openCalibration,
      },
    ],
  });
  if (command !== undefined && command !== 'back') await vscode.commands.executeCommand(command);
}
