import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { partAt } from '../../src/store/tables/work-place';
import type { Services } from '../../src/editor/services';
import { chatAnswer, json, serve, type TestServer } from '../unit/sources/endpoint/misbehaving-server';
import { internals, setMachineSetting } from './internals';
import { person, personLeaves } from './person';
import type { ScriptedDialogs } from './scripted-dialogs';

/** The answers are canned; the settings, the files and the requests are real. */
describe('many texts for a model that is not on this machine', () => {
  let services: Services;
  let server: TestServer;
  let folder: string;
  let classifiers: string;

  before(async () => {
    ({ services } = await internals());
    server = await serve((response) => json(response, chatAnswer({ positive: 0.7, negative: 0.2 })));
    await setMachineSetting('endpoints', [
      {
        name: 'local',
        url: server.url,
        api: 'chat',
        model: 'tiny',
        requestsPerMinute: 60_000,
        price: { promptPerMillion: 1000, answerPerMillion: 0 },
      },
    ]);
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    classifiers = path.join(workspace, '.prompt-confidence', 'classifiers');
    mkdirSync(classifiers, { recursive: true });
    folder = mkdtempSync(path.join(workspace, 'score-'));
    const labels = [{ name: 'positive' }, { name: 'negative' }];
    for (const classifier of [
      { name: 'far', template: 'Is it good?\n{{text}}:', labels, source: 'endpoint:local' },
      {
        name: 'drawn',
        template: 'Is it good?\n{{text}}:',
        labels,
        source: 'endpoint:local',
        method: 'consistency',
        consistency: { samples: 12 },
      },
      {
        name: 'lent',
        template: '{{text}}:',
        labels,
        source: 'editor:tiny-chat',
        method: 'consistency',
        consistency: { samples: 4 },
      },
    ])
      writeFileSync(
        path.join(classifiers, `${classifier.name}.json`),
        JSON.stringify({ version: 1, ...classifier }),
      );
  });
  after(async () => {
    personLeaves(services.dialogs);
    await setMachineSetting('endpoints', undefined);
    await server.close();
    for (const name of ['far', 'drawn', 'lent']) rmSync(path.join(classifiers, `${name}.json`));
    rmSync(folder, { recursive: true });
  });

  const score = async (rows: number, ...answers: (string | undefined)[]): Promise<ScriptedDialogs> => {
    const table = path.join(folder, `${rows}.csv`);
    // The note is not sent, so it does not count.
    writeFileSync(table, `text,note\n${`Good film.,${'long '.repeat(200)}\n`.repeat(rows)}`);
    const dialogs = person(services.dialogs, answers);
    await vscode.commands.executeCommand('promptConfidence.scoreCsv', vscode.Uri.file(table));
    return dialogs;
  };

  it('asks first, with what an endpoint will take by its price, and sends nothing before', async () => {
    const { said } = await score(600, 'far', 'text', 'no.csv', undefined);
    const [, tokens, cost] =
      /^confirm Score 600 rows of 600\.csv\? \[Score\]\nThe texts are sent to tiny at http:\S+: about 600 requests with ([\d,]+) tokens of prompt and 600 of answer, ([\d.]+) by the price of the endpoint, at least 1 s\. You can pause it/.exec(
        said.at(-1) ?? '',
      ) ?? assert.fail(said.at(-1));
    const perRow = Number(tokens?.replaceAll(',', '')) / 600;
    assert.ok(perRow > 10 && perRow < 50, `${perRow} tokens a row`);
    assert.equal(cost, ((perRow * 600) / 1000).toFixed(2));
    assert.deepEqual(server.requests, []);
    assert.deepEqual(readdirSync(folder), ['600.csv']);
  });

  it('scores where that is wished, and asks nothing about a few rows', async () => {
    const asked = await score(20, 'far', 'text', 'asked.csv', 'Score', undefined);
    assert.equal(asked.saying('confirm').length, 1);
    assert.match(asked.said.at(-1) ?? '', /^info asked\.csv is complete: 20 rows/);
    const few = await score(19, 'far', 'text', 'few.csv', undefined);
    assert.deepEqual(few.saying('confirm'), []);
    assert.match(few.said.at(-1) ?? '', /^info few\.csv is complete: 19 rows/);
  });

  it('asks about a few rows, too, where they take more than 200 requests', async () => {
    const cheap = await score(16, 'drawn', 'text', 'cheap.csv', undefined);
    assert.deepEqual(cheap.saying('confirm'), []);
    const sent = server.requests.length;
    const refused = await score(17, 'drawn', 'text', 'dear.csv', undefined);
    assert.match(refused.said.at(-1) ?? '', /^confirm Score 17 rows of 17\.csv\?.*: about 204 requests/s);
    assert.equal(server.requests.length, sent);
    assert.ok(!existsSync(partAt('work', path.join(folder, 'dear.csv'))));
    const agreed = await score(17, 'drawn', 'text', 'dear.csv', 'Score', undefined);
    assert.match(agreed.said.at(-1) ?? '', /^info dear\.csv is complete: 17 rows/);
    // A probe comes before the rows.
    assert.equal(server.requests.length, sent + 204 + 12);
  });

  it('asks once about all lines of a document, and sends nothing before', async () => {
    const settings = vscode.workspace.getConfiguration('promptConfidence');
    await settings.update('classifier', 'drawn', vscode.ConfigurationTarget.Workspace);
    const classify = async (lines: number, ...answers: (string | undefined)[]): Promise<ScriptedDialogs> => {
      const content = Array.from({ length: lines }, (_, i) => `Good film ${i}.`).join('\n');
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }));
      const dialogs = person(services.dialogs, answers);
      await vscode.commands.executeCommand('promptConfidence.classifyLines');
      return dialogs;
    };
    try {
      const sent = server.requests.length;
      const refused = await classify(40, undefined);
      assert.match(
        refused.saying('confirm')[0] ?? '',
        /^confirm Send 480 requests to tiny at http:\S+\? \[Classify\]\nThis takes about 480 requests/,
      );
      assert.equal(server.requests.length, sent);
      // More lines than one request to the source takes.
      const agreed = await classify(40, 'Classify');
      assert.equal(agreed.saying('confirm').length, 1);
      assert.equal(server.requests.length, sent + 480);
      const few = await classify(16);
      assert.deepEqual(few.saying('confirm'), []);
    } finally {
      await settings.update('classifier', undefined, vscode.ConfigurationTarget.Workspace);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      services.results.clear();
    }
  });

  it('says how many requests an editor model will take', async () => {
    const { said } = await score(50, 'lent', 'text', 'lent.csv', undefined);
    assert.match(said.at(-1) ?? '', /The texts are sent to Tiny Chat of the editor .*: about 200 requests/);
    assert.ok(!existsSync(partAt('work', path.join(folder, 'lent.csv'))));
  });
});
