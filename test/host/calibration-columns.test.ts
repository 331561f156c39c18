import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { CalibrationPanel } from '../../src/features/calibration/panel';
import { rememberedOptions, rememberOptions } from '../../src/features/calibration/remembered';
import {
  AS_FOUND,
  type CALIBRATION_PAGE_CONTRACT,
  DEFAULT_PANEL_SETTINGS,
  type TableOptions,
} from '../../src/protocol/calibration-page';
import type { Services } from '../../src/editor/services';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';

/** A table that says nothing by the names of its columns. */
function foreignTable(): string {
  const rows = Array.from({ length: 240 }, (_, i) => {
    const p = ((i * 37) % 100) / 100;
    const gold = (i * 61) % 100 < 50 + (p - 0.5) * 60 ? 'ham' : 'spam';
    return [
      gold,
      (1 - p).toFixed(2),
      p.toFixed(2),
      `user ${i % 60}`,
      i % 3 === 0 ? 'test' : 'fit',
      i % 2,
    ].join(',');
  });
  return `gold,p_spam,p_ham,author,part,half\n${rows.join('\n')}\n`;
}

describe('the columns of a table in the calibration panel', () => {
  let services: Services;
  let folder: string;
  let uri: vscode.Uri;
  let opened: { panel: CalibrationPanel; page: vscode.WebviewPanel } | undefined;

  function open(): CalibrationPanel {
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    opened = { panel: new CalibrationPanel(uri, page, services), page };
    return opened.panel;
  }
  const memory = (): vscode.Memento => services.context.workspaceState;

  before(async () => {
    ({ services } = await internals());
    folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-columns-'));
    uri = vscode.Uri.file(path.join(folder, 'foreign.csv'));
    writeFileSync(uri.fsPath, foreignTable());
  });
  afterEach(async () => {
    opened?.panel.dispose();
    opened?.page.dispose();
    await rememberOptions(memory(), uri, AS_FOUND);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are listed with what they hold where the table says nothing', async () => {
    const panel = open();
    await until('the table is refused', () => panel.state.error?.code === 'no-columns' || undefined);
    const { columns } = panel.state;
    assert.deepEqual(columns?.header, ['gold', 'p_spam', 'p_ham', 'author', 'part', 'half']);
    assert.deepEqual(columns.samples[0]?.toSorted(), ['ham', 'spam']);
  });

  it('are remembered for the file, and give the numbers of the command line with the same options', async () => {
    const table: TableOptions = {
      ...AS_FOUND,
      mapping: { label: 'gold', 'prob:spam': 'p_spam', 'prob:ham': 'p_ham', group: 'author', split: 'part' },
      prevalence: [
        { label: 'spam', share: 0.2 },
        { label: 'ham', share: 0.8 },
      ],
    };
    await rememberOptions(memory(), uri, table);
    const panel = open();
    const analysis = await until('the panel has its numbers', () => {
      const { analysis: found, busy, error } = panel.state;
      assert.equal(error, null);
      return busy === null ? (found ?? undefined) : undefined;
    });
    const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
    const words = Object.entries(table.mapping).flatMap(([role, column]) => [
      '--column',
      `${role}=${column}`,
    ]);
    const out = execFileSync(
      process.execPath,
      [
        ...[cli, 'evaluate', uri.fsPath, '--json', ...words, '--prevalence', 'spam=.2,ham=.8'],
        ...['--bins', String(analysis.evaluation.binning.count)],
      ],
      { encoding: 'utf8', stdio: 'pipe' },
    );
    assert.deepEqual(analysis.evaluation, parseEvaluation(out, 'stdout'));
  });

  it('win over what a page brings along from before they were said', async () => {
    const table: TableOptions = {
      ...AS_FOUND,
      mapping: { label: 'gold', 'prob:spam': 'p_spam', 'prob:ham': 'p_ham' },
    };
    await rememberOptions(memory(), uri, table);
    const received = new vscode.EventEmitter<unknown>();
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    // The real page would bring nothing along: another one speaks in its place.
    const webview = {
      cspSource: '',
      asWebviewUri: (of: vscode.Uri) => of,
      onDidReceiveMessage: received.event,
      postMessage: () => Promise.resolve(true),
    };
    const panel = new CalibrationPanel(
      uri,
      {
        webview,
        viewColumn: page.viewColumn,
        onDidChangeViewState: page.onDidChangeViewState,
      } as unknown as vscode.WebviewPanel,
      services,
    );
    opened = { panel, page };
    const settings = { ...DEFAULT_PANEL_SETTINGS, bins: 10 };
    const ready: keyof typeof CALIBRATION_PAGE_CONTRACT.host = 'ready';
    received.fire({ jsonrpc: '2.0', method: ready, params: { settings, choices: null } });
    const shown = await until('the panel has settings', () =>
      panel.state.settings.bins === 10 ? panel.state.settings : undefined,
    );
    assert.deepEqual(shown, { ...settings, table });
    received.dispose();
  });

  it('are forgotten when they are as found, and where another version kept something else', async () => {
    await rememberOptions(memory(), uri, { ...AS_FOUND, on: 'confidence' });
    assert.equal(rememberedOptions(memory(), uri).on, 'confidence');
    await rememberOptions(memory(), uri, AS_FOUND);
    assert.deepEqual(
      memory()
        .keys()
        .filter((key) => key.includes('foreign.csv')),
      [],
    );
    await memory().update(`calibration.table:${uri.toString()}`, { mapping: 7 });
    assert.deepEqual(rememberedOptions(memory(), uri), AS_FOUND);
  });
});
