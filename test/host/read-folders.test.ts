import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { ReadFolders } from '../../src/editor/read-folders';
import { until } from '../support/until';

/** Outside the workspace, where the editor's own watcher tells of nothing. */
describe('a folder of files that the editor does not watch', () => {
  let root: string;
  let folders: ReadFolders;
  let seen: number;

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'read-folders-'));
    folders = new ReadFolders('**/.prompt-confidence/calibrators/*.json');
    seen = 0;
    folders.onDidChange(() => seen++);
  });
  afterEach(() => {
    folders.dispose();
    rmSync(root, { recursive: true, force: true });
  });

  const folder = (): string => path.join(root, 'made', 'in-one-go');
  const file = (name: string): string => path.join(folder(), name);
  /** Reads, changes, and waits until the change is told of. */
  const tells = async (what: string, change: () => void): Promise<void> => {
    const before = seen;
    folders.willRead(vscode.Uri.file(folder()));
    change();
    await until(`it is told that ${what}`, () => (seen > before ? true : undefined));
  };

  it('is told of, change after change, as often as it is read', async () => {
    mkdirSync(folder(), { recursive: true });
    await tells('a file is there', () => writeFileSync(file('a.json'), '{}'));
    await tells('it changed', () => writeFileSync(file('a.json'), '{"a": 1}'));
    await tells('it was replaced by another', () => {
      writeFileSync(path.join(root, 'b.json'), '{"b": 1}');
      renameSync(path.join(root, 'b.json'), file('a.json'));
    });
    await tells('it is gone', () => rmSync(file('a.json')));
  });

  it('is told of again after it was taken away and made anew', async () => {
    folders.willRead(vscode.Uri.file(folder()));
    mkdirSync(folder(), { recursive: true });
    await tells('it is gone', () => rmSync(folder(), { recursive: true }));
    folders.willRead(vscode.Uri.file(folder()));
    mkdirSync(folder(), { recursive: true });
    await tells('a file is there', () => writeFileSync(file('a.json'), '{}'));
    assert.ok(seen >= 2);
  });
});
