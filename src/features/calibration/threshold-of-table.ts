/** Use Threshold…: a threshold that a table shows to reach an accuracy, written into a classifier. */
import * as vscode from 'vscode';
import { cancelledError } from '../../core/user-error';
import { activeTable } from '../../editor/active-table';
import { uriArgument } from '../../editor/argument';
import { labelPlace } from '../../editor/label-files';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { DEFAULT_PANEL_SETTINGS } from '../../protocol/calibration-page';
import type { TableThreshold } from '../../protocol/calibration-worker';
import { COMMANDS } from '../../protocol/manifest';
import { LocalTable } from './local-table';
import { rememberedOptions } from './remembered';
import { writeThreshold } from './use-threshold';
import { CalibrationWorker } from './worker-client';
import { workerScript } from './worker-script';

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
  const { dialogs } = services;
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
    const { choice, calibrator, truthFrom } = await dialogs.progress(
      'Looking for the threshold',
      (report, signal) => found(services, uri, table, { target: Number(asked.text), report, signal }),
    );
    const { threshold, message } = choice;
    if (threshold === null) {
      const chosen = await dialogs.tell('info', message, ['Open Calibration Panel']);
      if (chosen === 'Open Calibration Panel')
        await vscode.commands.executeCommand(COMMANDS.openCalibration, uri);
      return;
    }
    const of = calibrator === null ? ({ kind: 'raw' } as const) : ({ kind: 'saved', calibrator } as const);
    const why =
      truthFrom === null
        ? message
        : `${message} The truth is the labels that people gave: .prompt-confidence/labels/${truthFrom}.`;
    await writeThreshold({ uri, table, services }, { threshold, of, why });
  } finally {
    table.dispose();
  }
}

interface Looking {
  readonly target: number;
  readonly report: (words: string) => void;
  readonly signal: AbortSignal;
}

/** Reads the table as its panel does: with its columns, its truth and its label shares in use. */
async function found(
  { context, log }: Services,
  uri: vscode.Uri,
  table: LocalTable,
  { target, report, signal }: Looking,
): Promise<TableThreshold> {
  const worker = new CalibrationWorker(
    workerScript(context),
    {
      progress: report,
      preliminary: () => undefined,
      failed: (error) => log.error('threshold of a table', error),
    },
    labelPlace(uri)?.file,
  );
  signal.addEventListener('abort', () => worker.stop(), { once: true });
  try {
    const settings = {
      ...DEFAULT_PANEL_SETTINGS,
      table: rememberedOptions(context.workspaceState, uri),
    };
    const file = await table.file();
    if (signal.aborted) throw cancelledError();
    return await worker.threshold({ file, settings, reload: true, target });
  } finally {
    worker.stop();
  }
}
