/** Score CSV…: asks for the table, the classifier, the column and the file. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Unfinished } from '../../app/jobs/job';
import type { ScoreChoice } from '../../app/jobs/scoring';
import { UserError } from '../../core/user-error';
import { inspectTable, type TableFile } from '../../store/tables/inspect';
import { firstRows } from '../../store/tables/rows';
import { activeTable } from '../../editor/active-table';
import { classifierChoices } from '../../editor/classifier-choices';
import { openDocument } from '../../editor/open-document';
import { askInTurn, question } from '../../editor/questions';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { readSettings } from '../../editor/settings';
import { givesLabels, guessTextColumn, textColumnQuestion, trueLabels } from '../../editor/table-guesses';
import { isTrustedOrTold } from '../../editor/trust';
import { guessClassifier, scoredName } from './guesses';
import { isAgreed } from './agree';
import type { ScoreRuns } from './score-runs';

const TITLE = 'Score CSV';

const NOT_TRUSTED = 'Scores are written into the workspace, which is in Restricted Mode.';

/** Key of the last answers, kept for the open folder. */
const REMEMBERED = 'score.answers';

const rememberedSchema = z.object({
  classifier: z.string().optional(),
  textColumn: z.string().optional(),
});
type Remembered = z.infer<typeof rememberedSchema>;

/** @param compareWith tables with the same rows that the scored one is compared with at its end */
export async function scoreCsv(
  services: Services,
  runs: ScoreRuns,
  uri?: vscode.Uri,
  compareWith?: readonly vscode.Uri[],
): Promise<void> {
  try {
    if (!(await isTrustedOrTold(services.dialogs, NOT_TRUSTED))) return;
    const file = await tableOnDisk(services, uri);
    if (file === undefined) return;
    const unfinished = await services.jobs.unfinishedOf(runs.kind, path.dirname(file));
    const left = unfinished.find(({ order }) => order.source === file);
    if (left !== undefined) {
      const answer = await whatAboutUnfinished(services, left);
      if (answer === undefined) return;
      if (answer === 'resume') {
        await runs.run(left.order, compareWith);
        return;
      }
      await runs.kind.discard(left.order);
    }
    const source = await inspectTable(file);
    const order = await askForOrder(services, source);
    if (order === undefined || !(await isAgreed(services, source, order))) return;
    await runs.run(order, compareWith);
  } catch (error) {
    await reportError(services, error);
  }
}

/** Absolute path of the table: the given one, else that of the active editor, else one that the person chooses. */
async function tableOnDisk(
  { dialogs }: Services,
  asked: vscode.Uri | undefined,
): Promise<string | undefined> {
  const uri = asked ?? activeTable();
  if (uri === undefined) return dialogs.chooseFile(TITLE, { Tables: ['csv'] });
  if (uri.scheme !== 'file')
    throw new UserError(
      'not-on-disk',
      'Only tables on a disk can be scored, because they are read and written row by row. Save a copy in a local folder first.',
    );
  if (openDocument(uri)?.isDirty === true)
    throw new UserError('unsaved-table', `${path.basename(uri.fsPath)} has unsaved changes. Save it first.`);
  return uri.fsPath;
}

async function whatAboutUnfinished(
  { dialogs }: Services,
  { order, words }: Unfinished<ScoreChoice>,
): Promise<'resume' | 'start over' | undefined> {
  const answer = await dialogs.choose({
    title: TITLE,
    placeholder: 'This table is partly scored',
    choices: [
      {
        label: 'Resume',
        detail: `${path.basename(order.out)}: ${words} by ${order.classifier}`,
        value: 'resume' as const,
        active: true,
      },
      { label: 'Start Over', detail: 'Delete the rows that were scored', value: 'start over' as const },
    ],
  });
  return answer === 'back' ? undefined : answer;
}

/** Asks for classifier, column and name, with a way back. The last choices are proposed. */
async function askForOrder(services: Services, source: TableFile): Promise<ScoreChoice | undefined> {
  const { context, classifiers, dialogs } = services;
  const remembered: Remembered =
    rememberedSchema.safeParse(context.workspaceState.get(REMEMBERED)).data ?? {};
  const folder = path.dirname(source.file);
  const taken = await readdir(folder);
  const columns = source.header.map((column) => column.trim());
  const rows = await firstRows(source);
  const truths = trueLabels(columns, rows);
  const entries = (await classifiers.list()).filter((entry) => entry.kind !== 'invalid');
  const current = readSettings(vscode.Uri.file(source.file)).classifier;
  const usable = entries.map((entry) => entry.classifier);
  let classifier = guessClassifier(usable, [remembered.classifier ?? current, current], truths) ?? current;
  let textColumn =
    remembered.textColumn !== undefined && columns.includes(remembered.textColumn)
      ? remembered.textColumn
      : guessTextColumn(columns, rows);
  let name = scoredName(path.basename(source.file), taken);

  const answered = await askInTurn([
    question(
      (step) =>
        dialogs.choose({
          title: TITLE,
          placeholder: `Classifier to score ${path.basename(source.file)} with`,
          choices: classifierChoices(entries, {
            current,
            proposed: classifier,
            note: (entry) =>
              givesLabels(entry.classifier, truths) ? 'gives the labels of this table' : undefined,
          }),
          step,
        }),
      (answer) => (classifier = answer.classifier.name),
    ),
    textColumnQuestion(dialogs, TITLE, columns, {
      get: () => textColumn,
      set: (column) => (textColumn = column),
    }),
    question(
      (step) =>
        dialogs.ask({
          title: TITLE,
          prompt: 'Name of the scored copy, beside the table',
          value: name,
          validate: (text) => nameProblem(text, taken),
          step,
        }),
      ({ text }) => (name = text.trim()),
    ),
  ]);
  if (!answered) return undefined;
  await context.workspaceState.update(REMEMBERED, { classifier, textColumn } satisfies Remembered);
  return { source: source.file, out: path.join(folder, name), classifier, textColumn, leaveRaw: false };
}

function nameProblem(text: string, taken: readonly string[]): string | undefined {
  const name = text.trim();
  if (!name.toLowerCase().endsWith('.csv')) return 'The name must end in .csv.';
  if (/[\\/]/u.test(name)) return 'The copy is saved beside the table. Enter a name without folders.';
  return taken.includes(name) ? `${name} already exists.` : undefined;
}
