/** Fine-Tune Classifier…: asks what to tune, says what it will do, and starts it once the person agrees. */
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Unfinished } from '../../app/jobs/job';
import {
  dropPrepared,
  estimateTuning,
  preparedAlone,
  type TuningEstimate,
  type TuningOrder,
} from '../../app/jobs/tuning';
import { installEnvironment, planEnvironment, trainerPython } from '../../app/training/environment';
import { prepareTuning, type TuningFacts } from '../../app/training/prepare';
import { checkNoInput, takenFiles, tuningWork } from '../../app/training/tuning-run';
import { askingOf } from '../../core/classifier/definition';
import { hasRole } from '../../core/data/columns';
import { DEFAULT_TUNING, type TUNING_LOSSES } from '../../core/model/adapter-card';
import { listed } from '../../core/quote';
import { cancelledError, UserError } from '../../core/user-error';
import {
  installInWords,
  trainerInWords,
  tuningEstimateInWords,
  tuningFactsInWords,
} from '../../core/words/tuning';
import { activeTable } from '../../editor/active-table';
import { folderOf } from '../../editor/change-classifier';
import { classifierChoices } from '../../editor/classifier-choices';
import type { UsableClassifier } from '../../editor/classifiers';
import { openDocument } from '../../editor/open-document';
import { checkPlace } from '../../editor/place';
import { askInTurn, question } from '../../editor/questions';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import type { WorkHandle } from '../../editor/work';
import { givesLabels, guessTextColumn, textColumnQuestion, trueLabels } from '../../editor/table-guesses';
import { isTrustedOrTold } from '../../editor/trust';
import { adapterFile } from '../../store/adapters';
import { inspectTable, type TableFile } from '../../store/tables/inspect';
import { firstRows } from '../../store/tables/rows';
import type { TuningRuns } from './tuning-runs';

const TITLE = 'Fine-Tune Classifier';

const NOT_TRUSTED = 'An adapter is written into the workspace, which is in Restricted Mode.';

/** What the person chose. */
interface Choice {
  readonly entry: UsableClassifier;
  readonly textColumn: string;
  readonly examples: boolean;
  readonly loss: (typeof TUNING_LOSSES)[number];
  /** Absolute path of the adapter. */
  readonly out: string;
}

export async function fineTune(services: Services, runs: TuningRuns, uri?: vscode.Uri): Promise<void> {
  try {
    if (!(await isTrustedOrTold(services.dialogs, NOT_TRUSTED))) return;
    const file = await labelledTable(services, uri);
    if (file === undefined) return;
    const table = await inspectTable(file);
    if (!hasRole(table.header, 'label'))
      throw new UserError(
        'no-truth',
        `${path.basename(file)} has no column "label" with the true labels, and a model is tuned on labelled rows.`,
      );
    const choice = await ask(services, table);
    if (choice === undefined) return;
    await checkNoInput(choice.out, [file]);
    const work = tuningWork(runs.home.cache, choice.out);
    // By the folder of the run: the same adapter may have been named through a link.
    const left = (await services.jobs.unfinishedOf(runs.kind)).find(({ order }) => order.work === work);
    const isResumed = left !== undefined && (await whatAboutUnfinished(services, left));
    if (isResumed === undefined) return;
    if (left !== undefined && isResumed) {
      await runs.run(left.order);
      return;
    }
    const taken = await takenFiles(choice.out);
    if (taken.length > 0 && !(await isReplaced(services, choice.out, taken))) return;
    const python = await pythonFor(services, runs);
    if (python === undefined) return;
    const asked = { file, choice, python, work, left: left?.order, taken };
    const order = await prepared(services, runs, asked);
    if (order !== undefined) await runs.run(order);
  } catch (error) {
    await reportError(services, error);
  }
}

/** Absolute path of the table: the given one, else that of the active editor, else one that the person chooses. */
async function labelledTable(
  { dialogs }: Services,
  asked: vscode.Uri | undefined,
): Promise<string | undefined> {
  const uri = asked ?? activeTable();
  if (uri === undefined) return dialogs.chooseFile(`${TITLE}: the Labelled Table`, { Tables: ['csv'] });
  if (uri.scheme !== 'file')
    throw new UserError(
      'not-on-disk',
      'A model is tuned only on a table that lies on a disk. Save a copy in a local folder first.',
    );
  if (openDocument(uri)?.isDirty === true)
    throw new UserError('unsaved-table', `${path.basename(uri.fsPath)} has unsaved changes. Save it first.`);
  return uri.fsPath;
}

