/** Prompts in read-only editors: documents that nobody can save, and that are gone with their tab. */
import * as vscode from 'vscode';

const SCHEME = 'prompt-confidence-prompt';

export class PromptDocuments implements vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private number = 0;
  private readonly subscription = vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: (uri) => this.texts.get(uri.toString()) ?? '',
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())),
  );

  /** Shows a text beside the active editor. */
  async show(text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/Prompt ${++this.number}.txt` });
    this.texts.set(uri.toString(), text);
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true });
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
