/** Import Predictions…: what it asks, what it writes, and what can be changed afterwards. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { CalibrationEditor } from '../../src/features/calibration/calibration-editor';
import { importFile } from '../../src/features/import/import-predictions';
import type { Services } from '../../src/editor/services';
import { until } from '../support/until';
import { internals } from './internals';
import { ScriptedDialogs } from './scripted-dialogs';

describe('importing predictions in the editor', () => {
  let services: Services;
  let calibration: CalibrationEditor;
  let folder: string;
  const written: string[] = [];
  const file = (name: string, content: string): vscode.Uri => {
    const at = path.join(folder, name);
    writeFileSync(at, content);
    written.push(at);
    return vscode.Uri.file(at);
  };
  const out = (name: string): string => {
    const at = path.join(folder, name);
    written.push(at);
    return at;
  };
  const asked = async (uri: vscode.Uri, ...answers: (string | undefined)[]): Promise<ScriptedDialogs> => {
    const dialogs = new ScriptedDialogs(answers);
    await importFile({ ...services, dialogs }, uri);
    return dialogs;
  };

  before(async () => {
    ({ services, calibration } = await internals());
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
  });
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const at of written.splice(0)) rmSync(at, { force: true });
  });

  const scores = (p: number): string =>
    JSON.stringify({
      label: p > 0.4 ? 'POSITIVE' : 'NEGATIVE',
      predictions: [
        { label: 'POSITIVE', score: p },
        { label: 'NEGATIVE', score: 1 - p },
      ],
    });

  it('says what was taken for what, and opens the table in the panel', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => scores((i + 0.5) / 60));
    const uri = file('scores.jsonl', `${[...lines, '{"label"'].join('\n')}\n`);
    const table = out('imported.csv');
    const { said } = await asked(uri, table, 'Open Calibration Panel');
    assert.match(said[0] ?? '', /^new file Import Predictions: .*scores\.csv$/);
    assert.match(
      said.at(-1) ?? '',
      /^warning imported\.csv has 60 rows from output of a Hugging Face pipeline\. 1 record could not be read and were left out; line 61 is not JSON\./,
    );
    const panel = await until('it has a panel', () => calibration.panels[0]);
    const rows = await until('the panel has measured it', () => panel.state.analysis?.evaluation.n);
    assert.equal(rows, 60);
  });

  it('asks for the labels of answers, and joins texts and true labels', async () => {
    const content = {
      token: 'Yes',
      logprob: -0.1,
      top_logprobs: [
        { token: 'Yes', logprob: -0.1 },
        { token: 'No', logprob: -2.4 },
      ],
    };
    const batch = file(
      'batch.jsonl',
      `${JSON.stringify({ custom_id: 'a', error: null, response: { body: { choices: [{ message: { content: 'Yes' }, logprobs: { content: [content] } }] } } })}\n`,
    );
    const texts = file('texts.csv', 'id,text,label\na,Is it?,yes\n');
    const table = out('answers.csv');
    const { said } = await asked(
      batch,
      'Type the labels…',
      'yes, no',
      table,
      'Join a Table…',
      texts.fsPath,
      undefined,
    );
    assert.match(said[0] ?? '', /^choose Import Predictions: .*Type the labels…$/);
    assert.match(readFileSync(table, 'utf8'), /^id,logprob:yes,logprob:no,.*\na,.*Is it\?,yes\n$/);
    assert.match(said.at(-1) ?? '', /joined with texts\.csv by id/);
  });

  it('asks which of several runs the table is to hold, and can read a file as something else', async () => {
    const result = (provider: string, output: string): string =>
      JSON.stringify({
        promptIdx: 0,
        testIdx: 0,
        prompt: {},
        provider: { id: provider },
        vars: { text: 'T', label: 'a' },
        response: { output, logProbs: [-0.5] },
      });
    const uri = file('results.jsonl', `${result('one', 'a')}\n${result('two', 'b')}\n`);
    const table = out('results.csv');
    const { said } = await asked(uri, table, 'two', 'Read As…', 'records with columns', undefined);
    assert.ok(said.some((line) => line.startsWith('choose Import Predictions: one #1 | two #1')));
    assert.match(said.at(-1) ?? '', /2 rows from records with columns/);
    assert.match(readFileSync(table, 'utf8'), /^promptIdx,testIdx,provider\.id/);
  });

  it('refuses a file of no kind that is known, and leaves nothing behind', async () => {
    await assert.rejects(
      asked(file('list.json', '[1, 2]'), out('none.csv'), undefined),
      /no kind that is known/,
    );
  });
});
