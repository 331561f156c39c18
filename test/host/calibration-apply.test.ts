/** From the panel into use: a calibrated copy of a table, and the threshold of a classifier. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { builtinFile } from '../../src/core/classifier/builtin';
import { parseClassifier } from '../../src/core/classifier/definition';
import { applyCalibrator } from '../../src/features/calibration/apply-calibrator';
import { useThreshold } from '../../src/features/calibration/use-threshold';
import type { Services } from '../../src/editor/services';
import { COMMANDS } from '../../src/protocol/manifest';
import { projectRoot } from '../support/vscode-server';
import { until } from '../support/until';
import { internals } from './internals';
import { person, personLeaves } from './person';
import { ScriptedDialogs } from './scripted-dialogs';

describe('what the calibration panel is good for', () => {
  let services: Services;
  let folder: string;
  let table: string;
  const at = (...names: string[]): string => path.join(folder, ...names);
  const commandLine = (...words: string[]): string =>
    execFileSync(process.execPath, [path.join(projectRoot(), 'dist', 'cli.mjs'), ...words], {
      encoding: 'utf8',
      stdio: 'pipe',
    });

  before(async () => {
    ({ services } = await internals());
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    table = at('apply.csv');
    copyFileSync(path.join(projectRoot(), 'test/fixtures/panel/reviews.csv'), table);
    mkdirSync(at('.prompt-confidence', 'calibrators'), { recursive: true });
    const calibrator = at('.prompt-confidence', 'calibrators', 'mine.json');
    commandLine('calibrate', table, '--method', 'platt', '--out', calibrator);
  });
  afterEach(async () => vscode.commands.executeCommand('workbench.action.closeAllEditors'));
  after(() => {
    rmSync(at('.prompt-confidence'), { recursive: true, force: true });
    for (const name of ['apply.csv', 'apply-mine.csv', 'apply-mine.csv.meta.json', 'cli.csv'])
      rmSync(at(name), { force: true });
    rmSync(at('cli.csv.meta.json'), { force: true });
  });

  it('writes the copy that the command line writes, says so and opens it', async () => {
    const out = at('apply-mine.csv');
    const dialogs = new ScriptedDialogs(['mine', out, 'Open Table']);
    await applyCalibrator({ ...services, dialogs }, vscode.Uri.file(table));
    assert.deepEqual(dialogs.saying('new file'), [`new file Save the Calibrated Table: ${out}`]);
    assert.match(
      dialogs.said.at(-1) ?? '',
      /^warning apply-mine\.csv: 602 of 603 rows calibrated by mine \(platt on labels, fitted on 600 rows\)\. .*\[Open Calibration Panel, Open Table\]$/,
    );
    assert.ok(dialogs.saying('progress Applying mine').length > 0);
    commandLine('apply', at('.prompt-confidence', 'calibrators', 'mine.json'), table, '--out', at('cli.csv'));
    assert.equal(readFileSync(out, 'utf8'), readFileSync(at('cli.csv'), 'utf8'));
    await until('it is open as text', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return (input instanceof vscode.TabInputText && input.uri.fsPath === out) || undefined;
    });
  });

  it('sorts into the buckets of the classifier that scored the table', async () => {
    const [own, out] = [at('own.csv'), at('own-mine.csv')];
    for (const end of ['', '.meta.json'])
      copyFileSync(path.join(projectRoot(), `docs/real-data/reviews.csv${end}`), `${own}${end}`);
    const classifier = at('.prompt-confidence', 'classifiers', 'sentiment.json');
    const buckets = [
      { name: 'act', low: 0.9 },
      { name: 'ask', low: 0 },
    ];
    mkdirSync(path.dirname(classifier), { recursive: true });
    writeFileSync(classifier, JSON.stringify({ ...builtinFile('sentiment'), buckets }));
    try {
      const dialogs = new ScriptedDialogs(['mine', out, undefined]);
      await applyCalibrator({ ...services, dialogs }, vscode.Uri.file(own));
      const [header = '', ...rows] = readFileSync(out, 'utf8').trim().split('\n');
      const column = header.split(',').indexOf('bucket');
      const found = new Set(rows.map((row) => row.split(',')[column]));
      assert.ok(found.size > 0 && [...found].every((name) => name === 'act' || name === 'ask'));
    } finally {
      for (const file of [own, out])
        for (const end of ['', '.meta.json']) rmSync(`${file}${end}`, { force: true });
      rmSync(classifier);
    }
  });

  it('leaves nothing where it is cancelled, and never replaces the table', async () => {
    const out = at('cancelled.csv');
    const dialogs = new ScriptedDialogs(['mine', out]);
    dialogs.onProgress = (_, cancel) => cancel();
    await assert.rejects(applyCalibrator({ ...services, dialogs }, vscode.Uri.file(table)), {
      code: 'cancelled',
    });
    assert.ok(!existsSync(out) && !existsSync(`${out}.meta.json`));
    await assert.rejects(
      applyCalibrator({ ...services, dialogs: new ScriptedDialogs(['mine', table]) }, vscode.Uri.file(table)),
      { code: 'own-table' },
    );
  });

  it('writes a threshold into a classifier after saying what it writes, and takes it back', async () => {
    const file = at('.prompt-confidence', 'classifiers', 'sentiment.json');
    const host = (dialogs: ScriptedDialogs) => ({
      uri: vscode.Uri.file(table),
      table: { file: () => Promise.resolve(table) },
      services: { ...services, dialogs },
    });
    const refused = new ScriptedDialogs(['sentiment', undefined]);
    await useThreshold(host(refused), { threshold: 0.83, method: 'platt' });
    assert.ok(!existsSync(file));
    const [question = ''] = refused.saying('confirm');
    assert.match(
      question,
      /^confirm Write these buckets into \.prompt-confidence\/classifiers\/sentiment\.json\? \[Write\]/,
    );
    assert.match(question, /automatic: 0\.83 or higher\nreview: 0\.7 to below 0\.83\n/);
    assert.match(question, /sentiment is built in: a copy of it is written into the workspace\./);
    assert.match(question, /calibrated by Platt\. The classifier names no calibrator: save that calibrator/);

    const dialogs = new ScriptedDialogs(['sentiment', 'Write', undefined]);
    await useThreshold(host(dialogs), { threshold: 0.83, method: 'raw' });
    const written = parseClassifier(readFileSync(file, 'utf8'), 'sentiment.json');
    assert.deepEqual(
      written.buckets?.map(({ low }) => low),
      [0.83, 0.7, 0.5, 0],
    );
    assert.match(
      dialogs.said.at(-1) ?? '',
      /^info The classifier sentiment now has these buckets\. \[Undo, Open Classifier\]$/,
    );

    const again = new ScriptedDialogs(['sentiment', 'Write', 'Undo']);
    const before = readFileSync(file, 'utf8');
    await useThreshold(host(again), { threshold: 0.6, method: 'raw' });
    // Undo is an answer to a notification, which nobody waits for.
    await until('it is undone', () => readFileSync(file, 'utf8') === before || undefined);
  });

  it('finds the threshold of a table that reaches an accuracy, from the explorer too', async () => {
    const uri = vscode.Uri.file(table);
    const use = async (...answers: (string | undefined)[]): Promise<readonly string[]> => {
      const { said } = person(services.dialogs, answers);
      try {
        await vscode.commands.executeCommand(COMMANDS.useThreshold, uri);
        return said;
      } finally {
        personLeaves(services.dialogs);
      }
    };
    const found = await use('0.7', 'sentiment', undefined);
    assert.match(found.at(-1) ?? '', /^confirm Write these buckets into .*\[Write\]/u);
    assert.match(found.at(-1) ?? '', /automatic: 0(\.\d+)? or higher\n/u);
    const none = await use('0.999', undefined);
    assert.match(none.at(-1) ?? '', /No threshold is shown to reach 99\.9%: .*\[Open Calibration Panel\]/u);
  });

  it('says why a threshold cannot be kept for a table in no folder', async () => {
    const dialogs = new ScriptedDialogs([undefined]);
    const uri = vscode.Uri.file('/tmp/elsewhere.csv');
    await useThreshold(
      { uri, table: { file: () => assert.fail('it is not read') }, services: { ...services, dialogs } },
      { threshold: 0.8, method: 'raw' },
    );
    assert.match(dialogs.said[0] ?? '', /^error .*in no workspace folder\. Open its folder/);
  });
});
