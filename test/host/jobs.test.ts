import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { partAt } from '../../src/store/tables/work-place';
import { StatusItem } from '../../src/features/status/status';
import type { Services } from '../../src/editor/services';
import { until, untilEvent } from '../support/until';
import { internals, useOneThread } from './internals';
import { person as personAnswers, personLeaves } from './person';
import type { ScriptedDialogs } from './scripted-dialogs';

/** More rows than are scored until somebody has opened Show Actions. */
const ROWS = 400;

describe('jobs in the editor', () => {
  let services: Services;
  let folder: string;
  let table: string;
  const at = (name: string): string => path.join(folder, name);

  before(async () => {
    ({ services } = await internals());
    await useOneThread();
  });
  beforeEach(() => {
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    folder = mkdtempSync(path.join(workspace, 'score-'));
    table = at('films.csv');
    writeFileSync(table, `text\n${Array.from({ length: ROWS }, (_, i) => `I love film ${i}.\n`).join('')}`);
  });
  after(() => personLeaves(services.dialogs));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const person = (...answers: (string | undefined)[]): ScriptedDialogs =>
    personAnswers(services.dialogs, answers);
  const showActions = (): Thenable<unknown> => vscode.commands.executeCommand('promptConfidence.showActions');
  /** Starts scoring, and waits until there is something to resume. */
  const begin = async (): Promise<{ readonly ended: Promise<void> }> => {
    const scoring = vscode.commands.executeCommand('promptConfidence.scoreCsv', vscode.Uri.file(table));
    await until('rows are scored', () => existsSync(partAt('work', at('out.csv'))) || undefined);
    return { ended: Promise.resolve(scoring).then(() => undefined) };
  };

  it('are shown beside the model while they run, and paused, resumed and discarded from Show Actions', async () => {
    const item = new StatusItem(services);
    const dialogs = person('sentiment', 'text', 'out.csv', 'Scoring films.csv', 'Pause', undefined);
    const { ended } = await begin();
    await until(
      'the status names the job',
      () => /· Scoring films\.csv \d+%$/.exec(item.shown.text) ?? undefined,
    );
    await showActions();
    await ended;
    const [list, actions] = dialogs.saying('choose').slice(-2);
    assert.match(list ?? '', /^choose Prompt Confidence: Running Jobs \| Scoring films\.csv \| /);
    assert.match(actions ?? '', /^choose Scoring films\.csv: .*Pause \| .*Discard… \| .*Show Log$/);
    assert.match(dialogs.said.at(-1) ?? '', /^info Paused: /);
    await until('the status names no job', () => (item.shown.text.includes('Scoring') ? undefined : true));
    item.dispose();

    const resumed = person('Scoring films.csv', 'Resume', 'Scoring films.csv', 'Pause', undefined);
    const resuming = showActions();
    await untilEvent(
      (listener) => services.jobs.onDidChange(listener),
      () => services.jobs.running.length > 0,
    );
    await showActions();
    await resuming;
    assert.match(resumed.said[0] ?? '', / \| Unfinished Jobs \| Scoring films\.csv$/);
    assert.match(resumed.said.at(-1) ?? '', /^info Paused: /);

    // Back from the job to the list.
    const discarded = person('Scoring films.csv', 'back', 'Scoring films.csv', 'Discard', 'Discard');
    await showActions();
    assert.match(discarded.said.at(-1) ?? '', /^confirm Discard "Scoring films\.csv"\? \[Discard\]/);
    assert.deepEqual(readdirSync(folder), ['films.csv']);
  });

  it('lose what is done where they are discarded, after a question', async () => {
    person('sentiment', 'text', 'out.csv', 'Scoring films.csv', 'Discard', 'Discard');
    const { ended } = await begin();
    await showActions();
    await ended;
    assert.deepEqual(readdirSync(folder), ['films.csv']);
    assert.deepEqual(services.jobs.running, []);
  });
});
