import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { CalibrationPanel } from '../../src/features/calibration/panel';
import { AS_FOUND, DEFAULT_PANEL_SETTINGS, type TableOptions } from '../../src/protocol/calibration-page';
import type { Services } from '../../src/editor/services';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';

interface Refused {
  readonly code: string;
  readonly content: string | Buffer;
  readonly options?: Partial<TableOptions>;
  /** The same as the options, for the command line. */
  readonly words?: readonly string[];
  /** The command that refuses it; evaluate where none is given. */
  readonly command?: readonly string[];
  /** Of the file beside the table that says how it was scored. */
  readonly meta?: string;
}

const GOOD = `label,prob:a,prob:b\n${'a,0.6,0.4\nb,0.3,0.7\na,0.2,0.8\n'.repeat(10)}`;

/** What evaluate is not troubled by: a fit belongs to one method, and to how the table was scored. */
const CALIBRATE = [
  'calibrate',
  '--method',
  'platt',
  '--out',
  path.join(os.tmpdir(), 'never', 'written.json'),
];

/** A table for each way to be refused. */
const REFUSED: readonly Refused[] = [
  { code: 'empty-table', content: '' },
  { code: 'no-rows', content: 'label,prob:a,prob:b\n' },
  { code: 'not-a-table', content: 'PK\x03\x04 workbook' },
  { code: 'not-a-table', content: '{"label": "a"}\n' },
  { code: 'not-a-table', content: Buffer.from([0xff, 0, 1, 2, 0, 0, 9, 0xfe, 0, 0]) },
  { code: 'open-quote', content: '"label,prob:a,prob:b\na,0.4,0.6\n' },
  { code: 'open-quote', content: 'label,prob:a,prob:b\n"a, or b,0.4,0.6\n' },
  { code: 'no-columns', content: 'a,b\n1,2\n' },
  { code: 'no-truth', content: 'confidence\n0.4\n' },
  { code: 'no-truth', content: 'prob:a,prob:b\n0.4,0.6\n' },
  { code: 'ambiguous-column', content: 'label,prob:a,prob:a,prob:b\na,0.4,0.4,0.6\n' },
  { code: 'ambiguous-column', content: 'label,y_true,prob:a,prob:b\na,b,0.4,0.6\n' },
  { code: 'one-score-column', content: 'label,logprob:a\na,-0.4\n' },
  { code: 'positive-unnamed', content: 'label,y_prob\nham,0.4\nspam,0.6\n' },
  { code: 'percentages', content: 'label,y_prob\n0,4\n1,60\n' },
  {
    code: 'several-methods',
    content: 'label,token/prob:a,token/prob:b,other/prob:a,other/prob:b\na,1,0,1,0\n',
    command: CALIBRATE,
  },
  { code: 'decimal-comma', content: 'label,prob:a,prob:b\na,"0,4","0,6"\n' },
  { code: 'percent-sign', content: 'label,prob:a,prob:b\na,40%,60%\n' },
  { code: 'no-usable-rows', content: 'label,prob:a,prob:b\na,x,y\n' },
  {
    code: 'no-label-scores',
    content: 'confidence,correct\n0.4,1\n',
    options: { on: 'labels' },
    words: ['--on', 'labels'],
  },
  { code: 'no-such-method', content: GOOD, options: { prefix: 'token' }, words: ['--scores', 'token'] },
  {
    code: 'no-such-column',
    content: GOOD,
    options: { mapping: { label: 'gold' } },
    words: ['--column', 'label=gold'],
  },
  {
    code: 'unknown-role',
    content: GOOD,
    options: { mapping: { colour: 'label' } },
    words: ['--column', 'colour=label'],
  },
  { code: 'meta-invalid', content: GOOD, meta: 'not JSON', command: CALIBRATE },
  { code: 'meta-newer', content: GOOD, meta: '{"schema": 99}', command: CALIBRATE },
];

describe('a table that the command line refuses, in the calibration panel', () => {
  let services: Services;
  let folder: string;
  let table: string;
  let page: vscode.WebviewPanel;
  let panel: CalibrationPanel;

  /** What the panel makes of the table; without truth it shows what it can. */
  const shown = (): string | undefined =>
    panel.state.overview === null ? panel.state.error?.code : 'no-truth';

  /** Waits until the panel shows what it makes of the table as it is now: the code of its error, or none. */
  async function shows(code: string | undefined, options: Partial<TableOptions> = {}): Promise<void> {
    panel.change({ ...DEFAULT_PANEL_SETTINGS, table: { ...AS_FOUND, ...options } });
    await until('the panel is done', () => (panel.state.busy === null && shown() === code) || undefined, {
      instead: () => `(busy: ${panel.state.busy ?? 'no'}, error: ${shown() ?? 'none'})`,
    });
  }

  before(async () => {
    ({ services } = await internals());
    folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-refused-'));
    table = path.join(folder, 'table.csv');
    writeFileSync(table, '');
    page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    panel = new CalibrationPanel(vscode.Uri.file(table), page, services);
    await until('the panel explains', () => panel.state.error ?? undefined);
  });
  after(() => {
    panel.dispose();
    page.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [
    index,
    { code, content, options, words = [], command = ['evaluate'], meta },
  ] of REFUSED.entries())
    it(`is explained in the same words: ${code} (${index + 1})`, async () => {
      writeFileSync(table, content);
      if (meta === undefined) rmSync(`${table}.meta.json`, { force: true });
      else writeFileSync(`${table}.meta.json`, meta);
      await shows(code, options);
      const cli = path.join(projectRoot(), 'dist', 'cli.mjs');
      const { status, stderr } = spawnSync(process.execPath, [cli, ...command, table, ...words], {
        encoding: 'utf8',
      });
      assert.notEqual(status, 0);
      if (code === 'no-truth') return;
      const { error } = panel.state;
      assert.ok(error !== null && stderr.includes(error.message), `${stderr} has: ${error?.message}`);
    });

  it('is used as soon as it is mended', async () => {
    rmSync(`${table}.meta.json`, { force: true });
    writeFileSync(table, GOOD);
    await shows(undefined);
    assert.equal(panel.state.analysis?.evaluation.n, 30);
  });
});
