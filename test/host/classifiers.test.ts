import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { newClassifier, writeDraft } from '../../src/features/classifiers/new-classifier';
import { CLASSIFIER_FOLDER } from '../../src/editor/classifiers';
import type { Services } from '../../src/editor/services';
import { TEST_MODEL } from '../support/paths';
import { until } from '../support/until';
import { internals, scoreTexts, setMachineSetting, useOneThread } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

describe('classifier files in the editor', () => {
  let services: Services;
  let folder: vscode.WorkspaceFolder;

  const fileOf = (name: string): vscode.Uri =>
    vscode.Uri.joinPath(folder.uri, CLASSIFIER_FOLDER, `${name}.json`);
  const write = (uri: vscode.Uri, text: string): Thenable<void> =>
    vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  const listed = (name: string) =>
    until(`${name} is listed`, async () =>
      (await services.classifiers.list()).find(
        (entry) => entry.kind === 'file' && entry.classifier.name === name,
      ),
    );
  const ours = (uri: vscode.Uri): vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(uri).filter((diagnostic) => diagnostic.source === 'Prompt Confidence');

  before(async () => {
    ({ services } = await internals());
    const [first] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(first);
    folder = first;
    await useOneThread();
    await setMachineSetting('model', path.basename(TEST_MODEL));
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of ['mood', 'broken']) await vscode.workspace.fs.delete(fileOf(name));
    await setMachineSetting('model', undefined);
  });

  it('are written by New Classifier, opened, listed, and used', async () => {
    const dialogs = new ScriptedDialogs([
      'mood',
      'back',
      'mood',
      'positive',
      'positive, negative',
      'Few-shot',
    ]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.saying('refused')[0] ?? '', /at least two labels/);
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.fsPath, fileOf('mood').fsPath);
    assert.equal((JSON.parse(document.getText()) as { name?: string }).name, 'mood');

    await listed('mood');
    const classifier = await services.classifiers.get('mood');
    const { scores } = await scoreTexts(services, classifier, ['I love this movie!'], { topTokens: 0 });
    assert.deepEqual(scores[0]?.labels.map((label) => label.label).sort(), ['negative', 'positive']);
    assert.deepEqual(ours(fileOf('mood')), []);
  });

  it('are never overwritten', async () => {
    const dialogs = new ScriptedDialogs(['mood', 'other', undefined]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.saying('refused')[0] ?? '', /already/);
    await assert.rejects(writeDraft(folder, { name: 'mood', labels: ['a', 'b'], kind: 'question' }), {
      code: 'classifier-exists',
    });
  });

  it('show where the JSON is broken, and are well again once it is mended', async () => {
    const uri = fileOf('broken');
    await write(uri, '{\n  "version": 1,\n  "name": "broken"\n  "labels": []\n}\n');
    const [diagnostic] = await until('the broken file is marked', () =>
      ours(uri).length > 0 ? ours(uri) : undefined,
    );
    assert.equal(diagnostic?.range.start.line, 3);
    assert.match(diagnostic.message, /comma/);

    await write(
      uri,
      JSON.stringify({
        version: 1,
        name: 'broken',
        template: '{{text}}',
        labels: [{ name: 'a' }, { name: 'b' }],
      }),
    );
    await until('the mark is gone', () => (ours(uri).length === 0 ? true : undefined));
    await listed('broken');
  });

  it('show the words of others in a problem as words', async () => {
    const uri = fileOf('hostile');
    const name = '\u202e[Fix](command:workbench.action.openSettings)';
    await write(
      uri,
      JSON.stringify({ version: 1, name: 'hostile', template: '{{text}}', labels: [{ name }, { name }] }),
    );
    const [diagnostic] = await until('the file is marked', () =>
      ours(uri).length > 0 ? ours(uri) : undefined,
    );
    assert.doesNotMatch(diagnostic?.message ?? '\u202e', /\u202e|\]\(command:/);
    await vscode.workspace.fs.delete(uri);
  });

  it('show what is wrong at its field while they are edited', async () => {
    const document = await vscode.workspace.openTextDocument(fileOf('mood'));
    const editor = await vscode.window.showTextDocument(document);
    const at = document.positionAt(document.getText().indexOf('{{text}}'));
    await editor.edit((edit) => edit.replace(new vscode.Range(at, at.translate(0, 8)), 'nothing'));
    const [diagnostic] = await until('the edited file is marked', () =>
      ours(document.uri).length > 0 ? ours(document.uri) : undefined,
    );
    assert.equal(diagnostic?.range.start.line, at.line);
    assert.match(diagnostic.message, /template: write \{\{text\}\} exactly once/);
    await vscode.commands.executeCommand('undo');
    await until('the mark is gone', () => (ours(document.uri).length === 0 ? true : undefined));
    await document.save();
  });
});
