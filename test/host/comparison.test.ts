/** Compare With… and Try Another…: from tables to the page of their comparison. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { ComparisonExport } from '../../src/features/calibration/comparison/comparison-export';
import type { ComparisonPanel } from '../../src/features/calibration/comparison/comparison-panel';
import type { Comparisons } from '../../src/features/calibration/comparison/comparisons';
import type { ExtensionInternals } from '../../src/extension';
import { reportOfDrawn } from '../../src/protocol/comparison-page';
import { COMMANDS } from '../../src/protocol/manifest';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals, useOneThread } from './internals';
import { person, personLeaves } from './person';
import { ScriptedDialogs } from './scripted-dialogs';

describe('comparing tables in the editor', () => {
  let inside: ExtensionInternals;
  let comparisons: Comparisons;
  let folder: string;
  const uri = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));

  before(async () => {
    inside = await internals();
    ({ comparisons } = inside);
    await useOneThread();
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    const table = readFileSync(path.join(projectRoot(), 'test/fixtures/panel/reviews.csv'), 'utf8');
    const [header = '', ...lines] = table.trimEnd().split('\n').slice(0, 201);
    writeFileSync(uri('compare-a.csv').fsPath, [header, ...lines].join('\n'));
    // The same rows in another order, less some of them.
    writeFileSync(uri('compare-b.csv').fsPath, [header, ...lines.slice(20).reverse()].join('\n'));
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('the comparison is closed', () => comparisons.panels.length === 0 || undefined);
  });
  after(() => {
    for (const name of ['compare-a.csv', 'compare-b.csv']) rmSync(uri(name).fsPath, { force: true });
  });

  const complete = (): Promise<ComparisonPanel> =>
    until('the comparison is complete', () =>
      comparisons.panels.find(({ state }) => state.busy === null && (state.view ?? state.error) !== null),
    );

  it('compares what is chosen together, once, and says what is missing', async () => {
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const { state } = await complete();
    assert.equal(state.error, null);
    assert.deepEqual(state.view?.report.names, ['compare-a', 'compare-b']);
    assert.ok((state.view.report.tables[0]?.missing ?? 0) > 0);
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    assert.equal(comparisons.panels.length, 1);
    assert.equal(
      vscode.window.tabGroups.activeTabGroup.activeTab?.label,
      'Compare compare-a.csv, compare-b.csv',
    );
  });

  it('compares again when a table changes', async () => {
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const before = (await complete()).state.view?.report.pairing.rows ?? 0;
    const lines = readFileSync(uri('compare-b.csv').fsPath, 'utf8').split('\n');
    let fewer = 20;
    const change = (): void =>
      writeFileSync(uri('compare-b.csv').fsPath, lines.slice(0, -fewer++).join('\n'));
    // The editor begins to watch a folder at some time after it was asked to, and no event tells when.
    const again = setInterval(change, 3000);
    try {
      change();
      await until('fewer rows are compared', () => {
        const rows = comparisons.panels[0]?.state.view?.report.pairing.rows ?? before;
        return rows < before || undefined;
      });
    } finally {
      clearInterval(again);
    }
  });

  it('exports what it shows as files, and never over one of its tables', async () => {
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const { state } = await complete();
    const { report } = state.view ?? assert.fail();
    const exportAnswering = async (...answers: (string | undefined)[]): Promise<ScriptedDialogs> => {
      const dialogs = new ScriptedDialogs(answers);
      await new ComparisonExport({
        services: { ...inside.services, dialogs },
        tables: both,
        state: () => state,
        csv: () => Promise.resolve('change,label\n'),
        picture: ({ id, format }) => Promise.resolve(format === 'svg' ? `<svg id="${id}"/>` : 'AAEC'),
      }).file([{ id: 'raw-1', title: 'Reliability diagram of compare-a, Raw' }]);
      return dialogs;
    };
    for (const [answers, name, content] of [
      [['SVG'], 'compare-a-raw-1.svg', /^<svg id="raw-1"\/>$/],
      [['PNG'], 'compare-a-raw-1.png', /^\0\x01\x02$/],
      [['CSV'], 'compare-a-differences.csv', /^change,label\n$/],
      [['Markdown'], 'compare-a-comparison.md', /^# .*compare-a[\s\S]*Accuracy/],
      [['JSON'], 'compare-a-comparison.json', /^\{\n {2}"/],
    ] as const) {
      const file = uri(name).fsPath;
      try {
        const dialogs = await exportAnswering(...answers, file, undefined);
        assert.deepEqual(dialogs.saying('new file'), [`new file Export: ${file}`]);
        assert.deepEqual(dialogs.said.at(-1), `info Exported ${name}. [Open File]`);
        assert.match(readFileSync(file, 'utf8'), content);
        if (name.endsWith('.json'))
          assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), reportOfDrawn(report));
      } finally {
        rmSync(file, { force: true });
      }
    }
    for (const table of both) {
      const before = readFileSync(table.fsPath);
      const dialogs = await exportAnswering('CSV', table.fsPath, undefined);
      assert.match(dialogs.said.at(-1) ?? '', /^error This would replace a table that the numbers are from/);
      assert.deepEqual(readFileSync(table.fsPath), before);
    }
  });

  it('scores the same rows in another way, and lands in the comparison', async () => {
    const texts = Array.from({ length: 24 }, (_, i) =>
      i % 2 === 0 ? `I love film ${i}.` : `Film ${i} is dull.`,
    );
    writeFileSync(
      uri('another.csv').fsPath,
      `text,label\n${texts.map((text, i) => `${text},${i % 2 === 0 ? 'positive' : 'negative'}\n`).join('')}`,
    );
    const definition = uri('.prompt-confidence/classifiers/terse.json');
    const terse = { version: 1, name: 'terse', template: '{{text}} It is', labels: ['positive', 'negative'] };
    await vscode.workspace.fs.writeFile(
      definition,
      Buffer.from(JSON.stringify({ ...terse, labels: terse.labels.map((name) => ({ name })) })),
    );
    const { dialogs } = inside.services;
    try {
      person(dialogs, ['sentiment', 'text', 'another.first.csv', undefined]);
      await vscode.commands.executeCommand(COMMANDS.scoreCsv, uri('another.csv'));
      const script = person(dialogs, ['terse', 'text', 'another.second.csv']);
      await vscode.commands.executeCommand(COMMANDS.tryAnother, uri('another.first.csv'));
      const { state } = await complete();
      assert.equal(state.error, null, script.said.join('\n'));
      assert.deepEqual(state.view?.report.names, ['another.first', 'another.second']);
      assert.equal(state.view.report.pairing.compared, texts.length);
    } finally {
      personLeaves(dialogs);
      await vscode.workspace.fs.delete(definition);
      for (const name of ['another', 'another.first', 'another.second'])
        for (const end of ['.csv', '.csv.meta.json']) rmSync(uri(`${name}${end}`).fsPath, { force: true });
    }
  });

  it('says why tables cannot be compared', async () => {
    writeFileSync(uri('compare-b.csv').fsPath, 'id,label,prob:x,prob:y\n1,x,.6,.4\n');
    const both = [uri('compare-a.csv'), uri('compare-b.csv')];
    await vscode.commands.executeCommand(COMMANDS.compareTables, both[0], both);
    const { state } = await complete();
    assert.equal(state.error?.code, 'labels-differ');
    assert.match(state.error.message, /^compare-b\.csv has the labels/);
  });
});
