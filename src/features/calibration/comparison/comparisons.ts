/** Compare With… and Try Another…: ask for the tables, and open their comparison. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { UserError } from '../../../core/user-error';
import { activeTable, isTable } from '../../../editor/active-table';
import { uriArgument } from '../../../editor/argument';
import { reportError } from '../../../editor/report-error';
import type { Services } from '../../../editor/services';
import { COMMANDS, COMPARISON_VIEW } from '../../../protocol/manifest';
import { inspectTable } from '../../../store/tables/inspect';
import { readScoreRun } from '../../../store/tables/score-run';
import { comparisonTitle, ComparisonPanel } from './comparison-panel';

/** The most tables of a folder that are offered; any other file can be chosen. */
const OFFERED = 50;

export class Comparisons implements vscode.Disposable {
  private readonly open = new Set<ComparisonPanel>();

  constructor(private readonly services: Services) {}

  /** The open comparisons, oldest first. */
  get panels(): readonly ComparisonPanel[] {
    return [...this.open];
  }

  /** Opens the comparison of some tables, or shows it if it is open. */
  show(uris: readonly vscode.Uri[]): void {
    const key = uris.map(String).join('\n');
    const shown = this.panels.find((panel) => panel.uris.map(String).join('\n') === key);
    if (shown !== undefined) {
      shown.reveal();
      return;
    }
    const webview = vscode.window.createWebviewPanel(
      COMPARISON_VIEW,
      comparisonTitle(uris),
      vscode.ViewColumn.Active,
    );
    const opened = new ComparisonPanel(uris, webview, this.services);
    this.open.add(opened);
    webview.onDidDispose(() => {
      this.open.delete(opened);
      opened.dispose();
    });
  }

  dispose(): void {
    for (const panel of this.open) panel.dispose();
    this.open.clear();
  }
}

export function registerComparisons(services: Services, comparisons: Comparisons): vscode.Disposable {
  return vscode.Disposable.from(
    comparisons,
    // From the explorer with one or several files; from a comparison with its tables; from the palette with none.
    vscode.commands.registerCommand(COMMANDS.compareTables, async (argument: unknown, all: unknown) => {
      try {
        const chosen = distinct([uriArgument(argument), ...urisOf(all)].flatMap((uri) => uri ?? []));
        await compare(services, comparisons, chosen, withSchema.safeParse(all).data?.with);
      } catch (error) {
        void reportError(services, error);
      }
    }),
    vscode.commands.registerCommand(COMMANDS.tryAnother, async (argument: unknown, all: unknown) => {
      try {
        await tryAnother(services, uriArgument(argument), urisOf(all));
      } catch (error) {
        void reportError(services, error);
      }
    }),
  );
}

const urisSchema = z.array(z.custom<vscode.Uri>((value) => value instanceof vscode.Uri));

/** Tables that are compared already, with which another is to be compared. */
const withSchema = z.object({ with: urisSchema });

function urisOf(argument: unknown): readonly vscode.Uri[] {
  return urisSchema.safeParse(argument).data ?? [];
}

/**
 * @param chosen tables to compare; the others are asked for if it is fewer than two
 * @param compared tables that are compared already: one more is asked for
 */
async function compare(
  services: Services,
  comparisons: Comparisons,
  chosen: readonly vscode.Uri[],
  compared: readonly vscode.Uri[] | undefined,
): Promise<void> {
  if (compared === undefined && chosen.length >= 2) {
    comparisons.show(tablesOnly(chosen));
    return;
  }
  const first = chosen[0] ?? (await tableToCompare(services));
  if (first === undefined) return;
  const tables = tablesOnly(compared ?? [first]);
  const other = await otherTable(services, tables);
  if (other !== undefined) comparisons.show([...tables, other]);
}

function distinct(uris: readonly vscode.Uri[]): vscode.Uri[] {
  return [...new Map(uris.map((uri) => [uri.toString(), uri])).values()];
}

/** @throws UserError not-a-table */
function tablesOnly(uris: readonly vscode.Uri[]): readonly vscode.Uri[] {
  if (uris.every(isTable)) return uris;
  throw new UserError('not-a-table', 'Only tables in .csv files can be compared.');
}

async function tableToCompare({ dialogs }: Services): Promise<vscode.Uri | undefined> {
  const active = activeTable();
  if (active !== undefined) return active;
  const file = await dialogs.chooseFile('Compare: the First Table', { 'Prediction tables': ['csv'] });
  return file === undefined ? undefined : vscode.Uri.file(file);
}

/** A table of the first one's folder, or any file. */
async function otherTable(
  { dialogs }: Services,
  tables: readonly vscode.Uri[],
): Promise<vscode.Uri | undefined> {
  const [first] = tables;
  if (first === undefined) return undefined;
  const names = first.scheme === 'file' ? await tablesBeside(first) : [];
  const taken = new Set(tables.map(({ fsPath }) => fsPath));
  const files = names
    .map((name) => path.join(path.dirname(first.fsPath), name))
    .filter((file) => !taken.has(file));
  const chosen =
    files.length === 0
      ? 'file'
      : await dialogs.choose({
          title: 'Compare With',
          placeholder: `Table with the same rows as ${path.posix.basename(first.path)}`,
          choices: [
            ...files.slice(0, OFFERED).map((file) => ({ label: path.basename(file), value: file })),
            { label: 'Choose a File…', description: 'a table elsewhere', value: 'file' },
          ],
        });
  if (chosen === undefined || chosen === 'back') return undefined;
  const file =
    chosen === 'file' ? await dialogs.chooseFile('Compare With', { 'Prediction tables': ['csv'] }) : chosen;
  return file === undefined ? undefined : tablesOnly([vscode.Uri.file(file)])[0];
}

/** Names of the tables of a table's folder. */
async function tablesBeside(uri: vscode.Uri): Promise<string[]> {
  const names = await readdir(path.dirname(uri.fsPath)).catch(() => []);
  return names.filter((name) => name.toLowerCase().endsWith('.csv')).sort();
}

/** Scores the table that a scored one was made of in another way, and compares the two. */
async function tryAnother(
  services: Services,
  asked: vscode.Uri | undefined,
  compared: readonly vscode.Uri[],
): Promise<void> {
  const scored = asked ?? (await tableToCompare(services));
  if (scored === undefined) return;
  const source = await sourceOf(services, scored);
  if (source === undefined) return;
  const tables = compared.length === 0 ? [scored] : compared;
  await vscode.commands.executeCommand(COMMANDS.scoreCsv, vscode.Uri.file(source), { compareWith: tables });
}

/** The table that another was scored from, where its record names it and it is the same; else one that the person chooses. */
async function sourceOf({ dialogs }: Services, scored: vscode.Uri): Promise<string | undefined> {
  const known = scored.scheme === 'file' ? await recordedSource(scored.fsPath) : undefined;
  if (known !== undefined) return known;
  await dialogs.tell(
    'info',
    `The table that ${path.posix.basename(scored.path)} was scored from is not known. Choose the table with its texts and labels, without scores.`,
  );
  return dialogs.chooseFile('Try Another: the Table to Score', { Tables: ['csv'] });
}

async function recordedSource(scored: string): Promise<string | undefined> {
  try {
    const { source } = await readScoreRun(scored);
    const file = path.join(path.dirname(scored), path.basename(source.name));
    const { sha256 } = await inspectTable(file);
    return sha256 === source.sha256 ? file : undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
