/** Labels that do not exclude each other in the editor: from New Classifier to a calibrator for one label. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { newClassifier } from '../../src/features/classifiers/new-classifier';
import { CalibrationPanel } from '../../src/features/calibration/panel';
import { useThreshold } from '../../src/features/calibration/use-threshold';
import { rememberedOptions, rememberOptions } from '../../src/features/calibration/remembered';
import { AS_FOUND } from '../../src/protocol/calibration-page';
import type { Services } from '../../src/editor/services';
import { encoderFolder, encoderReference } from '../support/encoder';
import { CLI } from '../support/paths';
import { until } from '../support/until';
import { hoverOf, internals, useOneThread } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

describe('labels that do not exclude each other, in the editor', () => {
  let services: Services;
  let folder: string;
  const own = (...names: string[]): string => path.join(folder, '.prompt-confidence', ...names);

  before(async () => {
    ({ services } = await internals());
    const [first] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(first);
    folder = first.uri.fsPath;
    await useOneThread();
  });
  after(async () => {
    await services.encoderModels.encoder.stop();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(own('classifiers', 'abuse.json'), { force: true });
    rmSync(own('calibrators', 'abuse-toxic.json'), { force: true });
    for (const name of ['abuse.txt', 'abuse.csv', 'abuse-scored.csv', 'abuse-scored.csv.meta.json'])
      rmSync(path.join(folder, name), { force: true });
    for (const entry of await services.models.folders()) await services.models.remove(entry);
  });

  it('are shown each by itself, looked at one by one in the panel, and calibrated', async () => {
    const dialogs = new ScriptedDialogs([
      'Sequence classification model…',
      encoderFolder('multi-label'),
      'abuse',
      undefined,
    ]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.said.at(-1) ?? '', /abuse is ready/);
    const file = own('classifiers', 'abuse.json');
    const written = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    assert.equal(written.outputs, 'multi-label');
    assert.deepEqual(written.labels, [{ name: 'toxic' }, { name: 'insult' }, { name: 'threat' }]);
    await until('it is listed', async () =>
      (await services.classifiers.list()).find(
        (found) => found.kind === 'file' && found.classifier.name === 'abuse',
      ),
    );

    const { logits } = encoderReference('multi-label');
    const [reference] = logits;
    assert.ok(reference);
    const text = path.join(folder, 'abuse.txt');
    writeFileSync(text, `${reference.text}\n`);
    const document = await vscode.workspace.openTextDocument(text);
    await vscode.window.showTextDocument(document);
    const [result] = await services.classification.run({
      document,
      ranges: [document.lineAt(0).range],
      classifier: 'abuse',
      trigger: 'selection',
      signal: new AbortController().signal,
    });
    assert.equal(result?.score.mode, 'multi-label');
    const raw = await hoverOf(document);
    const right = reference.logits.filter((logit) => logit > 0).length;
    assert.equal(raw.match(/^yes /gm)?.length ?? 0, right);
    assert.match(raw, /^(yes|no ) toxic .*output 0, logit −?\d\.\d{3}$/m);
    assert.match(raw, /outputs of the model, each by itself/);
    // One label of a text is kept, which several can be here.
    assert.doesNotMatch(raw, /Label mass|Your label/);

    const rows = Array.from({ length: 200 }, (_, row) => {
      const own = logits[row % logits.length]?.text ?? '';
      return `"${own.replaceAll('"', '""')} ${row}",${row % 2},${row % 3 === 0 ? '' : Number(row % 4 === 0)}`;
    });
    writeFileSync(path.join(folder, 'abuse.csv'), ['text,label:toxic,label:insult', ...rows, ''].join('\n'));
    execFileSync(
      process.execPath,
      [CLI, 'score', 'abuse.csv', '--out', 'abuse-scored.csv', '--classifier', 'abuse'],
      { cwd: folder, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } },
    );

    const uri = vscode.Uri.file(path.join(folder, 'abuse-scored.csv'));
    const saving = new ScriptedDialogs(['abuse-toxic', 'Use for Classifier…', 'abuse', undefined]);
    const page = vscode.window.createWebviewPanel('test', 'Calibration', vscode.ViewColumn.One);
    const panel = new CalibrationPanel(uri, page, { ...services, dialogs: saving });
    const shown = (label: string, n: number) =>
      until(`${label} is shown`, () => {
        const { analysis, busy, settings, error } = panel.state;
        assert.equal(error, null);
        const isShown = busy === null && analysis?.evaluation.labels?.[0] === label;
        return isShown && settings.table.label === label && analysis.evaluation.n === n ? true : undefined;
      });
    try {
      // Nobody chose: the first one.
      await shown('toxic', 200);
      const { settings } = panel.state;
      panel.change({ ...settings, table: { ...settings.table, label: 'insult' } });
      await shown('insult', 133);
      assert.equal(rememberedOptions(services.context.workspaceState, uri).label, 'insult');
      // Columns as they are found by name: still one label.
      panel.change({ ...settings, table: AS_FOUND });
      await shown('toxic', 200);
      // Nobody has said where threat is right: what was predicted is shown, and other labels can be chosen.
      panel.change({ ...settings, table: { ...settings.table, label: 'threat' } });
      await until('threat is shown', () => panel.state.overview?.rows === 200 || undefined);
      panel.change({ ...settings, table: { ...settings.table, label: 'toxic' } });
      await shown('toxic', 200);

      await panel.save('platt');
      await until('it is saved', () => existsSync(own('calibrators', 'abuse-toxic.json')) || undefined);
      await until('the classifier uses it for its label', () => {
        const { labels } = JSON.parse(readFileSync(file, 'utf8')) as { labels: unknown };
        return JSON.stringify(labels) ===
          '[{"name":"toxic","calibrator":"abuse-toxic"},{"name":"insult"},{"name":"threat"}]'
          ? true
          : undefined;
      });
      const asked = new ScriptedDialogs([undefined]);
      await useThreshold(
        {
          uri,
          table: { file: () => Promise.resolve(uri.fsPath) },
          services: { ...services, dialogs: asked },
        },
        { threshold: 0.9, method: 'raw' },
      );
      assert.match(asked.said.at(-1) ?? '', /^error .*Each label has a threshold of its own/);
    } finally {
      panel.dispose();
      page.dispose();
      await rememberOptions(services.context.workspaceState, uri, AS_FOUND);
    }
    await until('the hover is calibrated', async () => {
      const now = await hoverOf(document);
      return /toxic .*%, raw +\d+\.\d%/.test(now) && now.includes('Calibrated: toxic by abuse-toxic.')
        ? now
        : undefined;
    });
  });
});
