/** A sequence classification model in the editor: from New Classifier to the calibrated hover. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { newClassifier } from '../../src/features/classifiers/new-classifier';
import type { Services } from '../../src/editor/services';
import { encoderFolder, encoderReference } from '../support/encoder';
import { CLI } from '../support/paths';
import { until } from '../support/until';
import { execFileSync } from 'node:child_process';
import { hoverOf, internals, scoreTexts, useOneThread } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

describe('a sequence classification model in the editor', () => {
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
    for (const name of ['topics', 'spam']) rmSync(own('classifiers', `${name}.json`), { force: true });
    rmSync(own('calibrators', 'topics.json'), { force: true });
    for (const name of ['encoder.txt', 'topics.csv', 'topics-scored.csv', 'topics-scored.csv.meta.json'])
      rmSync(path.join(folder, name), { force: true });
    for (const entry of await services.models.folders()) await services.models.remove(entry);
  });

  it('becomes a classifier, classifies, and is calibrated like any other', async () => {
    const dialogs = new ScriptedDialogs([
      'Sequence classification model…',
      encoderFolder('single-label'),
      'topics',
      undefined,
    ]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.said.at(-1) ?? '', /topics is ready/);
    const entry = await until('it is listed', async () =>
      (await services.classifiers.list()).find(
        (found) => found.kind === 'file' && found.classifier.name === 'topics',
      ),
    );
    assert.ok(entry.kind === 'file');

    const [reference] = encoderReference('single-label').logits;
    assert.ok(reference);
    const { scores, identity } = await scoreTexts(services, entry.classifier, [reference.text], {
      topTokens: 0,
    });
    scores[0]?.labels.forEach(({ output }, k) => {
      assert.ok(Math.abs((output?.logit ?? NaN) - (reference.logits[k] ?? NaN)) < 1e-4);
    });
    assert.equal(identity.model?.kind, 'encoder');

    const file = path.join(folder, 'encoder.txt');
    writeFileSync(file, `${reference.text}\n`);
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    const classify = () =>
      services.classification.run({
        document,
        ranges: [document.lineAt(0).range],
        classifier: 'topics',
        trigger: 'selection',
        signal: new AbortController().signal,
      });
    await classify();
    const raw = await hoverOf(document);
    assert.match(raw, /output 10, logit −?\d\.\d{3}/);
    assert.match(raw, /Label mass not applicable · outputs of the model/);

    // A crash is made up for as with a language model.
    const { encoder } = services.encoderModels;
    process.kill(encoder.pid ?? assert.fail(), 'SIGKILL');
    await until('it is known to be down', () => encoder.state.kind === 'failed' || undefined);
    const settings = vscode.workspace.getConfiguration('promptConfidence');
    await settings.update('classifier', 'topics', vscode.ConfigurationTarget.Workspace);
    await vscode.commands.executeCommand('promptConfidence.restartEngine');
    assert.equal(encoder.state.kind, 'ready');
    await settings.update('classifier', undefined, vscode.ConfigurationTarget.Workspace);

    // A table of the same model, and a calibrator that is fitted on it.
    const { logits } = encoderReference('single-label');
    const rows = Array.from({ length: 200 }, (_, row) => {
      const text = logits[row % logits.length]?.text ?? '';
      return `"${text.replaceAll('"', '""')} ${row}",topic ${row % 12}`;
    });
    writeFileSync(path.join(folder, 'topics.csv'), ['text,label', ...rows, ''].join('\n'));
    const run = (...args: string[]): void =>
      void execFileSync(process.execPath, [CLI, ...args], {
        cwd: folder,
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      });
    run('score', 'topics.csv', '--out', 'topics-scored.csv', '--classifier', 'topics');
    run('calibrate', 'topics-scored.csv', '--method', 'vector', '--out', own('calibrators', 'topics.json'));
    const classifierFile = own('classifiers', 'topics.json');
    const written = JSON.parse(readFileSync(classifierFile, 'utf8')) as object;
    writeFileSync(classifierFile, JSON.stringify({ ...written, calibrator: 'topics' }));
    await until('the hover is calibrated', async () => {
      const shown = await hoverOf(document);
      return /calibrated by .*topics\.json/.test(shown) ? shown : undefined;
    });
  });

  it('is asked about where its config says too little', async () => {
    const dialogs = new ScriptedDialogs([
      'Sequence classification model…',
      encoderFolder('one-logit'),
      'one of two labels',
      'ham',
      'ham, spam',
      'spam',
      undefined,
    ]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.saying('refused')[0] ?? '', /Enter 2 names/);
    const file = JSON.parse(readFileSync(own('classifiers', 'spam.json'), 'utf8')) as Record<string, unknown>;
    assert.equal(file.outputs, 'binary');
    assert.deepEqual(file.labels, [{ name: 'ham' }, { name: 'spam' }]);
    assert.ok(!JSON.stringify(file).includes(path.dirname(encoderFolder('one-logit'))));
  });

  it('is refused with the reason where it is none', async () => {
    const dialogs = new ScriptedDialogs(['Sequence classification model…', folder, undefined]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.saying('error')[0] ?? '', /no complete model folder\. It lacks config\.json/);
  });
});
