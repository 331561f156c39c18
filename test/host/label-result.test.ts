/** Labels of classified texts: from the hover, the result view and the palette into a labels file. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { readDecisions } from '../../src/core/labelling/decisions';
import { confidenceOf } from '../../src/core/model/rows';
import { labelScores } from '../../src/core/scoring/score';
import { placeOf } from '../../src/editor/text-place';
import type { ClassifiedText } from '../../src/editor/results';
import type { ExtensionInternals } from '../../src/extension';
import { ResultHover } from '../../src/features/hover/hover';
import { COMMANDS, UNSURE } from '../../src/protocol/manifest';
import { readTable } from '../../src/store/tables/read-table';
import { textSha256 } from '../../src/store/labels';
import { until } from '../support/until';
import { internals } from './internals';
import { person, personLeaves } from './person';

const TEXT = 'I love this movie!';
/** With the confidence that each has. */
const LINES = [TEXT, 'Best worst thing ever', 'Not for me', 'Fine, I suppose'];
const LOG_ODDS = [4, 0.2, 5, 0.4];

/** Of two labels that are all of the answers. */
function logProbsAt(logOdds: number): number[] {
  const likelier = -Math.log1p(Math.exp(-logOdds));
  return [likelier, likelier - logOdds];
}

describe('the label of a classified text', () => {
  let extension: ExtensionInternals;
  let folder: string;
  let result: ClassifiedText;
  let document: vscode.TextDocument;

  before(async () => {
    extension = await internals();
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
  });
  beforeEach(async () => {
    extension.results.clear()?.forget();
    document = await vscode.workspace.openTextDocument({ content: LINES.join('\n') });
    await vscode.window.showTextDocument(document);
    const [added] = extension.results.add(
      document,
      LINES.map((text, line) => ({
        text,
        place: placeOf(document, new vscode.Range(line, 0, line, text.length)),
        classifier: 'sentiment',
        score: {
          ...labelScores(['positive', 'negative'], logProbsAt(LOG_ODDS[line] ?? 0)),
          mode: 'first-token',
          ...{ textTokens: 5, cutTokens: 0 },
        },
        origin: {
          model: { kind: 'file', name: 'tiny.gguf', sha256: '1'.repeat(64) },
          ...{ promptSha256: '0'.repeat(64), backend: 'cpu', modelPath: '' },
        },
        calibration: undefined,
        bounds: [],
        ...{ isLeftRaw: false, model: 'tiny.gguf', device: 'CPU', ms: 1, batch: 1 },
        trigger: 'selection',
        at: new Date(),
      })),
    );
    result = added ?? assert.fail();
  });
  afterEach(async () => {
    personLeaves(extension.services.dialogs);
    extension.results.clear()?.forget();
    rmSync(path.join(folder, '.prompt-confidence'), { recursive: true, force: true });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const saved = () =>
    readDecisions(readFileSync(path.join(folder, '.prompt-confidence/labels/texts-sentiment.csv'), 'utf8'))
      .decisions;

  it('is written as one that a person chose, with the model’s answer in view', async () => {
    await vscode.commands.executeCommand(COMMANDS.labelResult, result.id, 1);
    const [decision, more] = saved();
    assert.equal(more, undefined);
    assert.deepEqual(
      [decision?.kind, decision?.label, decision?.selectedBy, decision?.isBlind, decision?.textSha256],
      ['label', 'negative', 'user', false, textSha256(TEXT)],
    );
    assert.deepEqual(await extension.services.textLabels.answerTo(result), { label: 'negative' });
  });

  it('is shown by the hover, which has every label as a link', async () => {
    const hover = new ResultHover(extension.services);
    const markdown = async (): Promise<string> => {
      const { token } = new vscode.CancellationTokenSource();
      const shown = await hover.provideHover(document, new vscode.Position(0, 3), token);
      return shown?.contents.map((part) => (part as vscode.MarkdownString).value).join('\n') ?? '';
    };
    assert.match(await markdown(), /Your label: \[`positive`\]\(command:promptConfidence\.labelResult/u);
    await vscode.commands.executeCommand(COMMANDS.labelResult, result.id, UNSURE);
    await until(
      'the hover shows it',
      async () => (await markdown()).includes('Your label: unsure') || undefined,
    );
  });

  it('is given to what needs a review: the next, the one before, or one of their list', async () => {
    const editor = vscode.window.activeTextEditor ?? assert.fail();
    const line = (): number => editor.selection.active.line;
    for (const [command, expected] of [
      [COMMANDS.nextDoubtfulLine, 1],
      [COMMANDS.nextDoubtfulLine, 3],
      [COMMANDS.previousDoubtfulLine, 1],
      [COMMANDS.previousDoubtfulLine, 3],
    ] as const) {
      await vscode.commands.executeCommand(command);
      assert.equal(line(), expected, command);
    }
    const dialogs = person(extension.services.dialogs, ['Best worst', undefined]);
    await vscode.commands.executeCommand(COMMANDS.listDoubtfulLines);
    // The least sure first, and nothing else.
    assert.deepEqual(dialogs.said, ['choose Needs Review: Best worst thing ever | Fine, I suppose']);
    assert.equal(line(), 1);
    await vscode.commands.executeCommand(COMMANDS.listDoubtfulLines);
    assert.equal(line(), 1);
  });

  it('is asked for in a table of all results, which opens in the panel', async () => {
    const { calibration, services } = extension;
    const out = path.join(folder, 'texts-sentiment.csv');
    person(services.dialogs, [out]);
    try {
      await vscode.commands.executeCommand(COMMANDS.saveResults);
      const panel = await until('the panel shows the table', () =>
        calibration.panels.find(({ state }) => state.name === path.basename(out) && state.overview !== null),
      );
      const live = services.results.in(document.uri);
      const { overview } = panel.state;
      assert.equal(overview?.rows, live.length);
      assert.match(overview.origin, /^Bound to .*tiny\.gguf/u);
      const { table } = await readTable(out, { truth: 'optional' });
      assert.ok(table.data.kind === 'labels');
      const first = live.find(({ range }) => range.start.line === 0);
      const [sureness] = confidenceOf(table.data).confidence;
      assert.equal(sureness?.toFixed(9), first?.score.confidence.toFixed(9));
    } finally {
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await vscode.window.showTextDocument(document);
      for (const file of [out, `${out}.meta.json`]) rmSync(file, { force: true });
    }
  });

  it('is asked for from the palette, and taken back', async () => {
    person(extension.services.dialogs, ['positive']);
    await vscode.commands.executeCommand(COMMANDS.labelResult);
    assert.deepEqual(await extension.services.textLabels.answerTo(result), { label: 'positive' });
    await extension.services.textLabels.say(result, null);
    assert.equal(await extension.services.textLabels.answerTo(result), null);
    assert.deepEqual(
      saved().map(({ kind }) => kind),
      ['label', 'undo'],
    );
  });
});
