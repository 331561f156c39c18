/** Fine-Tune Classifier… in the editor, with a scripted trainer, the real engine and an adapter for its model. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { practiceSet } from '../../src/core/data/practice-set';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { Services } from '../../src/editor/services';
import type { Comparisons } from '../../src/features/calibration/comparison/comparisons';
import type { TuningRuns } from '../../src/features/tuning/tuning-runs';
import { COMMANDS } from '../../src/protocol/manifest';
import { cacheFolder } from '../../src/store/cache-home';
import { csvLine } from '../../src/store/tables/csv-line';
import { fixture } from '../support/paths';
import { writeScriptedPython } from '../support/scripted-python';
import { until } from '../support/until';
import { internals, setMachineSetting, useOneThread } from './internals';
import { person as personAnswers, personLeaves } from './person';
import type { ScriptedDialogs } from './scripted-dialogs';

describe('fine-tuning in the editor', () => {
  let services: Services;
  let tuning: TuningRuns;
  let comparisons: Comparisons;
  let folder: string;
  const at = (...names: string[]): string => path.join(folder, ...names);
  const adapter = (): string => at('.prompt-confidence/adapters/tuned.gguf');

  before(async () => {
    ({ services, tuning, comparisons } = await internals());
    await useOneThread();
    folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail();
    await writeScriptedPython(at('python'), fixture('adapters/gemma-rank1.gguf'));
    await setMachineSetting('pythonPath', at('python'));
  });
  beforeEach(() => {
    const rows = practiceSet(0)
      .slice(0, 120)
      .map(({ text, label, group }) => [text, label, group]);
    writeFileSync(
      at('labelled.csv'),
      [['text', 'label', 'group'], ...rows].map((cells) => csvLine(cells, ',')).join(''),
    );
  });
  afterEach(async () => {
    personLeaves(services.dialogs);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const left of await services.jobs.unfinishedOf(tuning.kind)) await tuning.kind.discard(left.order);
    rmSync(at('.prompt-confidence'), { recursive: true, force: true });
  });
  after(async () => {
    await setMachineSetting('pythonPath', undefined);
    for (const name of ['labelled.csv', 'python']) rmSync(at(name), { force: true });
  });

  const person = (...answers: (string | undefined)[]): ScriptedDialogs =>
    personAnswers(services.dialogs, answers);
  const ANSWERS = ['sentiment', 'text', 'Without Its Examples', 'The Label', 'tuned'];
  const fineTune = (): Thenable<unknown> =>
    vscode.commands.executeCommand(COMMANDS.fineTune, vscode.Uri.file(at('labelled.csv')));
  /** What the scripted trainer does, once the run has a folder. */
  const behave = async (mode: string): Promise<void> => {
    const { tuningWork } = await import('../../src/app/training/tuning-run');
    const work = tuningWork(cacheFolder('training'), adapter());
    mkdirSync(work, { recursive: true });
    writeFileSync(path.join(work, 'mode'), mode);
  };

  it('says first what it will do, tunes, proves it, and writes it into the classifier', async () => {
    const dialogs = person(...ANSWERS, 'Fine-Tune', 'Use for Classifier…', 'sentiment', undefined);
    await fineTune();
    const [agreed] = dialogs.saying('confirm');
    assert.match(agreed ?? '', /^confirm Fine-tune the model of sentiment on labelled\.csv\? \[Fine-Tune\]/u);
    for (const part of [
      /rows train/u,
      /hold-out can show a difference/u,
      /Training takes about/u,
      /of memory/u,
    ])
      assert.match(agreed ?? '', part);
    const [panel] = tuning.shown;
    const { state } = panel ?? assert.fail('its tab is open');
    assert.equal(state.phase, 'finished');
    assert.equal(state.curve.length, 3);
    assert.equal(state.chosenStep, 4);
    assert.ok((state.proof?.rows ?? 0) > 10);
    assert.ok(state.facts.length > 3);
    // Base and tuned are compared without being asked.
    const compared = await until('the comparison is there', () =>
      comparisons.panels.find((each) => each.state.view !== null),
    );
    assert.deepEqual(compared.state.files, ['tuned-base.csv', 'tuned-tuned.csv']);
    const card: unknown = JSON.parse(readFileSync(adapter().replace('.gguf', '.json'), 'utf8'));
    assert.ok(JSON.stringify(card).includes('"proof"'));
    // And back to the base.
    const file = (): unknown =>
      JSON.parse(readFileSync(at('.prompt-confidence/classifiers/sentiment.json'), 'utf8'));
    const written = file() as { adapter?: string; examples?: unknown };
    assert.equal(written.adapter, 'tuned');
    assert.equal(written.examples, undefined);
    const back = person('None', undefined);
    await vscode.commands.executeCommand(COMMANDS.useAdapter, 'sentiment');
    assert.match(back.saying('choose')[0] ?? '', /Adapter of sentiment: None \| tuned$/u);
    const again = file() as { readonly adapter?: string; readonly examples?: readonly unknown[] };
    assert.equal(again.adapter, undefined);
    // The adapter was tuned without the examples, and the base is asked with them.
    assert.equal(again.examples?.length, BUILTIN_CLASSIFIERS[0]?.asks.examples.length);
  });

  it('does nothing where the person does not agree, and keeps none of the rows', async () => {
    const dialogs = person(...ANSWERS, undefined);
    await fineTune();
    assert.equal(dialogs.saying('confirm').length, 1);
    assert.deepEqual(services.jobs.running, []);
    assert.deepEqual(readdirSync(path.join(cacheFolder('training'), 'runs')), []);
  });

  it('asks before it replaces any file of the adapter, and never replaces its table', async () => {
    mkdirSync(path.dirname(adapter()), { recursive: true });
    const scores = adapter().replace('.gguf', '-base.csv');
    writeFileSync(scores, readFileSync(at('labelled.csv')));
    const dialogs = person(...ANSWERS, undefined);
    await fineTune();
    assert.match(dialogs.saying('confirm')[0] ?? '', /^confirm Files of an adapter "tuned" already exist\./u);
    assert.match(dialogs.saying('confirm')[0] ?? '', /tuned-base\.csv/u);
    const other = person(...ANSWERS, undefined);
    await vscode.commands.executeCommand(COMMANDS.fineTune, vscode.Uri.file(scores));
    assert.match(other.saying('error')[0] ?? '', /reads .*tuned-base\.csv, and would replace it/u);
  });

  it('is paused, found again as unfinished, and resumed from its tab', async () => {
    person(...ANSWERS, 'Fine-Tune');
    await behave('holds');
    const running = fineTune();
    await until('it holds', () => tuning.shown[0]?.state.words.startsWith('epoch 1.5') === true || undefined);
    for (const job of services.jobs.running) job.pause();
    await running;
    assert.equal(tuning.shown[0]?.state.phase, 'paused');
    const [left] = await services.jobs.unfinished();
    assert.equal(left?.kind, 'tune');
    // A click in the Home view opens its tab again.
    tuning.shown[0].dispose();
    const { home } = await internals();
    const group = (await home.getChildren()).find(
      (node) => node.kind === 'group' && node.group === 'running',
    );
    const [node] = await home.getChildren(group);
    const { command } = home.getTreeItem(node ?? assert.fail());
    await vscode.commands.executeCommand(
      command?.command ?? '',
      ...((command?.arguments ?? []) as unknown[]),
    );
    assert.equal(tuning.shown[0].state.phase, 'paused');
    // Asked for again, it is not thrown away.
    const again = person(...ANSWERS, undefined);
    await fineTune();
    assert.match(again.said.at(-1) ?? '', /: Resume \| Start Over$/u);
    person('Show Result');
    await left.resume();
    const [panel] = tuning.shown;
    assert.ok(panel);
    assert.deepEqual([panel.state.phase, panel.state.curve.length], ['finished', 3]);
  });

  it('says why it failed, in its tab too', async () => {
    const dialogs = person(...ANSWERS, 'Fine-Tune', undefined);
    await behave('dies');
    await fineTune();
    assert.match(dialogs.saying('error')[0] ?? '', /ended by SIGKILL/u);
    const [panel] = tuning.shown;
    assert.equal(panel?.state.phase, 'failed');
    assert.match(panel.state.error ?? '', /ended by SIGKILL/u);
  });

  it('refuses a table without labels, and a workspace without an adapter', async () => {
    writeFileSync(at('labelled.csv'), 'text\nGood.\n');
    const dialogs = person(undefined, undefined);
    await fineTune();
    assert.match(dialogs.saying('error')[0] ?? '', /has no column "label"/u);
    await vscode.commands.executeCommand(COMMANDS.useAdapter, 'sentiment');
    assert.match(dialogs.saying('error')[1] ?? '', /There is no adapter in this workspace yet/u);
  });

  it('removes the trainer after a question', async () => {
    const environment = path.join(cacheFolder('training'), 'environment');
    mkdirSync(environment, { recursive: true });
    writeFileSync(path.join(environment, 'complete'), '');
    const dialogs = person('Remove');
    await vscode.commands.executeCommand(COMMANDS.removeTrainer);
    assert.match(dialogs.said.at(-1) ?? '', /^info The trainer is not installed any more/u);
    assert.throws(() => readFileSync(path.join(environment, 'complete')));
  });
});
