import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CalibrationEditor } from '../../src/features/calibration/calibration-editor';
import type { CalibrationPanel } from '../../src/features/calibration/panel';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';

const VIEW = 'promptConfidence.calibration';
const TABLE = readFileSync(path.join(projectRoot(), 'test/fixtures/panel/reviews.csv'), 'utf8');

/** Files that are on no disk. */
class Memory implements vscode.FileSystemProvider {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;
  private readonly files = new Map<string, Uint8Array>();

  write(uri: vscode.Uri, content: string | Uint8Array | undefined): void {
    if (content === undefined) this.files.delete(uri.path);
    else this.files.set(uri.path, typeof content === 'string' ? Buffer.from(content) : content);
    this.changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }
  stat(uri: vscode.Uri): vscode.FileStat {
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: this.readFile(uri).byteLength };
  }
  readFile(uri: vscode.Uri): Uint8Array {
    const content = this.files.get(uri.path);
    if (content === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return content;
  }
  readDirectory(): [string, vscode.FileType][] {
    return [];
  }
  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
  writeFile(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
  delete(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
  rename(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
}

describe('tables that the calibration panel opens in another way', () => {
  const memory = new Memory();
  let calibration: CalibrationEditor;
  let folder: string;
  let provider: vscode.Disposable;

  before(async () => {
    ({ calibration } = await internals());
    provider = vscode.workspace.registerFileSystemProvider('memory', memory, { isCaseSensitive: true });
    folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-elsewhere-'));
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));
  after(() => {
    provider.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const copies = (): string[] =>
    readdirSync(os.tmpdir()).filter((name) => name.startsWith('prompt-confidence-table-'));
  const open = async (uri: vscode.Uri, column = vscode.ViewColumn.One): Promise<CalibrationPanel> => {
    const before = new Set(calibration.panels);
    await vscode.commands.executeCommand('vscode.openWith', uri, VIEW, column);
    return until('it has a panel', () => calibration.panels.find((panel) => !before.has(panel)));
  };
  const rowsOf = ({ state: { busy, error, analysis } }: CalibrationPanel): number | undefined =>
    busy === null && error === null ? analysis?.evaluation.n : undefined;
  const numbers = (panel: CalibrationPanel, isWanted: (n: number) => boolean): Promise<number> =>
    until(
      'the panel has its numbers',
      () => {
        const n = rowsOf(panel);
        return n !== undefined && isWanted(n) ? n : undefined;
      },
      {
        instead: () => `(busy: ${panel.state.busy ?? 'no'}, error: ${panel.state.error?.message ?? 'none'})`,
      },
    );
  const problem = (panel: CalibrationPanel, code: string): Promise<string> =>
    until(
      'the panel explains',
      () => (panel.state.error?.code === code ? panel.state.error.message : undefined),
      {
        instead: () => `(busy: ${panel.state.busy ?? 'no'}, error: ${panel.state.error?.code ?? 'none'})`,
      },
    );

  it('are read from another file system, again when they change, and leave nothing behind', async () => {
    const uri = vscode.Uri.parse('memory:/tables/reviews.csv');
    const before = copies();
    memory.write(uri, TABLE);
    const panel = await open(uri);
    const all = await numbers(panel, () => true);
    const [copy] = copies().filter((name) => !before.includes(name));
    assert.ok(copy);
    assert.equal(readFileSync(path.join(os.tmpdir(), copy, 'reviews.csv'), 'utf8'), TABLE);
    memory.write(uri, `${TABLE.split('\n').slice(0, 301).join('\n')}\n`);
    await numbers(panel, (n) => n < all);
    memory.write(uri, undefined);
    assert.equal(await problem(panel, 'no-file'), 'reviews.csv was deleted, moved or renamed.');
    memory.write(uri, TABLE);
    await numbers(panel, (n) => n === all);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('the copy is gone', () => (copies().includes(copy) ? undefined : true));
  });

  it('are not copied where they are large, and that is explained', async () => {
    const uri = vscode.Uri.parse('memory:/tables/large.csv');
    memory.write(uri, new Uint8Array(20_000_001));
    const panel = await open(uri);
    assert.match(await problem(panel, 'not-on-disk'), /21 MB.*at most 20 MB.*Save a copy on this machine/);
    memory.write(uri, TABLE);
    await numbers(panel, (n) => n > 0);
  });

  it('are shown by two editors of one file, each with its own settings', async () => {
    const file = path.join(folder, 'two.csv');
    writeFileSync(file, TABLE);
    const uri = vscode.Uri.file(file);
    const first = await open(uri);
    const second = await open(uri, vscode.ViewColumn.Two);
    assert.notEqual(first, second);
    const [n] = await Promise.all([numbers(first, () => true), numbers(second, () => true)]);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ input }) => input));
    assert.equal(tabs.filter((input) => input instanceof vscode.TabInputCustom).length, 2);
    second.change({ ...second.state.settings, bins: 10 });
    await until('the second has ten bins', () =>
      rowsOf(second) === n && second.state.analysis?.settings.bins === 10 ? true : undefined,
    );
    assert.equal(first.state.analysis?.settings.bins, null);
  });

  it('are shown as text by their line where extensions get no document, above 50 MB', async () => {
    const file = path.join(folder, 'large.csv');
    const filling = 'x'.repeat(600_000);
    const rows = Array.from({ length: 90 }, (_, i) => `${i % 3 === 0 ? 0 : 1},0.${(i % 40) + 50},${filling}`);
    writeFileSync(file, `correct,confidence,text\n${rows.join('\n')}\n`);
    const uri = vscode.Uri.file(file);
    await assert.rejects(Promise.resolve(vscode.workspace.openTextDocument(uri)));
    const panel = await open(uri);
    assert.equal(await numbers(panel, () => true), 90);
    await panel.reveal(7);
    const isShown = (input: unknown): boolean =>
      input instanceof vscode.TabInputText && input.uri.toString() === uri.toString();
    assert.ok(isShown(vscode.window.tabGroups.activeTabGroup.activeTab?.input));
  });
});