async function ask(services: Services, table: TableFile): Promise<Choice | undefined> {
  const { classifiers, dialogs } = services;
  const columns = table.header.map((column) => column.trim());
  const rows = await firstRows(table);
  const truths = trueLabels(columns, rows);
  const usable = (await classifiers.list())
    .filter((entry) => entry.kind !== 'invalid')
    .filter(({ classifier }) => classifier.source.kind === 'engine');
  const fits = ({ classifier }: UsableClassifier): boolean => givesLabels(classifier, truths);
  const current = readSettings(vscode.Uri.file(table.file)).classifier;
  const fitting = usable.filter(fits);
  const proposed = fitting.find(({ classifier }) => classifier.name === current) ?? fitting[0] ?? usable[0];
  if (proposed === undefined)
    throw new UserError(
      'classifier-missing',
      'There is no classifier here whose model is a file on this machine. Create one first.',
    );
  let entry: UsableClassifier = proposed;
  let textColumn = guessTextColumn(columns, rows);
  let examples = false;
  let loss: Choice['loss'] = 'label';
  let name = '';
  const folder = (): string => workspaceOf(entry);
  const answered = await askInTurn(() => [
    question(
      (step) =>
        dialogs.choose({
          title: TITLE,
          placeholder: `Classifier whose model is tuned on ${path.basename(table.file)}`,
          choices: classifierChoices(usable, {
            current,
            proposed: entry.classifier.name,
            note: (other) => (fits(other) ? 'gives the labels of this table' : undefined),
          }),
          step,
        }),
      (answer) => (entry = answer),
    ),
    textColumnQuestion(dialogs, TITLE, columns, {
      get: () => textColumn,
      set: (column) => (textColumn = column),
    }),
    ...(askingOf(entry.classifier).examples.length === 0
      ? []
      : [
          question(
            (step) =>
              dialogs.choose({
                title: TITLE,
                placeholder: 'Prompt that is tuned',
                choices: [
                  {
                    label: 'Without Its Examples',
                    detail: 'Tuning replaces them, and every later call is faster. It is another prompt.',
                    value: 'without' as const,
                    active: !examples,
                  },
                  {
                    label: 'As It Is',
                    detail: `With its ${askingOf(entry.classifier).examples.length} examples: training takes longer`,
                    value: 'with' as const,
                    active: examples,
                  },
                ],
                step,
              }),
            (answer) => (examples = answer === 'with'),
          ),
        ]),
    question(
      (step) =>
        dialogs.choose({
          title: TITLE,
          placeholder: 'What the model is taught',
          choices: [
            {
              label: 'The Label',
              detail: 'The usual choice: a calibrator puts its confidence right afterwards',
              value: 'label' as const,
              active: loss === 'label',
            },
            {
              label: 'The Label and How Sure to Be',
              detail: 'By votes of several people (columns soft:LABEL), or by where the base is wrong',
              value: 'confidence-aware' as const,
              active: loss === 'confidence-aware',
            },
          ],
          step,
        }),
      (answer) => (loss = answer),
    ),
    question(
      (step) =>
        dialogs.ask({
          title: TITLE,
          prompt: 'Name of the adapter, in .prompt-confidence/adapters',
          value: name || `${entry.classifier.name}-${path.basename(table.file, path.extname(table.file))}`,
          validate: (text) => nameProblem(folder(), text),
          step,
        }),
      ({ text }) => (name = text.trim()),
    ),
  ]);
  if (!answered) return undefined;
  const out = adapterFile(folder(), name);
  await checkPlace(vscode.Uri.file(out));
  const isAsIs = askingOf(entry.classifier).examples.length === 0 || examples;
  return { entry, textColumn, examples: isAsIs, loss, out };
}

/** Whether it is resumed, or begun again; undefined for neither. */
async function whatAboutUnfinished(
  { dialogs }: Services,
  { order, words }: Unfinished<TuningOrder>,
): Promise<boolean | undefined> {
  const answer = await dialogs.choose({
    title: TITLE,
    placeholder: 'An adapter of this name is partly tuned',
    choices: [
      {
        label: 'Resume',
        detail: `On ${path.basename(order.table)}: ${words}`,
        value: 'resume',
        active: true,
      },
      { label: 'Start Over', detail: 'Delete what was trained', value: 'start over' },
    ],
  });
  return answer === undefined || answer === 'back' ? undefined : answer === 'resume';
}

