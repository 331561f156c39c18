import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { MethodsReport } from '../../src/cli/calibration/compare-methods';
import { parseSavedCalibrator } from '../../src/core/calibration/saved';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { seededRandom } from '../../src/core/random';
import type { CalibrationEditor } from '../../src/features/calibration/calibration-editor';
import { exportFile, type ExportSource } from '../../src/features/calibration/export/export';
import { CalibrationPanel } from '../../src/features/calibration/panel';
import type { Analysis } from '../../src/protocol/calibration-page';
import type { Services } from '../../src/editor/services';
import { asOrdinaryUser } from '../support/ordinary-user';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';
import type { Evaluation } from '../../src/core/model/evaluation';

function commandLine(...words: string[]): string {
  const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
  return execFileSync(process.execPath, [cli, ...words], { encoding: 'utf8', stdio: 'pipe' });
}

/** What the command line says about the same file. */
function evaluateOnCommandLine(file: string, bins = 20): Evaluation {
  return parseEvaluation(commandLine('evaluate', file, '--json', '--bins', String(bins)), 'stdout');
}

/** What a panel is at, for the message of a test that waits in vain. */
function inWords({ state: { analysis, busy, error } }: CalibrationPanel): string {
  if (analysis === null && busy === null && error === null) return '(its page has not said that it is ready)';
  const rows = analysis === null ? 'no numbers' : `numbers of ${analysis.evaluation.n} rows`;
  return `(${rows}, busy: ${busy ?? 'no'}, error: ${error?.code ?? 'none'})`;
}

