/** The argument of a command: a value that other code passes, or an item of a tree or menu that carries it. */
import * as vscode from 'vscode';
import * as z from 'zod';

/**
 * @param field name of the value in an item
 * @returns undefined for anything else, as from the command palette
 */
export function argumentOf<T>(argument: unknown, field: string, schema: z.ZodType<T>): T | undefined {
  const direct = schema.safeParse(argument);
  return direct.success ? direct.data : z.object({ [field]: schema }).safeParse(argument).data?.[field];
}

const uriSchema = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);

/** The file that a command is about; undefined if it was called without one. */
export function uriArgument(argument: unknown): vscode.Uri | undefined {
  return argumentOf(argument, 'uri', uriSchema);
}

/** The name that a command is about: of a classifier (`classifier`), an endpoint (`endpoint`) and so on. */
export function nameArgument(argument: unknown, field: string): string | undefined {
  return argumentOf(argument, field, z.string());
}