/** @param taken the files of the adapter that are there */
async function isReplaced({ dialogs }: Services, out: string, taken: readonly string[]): Promise<boolean> {
  const name = path.basename(out, '.gguf');
  const answer = await dialogs.confirm(
    taken.includes(out)
      ? `The adapter "${name}" already exists.`
      : `Files of an adapter "${name}" already exist.`,
    `These files stay until the new ones are complete, and are replaced then: ${listed(taken.map((file) => path.basename(file)))}. Calibrators of an old adapter will be refused.`,
    ['Replace'],
  );
  return answer === 'Replace';
}

/** @throws UserError no-folder */
function workspaceOf(entry: UsableClassifier): string {
  const folder = entry.kind === 'file' ? folderOf(entry.uri) : vscode.workspace.workspaceFolders?.[0]?.uri;
  if (folder?.scheme !== 'file')
    throw new UserError(
      'no-folder',
      'An adapter is saved in a workspace folder on this machine. Open a folder first (File: Open Folder).',
    );
  return folder.fsPath;
}

function nameProblem(folder: string, text: string): string | undefined {
  try {
    adapterFile(folder, text.trim());
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** A Python that trains, installed if the person agrees; undefined if not. */
async function pythonFor({ dialogs }: Services, { home }: TuningRuns): Promise<string | undefined> {
  const { pythonPath: python, pipArguments } = readSettings();
  const there = await trainerPython(home, { python, pipArguments });
  if (there !== undefined) return there;
  const plan = await planEnvironment(home);
  const answer = await dialogs.confirm(
    'Install the trainer?',
    `${installInWords(plan)} Remove Trainer… deletes it again.`,
    ['Install'],
  );
  if (answer !== 'Install') return undefined;
  return dialogs.progress('Installing the trainer', (report, signal) =>
    installEnvironment(home, { python, pipArguments, signal, onProgress: report }),
  );
}

interface Prepared {
  readonly facts: TuningFacts;
  readonly estimate: TuningEstimate;
}

interface Preparing {
  readonly file: string;
  readonly choice: Choice;
  readonly python: string;
  /** Absolute path of the folder of the run. */
  readonly work: string;
  /** The run that the person starts over. */
  readonly left: TuningOrder | undefined;
  /** Files that the person agreed to replace. */
  readonly taken: readonly string[];
}

/** Reads and times, says what it found, and asks; undefined if the person does not agree. */
async function prepared(
  services: Services,
  { home, kind }: TuningRuns,
  { file, choice: { entry, textColumn, examples, loss, out }, python, work, left, taken }: Preparing,
): Promise<TuningOrder | undefined> {
  const { sources, work: shown, dialogs } = services;
  const cores = os.availableParallelism();
  const { threads } = readSettings();
  const prepare = async ({ signal, report }: WorkHandle): Promise<Prepared> => {
    report('reading the rows', 0);
    const found: TuningFacts = await prepareTuning(
      sources,
      {
        table: file,
        textColumn,
        classifier: entry.classifier,
        examples,
        base: null,
        settings: { ...DEFAULT_TUNING, loss, threads: Math.min(threads || cores, cores), seed: 0 },
        ...{ out, work, jobs: home.folder },
        startOver: left && (() => kind.discard(left)),
      },
      signal,
    );
    if (signal.aborted) throw cancelledError();
    report('timing a few steps', 0.5);
    return { facts: found, estimate: await estimateTuning(home, { python, out, work }, signal) };
  };
  const { facts, estimate } = await shown.run('Preparing the fine-tuning', (handle) =>
    preparedAlone(home, { out, work }, () => prepare(handle)),
  );
  const said = [...tuningFactsInWords(facts), tuningEstimateInWords(estimate), trainerInWords(python)];
  const answer = await dialogs.confirm(
    `Fine-tune the model of ${entry.classifier.name} on ${path.basename(file)}?`,
    `${said.join('\n')}\nYou can pause it at any time and resume it later, also after a reload.`,
    ['Fine-Tune'],
  );
  if (answer !== 'Fine-Tune') {
    await dropPrepared(home, { out, work });
    return undefined;
  }
  return {
    ...{ table: file, out, work, python, textColumn, examples },
    ...{ classifier: entry.classifier.name, mayReplace: [...taken], facts: said },
  };
}
