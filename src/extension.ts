import type * as vscode from 'vscode';

/** Composition root: the only file that sees everything. */
export function activate(_context: vscode.ExtensionContext): void {
  // Features are constructed and registered here.
}
