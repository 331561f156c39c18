/** Label Rows…: from a table to labels on the disk, and back to them in another window. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { answersOf, readDecisions } from '../../src/core/labelling/decisions';
import { LocalTable } from '../../src/features/calibration/local-table';
import { saveLabelledCopy } from '../../src/features/calibration/save-labelled';
import type { LabellingPanel } from '../../src/features/calibration/labelling/labelling-panel';
import type { Labellings } from '../../src/features/calibration/labelling/labellings';
import type { DesignParams, Said } from '../../src/protocol/labelling-page';
import { COMMANDS } from '../../src/protocol/manifest';
import { until } from '../support/until';
import { internals, setMachineSetting } from './internals';
import { person, personLeaves } from './person';

const HAM: Said = { kind: 'label', label: 'ham' };
const SPAM: Said = { kind: 'label', label: 'spam' };

function tableOf(rows: number, change = ''): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const p = ((i * 37) % 97) / 97;
    return `${i},${change}text ${i},${(1 - p).toFixed(3)},${p.toFixed(3)}`;
  });
  return `id,text,prob:ham,prob:spam\n${lines.join('\n')}\n`;
}

describe('labelling rows in the editor', () => {
  let labellings: Labellings;
  let folder: string;
  let uri: vscode.Uri;
  const place = (name: string): string => path.join(folder, '.prompt-confidence/labels', name);
  const decisions = () => readDecisions(readFileSync(place('to-label.csv'), 'utf8'));
  const ORDER: DesignParams = {
    ...{ kind: 'stratified', rows: 12, labels: ['ham', 'spam'], isBlind: true },
    goal: { kind: 'width', width: 0.2 },
  };

  before(async () => {
    ({ labellings } = await internals());
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    uri = vscode.Uri.file(path.join(folder, 'to-label.csv'));
  });
  beforeEach(() => writeFileSync(uri.fsPath, tableOf(120)));
  afterEach(async () => {
    await close();
    await setMachineSetting('labels.who', undefined);
    rmSync(path.join(folder, '.prompt-confidence'), { recursive: true, force: true });
    rmSync(uri.fsPath, { force: true });
  });

  async function close(): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('the page is closed', () => labellings.panels.length === 0 || undefined);
  }

  async function open(): Promise<LabellingPanel> {
    await vscode.commands.executeCommand(COMMANDS.labelRows, uri);
    const panel = await until('the page is there', () =>
      labellings.panels.find(({ state: { setup, session, error } }) => setup ?? session ?? error),
    );
    return until('the table is read', () => (panel.state.busy === null ? panel : undefined));
  }

  /** A late event of the table's file has it read again, which resumes what was begun. */
  async function begin(panel: LabellingPanel): Promise<void> {
    await panel.begin(ORDER);
    await until('rows are drawn', () => {
      const { busy, session } = panel.state;
      return busy === null && session !== null ? true : undefined;
    });
  }

  async function answer(panel: LabellingPanel, said: Said): Promise<void> {
    await panel.answer(panel.state.session?.row?.at ?? -1, said);
  }

  it('draws rows, writes each answer, and resumes where the answers end', async () => {
    const first = await open();
    assert.deepEqual(first.state.setup, {
      ...{ rows: 120, isScored: true, labels: ['ham', 'spam'], areAllLabels: true },
    });
    await begin(first);
    assert.deepEqual([first.state.saving, first.state.session?.rows], [null, 12]);
    const [design] = readdirSync(place('')).filter((name) => name.endsWith('.design.json'));
    assert.match(design ?? '', /^to-label\.stratified-12-seed0-[\da-f]{8}\.design\.json$/u);
    await answer(first, HAM);
    await answer(first, SPAM);
    // The same rows read again, as after an event of the file, take nothing back.
    await first.reload();
    assert.deepEqual([first.state.session?.canUndo, first.state.session?.answered], [true, 2]);
    await first.undo();
    // Of a row that is no longer shown.
    await first.answer(0, SPAM);
    await answer(first, { kind: 'unsure' });
    assert.deepEqual(
      decisions().decisions.map(({ kind, label, isBlind }) => [kind, label, isBlind]),
      [
        ['label', 'ham', true],
        ['label', 'spam', true],
        ['undo', '', false],
        ['unsure', '', false],
      ],
    );
    await close();
    const again = await open();
    assert.equal(again, labellings.panels[0]);
    assert.deepEqual([again.state.session?.answered, again.state.session?.row?.at], [2, 2]);
    assert.equal(again.state.setup, null);
    await vscode.commands.executeCommand(COMMANDS.labelRows, uri);
    assert.equal(labellings.panels.length, 1);
  });

  it('shows what another window has written, and lets two people label one queue', async () => {
    await setMachineSetting('labels.who', 'Ana');
    const panel = await open();
    await begin(panel);
    await answer(panel, HAM);
    const [header = '', line = ''] = readFileSync(place('to-label.csv'), 'utf8').split('\n');
    const design = JSON.parse(
      readFileSync(place(readdirSync(place('')).find((name) => name.endsWith('.design.json')) ?? ''), 'utf8'),
    ) as { queue: { rowId: string; textSha256: string; probability: number }[] };
    const [drawn, next] = design.queue;
    assert.ok(drawn && next);
    const other = line
      .replace(`${drawn.rowId},${drawn.textSha256}`, `${next.rowId},${next.textSha256}`)
      .replace(String(drawn.probability), String(next.probability));
    writeFileSync(place('to-label.csv'), `${header}\n${line}\n${other}\n`);
    await until('the answer of the other window is shown', () =>
      panel.state.session?.answered === 2 ? true : undefined,
    );
    assert.equal(panel.state.session?.row?.at, 2);
    await close();
    await setMachineSetting('labels.who', 'Ben');
    const ben = await open();
    assert.deepEqual([ben.state.session?.answered, ben.state.session?.row?.at], [0, 0]);
  });

  it('keeps its design when the table changes, without the rows whose text is another one', async () => {
    const panel = await open();
    await begin(panel);
    await answer(panel, HAM);
    await close();
    writeFileSync(uri.fsPath, tableOf(60));
    const fewer = await open();
    const { session, notes } = fewer.state;
    assert.ok((session?.rows ?? 12) < 12);
    assert.ok(
      notes.some((note) => note.includes(' no longer in the table')),
      notes.join('\n'),
    );
    await close();
    writeFileSync(uri.fsPath, tableOf(120, 'another '));
    const none = await open();
    // Nobody is kept from labelling the new texts.
    const { error, setup, session: old, notes: said } = none.state;
    assert.deepEqual([error, old, setup?.rows], [null, null, 120]);
    assert.match(said.join('\n'), /None of the rows that were drawn before is in this table/u);
    await begin(none);
    await answer(none, SPAM);
    await close();
    const again = await open();
    assert.deepEqual([again.state.session?.rows, again.state.session?.answered], [12, 1]);
  });

  it('shows the rows where nothing can be saved, and says why', async () => {
    const panel = await open();
    await begin(panel);
    // A file in the place of the folder stops the administrator too, who may write everywhere.
    renameSync(place(''), `${place('')}-away`);
    writeFileSync(path.join(folder, '.prompt-confidence/labels'), '');
    await answer(panel, HAM);
    assert.equal(panel.state.saving?.code, 'not-writable');
    assert.deepEqual([panel.state.session?.answered, panel.state.session?.row?.at], [0, 0]);
    rmSync(path.join(folder, '.prompt-confidence/labels'));
    renameSync(`${place('')}-away`, path.join(folder, '.prompt-confidence/labels'));
    await answer(panel, HAM);
    assert.deepEqual([panel.state.saving, panel.state.session?.answered], [null, 1]);
  });

  it('tells the calibration panel of the table, which finds the labels by itself', async () => {
    const { calibration } = await internals();
    const panel = await open();
    await begin(panel);
    for (let row = 0; row < 6; row++) await answer(panel, row % 2 === 0 ? HAM : SPAM);
    await vscode.commands.executeCommand(COMMANDS.openCalibration, uri);
    const labelled = (rows: number) =>
      until(`the panel knows ${rows} labels`, () =>
        calibration.panels.find(({ state }) => state.shares?.report?.labelled === rows),
      );
    const { state } = await labelled(6);
    const measured = (rows: number) =>
      until(`the numbers are of ${rows} labels`, () =>
        calibration.panels.find(
          ({ state: own }) => own.name === 'to-label.csv' && own.analysis?.evaluation.n === rows,
        ),
      );
    assert.equal((await measured(6)).state.analysis?.truthFrom, 'to-label.csv');
    assert.deepEqual([state.shares?.file, state.shares?.error], ['to-label.csv', null]);
    assert.deepEqual(
      state.shares?.report?.shares.map(({ label }) => label),
      ['ham', 'spam'],
    );
    await answer(panel, HAM);
    await labelled(7);
    await measured(7);
    const { services } = await internals();
    const file = path.join(folder, 'to-label-labelled.csv');
    person(services.dialogs, [file]);
    try {
      await saveLabelledCopy({ uri, table: new LocalTable(uri), services }, 'to-label.csv');
      const copy = await until('the labelled copy is measured', () =>
        calibration.panels.find(
          ({ state: own }) => own.name === 'to-label-labelled.csv' && own.analysis !== null,
        ),
      );
      assert.deepEqual([copy.state.analysis?.evaluation.n, copy.state.analysis?.truthFrom], [7, null]);
    } finally {
      personLeaves(services.dialogs);
      rmSync(file, { force: true });
    }
  });

  it('writes into no file that is no labels file', async () => {
    const panel = await open();
    await begin(panel);
    writeFileSync(place('to-label.csv'), 'name,age\nAna,30\n');
    await answer(panel, HAM);
    assert.equal(panel.state.saving?.code, 'labels-file-other');
    assert.equal(readFileSync(place('to-label.csv'), 'utf8'), 'name,age\nAna,30\n');
    assert.equal(panel.state.session?.answered, 0);
  });

  it('settles the rows on which people differ', async () => {
    await setMachineSetting('labels.who', 'Ana');
    const ana = await open();
    await begin(ana);
    for (const said of [HAM, HAM, SPAM]) await answer(ana, said);
    await close();
    await setMachineSetting('labels.who', 'Ben');
    const ben = await open();
    for (const said of [SPAM, HAM, HAM]) await answer(ben, said);
    await close();
    await setMachineSetting('labels.who', 'Cleo');
    const cleo = await open();
    assert.equal(cleo.state.disputed, 2);
    await cleo.settle();
    const { session } = cleo.state;
    assert.deepEqual(
      [session?.settles, session?.rows, session?.row?.others],
      [true, 2, 'Ana: ham, Ben: spam'],
    );
    await answer(cleo, HAM);
    await answer(cleo, { kind: 'skip' });
    assert.equal(cleo.state.session?.row, null);
    const rows = answersOf(decisions().decisions);
    assert.deepEqual(
      rows.map(({ answer: { kind } }) => kind),
      ['label', 'label', 'disputed'],
    );
    assert.deepEqual(
      decisions()
        .decisions.map(({ kind }) => kind)
        .slice(-1),
      ['settled'],
    );
  });

  it('exports the open rows for somebody else, and reads their labels back, once', async () => {
    const { services } = await internals();
    const file = path.join(folder, 'to-fill.csv');
    const panel = await open();
    await begin(panel);
    await answer(panel, HAM);
    try {
      const dialogs = person(services.dialogs, [file, undefined, file, file]);
      await panel.exportRows();
      const [header = '', ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n');
      assert.equal(rows.length, 11);
      assert.ok(!header.includes('predicted'));
      const at = header.split(',').indexOf('label');
      const filled = rows.map((row, i) =>
        row
          .split(',')
          .map((cell, column) => (column === at && i < 5 ? 'spam' : cell))
          .join(','),
      );
      writeFileSync(file, [header, ...filled].join('\n'));
      await panel.importLabels();
      assert.deepEqual([panel.state.session?.answered, panel.state.session?.row?.at], [6, 6]);
      assert.equal(new Set(decisions().decisions.map(({ design }) => design)).size, 1);
      await panel.importLabels();
      assert.equal(decisions().decisions.length, 6);
      assert.match(dialogs.said.at(-1) ?? '', /All labels of this file are there already/u);
    } finally {
      personLeaves(services.dialogs);
      rmSync(file, { force: true });
    }
  });

  it('says what is wrong with a table', async () => {
    writeFileSync(uri.fsPath, 'a,b\n1,2\n');
    assert.equal((await open()).state.error?.code, 'no-such-column');
  });
});
