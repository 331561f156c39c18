import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { DEFAULT_BUCKETS } from '../../src/core/model/buckets';
import type { Decisions } from '../../src/core/decisions/decisions';
import { CalibrationPanel } from '../../src/features/calibration/panel';
import { PanelDecisions } from '../../src/features/calibration/panel-decisions';
import { CalibrationWorker } from '../../src/features/calibration/worker-client';
import { DEFAULT_CHOICES, type DecisionState, NO_DECISIONS } from '../../src/protocol/calibration-decisions';
import { DEFAULT_PANEL_SETTINGS } from '../../src/protocol/calibration-page';
import { readBuckets, writeBuckets } from '../../src/editor/settings';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';

const FIXTURE = path.join('test', 'fixtures', 'panel', 'reviews.csv');
const EDITED = [
  { name: 'go', low: 0.93 },
  { name: 'look', low: 0.6 },
  { name: 'stop', low: 0 },
];

describe('decisions in the calibration panel', () => {
  let inside: string;
  let outside: string;
  let table: string;
  let worker: CalibrationWorker | undefined;
  let decisions: PanelDecisions | undefined;
  let state: DecisionState;

  before(() => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    inside = path.join(folder.uri.fsPath, 'decisions.csv');
    outside = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-decisions-'));
    table = path.join(outside, 'decisions.csv');
    for (const file of [inside, table]) copyFileSync(path.join(projectRoot(), FIXTURE), file);
  });
  afterEach(async () => {
    decisions?.dispose();
    worker?.stop();
    await writeBuckets(vscode.Uri.file(inside), null);
  });
  after(() => {
    rmSync(inside);
    rmSync(outside, { recursive: true });
  });

  async function open(file: string): Promise<PanelDecisions> {
    const extension = vscode.extensions.getExtension('prompt-confidence.prompt-confidence');
    assert.ok(extension);
    const script = path.join(extension.extensionPath, 'dist', 'calibration-worker.cjs');
    const started = new CalibrationWorker(script, {
      progress: () => undefined,
      preliminary: () => undefined,
      failed: (error) => assert.fail(String(error)),
    });
    worker = started;
    await started.analyse({ file, settings: DEFAULT_PANEL_SETTINGS, reload: true });
    state = NO_DECISIONS;
    decisions = new PanelDecisions({
      uri: vscode.Uri.file(file),
      decide: (params) => started.decide(params),
      isDecided: () => true,
      recompute: () => assert.fail('the table is loaded'),
      explained: (error) => ({ code: 'test', message: String(error) }),
      show: (shown) => {
        state = shown;
      },
    });
    return decisions;
  }

  it('are those of the command line, with its buckets, target and costs', async () => {
    const { services } = await internals();
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    const panel = new CalibrationPanel(vscode.Uri.file(table), page, services);
    try {
      const report = await until('the panel has decided', () => panel.state.decisions.report ?? undefined);
      const costs = path.join(outside, 'costs.json');
      writeFileSync(costs, JSON.stringify(DEFAULT_CHOICES.costs));
      const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
      const words = ['--json', '--target', String(DEFAULT_CHOICES.target), '--costs', costs];
      const json = execFileSync(process.execPath, [cli, 'evaluate', table, ...words], { encoding: 'utf8' });
      const said = JSON.parse(json) as Decisions;
      const [raw] = report.methods;
      assert.deepEqual(raw?.buckets, said.buckets);
      assert.deepEqual(raw.threshold, said.threshold);
      assert.deepEqual(raw.costs, said.costs);
    } finally {
      panel.dispose();
      page.dispose();
    }
  });

  it('keep edited buckets in the settings of the folder of the table, and take them from there', async () => {
    const uri = vscode.Uri.file(inside);
    const panel = await open(inside);
    await panel.edit(EDITED);
    assert.deepEqual(readBuckets(uri), { buckets: EDITED, problem: null });
    const settings = path.join(path.dirname(inside), '.vscode', 'settings.json');
    assert.match(readFileSync(settings, 'utf8'), /"promptConfidence\.buckets"/);
    const names = (): string[] | undefined => state.report?.methods[0]?.buckets.map(({ name }) => name);
    await until('the new buckets are counted', () => names()?.[0] === 'go' || undefined);
    assert.equal(state.bucketNote, null);

    const others = [
      { name: 'first', low: 0.5 },
      { name: 'second', low: 0 },
    ];
    await writeBuckets(uri, others);
    await until('a change of the settings is seen', () => names()?.[0] === 'first' || undefined);
    await writeBuckets(uri, [{ name: 'gap', low: 0.5 }]);
    await until('bad settings are explained', () =>
      state.bucketNote?.includes('must start at 0') === true ? true : undefined,
    );
    assert.deepEqual(state.buckets, DEFAULT_BUCKETS);
    await panel.edit(null);
    assert.deepEqual(readBuckets(uri), { buckets: DEFAULT_BUCKETS, problem: null });
  });

  it('keep edited buckets of a table outside of every folder in the panel, and say so', async () => {
    const panel = await open(table);
    await panel.edit(EDITED);
    const counted = (): unknown => state.report?.buckets;
    assert.deepEqual(counted(), EDITED);
    assert.deepEqual(state.choices.ownBuckets, EDITED);
    assert.match(state.bucketNote ?? '', /in this panel only: the table is in no workspace folder/);
    assert.deepEqual(readBuckets(vscode.Uri.file(table)).buckets, DEFAULT_BUCKETS);
    await panel.edit(null);
    assert.deepEqual(counted(), DEFAULT_BUCKETS);
    assert.equal(state.bucketNote, null);
  });
});
