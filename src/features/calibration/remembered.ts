/** The columns that a person assigned in a table, kept for the workspace by the table's address. */
import type * as vscode from 'vscode';
import { AS_FOUND, type TableOptions, tableOptionsSchema } from '../../protocol/calibration-page';

const keyOf = (uri: vscode.Uri): string => `calibration.table:${uri.toString()}`;

export function rememberedOptions(memory: vscode.Memento, uri: vscode.Uri): TableOptions {
  // An older version may have kept another shape.
  return tableOptionsSchema.safeParse(memory.get(keyOf(uri))).data ?? AS_FOUND;
}

export async function rememberOptions(
  memory: vscode.Memento,
  uri: vscode.Uri,
  options: TableOptions,
): Promise<void> {
  const asFound = JSON.stringify(options) === JSON.stringify(AS_FOUND);
  await memory.update(keyOf(uri), asFound ? undefined : options);
}
