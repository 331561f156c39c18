/** A text to try Classify Selection on, where no file is open. */
import * as vscode from 'vscode';
import type { Dialogs } from '../../editor/dialogs';

/** Written for this purpose: what they say is easy, mixed and ironic in turn. */
const SAMPLE = `I love this movie!
Two hours of my life that I want back.
Best worst thing ever.
The plot limps, but the lead carries every scene she is in.
Slow, quiet and unforgettable.
I laughed twice, both times at the credits.
`;

/** Shows what is missing, and repeats the command on a sample if the person wants that. */
export async function offerSample(
  { dialogs }: { readonly dialogs: Dialogs },
  why: string,
  again: () => Promise<unknown>,
): Promise<void> {
  const open = 'Try a Sample';
  if ((await dialogs.tell('info', why, [open])) !== open) return;
  const document = await vscode.workspace.openTextDocument({ content: SAMPLE, language: 'plaintext' });
  await vscode.window.showTextDocument(document, { selection: document.lineAt(0).range });
  await again();
}
