/**
 * The tables of the open folders. They are looked for when somebody opens their list, and not before. Of each, a
 * bounded piece is read once; it counts until size or time of the file change.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../core/user-error';
import { errorCode } from '../../store/atomic';
import { realPathOf } from '../../store/folders';
import { isInside } from '../../store/inside';
import { readTableFacts, type TableFacts } from '../../store/tables/table-facts';

/** The most tables that are listed. */
export const MOST_TABLES = 200;

const LOOK_MS = 10_000;

const ANY_TABLE = '**/*.[cC][sS][vV]';

/** Besides what the setting files.exclude hides. */
const IGNORED = '**/{node_modules,bower_components,.git,.hg,.svn,.venv,venv,__pycache__}/**';

type TablesCut = 'number' | 'time';

export interface ListedTable {
  readonly uri: vscode.Uri;
  /** Its folder, relative to the workspace; empty at the top. */
  readonly folder: string;
  /** Bytes, and milliseconds since 1970; undefined for a table that is not on this machine's disk. */
  readonly stamp: { readonly size: number; readonly modified: number } | undefined;
  /** Undefined where it cannot be read as a table. */
  readonly facts: TableFacts | undefined;
}

export interface TableList {
  /** By folder and name. */
  readonly tables: readonly ListedTable[];
  /** Why there may be more than are listed: they are too many, or the search took too long; undefined if these are all. */
  readonly cut: TablesCut | undefined;
}

interface Known extends NonNullable<ListedTable['stamp']> {
  readonly facts: TableFacts | undefined;
}

export class WorkspaceTables {
  /** By path. */
  private readonly known = new Map<string, Known>();

  /** @param lookMs milliseconds after which what was found counts: a folder may hold millions of files */
  constructor(private readonly lookMs = LOOK_MS) {}

  async list(): Promise<TableList> {
    const { found, isInTime } = await findTables(this.lookMs);
    const tables: ListedTable[] = [];
    // One after another: together they could fill the memory.
    for (const uri of found.slice(0, MOST_TABLES)) {
      const table = uri.scheme === 'file' ? await this.onDisk(uri) : elsewhere(uri);
      if (table !== undefined) tables.push(table);
    }
    const cut = found.length > MOST_TABLES ? 'number' : isInTime ? undefined : 'time';
    return { tables, cut };
  }

  /** Undefined for what is no file of its workspace folder: a pipe, or what a link leads to. */
  private async onDisk(uri: vscode.Uri): Promise<ListedTable | undefined> {
    const file = uri.fsPath;
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder !== undefined && !isInside(await realPathOf(folder.uri.fsPath), await realPathOf(file)))
      return undefined;
    const there = await stat(file).catch((error: unknown) => {
      if (errorCode(error) !== undefined) return undefined;
      throw error;
    });
    if (there?.isFile() !== true) return undefined;
    const stamp = { size: there.size, modified: there.mtimeMs };
    const before = this.known.get(file);
    const isSame = before?.size === stamp.size && before.modified === stamp.modified;
    const facts = isSame ? before.facts : await factsOf(file);
    this.known.set(file, { ...stamp, facts });
    return { ...elsewhere(uri), stamp, facts };
  }
}

/** Only its name is known. */
function elsewhere(uri: vscode.Uri): ListedTable {
  const folder = path.posix.dirname(vscode.workspace.asRelativePath(uri));
  return { uri, folder: folder === '.' ? '' : folder, stamp: undefined, facts: undefined };
}

async function factsOf(file: string): Promise<TableFacts | undefined> {
  try {
    return await readTableFacts(file);
  } catch (error) {
    // Whoever opens it is told what is wrong with it.
    if (error instanceof UserError || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** One more than are listed shows that there are more. */
async function findTables(
  lookMs: number,
): Promise<{ readonly found: readonly vscode.Uri[]; readonly isInTime: boolean }> {
  const time = new vscode.CancellationTokenSource();
  const timer = setTimeout(() => time.cancel(), lookMs);
  try {
    const found = await vscode.workspace.findFiles(ANY_TABLE, IGNORED, MOST_TABLES + 1, time.token);
    found.sort((a, b) => (a.path < b.path ? -1 : 1));
    // A search that is cancelled gives what it has, which may be nothing.
    return { found, isInTime: !time.token.isCancellationRequested };
  } finally {
    clearTimeout(timer);
    time.dispose();
  }
}

/** Calls the listener after tables or what is recorded beside them changed. */
export function watchTables(changed: () => void): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.{[cC][sS][vV],[cC][sS][vV].meta.json}');
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
  );
}
