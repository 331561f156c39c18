/** Results in the editor: what they belong to, how they come back, and where they lead. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { builtinFile } from '../../src/core/classifier/builtin';
import { CLASSIFIER_FOLDER } from '../../src/editor/classifier-folder';
import { Results, type ClassifiedText } from '../../src/editor/results';
import type { ExtensionInternals } from '../../src/extension';
import { until } from '../support/until';
import { internals, useOneThread } from './internals';
import { person, personLeaves } from './person';
import type { ScriptedDialogs } from './scripted-dialogs';

const GOOD = 'I love this movie!';
const MIXED = 'Best worst thing ever';
const DULL = 'Two hours of my life that I want back.';

describe('a result in the editor', () => {
  let extension: ExtensionInternals;

  before(async () => {
    extension = await internals();
    await useOneThread();
  });
  beforeEach(() => extension.results.clear()?.forget());
  afterEach(() => personLeaves(extension.services.dialogs));
  after(async () => {
    extension.results.clear()?.forget();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const live = (editor: vscode.TextEditor): string[] =>
    extension.results.in(editor.document.uri).map(({ text, range }) => `${range.start.line} ${text}`);
  const answering = (...answers: (string | undefined)[]): ScriptedDialogs =>
    person(extension.services.dialogs, answers);

  async function classifyLines(content: string): Promise<vscode.TextEditor> {
    const editor = await open(content);
    answering(undefined);
    await vscode.commands.executeCommand('promptConfidence.classifyLines');
    personLeaves(extension.services.dialogs);
    return editor;
  }

  async function classifySelection(): Promise<ClassifiedText[]> {
    const ids = await vscode.commands.executeCommand<number[] | undefined>(
      'promptConfidence.classifySelection',
    );
    return (ids ?? []).map((id) => extension.results.get(id) ?? assert.fail());
  }

  for (const [where, position, added] of [
    ['the end', new vscode.Position(0, GOOD.length), ' Not.'],
    ['the start', new vscode.Position(0, 0), 'Not that '],
  ] as const)
    it(`is gone when text is added at ${where} of its line, and back after undo`, async () => {
      const editor = await classifyLines(`${GOOD}\n${MIXED}`);
      const [before] = extension.results.in(editor.document.uri);
      await editor.edit((edit) => edit.insert(position, added));
      assert.deepEqual(live(editor), [`1 ${MIXED}`]);
      await vscode.commands.executeCommand('undo');
      assert.deepEqual(live(editor), [`0 ${GOOD}`, `1 ${MIXED}`]);
      assert.deepEqual(extension.results.in(editor.document.uri)[0], before);
    });

  it('stays where only white space around it or another line changes', async () => {
    const editor = await classifyLines(`${GOOD}\n${MIXED}`);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '    '));
    await editor.edit((edit) => edit.insert(new vscode.Position(1, MIXED.length), '\nmore'));
    assert.deepEqual(live(editor), [`0 ${GOOD}`, `1 ${MIXED}`]);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'first\n'));
    assert.deepEqual(live(editor), [`1 ${GOOD}`, `2 ${MIXED}`]);
  });

  it('is back when its text is typed again, cut and pasted, or split and joined', async () => {
    const editor = await classifyLines(`${GOOD}\n${MIXED}\nlast`);
    const line = new vscode.Range(0, 0, 1, 0);
    await editor.edit((edit) => edit.delete(line));
    assert.deepEqual(live(editor), [`0 ${MIXED}`, '1 last']);
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), GOOD.slice(0, 5)));
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 5), `${GOOD.slice(5)}\n`));
    assert.deepEqual(live(editor).sort(), [`0 ${MIXED}`, `1 ${GOOD}`, '2 last']);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 4), '\n'));
    assert.deepEqual(live(editor).sort(), [`2 ${GOOD}`, '3 last']);
    await editor.edit((edit) => edit.delete(new vscode.Range(0, 4, 1, 0)));
    assert.deepEqual(live(editor).sort(), [`0 ${MIXED}`, `1 ${GOOD}`, '2 last']);
  });

  it('of a part of a line is gone when something is joined to it, and back when that is gone', async () => {
    const editor = await open('A good film, a bad end.');
    editor.selection = new vscode.Selection(0, 2, 0, 11);
    assert.equal((await classifySelection())[0]?.text, 'good film');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 22), 'ing'));
    assert.deepEqual(live(editor), ['0 good film'], 'the rest of the line is not its text');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 11), 's'));
    assert.deepEqual(live(editor), []);
    await vscode.commands.executeCommand('undo');
    assert.deepEqual(live(editor), ['0 good film']);
    await editor.edit((edit) => edit.delete(new vscode.Range(0, 0, 0, 7)));
    assert.deepEqual(live(editor), []);
    await vscode.commands.executeCommand('undo');
    assert.deepEqual(live(editor), ['0 good film']);
  });

  it('is cleared with a way back, wherever its text is by then', async () => {
    const editor = await classifyLines(`${GOOD}\n${MIXED}`);
    const dialogs = answering('Undo');
    let undo: (() => void) | undefined;
    extension.services.dialogs.tell = async (...said) => {
      await new Promise<void>((resolve) => (undo = resolve));
      return dialogs.tell(...said);
    };
    await vscode.commands.executeCommand('promptConfidence.clearResults');
    assert.deepEqual(live(editor), []);
    assert.deepEqual(extension.results.history, []);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'first\n'));
    undo?.();
    await until('they are back', () => (live(editor).length === 2 ? true : undefined));
    assert.deepEqual(dialogs.said, ['info Cleared 2 results. [Undo]']);
    assert.deepEqual(live(editor), [`1 ${GOOD}`, `2 ${MIXED}`]);
  });

  it('says in its hover that it is raw, and that one label dominates', async () => {
    const editor = await classifyLines(Array.from({ length: 10 }, (_, at) => `${GOOD} ${at}`).join('\n'));
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      editor.document.uri,
      new vscode.Position(3, 3),
    );
    const [markdown] = hover?.contents ?? [];
    assert.ok(markdown instanceof vscode.MarkdownString);
    assert.match(markdown.value, /^Raw, not calibrated: \[Measure…\]\(command:promptConfidence\.measure\)$/m);
    assert.match(markdown.value, /^`All are positive: the model may prefer this label/m);
  });

  it('ends Classify Lines with a summary, whose button leads from one doubtful line to the next', async () => {
    const editor = await open(`${GOOD}\n${MIXED}\n${DULL}`);
    const dialogs = answering('Next Doubtful Line');
    await vscode.commands.executeCommand('promptConfidence.classifyLines');
    const [told] = dialogs.said;
    assert.match(
      told ?? '',
      /^info 3 lines: .*positive.*\. Raw, not calibrated\. Doubtful: \d \(below 90%, or marked ⚠\)\. \[Next Doubtful Line, Measure…\]$/,
    );
    const doubtful = Number(/Doubtful: (\d)/.exec(told ?? '')?.[1]);
    const results = extension.results.in(editor.document.uri);
    const wanted = results.filter(({ score }) => score.confidence < 0.9);
    assert.equal(wanted.length, doubtful);
    assert.ok(wanted.length > 0);
    await until('the first is selected', () => (editor.selection.isEmpty ? undefined : true));
    const visited: string[] = [];
    for (let step = 0; step <= wanted.length; step++) {
      visited.push(editor.document.getText(editor.selection));
      await vscode.commands.executeCommand('promptConfidence.nextDoubtfulLine');
    }
    // After the last one, the first again.
    assert.deepEqual(
      visited,
      [...wanted, ...wanted].slice(0, visited.length).map(({ text }) => text),
    );
    assert.equal(extension.results.shown?.text, editor.document.getText(editor.selection));
  });

  it('is looked for in the file in front, and without one the person is told so', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const dialogs = answering(undefined);
    await vscode.commands.executeCommand('promptConfidence.nextDoubtfulLine');
    assert.deepEqual(dialogs.said, [
      'info Open a file whose lines are classified: a doubtful one is selected. []',
    ]);
  });

  it('is doubtful below the highest bucket of its own classifier', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const file = vscode.Uri.joinPath(folder.uri, CLASSIFIER_FOLDER, 'strict.json');
    const buckets = [
      { name: 'sure', low: 0.999 },
      { name: 'unsure', low: 0 },
    ];
    const content = JSON.stringify({ ...builtinFile('sentiment'), name: 'strict', buckets });
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(content));
    const setting = vscode.workspace.getConfiguration('promptConfidence');
    await setting.update('classifier', 'strict', vscode.ConfigurationTarget.Workspace);
    try {
      const editor = await open(`${GOOD}\n${MIXED}`);
      const dialogs = answering(undefined);
      await vscode.commands.executeCommand('promptConfidence.classifyLines');
      assert.match(dialogs.said[0] ?? '', /Doubtful: 2 \(below 99\.9%, or marked ⚠\)/);
      await vscode.commands.executeCommand('promptConfidence.nextDoubtfulLine');
      assert.equal(editor.document.getText(editor.selection), GOOD);
    } finally {
      await setting.update('classifier', undefined, vscode.ConfigurationTarget.Workspace);
      await vscode.workspace.fs.delete(file);
    }
  });

  it('stands in the history in the order of the lines, those of the last command first', async () => {
    const editor = await classifyLines(`${GOOD}\n${MIXED}\n${DULL}`);
    editor.selection = new vscode.Selection(1, 0, 1, 4);
    await classifySelection();
    assert.deepEqual(
      extension.results.history.map(({ result, status }) => `${status} ${result.text}`),
      ['live Best', `live ${GOOD}`, `replaced ${MIXED}`, `live ${DULL}`],
    );
  });

  it('is there again in the next session where its text is, and no text was stored', async () => {
    const { context, log } = extension.services;
    const editor = await classifyLines(`${GOOD}\n${MIXED}\n${DULL}`);
    editor.selection = new vscode.Selection(2, 0, 2, 9);
    await classifySelection();
    await extension.results.store();
    const stored = JSON.stringify(context.workspaceState.get('results'));
    for (const word of [GOOD, MIXED, 'Two hours', 'movie', 'worst']) assert.ok(!stored.includes(word), word);
    assert.match(stored, /"hash":"[\w-]{43}"/);
    const before = extension.results.in(editor.document.uri);

    const later = new Results(context.workspaceState, log);
    try {
      await until('they are back', () => (later.in(editor.document.uri).length > 0 ? true : undefined));
      const same = ({ text, range, score, classifier, model, at }: ClassifiedText): object => {
        return { text, range, score: { ...score, tokens: undefined }, classifier, model, at };
      };
      assert.deepEqual(later.in(editor.document.uri).map(same), before.map(same));
    } finally {
      later.dispose();
    }
    // The document changed while nobody looked: one text has moved, one is another.
    const moved = `new\n\n${MIXED}\n${GOOD} Not.`;
    const all = new vscode.Range(0, 0, editor.document.lineCount, 0);
    await editor.edit((edit) => edit.replace(all, moved));
    const last = new Results(memento(JSON.parse(stored)), log);
    try {
      await until('one is back', () => (last.in(editor.document.uri).length > 0 ? true : undefined));
      assert.deepEqual(
        last.in(editor.document.uri).map(({ text, range }) => [text, range.start.line]),
        [[MIXED, 2]],
      );
    } finally {
      last.dispose();
    }
  });

  it('is offered on a sample where no file is open', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const dialogs = answering('Try a Sample');
    await vscode.commands.executeCommand('promptConfidence.classifySelection');
    await until('the sample is classified', () => (extension.results.history.length > 0 ? true : undefined));
    assert.match(dialogs.said[0] ?? '', /^info Open a file .* or try it on a sample\. \[Try a Sample\]$/);
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor?.document.isUntitled);
    assert.deepEqual(live(editor), [`0 ${GOOD}`]);
  });

  it('shows exactly what the model gets, in an editor that cannot be saved', async () => {
    const editor = await open(`${GOOD}\n${MIXED}`);
    editor.selection = new vscode.Selection(0, 0, 0, GOOD.length);
    await vscode.commands.executeCommand('promptConfidence.showPrompt');
    const shown = await until('the prompt is shown', () =>
      vscode.window.visibleTextEditors.find(({ document }) =>
        document.uri.scheme.startsWith('prompt-confidence'),
      ),
    );
    const text = shown.document.getText();
    assert.match(text, /^The prompt of "sentiment" for .*\.gguf on CPU.*: \d+ tokens/);
    assert.ok(text.includes(`Review: ${GOOD}\nSentiment:\n`), text);
    assert.match(text, /\npositive\n {2}·positive \(\d+\)/);
  });
});

async function open(content: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ content, language: 'plaintext' });
  return vscode.window.showTextDocument(document);
}

function memento(results: unknown): vscode.Memento {
  return {
    keys: () => ['results'],
    get: (key: string) => (key === 'results' ? results : undefined),
    update: () => Promise.resolve(),
  } as vscode.Memento;
}
