import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { partAt } from '../../src/store/tables/work-place';
import type { ExtensionInternals } from '../../src/extension';
import { offerUnfinished } from '../../src/features/status/offer';
import { withoutSeconds } from '../support/score-meta';
import { until } from '../support/until';
import { internals, scoreTexts, useOneThread } from './internals';
import { person as personAnswers, personLeaves } from './person';
import type { ScriptedDialogs } from './scripted-dialogs';

const REVIEWS = Array.from({ length: 20 }, (_, i) =>
  i % 2 === 0 ? `I love film number ${i}, all of it.` : `Film number ${i} is "dull",\nand far too long.`,
);

describe('Score CSV… in the editor', () => {
  let inside: ExtensionInternals;
  let folder: string;
  let table: string;
  const at = (name: string): string => path.join(folder, name);

  before(async () => {
    inside = await internals();
    await useOneThread();
  });
  beforeEach(() => {
    // In the workspace, as a person's would be.
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? os.tmpdir();
    folder = mkdtempSync(path.join(workspace, 'score-'));
    table = at('reviews.csv');
    const rows = REVIEWS.map(
      (text, i) => `${i},"${text.replaceAll('"', '""')}",${i % 2 === 0 ? 'positive' : 'negative'}\n`,
    );
    writeFileSync(table, `id,review,label\n${rows.join('')}`);
  });
  after(() => personLeaves(inside.services.dialogs));
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
  });

  const person = (...answers: (string | undefined)[]): ScriptedDialogs =>
    personAnswers(inside.services.dialogs, answers);
  const score = async (uri = vscode.Uri.file(table)): Promise<void> => {
    await vscode.commands.executeCommand('promptConfidence.scoreCsv', uri);
  };

  /** Pauses as soon as there is something to go on from. */
  async function scoreAndPause(out: string): Promise<void> {
    const scoring = score();
    await until('the run has begun', () => existsSync(partAt('work', out)) || undefined);
    await vscode.commands.executeCommand('promptConfidence.pauseScoring');
    await scoring;
  }

  it('guesses the column, takes the next free name, and gives the numbers of a single classification', async () => {
    writeFileSync(at('reviews.scored.csv'), 'somebody’s');
    const dialogs = person('sentiment', 'review', 'reviews.scored-2.csv', undefined);
    await score();
    assert.equal(readFileSync(at('reviews.scored.csv'), 'utf8'), 'somebody’s');
    const scored = readFileSync(at('reviews.scored-2.csv'), 'utf8');
    const classifier = await inside.services.classifiers.get('sentiment');
    for (const text of REVIEWS.slice(0, 4)) {
      const { scores } = await scoreTexts(inside.services, classifier, [text], { topTokens: 0 });
      const numbers = scores[0]?.labels.map(({ logProb }) => String(logProb)).join(',') ?? 'none';
      assert.ok(scored.includes(`,${numbers},`), text);
    }
    const meta = JSON.parse(readFileSync(at('reviews.scored-2.csv.meta.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.deepEqual(meta.labels, ['positive', 'negative']);
    assert.equal(meta.textColumn, 'review');
    assert.match(
      dialogs.said.at(-1) ?? '',
      /^info reviews\.scored-2\.csv is complete: 20 rows\. \[Open Calibration Panel\]$/,
    );
    assert.deepEqual(
      readdirSync(folder).filter((name) => /part|lock/.test(name)),
      [],
    );
  });

  it('offers the calibration panel and opens it, whether or not the table has labels', async () => {
    writeFileSync(at('plain.csv'), `text\n${REVIEWS[0] ?? ''}\n`);
    for (const [source, column, out] of [
      [table, 'review', 'out.csv'],
      [at('plain.csv'), 'text', 'plain.out.csv'],
    ] as const) {
      person('sentiment', column, out, 'Open Calibration Panel');
      await score(vscode.Uri.file(source));
      await until(`the panel of ${out} is open`, () => {
        const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
        return input instanceof vscode.TabInputCustom && input.uri.fsPath === at(out) ? true : undefined;
      });
    }
  });

  it('pauses, goes on where it was, and ends with the same bytes as a run without a pause', async () => {
    person('sentiment', 'review', 'whole.csv', undefined);
    await score();
    const first = person('sentiment', 'review', 'out.csv', undefined);
    await scoreAndPause(at('out.csv'));
    assert.match(
      first.said.at(-1) ?? '',
      /^info Paused: \d+ of 20 rows \(\d+%\) of out\.csv are scored\. The Home view lists it under Running, to resume or discard it\. \(Cancel closes this note\.\) \[Resume\]$/,
    );
    assert.ok(!existsSync(at('out.csv')));
    const second = person('Resume', undefined);
    await score();
    assert.match(second.said[0] ?? '', /^choose Score CSV: Resume \| Start Over$/);
    const read = (name: string): string => readFileSync(at(name), 'utf8');
    assert.equal(read('out.csv'), read('whole.csv'));
    assert.equal(withoutSeconds(read('out.csv.meta.json')), withoutSeconds(read('whole.csv.meta.json')));
    assert.deepEqual(
      readdirSync(folder).filter((name) => /part|lock/.test(name)),
      [],
    );
  });

  it('offers what a closed window left half scored, and forgets it where that is wished', async () => {
    person('sentiment', 'review', 'out.csv', undefined);
    await scoreAndPause(at('out.csv'));
    const dialogs = person('Resume', undefined);
    await offerUnfinished(inside.services);
    assert.match(
      dialogs.said[0] ?? '',
      /^info out\.csv is unfinished: \d+ of 20 rows \(\d+%\)\. \[Resume, Discard…\]$/,
    );
    assert.equal(readFileSync(at('out.csv'), 'utf8').match(/,(positive|negative),[\d.]+,,\n/g)?.length, 20);

    rmSync(at('out.csv'));
    person('sentiment', 'review', 'out.csv', undefined);
    await scoreAndPause(at('out.csv'));
    // The offer is answered when the run has been resumed and has ended.
    const late = person(undefined);
    inside.services.dialogs.tell = async (severity, message, actions = []) => {
      late.said.push(`${severity} ${message} [${actions.join(', ')}]`);
      if (!message.includes(' is unfinished: ')) return undefined;
      const [job] = await inside.services.jobs.unfinished();
      await job?.resume();
      return 'Discard…';
    };
    await offerUnfinished(inside.services);
    assert.equal(
      late.said.at(-1),
      'info out.csv is running or no longer unfinished. Nothing was discarded. []',
    );
    assert.ok(existsSync(at('out.csv')));

    rmSync(at('out.csv'));
    person('sentiment', 'review', 'out.csv', undefined);
    await scoreAndPause(at('out.csv'));
    person('Start Over', undefined);
    await score();
    assert.ok(!existsSync(partAt('work', at('out.csv'))));
  });

  it('closes the note of a pause when the run is resumed or discarded from elsewhere', async () => {
    const { dialogs, jobs } = inside.services;
    let isOpen = false;
    const scoreAndLeaveNote = async (): Promise<{ readonly scoring: Promise<void> }> => {
      person('sentiment', 'review', 'out.csv', undefined);
      dialogs.note = (_, __, share, gone) => {
        assert.ok(share >= 0 && share < 1, `${share}`);
        isOpen = true;
        return new Promise((resolve) => {
          gone.addEventListener('abort', () => {
            isOpen = false;
            resolve(undefined);
          });
        });
      };
      const scoring = score();
      await until('the run has begun', () => existsSync(partAt('work', at('out.csv'))) || undefined);
      await vscode.commands.executeCommand('promptConfidence.pauseScoring');
      await until('the pause is told', () => isOpen || undefined);
      return { scoring };
    };
    const resumed = await scoreAndLeaveNote();
    const ended = (await jobs.unfinished())[0]?.resume() ?? assert.fail();
    await resumed.scoring;
    assert.equal(isOpen, false);
    await ended;
    assert.ok(existsSync(at('out.csv')));

    rmSync(at('out.csv'));
    const discarded = await scoreAndLeaveNote();
    // As another window does it: nothing here is told.
    await (await jobs.unfinished())[0]?.discard();
    await discarded.scoring;
    assert.equal(isOpen, false);
  });

  it('proposes the classifier that gives the labels of the table, and lists each name once', async () => {
    const folderUri = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const write = async (name: string, labels: readonly string[]): Promise<vscode.Uri> => {
      const uri = vscode.Uri.joinPath(folderUri, `.prompt-confidence/classifiers/${name}.json`);
      const file = {
        version: 1,
        name,
        template: '{{text}} It is',
        labels: labels.map((label) => ({ name: label })),
      };
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(JSON.stringify(file)));
      return uri;
    };
    const files = [
      await write('topics', ['sport', 'politics', 'film']),
      await write('sentiment', ['good', 'bad']),
    ];
    writeFileSync(table, 'text,label\na,sport\nb,film\nc,\n');
    try {
      const { dialogs } = inside.services;
      person(undefined);
      let asked: Parameters<typeof dialogs.choose>[0] | undefined;
      dialogs.choose = (question) => {
        asked = question;
        return Promise.resolve(undefined);
      };
      await score();
      const choices = asked?.choices ?? [];
      assert.deepEqual(
        choices.filter(({ active }) => active === true).map(({ label, description }) => [label, description]),
        [['topics', 'gives the labels of this table']],
      );
      assert.deepEqual(
        choices
          .filter(({ label }) => label === 'sentiment')
          .map(({ detail, description }) => [detail, description]),
        [['good · bad', 'in use']],
      );
    } finally {
      for (const file of files) await vscode.workspace.fs.delete(file);
    }
  });

  it('refuses to go on after the classifier changed, and says what changed', async () => {
    const folderUri = vscode.workspace.workspaceFolders?.[0]?.uri ?? assert.fail();
    const classifier = vscode.Uri.joinPath(folderUri, '.prompt-confidence/classifiers/changing.json');
    const write = (template: string): Thenable<void> =>
      vscode.workspace.fs.writeFile(
        classifier,
        new TextEncoder().encode(
          JSON.stringify({
            version: 1,
            name: 'changing',
            template,
            labels: [{ name: 'good' }, { name: 'bad' }],
          }),
        ),
      );
    await write('{{text}} It was');
    person('changing', 'review', 'out.csv', undefined);
    await scoreAndPause(at('out.csv'));
    await write('{{text}} In short:');
    const second = person('Resume', undefined);
    await score();
    await vscode.workspace.fs.delete(classifier);
    assert.match(second.said.at(-1) ?? '', /What changed: .*the prompt \(promptSha256 was/);
  });

  it('keeps a selection quick while a table is scored', async () => {
    const rows = Array.from(
      { length: 400 },
      (_, i) => `${i},"${REVIEWS[i % 20]?.replaceAll('"', '""') ?? ''} ${i}"\n`,
    );
    writeFileSync(table, `id,text\n${rows.join('')}`);
    const dialogs = person('sentiment', 'text', 'out.csv', undefined);
    const scoring = score();
    await until('rows are scored', () => existsSync(partAt('work', at('out.csv'))) || undefined);
    const classifier = await inside.services.classifiers.get('sentiment');
    await scoreTexts(inside.services, classifier, ['I love it'], { topTokens: 0 });
    await vscode.commands.executeCommand('promptConfidence.pauseScoring');
    await scoring;
    // The selection was answered between two groups of rows, long before the table was done.
    assert.match(dialogs.said.at(-1) ?? '', /^info Paused: \d+ of 400 rows/);
  });

  it('refuses what is not on a disk, unsaved, or has no rows', async () => {
    const dialogs = person(undefined, undefined);
    await score(vscode.Uri.parse('untitled:new.csv'));
    assert.match(dialogs.said.at(-1) ?? '', /Only tables on a disk/);
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(table));
    await editor.edit((edit) => edit.insert(new vscode.Position(1, 0), 'x'));
    await score();
    assert.match(dialogs.said.at(-1) ?? '', /unsaved changes\. Save it first/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });
});
