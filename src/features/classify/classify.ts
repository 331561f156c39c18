/** The commands that classify texts and that clear results. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import { UserError } from '../../core/user-error';
import { reportCalibratorError } from '../../editor/calibrator-problem';
import { CalibratorError } from '../../editor/calibrators';
import { reportError } from '../../editor/report-error';
import { TrackedRanges } from '../../editor/results';
import type { Services } from '../../editor/services';
import { nameArgument } from '../../editor/argument';
import { readSettings, writeClassifierSetting } from '../../editor/settings';
import type { WorkHandle } from '../../editor/work';
import { showDecorations } from './decorations';
import { chooseClassifier, pickClassifier } from './pick-classifier';
import { lineRanges, selectedRanges } from './ranges';

/** Texts in one request of Classify Lines: few enough to cancel soon, enough to fill the model's batch. */
const LINES_AT_ONCE = 32;

export function registerClassify(services: Services): vscode.Disposable {
  const { results } = services;
  const command = (
    id: string,
    run: (leaveRaw: boolean, argument: unknown) => Promise<unknown>,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(id, (argument: unknown) =>
      attempt(services, (leaveRaw) => run(leaveRaw, argument)),
    );
  const named = (argument: unknown): string | undefined => nameArgument(argument, 'classifier');
  return vscode.Disposable.from(
    showDecorations(results),
    command(COMMANDS.classifySelection, (leaveRaw) => classifySelection(services, undefined, leaveRaw)),
    command(COMMANDS.classifyWith, () => classifyWith(services, undefined)),
    command(COMMANDS.classifyWithThis, (_, argument) => classifyWith(services, named(argument))),
    command(COMMANDS.chooseClassifier, () => chooseClassifier(services, undefined)),
    command(COMMANDS.useClassifier, (_, argument) => chooseClassifier(services, named(argument))),
    command(COMMANDS.classifyLines, (leaveRaw) => classifyLines(services, leaveRaw)),
    // With an id (from the hover) only that one.
    vscode.commands.registerCommand(COMMANDS.clearResults, (id: unknown) =>
      typeof id === 'number' ? results.remove(id) : results.clear(),
    ),
  );
}

/** Does something, and reports why if it cannot be done. */
async function attempt(
  services: Services,
  run: (leaveRaw: boolean) => Promise<unknown>,
  leaveRaw = false,
): Promise<unknown> {
  try {
    return await run(leaveRaw);
  } catch (error) {
    // The command ends without waiting for its messages.
    if (error instanceof CalibratorError)
      void reportCalibratorError(services, error, (raw) => attempt(services, run, raw)).catch(
        (failure: unknown) => reportError(services, failure),
      );
    else {
      const file = await classifierFile(services, error);
      void reportError(services, error, file === undefined ? {} : { file });
    }
    return undefined;
  }
}

/** @returns the ids of the results, for other commands and tests */
async function classifySelection(
  services: Services,
  classifier: string | undefined,
  leaveRaw: boolean,
): Promise<number[]> {
  const editor = activeEditor();
  const { ranges, trigger } = selectedRanges(editor);
  const title = ranges.length === 1 ? 'Classifying' : `Classifying ${ranges.length} texts`;
  const found = await services.work.run(title, ({ signal }) =>
    services.classification.run({ document: editor.document, ranges, trigger, classifier, leaveRaw, signal }),
  );
  return found.map((result) => result.id);
}

/** @param given name of the classifier; undefined to ask for it */
async function classifyWith(services: Services, given: string | undefined): Promise<unknown> {
  const editor = activeEditor();
  const { document } = editor;
  // Before the list, so that nobody chooses first and then reads that there is nothing to classify.
  selectedRanges(editor);
  const name = given ?? (await pickClassifier(services, 'Classify With'));
  if (name === undefined) return undefined;
  try {
    await writeClassifierSetting(name, document.uri);
  } catch (error) {
    // The settings file may be broken or read-only. The choice still counts this once.
    services.log.warn('The choice of classifier could not be saved.', error);
  }
  // The choice is not asked for again if only its calibrator is left out.
  return attempt(services, (leaveRaw) => classifySelection(services, name, leaveRaw));
}

/** @returns the number of classified lines, and of all lines */
async function classifyLines(
  services: Services,
  leaveRaw: boolean,
): Promise<{ done: number; total: number }> {
  const { document } = activeEditor();
  const ranges = lineRanges(document);
  // Read once: a setting that changes meanwhile must not mix two classifiers.
  const { classifier } = readSettings(document.uri);
  const total = ranges.length;
  let done = 0;
  let isAgreed = false;
  const name = vscode.workspace.asRelativePath(document.uri).split('/').at(-1) ?? '';
  const work = async ({ signal, report }: WorkHandle): Promise<void> => {
    const lines = new TrackedRanges(document, ranges);
    try {
      for (let next = 0; next < total; next += LINES_AT_ONCE) {
        const there = lines.between(next, next + LINES_AT_ONCE);
        if (there.length > 0) {
          done += (
            await services.classification.run({
              document,
              ranges: there,
              trigger: 'lines',
              classifier,
              leaveRaw,
              signal,
              asksFor: isAgreed ? 0 : total,
              show: next === 0,
            })
          ).length;
          isAgreed = true;
        }
        report(`${Math.min(total, next + LINES_AT_ONCE)} of ${total}`, (next + LINES_AT_ONCE) / total);
      }
    } finally {
      lines.dispose();
    }
  };
  try {
    await services.work.run(`Classifying the lines of ${name}`, work);
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'cancelled') || done === 0) throw error;
    void services.dialogs.tell('info', `Cancelled after ${done} of ${total} lines. Their results are kept.`);
  }
  return { done, total };
}

function activeEditor(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined)
    throw new UserError('no-editor', 'Open a file and select some text in it to classify.');
  return editor;
}

/** The file to open for an error about a classifier: the one that has exactly this error. */
async function classifierFile({ classifiers }: Services, error: unknown): Promise<vscode.Uri | undefined> {
  if (!(error instanceof UserError) || !error.code.startsWith('classifier-')) return undefined;
  const entry = (await classifiers.list()).find(
    (candidate) => candidate.kind === 'invalid' && candidate.error.message === error.message,
  );
  return entry?.kind === 'invalid' ? entry.uri : undefined;
}
