/** The documents that ship with the extension. */
import * as vscode from 'vscode';
import { reportError } from './report-error';
import type { Services } from './services';

/**
 * Shows a document beside what it explains; that it cannot be shown is told.
 *
 * @param name in the folder docs: "labels.md"
 */
export async function showGuide(
  services: Pick<Services, 'context' | 'log' | 'dialogs'>,
  name: string,
): Promise<void> {
  try {
    const guide = vscode.Uri.joinPath(services.context.extensionUri, 'docs', name);
    await vscode.commands.executeCommand('markdown.showPreview', guide);
  } catch (error) {
    void reportError(services, error);
  }
}
