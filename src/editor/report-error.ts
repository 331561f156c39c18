/** Tells a person that something went wrong: the message, and the actions that help. The details go into the log. */
import * as vscode from 'vscode';
import { UserError } from '../core/user-error';
import { COMMANDS, settingId } from '../protocol/manifest';
import type { Dialogs } from './dialogs';

/** Codes of a person's decisions. They are not errors, so nothing is shown. */
const DECISIONS: ReadonlySet<string> = new Set(['cancelled', 'download-declined', 'download-cancelled']);

/** What each button runs, with its arguments. */
const ACTIONS: Readonly<Record<string, readonly [command: string, ...arguments: string[]]>> = {
  'Choose Classifier…': [COMMANDS.classifyWith],
  'Choose Model…': [COMMANDS.chooseModel],
  'Add Endpoint…': [COMMANDS.addEndpoint],
  'Edit Endpoints': ['workbench.action.openSettings', settingId('endpoints')],
  'Set Key…': [COMMANDS.setEndpointKey],
  'Download Model…': [COMMANDS.downloadModel],
  'Manage Workspace Trust': ['workbench.trust.manage'],
  'Restart Engine': [COMMANDS.restartEngine],
  'Show Log': [COMMANDS.showLog],
};

/** The buttons beside an error, by its code: the likeliest remedy comes first. */
function actionsFor(code: string): string[] {
  if (code === 'no-model' || code === 'model-missing') return ['Choose Model…', 'Download Model…'];
  if (code === 'endpoint-missing') return ['Add Endpoint…', 'Edit Endpoints'];
  if (code === 'endpoint-key' || code === 'endpoint-quota') return ['Set Key…', 'Edit Endpoints'];
  if (code.startsWith('endpoint-')) return ['Edit Endpoints', 'Show Log'];
  if (code === 'source-untrusted') return ['Manage Workspace Trust'];
  if (code === 'model-differs' || code.startsWith('gguf-')) return ['Choose Model…'];
  if (code === 'out-of-memory') return ['Choose Model…', 'Show Log'];
  if (code === 'no-calibrators' || code === 'not-trusted') return [];
  if (/^(classifier-|labels-|prompt-too-long|no-chat-template)/.test(code)) return ['Choose Classifier…'];
  // The message is enough.
  if (code.startsWith('text-') || code === 'no-editor' || code === 'result-outdated') return [];
  if (code.startsWith('engine')) return ['Restart Engine', 'Show Log'];
  return ['Show Log'];
}

export interface Remedies {
  /** Repeats what failed. */
  readonly retry?: () => Promise<void>;
  /** The broken file, to be opened. */
  readonly file?: vscode.Uri;
}

/**
 * Shows an error and does what the person chooses. `remedies` come before the buttons that fit its code. Nothing is
 * shown for cancelled work.
 */
export async function reportError(
  { log, dialogs }: { readonly log: vscode.LogOutputChannel; readonly dialogs: Dialogs },
  error: unknown,
  { retry, file }: Remedies = {},
): Promise<void> {
  const code = error instanceof UserError ? error.code : 'unexpected';
  if (DECISIONS.has(code)) return;
  const message = error instanceof Error ? error.message : String(error);
  log.error(code, error instanceof UserError ? message : error);
  const actions = [
    ...(retry === undefined ? [] : ['Retry']),
    ...(file === undefined ? [] : ['Open File']),
    ...actionsFor(code),
  ];
  const chosen = await dialogs.tell('error', message, actions);
  if (chosen === 'Retry') return retry?.();
  if (chosen === 'Open File' && file !== undefined) {
    await vscode.window.showTextDocument(file);
    return;
  }
  const action = chosen === undefined ? undefined : ACTIONS[chosen];
  if (action !== undefined) await vscode.commands.executeCommand(...action);
}
