/** Shows a table as text, beside its panel. */
import * as vscode from 'vscode';

/** A column beyond the end of any line: a selection up to it ends with its line. */
const LONGEST_LINE = 2 ** 30;

/** @param line line to select, from 1; undefined for none */
export async function showText(
  uri: vscode.Uri,
  panel: vscode.WebviewPanel,
  line: number | undefined,
): Promise<void> {
  const options: vscode.TextDocumentShowOptions = {
    viewColumn: textColumn(uri, panel),
    ...(line === undefined ? {} : { selection: new vscode.Range(line - 1, 0, line - 1, LONGEST_LINE) }),
  };
  // Not `openTextDocument`: extensions get no documents above 50 MB, but the editor shows them.
  await vscode.commands.executeCommand('vscode.openWith', uri, 'default', options);
}

/** The column that shows the file as text already, else the one beside the panel. */
function textColumn(uri: vscode.Uri, panel: vscode.WebviewPanel): vscode.ViewColumn {
  const open = vscode.window.tabGroups.all.find((group) =>
    group.tabs.some(
      ({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString(),
    ),
  );
  if (open !== undefined && open.viewColumn !== panel.viewColumn) return open.viewColumn;
  return vscode.ViewColumn.Beside;
}