describe('the calibration panel in the editor', () => {
  let services: Services;
  let calibration: CalibrationEditor;
  let folder: string;
  let table: string;
  let shown: { panel: CalibrationPanel; page: vscode.WebviewPanel } | undefined;

  /** The panel with its real page, which asks for the numbers as soon as it is there. */
  function open(file: string, column = vscode.ViewColumn.One): CalibrationPanel {
    const page = vscode.window.createWebviewPanel('test', 'Calibration', column);
    shown = { panel: new CalibrationPanel(vscode.Uri.file(file), page, services), page };
    return shown.panel;
  }
  const numbers = (panel: CalibrationPanel, wanted: (analysis: Analysis) => boolean): Promise<Analysis> =>
    until(
      'the panel has its numbers',
      () => {
        const { analysis, busy, error } = panel.state;
        return analysis !== null && busy === null && error === null && wanted(analysis)
          ? analysis
          : undefined;
      },
      { instead: () => inWords(panel) },
    );
  const problem = (panel: CalibrationPanel): Promise<string> =>
    until('the panel explains', () => panel.state.error?.code, { instead: () => inWords(panel) });
  /**
   * Changes the table until the panel has seen it: the editor begins to watch a folder at some time after it was
   * asked to, no event tells when, and a change before that is nobody's.
   */
  const untilSeen = async <T>(change: () => void, seen: () => Promise<T>): Promise<T> => {
    change();
    const again = setInterval(change, 5000);
    try {
      return await seen();
    } finally {
      clearInterval(again);
    }
  };

  before(async () => {
    ({ services, calibration } = await internals());
    folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-panel-'));
  });
  beforeEach(() => {
    table = path.join(folder, 'reviews.csv');
    copyFileSync(path.join(projectRoot(), 'test/fixtures/panel/reviews.csv'), table);
  });
  afterEach(async () => {
    shown?.panel.dispose();
    shown?.page.dispose();
    shown = undefined;
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('opens from its command, as an editor of the file', async () => {
    await vscode.commands.executeCommand('promptConfidence.openCalibration', vscode.Uri.file(table));
    const input = await until(
      'the panel is the active editor',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.input,
    );
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, 'promptConfidence.calibration');
    assert.equal(input.uri.fsPath, table);
    // Its page is the first one of this VS Code: whoever closes it while it loads may leave the next one waiting.
    const panel = await until('it has a panel', () => calibration.panels[0]);
    await numbers(panel, () => true);
  });

  it('shows the numbers of the command line, all of them', async () => {
    const panel = open(table);
    const { evaluation, rejectedCount, consistency } = await numbers(panel, () => true);
    assert.deepEqual(evaluation, evaluateOnCommandLine(table));
    assert.equal(rejectedCount, 2);
    assert.equal(consistency.length, evaluation.bins.length);
  });

  it('computes anew when the file changes, and says when it is gone and what is wrong with it', async () => {
    const panel = open(table);
    const before = await numbers(panel, () => true);
    const lines = readFileSync(table, 'utf8').split('\n');
    const after = await untilSeen(
      () => writeFileSync(table, `${lines.slice(0, 301).join('\n')}\n`),
      () => numbers(panel, ({ evaluation }) => evaluation.n < before.evaluation.n),
    );
    // So few rows have fewer bins by default.
    assert.equal(after.evaluation.binning.count, 10);
    assert.deepEqual(after.evaluation, evaluateOnCommandLine(table, 10));
    rmSync(table);
    assert.equal(await problem(panel), 'no-file');
    writeFileSync(table, 'label,prob:a,prob:b\na,"0,4","0,6"\n');
    await until('the comma is refused', () => panel.state.error?.code === 'decimal-comma' || undefined);
    writeFileSync(table, lines.join('\n'));
    await numbers(panel, ({ evaluation }) => evaluation.n === before.evaluation.n);
  });

  it('shows what it can of a table without truth, and its numbers once there is some', async () => {
    const whole = readFileSync(table, 'utf8');
    const panel = open(table);
    await numbers(panel, () => true);
    const [header = '', ...rows] = whole.trimEnd().split('\n');
    const at = header.split(',').indexOf('label');
    assert.equal(header.split(',')[at], 'label');
    await untilSeen(
      () => writeFileSync(table, `${header.replace('label', 'unknown')}\n${rows.join('\n')}\n`),
      () =>
        until('there is an overview', () => panel.state.overview ?? undefined, {
          instead: () => inWords(panel),
        }),
    );
    const { overview, analysis, error } = panel.state;
    assert.deepEqual([analysis, error], [null, null]);
    assert.equal(overview?.labels?.length, 2);
    assert.equal(
      overview.labels.reduce((sum, { rows: count }) => sum + count, 0),
      overview.rows,
    );
    await untilSeen(
      () => writeFileSync(table, whole),
      () => numbers(panel, ({ evaluation }) => evaluation.n > 500),
    );
    assert.equal(panel.state.overview, null);
  });

  it('shows the numbers of the last content of a file that changes while they are computed', async () => {
    const panel = open(table);
    await numbers(panel, () => true);
    const [header = '', ...rows] = readFileSync(table, 'utf8').trimEnd().split('\n');
    const holding = (times: number): string =>
      `${[header, ...Array.from({ length: times }, () => rows).flat()].join('\n')}\n`;
    await untilSeen(
      () => writeFileSync(table, holding(40)),
      () => until('it computes', () => panel.state.busy !== null || undefined),
    );
    writeFileSync(table, holding(30));
    const expected = evaluateOnCommandLine(table);
    const { evaluation } = await numbers(panel, ({ evaluation: { n } }) => n === expected.n);
    assert.deepEqual(evaluation, expected);
  });

  it('explains why a calibrator cannot be saved, and keeps all that it shows', async () => {
    const { fsPath: workspace } = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const own = path.join(workspace, 'panel-reviews.csv');
    const target = path.join(workspace, '.prompt-confidence', 'calibrators');
    copyFileSync(table, own);
    const dialogs = new ScriptedDialogs(['first', undefined, 'second', undefined]);
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    const panel = new CalibrationPanel(vscode.Uri.file(own), page, { ...services, dialogs });
    shown = { panel, page };
    await numbers(panel, () => true);
    const { state } = panel;
    const save = (): Promise<void> => panel.save('platt');
    const fails: [() => void, () => Promise<void>, RegExp][] = [
      [() => writeFileSync(target, ''), save, /there is a file in the place of its folder/],
      [() => mkdirSync(target, { mode: 0o500 }), () => asOrdinaryUser(save), /may not write to its folder/],
    ];
    mkdirSync(path.dirname(target), { recursive: true });
    // A temporary folder is its maker's alone, and the ordinary user is another one.
    chmodSync(path.dirname(workspace), 0o755);
    try {
      for (const [prevent, trying, reason] of fails) {
        prevent();
        await trying();
        assert.match(dialogs.saying('error').at(-1) ?? '', reason);
        assert.deepEqual({ ...panel.state, decisions: null }, { ...state, decisions: null });
        rmSync(target, { recursive: true });
      }
    } finally {
      rmSync(target, { recursive: true, force: true });
      rmSync(own);
    }
  });

  it('serves two panels on one file', async () => {
    const first = open(table);
    const firstPage = shown?.page;
    const second = open(table, vscode.ViewColumn.Two);
    const [a, b] = await Promise.all([numbers(first, () => true), numbers(second, () => true)]);
    assert.deepEqual(a, b);
    first.dispose();
    firstPage?.dispose();
  });

  it('exports what it shows as files, and never over the table', async () => {
    await vscode.commands.executeCommand('promptConfidence.openCalibration', vscode.Uri.file(table));
    const panel = await until('it has a panel', () => calibration.panels[0]);
    const { evaluation } = await numbers(panel, () => true);
    const source: ExportSource = {
      uri: panel.uri,
      state: panel.state,
      versions: { 'Prompt Confidence': '1.2.3' },
      isStale: false,
      part: null,
      report: () => Promise.resolve({ ...evaluation }),
      picture: ({ format }) => Promise.resolve(format === 'svg' ? '<svg/>' : 'AAEC'),
    };
    const pictures = [{ id: 'raw', title: 'Reliability diagram' }];
    for (const [form, name, content] of [
      ['SVG', 'reviews-raw.svg', Buffer.from('<svg/>')],
      ['PNG', 'reviews-raw.png', Buffer.from([0, 1, 2])],
      ['JSON', 'reviews-evaluation.json', Buffer.from(`${JSON.stringify(evaluation, null, 2)}\n`)],
    ] as const) {
      const file = path.join(folder, name);
      const dialogs = new ScriptedDialogs([form, file]);
      assert.equal(await exportFile(source, dialogs, pictures), file);
      assert.deepEqual(dialogs.saying('new file'), [`new file Export: ${file}`]);
      assert.deepEqual(readFileSync(file), content);
    }
    const refuses = (answers: (string | undefined)[], code: string): Promise<void> =>
      assert.rejects(
        exportFile(source, new ScriptedDialogs(answers), pictures),
        (error: unknown) => error instanceof Error && 'code' in error && error.code === code,
      );
    await refuses(['CSV', table], 'own-table');
    await refuses(['CSV', path.join(table, 'within-a-file.csv')], 'not-writable');
    assert.equal(await exportFile(source, new ScriptedDialogs(['CSV', undefined]), pictures), undefined);
    assert.equal(await exportFile(source, new ScriptedDialogs([undefined]), pictures), undefined);
  });

  it('answers about its table after a calibrator was cancelled', async () => {
    const panel = open(table);
    await numbers(panel, () => true);
    panel.change({ ...panel.state.settings, compare: true });
    await until('it compares', () => (panel.state.busy ?? '').startsWith('Comparing') || undefined);
    panel.cancel();
    const { analysis, busy, settings, error } = panel.state;
    assert.deepEqual([busy, settings.compare, error], [null, false, null]);
    assert.ok(analysis !== null);
    panel.change({ ...settings, bins: 10 });
    const { evaluation } = await numbers(panel, (newer) => newer.settings.bins === 10);
    assert.equal(evaluation.n, analysis.evaluation.n);
  });

  it('compares scoring methods as the command line does, stops in between, and saves their combination', async () => {
    const { fsPath: workspace } = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const own = path.join(workspace, 'panel-methods.csv');
    const saved = path.join(workspace, '.prompt-confidence', 'calibrators', 'both.json');
    const random = seededRandom(8);
    const rows = Array.from({ length: 500 }, () => {
      const p = random();
      const q = (p + random()) / 2;
      return [random() < p ? 'yes' : 'no', 1 - p, p, 1 - q, q].join(',');
    });
    const header = 'label,token/prob:no,token/prob:yes,consistency/prob:no,consistency/prob:yes';
    writeFileSync(own, `${[header, ...rows].join('\n')}\n`);
    const dialogs = new ScriptedDialogs(['both', undefined]);
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    const panel = new CalibrationPanel(vscode.Uri.file(own), page, { ...services, dialogs });
    shown = { panel, page };
    const comparing = 'Comparing methods: ';
    try {
      await until('it compares', () => panel.state.busy?.startsWith(comparing) === true || undefined);
      panel.cancel();
      assert.deepEqual([panel.state.busy, panel.state.methods], [null, null]);
      panel.change({ ...panel.state.settings, bins: 10 });
      const { methods, combination } = await until(
        'they are compared',
        () => panel.state.methods ?? undefined,
      );
      const json = commandLine('evaluate', own, '--bins', '10', '--json');
      const report = JSON.parse(json) as MethodsReport;
      assert.deepEqual(
        methods.map(({ diagram }) => diagram.evaluation.nll.value),
        report.methods.map(({ nll }) => nll.value),
      );
      assert.ok(combination !== null && !('reason' in combination));
      assert.ok(report.combination !== null && !('reason' in report.combination));
      assert.deepEqual(combination.diagram.evaluation.ece, report.combination.ece);
      assert.deepEqual(combination.gain, report.combination.gain);

      await panel.save('combination');
      assert.deepEqual(dialogs.saying('error'), []);
      const target = path.join(folder, 'both.json');
      commandLine('calibrate', own, '--method', 'combination', '--bins', '10', '--out', target);
      const timeless = (file: string) => {
        const { time, ...rest } = parseSavedCalibrator(readFileSync(file, 'utf8'));
        assert.ok(time.length > 0);
        return { ...rest, versions: null };
      };
      assert.deepEqual(timeless(saved), timeless(target));
    } finally {
      for (const file of [own, saved]) rmSync(file, { force: true });
    }
  });
});
