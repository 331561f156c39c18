/** Use Threshold…: a threshold that a table shows to reach an accuracy, written into a classifier. */
import * as vscode from 'vscode';
import { activeTable } from '../../editor/active-table';
import { uriArgument } from '../../editor/argument';
import { runInThread } from '../../editor/in-thread';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { COMMANDS } from '../../protocol/manifest';
import { LocalTable } from './local-table';
import { rememberedOptions } from './remembered';
import { writeThreshold } from './use-threshold';

const TITLE = 'Use Threshold';

export function registerThreshold(services: Services): vscode.Disposable {
  // From the explorer with the file; from the palette for the file in front.
  return vscode.commands.registerCommand(COMMANDS.useThreshold, async (argument: unknown) => {
    const uri = uriArgument(argument) ?? activeTable();
    try {
      if (uri !== undefined) await thresholdOf(services, uri);
      else
        await services.dialogs.tell('info', 'Open a scored table with true labels: its threshold is used.');
    } catch (error) {
      await reportError(services, error);
    }
  });
}

async function thresholdOf(services: Services, uri: vscode.Uri): Promise<void> {
  const { dialogs, context } = services;
  const asked = await dialogs.ask({
    title: TITLE,
    prompt: 'How often decisions above the threshold must be right, from 0 to 1',
    placeholder: '0.95',
    value: '0.95',
    validate: (text) => {
      const target = Number(text);
      return target > 0 && target < 1 ? undefined : 'Enter a number above 0 and below 1, such as 0.95.';
    },
  });
  if (asked === undefined || asked === 'back') return;
  const table = new LocalTable(uri);
  try {
    const { prefix, mapping, on } = rememberedOptions(context.workspaceState, uri);
    const columns = { prefix: prefix ?? undefined, mapping, on: on ?? undefined };
    const { choice, calibrator } = await dialogs.progress('Looking for the threshold', async (_, signal) =>
      runInThread(
        context,
        'threshold',
        { file: await table.file(), columns, target: Number(asked.text) },
        { signal },
      ),
    );
    const { threshold, message } = choice;
    if (threshold === null) {
      const chosen = await dialogs.tell('info', message, ['Open Calibration Panel']);
      if (chosen === 'Open Calibration Panel')
        await vscode.commands.executeCommand(COMMANDS.openCalibration, uri);
      return;
    }
    const of = calibrator === null ? ({ kind: 'raw' } as const) : ({ kind: 'saved', calibrator } as const);
    await writeThreshold({ uri, table, services }, { threshold, of, why: message });
  } finally {
    table.dispose();
  }
}
