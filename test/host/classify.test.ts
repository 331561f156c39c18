import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { ExtensionInternals } from '../../src/extension';
import { hoversAt, internals as findInternals } from './internals';
import { ResultHover } from '../../src/features/hover/hover';
import type { ClassifiedText } from '../../src/editor/results';
import { until } from '../support/until';

const GOOD = 'I love this movie!';
const MIXED = 'Best worst thing ever';

describe('classifying in the editor', () => {
  let internals: ExtensionInternals;

  before(async () => {
    internals = await findInternals();
    await configure('threads', 1);
    await configure('gpu', 'off');
  });

  beforeEach(() => internals.results.clear());

  after(async () => {
    await configure('classifier', undefined, vscode.ConfigurationTarget.Workspace);
    await configure('hover.classifySelection', undefined);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('gives every selection of several cursors a result of its own, from one request', async () => {
    const editor = await open(`${GOOD}\n${MIXED}\n`);
    editor.selections = [wholeLine(editor, 0), wholeLine(editor, 1)];
    const found = await classifySelection();
    assert.deepEqual(
      found.map((result) => result.text),
      [GOOD, MIXED],
    );
    assert.equal(found[0]?.score.label, 'positive');
    assert.equal(found[0].batch, 2);
    assert.match(found[0].device, /^CPU, 1 thread/);
    assert.ok((found[0].score.tokens?.length ?? 0) >= 10);
    assert.equal(internals.results.in(editor.document.uri).length, 2);
  });

  it('takes the white space off the ends of a selection', async () => {
    const editor = await open(`\n   ${GOOD}  \n\nMore`);
    editor.selection = new vscode.Selection(0, 0, 3, 0);
    const [result] = await classifySelection();
    assert.equal(result?.text, GOOD);
    assert.deepEqual([result.range.start.line, result.range.start.character], [1, 3]);
  });

  it('takes the line of the cursor where nothing is selected, and remembers that', async () => {
    const editor = await open(`${GOOD}\n${MIXED}`);
    editor.selection = new vscode.Selection(1, 4, 1, 4);
    const [result] = await classifySelection();
    assert.equal(result?.text, MIXED);
    assert.equal(result.trigger, 'line');
  });

  it('knows where the buckets begin that no figure is rounded over, also when they change later', async () => {
    const { Workspace } = vscode.ConfigurationTarget;
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    const [result] = await classifySelection();
    assert.deepEqual(result?.bounds, [0.9, 0.7, 0.5, 0]);
    const own = [
      { name: 'go', low: 0.95 },
      { name: 'stay', low: 0 },
    ];
    await configure('buckets', own, Workspace);
    try {
      await until('the new bounds', () => internals.results.get(result.id)?.bounds[0] === 0.95 || undefined);
      const [again] = await classifySelection();
      assert.deepEqual(again?.bounds, [0.95, 0]);
    } finally {
      await configure('buckets', undefined, Workspace);
    }
  });

  it('shows the label in the hover, with links to nothing but its own commands', async () => {
    const editor = await open(`${GOOD}\nsomething else`);
    editor.selection = wholeLine(editor, 0);
    await classifySelection();
    const markdown = await hoverAt(editor, new vscode.Position(0, 3));
    assert.match(markdown.value, /%\*\* `positive`/);
    assert.match(markdown.value, /Label mass/);
    assert.match(markdown.value, /command:promptConfidence\.showResult/);
    assert.deepEqual(await hoversAt(editor.document, new vscode.Position(1, 3)), []);
  });

  it('offers to classify a selection under the pointer', async () => {
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    const markdown = await hoverAt(editor, new vscode.Position(0, 3));
    assert.match(markdown.value, /\[Classify Selection\]\(command:promptConfidence\.classifySelection\)/);
    assert.deepEqual(internals.results.history, []);
  });

  it('classifies it at once where the setting says so', async () => {
    await configure('hover.classifySelection', true);
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    const markdown = await hoverAt(editor, new vscode.Position(0, 3));
    assert.match(markdown.value, /`positive`/);
    assert.equal(internals.results.history[0]?.result.trigger, 'hover');
    await configure('hover.classifySelection', undefined);
  });

  it('leaves a selection alone where the pointer has moved on before its turn came', async () => {
    await configure('hover.classifySelection', true);
    const { engine, services, results } = internals;
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    await services.engineModels.load(undefined);
    // Keeps the engine busy, so that the hover cannot be first.
    const [classifier] = BUILTIN_CLASSIFIERS;
    const stop = new AbortController();
    const busy = engine.score(
      { classifier: classifier?.asks ?? assert.fail(), texts: Array<string>(400).fill(MIXED), topTokens: 0 },
      stop.signal,
    );
    const token = new vscode.CancellationTokenSource();
    const waiting = engine.onStateChange((state) => {
      if (state.kind === 'ready' && state.pending === 2) token.cancel();
    });
    const provider = new ResultHover(services);
    const hover = await provider.provideHover(editor.document, new vscode.Position(0, 3), token.token);
    waiting.dispose();
    assert.equal(hover, undefined);
    assert.ok(token.token.isCancellationRequested);
    assert.ok(engine.state.kind === 'ready' && engine.state.pending === 1, 'the hover waits for nobody');
    stop.abort();
    await assert.rejects(busy, { code: 'cancelled' });
    await configure('hover.classifySelection', undefined);
    assert.equal((await classifySelection()).length, 1);
    assert.deepEqual(
      results.history.map(({ result }) => result.trigger),
      ['selection'],
    );
  });

  for (const source of ['endpoint:far', 'editor:tiny-chat'])
    it(`never asks ${source} for a hover, only offers to`, async () => {
      await writeFile(
        '.prompt-confidence/classifiers/elsewhere.json',
        JSON.stringify({
          version: 1,
          name: 'elsewhere',
          template: '{{text}}:',
          labels: [{ name: 'positive' }, { name: 'negative' }],
          source,
          method: 'consistency',
        }),
      );
      await configure('classifier', 'elsewhere', vscode.ConfigurationTarget.Workspace);
      await configure('hover.classifySelection', true);
      const editor = await open(GOOD);
      editor.selection = wholeLine(editor, 0);
      const { value } = await hoverAt(editor, new vscode.Position(0, 3));
      await configure('hover.classifySelection', undefined);
      await configure('classifier', undefined, vscode.ConfigurationTarget.Workspace);
      assert.match(value, new RegExp(`sends texts to ${source}. Hovering never does that`));
      assert.match(value, /\[Classify Selection\]\(command:/);
      assert.deepEqual(internals.results.history, []);
    });

  it('forgets a result in the document when its text is edited, and moves the others along', async () => {
    const editor = await open(`${GOOD}\n${MIXED}\n`);
    editor.selections = [wholeLine(editor, 0), wholeLine(editor, 1)];
    await classifySelection();
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 2), 'really '));
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'A new first line\n'));
    const left = internals.results.in(editor.document.uri);
    assert.deepEqual(
      left.map((result) => [result.text, result.range.start.line]),
      [[MIXED, 2]],
    );
    assert.equal(internals.results.history.length, 2);
    editor.selection = new vscode.Selection(0, 0, 0, 0);
    assert.deepEqual(await hoversAt(editor.document, new vscode.Position(1, 3)), []);
  });

  it('takes the classifier of the settings, with as many labels as it has', async () => {
    await writeFile(
      '.prompt-confidence/classifiers/stars.json',
      JSON.stringify({
        version: 1,
        name: 'stars',
        template: 'Review: {{text}}\nStars:',
        labels: ['one', 'two', 'three', 'four', 'five'].map((name) => ({ name })),
      }),
    );
    await configure('classifier', 'stars', vscode.ConfigurationTarget.Workspace);
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    const [result] = await classifySelection();
    assert.equal(result?.classifier, 'stars');
    assert.equal(result.score.labels.length, 5);
    const sum = result.score.labels.reduce((total, entry) => total + entry.confidence, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
    await configure('classifier', undefined, vscode.ConfigurationTarget.Workspace);
  });

  it('classifies every line that is not empty', async () => {
    const editor = await open(`${GOOD}\n\n  \n${MIXED}\n`);
    const counts = await vscode.commands.executeCommand('promptConfidence.classifyLines');
    assert.deepEqual(counts, { done: 2, total: 2 });
    const [first] = internals.results.in(editor.document.uri);
    assert.equal(first?.score.tokens, undefined);
    await internals.services.classification.addTokens(first ?? assert.fail(), new AbortController().signal);
    assert.ok((internals.results.get(first?.id)?.score.tokens?.length ?? 0) >= 10);
  });

  it('gives the same numbers line by line as for a selection', async () => {
    const editor = await open(`${GOOD}\n${MIXED}\n`);
    await vscode.commands.executeCommand('promptConfidence.classifyLines');
    const lines = internals.results.in(editor.document.uri).map((result) => result.score.labels);
    editor.selection = wholeLine(editor, 1);
    const [selected] = await classifySelection();
    assert.deepEqual(selected?.score.labels, lines[1]);
  });

  it('keeps the lines that are done when it is cancelled', async () => {
    const lines = 160;
    await open(Array.from({ length: lines }, (_, at) => `${MIXED} ${at}`).join('\n'));
    const told = messages();
    const { work } = internals.services;
    const subscription = internals.results.onDidChange(() => work.cancel());
    const counts = await vscode.commands.executeCommand<{ done: number; total: number }>(
      'promptConfidence.classifyLines',
    );
    subscription.dispose();
    assert.deepEqual(counts, { done: 32, total: lines });
    assert.equal(internals.results.history.length, 32);
    assert.equal(work.current, undefined);
    assert.equal(told.length, 1);
    assert.match(
      told[0]?.message ?? '',
      /^Cancelled after 32 of 160 lines\. Their results are kept\. 32 lines: /,
    );
  });

  it('sums up the lines that were classified before the engine died, and says that they are kept', async () => {
    const lines = 160;
    await open(Array.from({ length: lines }, (_, at) => `${MIXED} ${at}`).join('\n'));
    const told = messages();
    const subscription = internals.results.onDidChange(() => {
      subscription.dispose();
      // It dies with the next request, which is sent a moment after this result.
      const pid = internals.engine.pid ?? assert.fail();
      process.kill(pid, 'SIGSTOP');
      setTimeout(() => process.kill(pid, 'SIGKILL'), 2000);
    });
    await vscode.commands.executeCommand('promptConfidence.classifyLines');
    await until('both messages are there', () => told[1]);
    assert.match(
      told[0]?.message ?? '',
      /^Stopped after 32 of 160 lines\. Their results are kept\. 32 lines: /,
    );
    assert.ok(told[0]?.actions.includes('Measure…'));
    assert.deepEqual(told[1]?.actions, ['Restart Engine', 'Show Log']);
    assert.equal(internals.results.history.length, 32);
  });

  it('classifies the other lines where one cannot be classified, and says which and why', async () => {
    const editor = await open(`${GOOD}\na\0b\n${MIXED}\nc\0d`);
    const told = messages();
    const counts = await vscode.commands.executeCommand('promptConfidence.classifyLines');
    assert.deepEqual(counts, { done: 2, total: 4 });
    assert.deepEqual(
      internals.results.in(editor.document.uri).map(({ text }) => text),
      [GOOD, MIXED],
    );
    assert.equal(told.length, 1);
    assert.match(
      told[0]?.message ?? '',
      /^2 lines: .* 2 were not classified \(the first is line 2\): This looks like binary data/,
    );
  });

  it('classifies the lines after one that its source refused', async () => {
    const own = {
      version: 1,
      name: 'by-the-editor',
      instruction: 'Is it {{labels}}?',
      template: 'Review: {{text}}\nSentiment:',
      labels: [{ name: 'positive' }, { name: 'negative' }],
      source: 'editor:tiny-chat',
      method: 'consistency',
      consistency: { samples: 2 },
    };
    await until(
      'the test model is there',
      async () => (await vscode.lm.selectChatModels({ id: 'tiny-chat' }))[0],
    );
    await writeFile('.prompt-confidence/classifiers/by-the-editor.json', JSON.stringify(own));
    await configure('classifier', own.name, vscode.ConfigurationTarget.Workspace);
    const lines = Array.from({ length: 70 }, (_, at) => (at === 5 ? 'It is broken.' : `A good film ${at}.`));
    const editor = await open(lines.join('\n'));
    const told = messages();
    const counts = await vscode.commands.executeCommand('promptConfidence.classifyLines');
    await configure('classifier', undefined, vscode.ConfigurationTarget.Workspace);
    assert.deepEqual(counts, { done: 69, total: 70 }, told[0]?.message);
    assert.equal(internals.results.in(editor.document.uri).length, 69);
    assert.equal(told.length, 1);
    assert.match(told[0]?.message ?? '', /^69 lines: .* 1 was not classified \(line 6\): /);
  });

  it('drops the result of a text that was edited while it was being classified', async () => {
    const editor = await open(`${GOOD}\n${MIXED}`);
    editor.selection = wholeLine(editor, 0);
    const running = classifySelection();
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 1), ' really'));
    assert.deepEqual(await running, []);
    assert.deepEqual(internals.results.history, []);
  });

  it('says why an empty or binary text cannot be classified', async () => {
    for (const [content, sentence] of [
      ['   \n  ', /only white space/],
      ['PK\u0003\u0004\0\0', /binary data/],
    ] as const) {
      const editor = await open(content);
      const told = messages();
      editor.selection = new vscode.Selection(0, 0, editor.document.lineCount, 0);
      assert.deepEqual(await classifySelection(), []);
      assert.equal(told.length, 1);
      assert.match(told[0]?.message ?? '', sentence);
      assert.deepEqual(told[0]?.actions, []);
    }
  });

  it('offers what helps against what went wrong', async () => {
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    const told = messages();
    await configure('model', 'not-there.gguf');
    await classifySelection();
    await configure('model', undefined);
    await configure('classifier', 'missing', vscode.ConfigurationTarget.Workspace);
    await classifySelection();
    const folder = '.prompt-confidence/classifiers';
    await writeFile(`${folder}/broken.json`, '{ "version": 1 ');
    await configure('classifier', 'broken', vscode.ConfigurationTarget.Workspace);
    await classifySelection();
    await configure('classifier', undefined, vscode.ConfigurationTarget.Workspace);
    assert.deepEqual(
      told.map((message) => message.actions),
      [['Choose Model…', 'Download Model…'], ['Choose Classifier…'], ['Open File', 'Choose Classifier…']],
    );
  });

  it('says that the engine died, and works again with the next text', async () => {
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    await classifySelection();
    const told = messages();
    const running = vscode.commands.executeCommand('promptConfidence.classifyLines');
    process.kill(internals.engine.pid ?? assert.fail(), 'SIGKILL');
    await running;
    assert.deepEqual(told[0]?.actions, ['Restart Engine', 'Show Log']);
    assert.equal((await classifySelection()).length, 1);
  });

  it('opens the result view', async () => {
    const editor = await open(GOOD);
    editor.selection = wholeLine(editor, 0);
    const [result] = await classifySelection();
    await vscode.commands.executeCommand('promptConfidence.showResult', result?.id);
    assert.equal(internals.results.shown?.id, result?.id);
    await vscode.commands.executeCommand('promptConfidence.clearResults', result?.id);
    assert.equal(internals.results.shown, undefined);
  });

  /** What is told from now on, instead of being shown. */
  function messages(): { message: string; actions: readonly string[] }[] {
    const told: { message: string; actions: readonly string[] }[] = [];
    internals.services.dialogs.tell = (_severity, message, actions = []) => {
      told.push({ message, actions });
      return Promise.resolve(undefined);
    };
    return told;
  }

  async function classifySelection(): Promise<ClassifiedText[]> {
    const ids = await vscode.commands.executeCommand<number[] | undefined>(
      'promptConfidence.classifySelection',
    );
    return (ids ?? []).map((id) => internals.results.get(id) ?? assert.fail());
  }
});

async function open(content: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ content, language: 'plaintext' });
  return vscode.window.showTextDocument(document);
}

function wholeLine(editor: vscode.TextEditor, line: number): vscode.Selection {
  const { start, end } = editor.document.lineAt(line).range;
  return new vscode.Selection(start, end);
}

async function hoverAt(editor: vscode.TextEditor, position: vscode.Position): Promise<vscode.MarkdownString> {
  const [markdown] = await hoversAt(editor.document, position);
  return markdown ?? assert.fail('no hover');
}

function configure(
  name: string,
  value: unknown,
  target: vscode.ConfigurationTarget = vscode.ConfigurationTarget.Global,
): Thenable<void> {
  return vscode.workspace.getConfiguration('promptConfidence').update(name, value, target);
}

async function writeFile(name: string, content: string): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
  const uri = vscode.Uri.joinPath(folder, name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
}
