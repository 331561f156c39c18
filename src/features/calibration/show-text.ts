/** A table as text, beside its panel. */
import * as vscode from 'vscode';

/** Characters; a selection that goes beyond its line ends there. */
const LONGEST_LINE = 2 ** 30;

/** @param line to be selected, from 1 */
export async function showText(
  uri: vscode.Uri,
  panel: vscode.WebviewPanel,
  line: number | undefined,
): Promise<void> {
  const options: vscode.TextDocumentShowOptions = {
    viewColumn: textColumn(uri, panel),
    ...(line === undefined ? {} : { selection: new vscode.Range(line - 1, 0, line - 1, LONGEST_LINE) }),
  };
  // Not `openTextDocument`: extensions get no documents above 50 MB, the editor shows them all the same.
  await vscode.commands.executeCommand('vscode.openWith', uri, 'default', options);
}

/** Where the file stands as text already, else beside the panel. */
function textColumn(uri: vscode.Uri, panel: vscode.WebviewPanel): vscode.ViewColumn {
  const open = vscode.window.tabGroups.all.find((group) =>
    group.tabs.some(
      ({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString(),
    ),
  );
  if (open !== undefined && open.viewColumn !== panel.viewColumn) return open.viewColumn;
  return vscode.ViewColumn.Beside;
}
