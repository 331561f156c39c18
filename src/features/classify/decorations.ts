/** Label and percent behind every classified text of the visible editors. */
import * as vscode from 'vscode';
import { inlineSummary, isDoubtful } from '../../core/presentation';
import type { Results } from '../../workspace/results';

export function showDecorations(results: Results): vscode.Disposable {
  const certain = decorationType('promptConfidence.resultForeground');
  const doubtful = decorationType('promptConfidence.warningForeground');

  const update = (editors: readonly vscode.TextEditor[]): void => {
    for (const editor of editors) {
      const found = results.in(editor.document.uri);
      const options = (wanted: boolean): vscode.DecorationOptions[] =>
        found
          .filter((result) => isDoubtful(result.score) === wanted)
          .map((result) => ({
            range: result.range,
            renderOptions: { after: { contentText: inlineSummary(result.score) } },
          }));
      editor.setDecorations(certain, options(false));
      editor.setDecorations(doubtful, options(true));
    }
  };
  update(vscode.window.visibleTextEditors);
  return vscode.Disposable.from(
    certain,
    doubtful,
    results.onDidChange(() => update(vscode.window.visibleTextEditors)),
    vscode.window.onDidChangeVisibleTextEditors(update),
  );
}

function decorationType(color: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: { color: new vscode.ThemeColor(color), margin: '0 0 0 1.5em', fontStyle: 'normal' },
  });
}
