import { askingOf } from '../../src/core/classifier/definition';
import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { newClassifier, writeDraft } from '../../src/features/classifiers/new-classifier';
import { Trial } from '../../src/features/result/trial';
import { CLASSIFIER_FOLDER } from '../../src/editor/classifier-folder';
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
      'Language model',
      'mood',
      'back',
      'mood',
      'positive',
      'positive, negative',
      'Few-shot',
      'Is the review positive or negative?',
      'A wonderful film.',
      '',
      'Use It Now',
    ]);
    await newClassifier({ ...services, dialogs });
    // The test model is a base model.
    assert.match(
      dialogs.saying('choose New Classifier')[1] ?? '',
      /: Few-shot, with examples \| Question with an instruction$/,
    );
    assert.match(
      dialogs.saying('info')[0] ?? '',
      /mood is ready\. Replace its placeholders .*\[Use It Now, Try It\]/,
    );
    const used = (): unknown => vscode.workspace.getConfiguration('promptConfidence').get('classifier');
    await until('it is used', () => (used() === 'mood' ? true : undefined));
    await vscode.workspace.getConfiguration('promptConfidence').update('classifier', undefined);
    assert.match(dialogs.saying('refused')[0] ?? '', /at least two labels/);
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.fsPath, fileOf('mood').fsPath);
    assert.equal((JSON.parse(document.getText()) as { name?: string }).name, 'mood');

    await listed('mood');
    const classifier = await services.classifiers.get('mood');
    const { scores } = await scoreTexts(services, classifier, ['I love this movie!'], { topTokens: 0 });
    assert.deepEqual(scores[0]?.labels.map((label) => label.label).sort(), ['negative', 'positive']);
    assert.match(
      askingOf(classifier).template,
      /Question: Is the review positive or negative\? Answer with \{\{labels\}\}\./,
    );
    const [placeholder, ...others] = await until('the placeholder is marked', () =>
      ours(fileOf('mood')).length > 0 ? ours(fileOf('mood')) : undefined,
    );
    assert.match(placeholder?.message ?? '', /This is a placeholder/);
    assert.equal(placeholder?.severity, vscode.DiagnosticSeverity.Warning);
    assert.deepEqual(others, []);
    const editor = await vscode.window.showTextDocument(document);
    const at = document.getText().indexOf('Replace this');
    const range = new vscode.Range(
      document.positionAt(at),
      document.positionAt(document.getText().indexOf('"', at)),
    );
    await editor.edit((edit) => edit.replace(range, 'A dull film.'));
    await until('the mark is gone', () => (ours(fileOf('mood')).length === 0 ? true : undefined));
    await document.save();
  });

  it('are never overwritten', async () => {
    const dialogs = new ScriptedDialogs(['Language model', 'mood', 'other', undefined]);
    await newClassifier({ ...services, dialogs });
    assert.match(dialogs.saying('refused')[0] ?? '', /already/);
    await assert.rejects(
      writeDraft(folder, { name: 'mood', labels: ['a', 'b'], kind: 'question', question: '', examples: [] }),
      {
        code: 'classifier-exists',
      },
    );
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

  for (const [what, text, message] of [
    ['a field', { templat: '{{text}}:', labels: [{ name: 'a' }, { name: 'b' }] }, /did you mean "template"/],
    ['a value', { template: '{{text}}:', labels: [{ name: 'a' }, { name: 'b' }], prompt: 'caht' }, /chat/],
    ['the JSON', '{ "version": 1, "name": "typo" "template": "{{text}}:" }', /[Cc]omma/],
  ] as const)
    it(`have one mark for one typo in ${what}, of whoever marks it`, async () => {
      const uri = fileOf('typo');
      await write(
        uri,
        typeof text === 'string' ? text : JSON.stringify({ version: 1, name: 'typo', ...text }),
      );
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
      // The JSON support of the editor and ours take their time, each.
      let quiet = 0;
      const marks = await until('the marks are settled', () => {
        const found = vscode.languages.getDiagnostics(uri);
        quiet = found.length === 1 ? quiet + 1 : 0;
        return quiet > 10 ? found : undefined;
      });
      assert.match(marks[0]?.message ?? '', message);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await vscode.workspace.fs.delete(uri);
    });

  it('are not replaced by the built-in one of their name where they are broken', async () => {
    const uri = fileOf('sentiment');
    await write(uri, '{ "version": 1, "name": "sentiment" ');
    try {
      await assert.rejects(services.classifiers.get('sentiment'), /sentiment\.json is not valid JSON/);
      const named = (await services.classifiers.list()).filter(
        (entry) => entry.kind !== 'invalid' && entry.classifier.name === 'sentiment',
      );
      assert.deepEqual(named, []);
    } finally {
      await vscode.workspace.fs.delete(uri);
    }
  });

  it('can be tried as they are in the editor, with a text field that classifies by itself', async () => {
    const document = await vscode.workspace.openTextDocument(fileOf('mood'));
    const editor = await vscode.window.showTextDocument(document);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    assert.deepEqual(lenses[0]?.command?.arguments?.map(String), [document.uri.toString()]);
    const trial = new Trial(services, document.uri, 'I love this movie!', () => undefined);
    try {
      const first = await until('it is classified', () => trial.state.result ?? undefined);
      assert.equal(first.classifier, 'mood');
      assert.ok((first.score.tokens?.length ?? 0) > 5);
      // Not saved.
      const at = document.positionAt(document.getText().indexOf('"mood"') + 1);
      await editor.edit((edit) => edit.insert(at, 'new '));
      assert.equal(trial.state.isOutdated, true);
      await until('the file counts', () =>
        trial.state.result?.classifier === 'new mood' ? true : undefined,
      );
      await trial.showPrompt();
      const prompt = vscode.window.activeTextEditor?.document.getText() ?? '';
      assert.match(prompt, /^The prompt of "new mood" for /);
      assert.match(prompt, /I love this movie!/);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      trial.setText('A waste of time.');
      const second = await until('the text counts', () =>
        trial.state.result?.text === 'A waste of time.' ? trial.state : undefined,
      );
      assert.equal(second.isOutdated, false);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'x'));
      await until('the problem is shown', () =>
        (trial.state.problem ?? '').includes('not valid JSON') && trial.state.result === null
          ? true
          : undefined,
      );
    } finally {
      trial.dispose();
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
  });

  it('that ask a model elsewhere are tried only on a click', async () => {
    const uri = fileOf('far');
    const labels = [{ name: 'a' }, { name: 'b' }];
    const far = { version: 1, name: 'far', template: '{{text}}:', labels, source: 'endpoint:nowhere' };
    await write(uri, JSON.stringify(far));
    const trial = new Trial(services, uri, 'A text.', () => undefined);
    try {
      await until('it waits', () => (trial.state.isOutdated ? undefined : true));
      assert.deepEqual(
        [trial.state.sendsTextsTo, trial.state.result, trial.state.problem],
        ['endpoint:nowhere', null, null],
      );
      trial.now();
      await until('it was asked', () =>
        (trial.state.problem ?? '').includes('no endpoint "nowhere"') ? true : undefined,
      );
    } finally {
      trial.dispose();
      await vscode.workspace.fs.delete(uri);
    }
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
