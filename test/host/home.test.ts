import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionInternals } from '../../src/extension';
import { HomeTree } from '../../src/features/home/home-tree';
import type { GroupName, HomeNode } from '../../src/features/home/nodes';
import { WorkspaceTables } from '../../src/features/home/workspace-tables';
import { until } from '../support/until';
import { internals, setMachineSetting } from './internals';
import { person, personLeaves } from './person';

type Shown = Exclude<HomeNode, { readonly kind: 'group' }>;

describe('the Home view', () => {
  let inside: ExtensionInternals;
  let tree: HomeTree;
  let workspace: string;
  const own = (...names: string[]): string => path.join(workspace, '.prompt-confidence', ...names);

  before(async () => {
    inside = await internals();
    workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    tree = new HomeTree(inside.services);
  });
  after(() => {
    tree.dispose();
    personLeaves(inside.services.dialogs);
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace
      .getConfiguration('promptConfidence')
      .update('classifier', undefined, vscode.ConfigurationTarget.Workspace);
  });

  const childrenOf = async (group: GroupName): Promise<Shown[]> => {
    const nodes = await tree.getChildren({ kind: 'group', group });
    return nodes.flatMap((node) => (node.kind === 'group' ? [] : [node]));
  };
  const named = async (group: GroupName, label: string): Promise<Shown> => {
    const nodes = await childrenOf(group);
    return (
      nodes.find((node) => node.label === label) ??
      assert.fail(`no "${label}" among ${nodes.map((node) => node.label).join(', ')}`)
    );
  };
  /** Path of the file in front. */
  const front = (): string | undefined => vscode.window.activeTextEditor?.document.uri.fsPath;
  const writeClassifier = (name: string, more: object = {}): string => {
    mkdirSync(own('classifiers'), { recursive: true });
    const file = own('classifiers', `${name}.json`);
    const labels = [{ name: 'good' }, { name: 'bad' }];
    writeFileSync(file, JSON.stringify({ version: 1, name, template: '{{text}} It was', labels, ...more }));
    return file;
  };

  it('has five groups, of which those that read files are closed', async () => {
    const groups = await tree.getChildren();
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    assert.deepEqual(
      groups.map((node) => {
        const { label, collapsibleState } = tree.getTreeItem(node);
        return [label, collapsibleState];
      }),
      [
        ['Classifiers', Expanded],
        ['Tables', Collapsed],
        ['Calibrators', Collapsed],
        ['Models and Endpoints', Collapsed],
        ['Running', Expanded],
      ],
    );
  });

  it('marks the classifier in use, uses another one on a click without a selection, and shows it in the status', async () => {
    const file = writeClassifier('home-mood', { calibrator: 'reviews' });
    try {
      const before = await named('classifiers', 'home-mood');
      assert.match(before.description ?? '', /^calibrated by reviews · [^·]+$/);
      assert.match((await named('classifiers', 'sentiment')).description ?? '', /^in use · /);
      assert.equal(tree.getTreeItem(before).contextValue, 'classifier');
      assert.equal(front(), undefined);
      await vscode.commands.executeCommand('promptConfidence.useClassifier', before);
      const after = await named('classifiers', 'home-mood');
      assert.match(after.description ?? '', /^in use · /);
      assert.equal(tree.getTreeItem(after).contextValue, 'classifier.active');
      const dialogs = person(inside.services.dialogs, ['yes-no']);
      await vscode.commands.executeCommand('promptConfidence.chooseClassifier');
      assert.match(dialogs.said[0] ?? '', /^choose Choose Classifier: .*home-mood.* yes-no/);
      assert.match((await named('classifiers', 'yes-no')).description ?? '', /^in use · /);
    } finally {
      rmSync(file);
    }
  });

  it('says that the search for tables was cut, and not that there is none', async () => {
    const file = path.join(workspace, 'home-cut.csv');
    writeFileSync(file, 'text\nGood.\n');
    const hurried = new HomeTree(inside.services, new WorkspaceTables(0));
    try {
      const nodes = await hurried.getChildren({ kind: 'group', group: 'tables' });
      const labels = nodes.flatMap((node) => (node.kind === 'group' ? [] : [node.label]));
      assert.equal(labels.at(-1), 'The search for tables took too long, so there may be more');
      assert.ok(!labels.some((label) => label.startsWith('No .csv file')));
      const table = await named('tables', 'home-cut.csv');
      assert.deepEqual(
        (table.details ?? []).filter((line) => line.includes(table.label)),
        [],
        'the tooltip begins with the name already',
      );
    } finally {
      hurried.dispose();
      rmSync(file);
    }
  });

  it('lists one classifier for each name: a file takes the place of the built-in one', async () => {
    const file = writeClassifier('sentiment');
    try {
      const found = (await childrenOf('classifiers')).filter(({ label }) => label === 'sentiment');
      assert.equal(found.length, 1);
      const [only] = found;
      assert.ok(only?.kind === 'classifier');
      assert.equal(only.uri?.fsPath, file);
    } finally {
      rmSync(file);
    }
  });

  it('opens the file of a classifier, copies a built-in one on demand, and opens a broken one', async () => {
    const { services } = inside;
    const builtin = await named('classifiers', 'yes-no');
    person(services.dialogs, [undefined]);
    await vscode.commands.executeCommand('promptConfidence.editClassifier', builtin);
    assert.equal(front(), undefined);
    const dialogs = person(services.dialogs, ['Copy into Workspace']);
    await vscode.commands.executeCommand('promptConfidence.editClassifier', builtin);
    assert.match(dialogs.said[0] ?? '', /^confirm yes-no is built in/);
    const copy = front();
    assert.equal(copy, own('classifiers', 'yes-no.json'));
    const node = await named('classifiers', 'yes-no');
    assert.ok(node.kind === 'classifier');
    assert.equal(node.uri?.fsPath, copy);
    rmSync(own('classifiers', 'yes-no.json'));
    writeFileSync(own('classifiers', 'home-broken.json'), '{');
    const broken = await named('classifiers', 'home-broken.json');
    assert.equal(broken.kind, 'broken');
    assert.match(broken.details?.[0] ?? '', /not valid JSON/);
    rmSync(own('classifiers', 'home-broken.json'));
  });

  it('says that the chosen classifier is not here, and helps', async () => {
    await vscode.workspace
      .getConfiguration('promptConfidence')
      .update('classifier', 'gone', vscode.ConfigurationTarget.Workspace);
    const note = await named('classifiers', 'gone');
    assert.equal(note.description, 'chosen, but not here');
    assert.ok(note.kind === 'note' && note.click?.command === 'promptConfidence.chooseClassifier');
  });

  describe('its tables', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(workspace, 'home-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const at = (name: string): string => path.join(folder, name);

    it('are those of the workspace, without ignored folders and what lies outside', async () => {
      const outside = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-outside-'));
      try {
        writeFileSync(path.join(outside, 'home-secret.csv'), 'text,label\na,b\n');
        symlinkSync(path.join(outside, 'home-secret.csv'), at('home-link.csv'));
        symlinkSync(outside, at('home-linked'));
        mkdirSync(at('node_modules'));
        writeFileSync(at('node_modules/home-dependency.csv'), 'text\na\n');
        writeFileSync(at('home-texts.CSV'), 'text\na\nb\n');
        writeFileSync(at('home-scored.csv'), 'text,label,prob:a,prob:b\nx,a,.9,.1\n');
        const tables = await until('the tables are found', async () => {
          const found = (await childrenOf('tables')).filter(({ label }) => label.startsWith('home-'));
          return found.length >= 2 ? found : undefined;
        });
        const place = path.basename(folder);
        assert.deepEqual(
          tables.map(({ label, description }) => [label, description]),
          [
            ['home-scored.csv', `scored, labelled · 1 row · ${place}`],
            ['home-texts.CSV', `not scored · 2 rows · ${place}`],
          ],
        );
        assert.deepEqual(
          tables.map((node) => tree.getTreeItem(node).contextValue),
          ['table.scored', 'table.unscored'],
        );
      } finally {
        rmSync(outside, { recursive: true });
      }
    });

    it('open in the panel, and show the accuracy once it was computed, until the file changes', async () => {
      const rows = Array.from({ length: 40 }, (_, i) => `t${i},${i % 4 === 0 ? 'b' : 'a'},.8,.2\n`);
      writeFileSync(at('home-measured.csv'), `text,label,prob:a,prob:b\n${rows.join('')}`);
      const find = (wanted: RegExp): Promise<Shown> =>
        until(`the table says ${String(wanted)}`, async () => {
          const found = (await childrenOf('tables')).find(({ label }) => label === 'home-measured.csv');
          return wanted.test(found?.description ?? '') ? found : undefined;
        });
      const node = await find(/^scored, labelled · 40 rows · /);
      await vscode.commands.executeCommand('promptConfidence.openCalibration', node);
      await find(/^accuracy 75\.0% of 40 rows · scored, labelled · /);
      const { size, mtimeMs: modified } = await stat(at('home-measured.csv'));
      assert.equal(
        inside.services.figures.of(vscode.Uri.file(at('home-measured.csv')), { size, modified })?.rows,
        40,
      );
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      writeFileSync(at('home-measured.csv'), `text,label,prob:a,prob:b\n${rows.slice(1).join('')}`);
      await find(/^scored, labelled · 39 rows · /);
    });
  });

  it('lists the endpoints of this machine, and no texts are sent', async () => {
    await setMachineSetting('endpoints', [
      { name: 'ours', url: 'http://localhost:9', api: 'chat', model: 'tiny' },
      { name: 'bad name', url: 'x' },
    ]);
    try {
      const node = await named('models', 'ours');
      assert.equal(node.description, 'tiny at localhost:9');
      assert.equal(tree.getTreeItem(node).contextValue, 'endpoint');
      assert.equal((await named('models', 'An endpoint that cannot be used')).kind, 'note');
      const dialogs = person(inside.services.dialogs, ['Remove']);
      await vscode.commands.executeCommand('promptConfidence.removeEndpoint', node);
      assert.match(dialogs.said[0] ?? '', /^confirm Remove the endpoint ours\?/);
    } finally {
      await setMachineSetting('endpoints', undefined);
    }
  });

  it('makes no link, icon or hidden sign of names', () => {
    const item = tree.getTreeItem({ kind: 'note', label: 'a\u202e$(bug)', description: '[x](command:y)\n' });
    assert.equal(item.label, 'a\\u{202e}$ (bug)');
    assert.equal(item.description, '[x] (command:y) ');
    assert.ok(item.tooltip instanceof vscode.MarkdownString);
    assert.ok(item.tooltip.isTrusted !== true && item.tooltip.supportHtml !== true);
  });
});
