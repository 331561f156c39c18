/** Tells a person that something went wrong: the message, and the actions that help. The details go into the log. */
import type { Log } from './log';
import * as vscode from 'vscode';
import { UserError } from '../core/user-error';
import { systemErrorInWords } from '../store/system-error';
import type { Dialogs } from './dialogs';
import { actionNamed, actionsFor } from './remedies';

/** Codes of a person's decisions. They are not errors, so nothing is shown. */
const DECISIONS: ReadonlySet<string> = new Set(['cancelled', 'download-declined', 'download-cancelled']);

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
  { log, dialogs }: { readonly log: Log; readonly dialogs: Dialogs },
  error: unknown,
  { retry, file }: Remedies = {},
): Promise<void> {
  const code = error instanceof UserError ? error.code : 'unexpected';
  if (DECISIONS.has(code)) return;
  const message = systemErrorInWords(error) ?? (error instanceof Error ? error.message : String(error));
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
  const action = chosen === undefined ? undefined : actionNamed(chosen);
  if (action !== undefined) await vscode.commands.executeCommand(...action);
}
