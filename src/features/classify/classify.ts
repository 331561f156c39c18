/** The commands that classify texts and that clear results. */
import * as vscode from 'vscode';
import { COMMANDS } from '../../protocol/manifest';
import type { Bucket } from '../../core/model/buckets';
import { UserError } from '../../core/user-error';
import { count } from '../../core/words/calibration';
import { failuresInWords, resultsInWords } from '../../core/words/many-results';
import type { FailedText } from '../../editor/classification';
import { reportCalibratorError } from '../../editor/calibrator-problem';
import { CalibratorError } from '../../editor/calibrators';
import { reportError } from '../../editor/report-error';
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';
import { nameArgument } from '../../editor/argument';
import { bucketsNamed } from '../../editor/buckets-named';
import { readSettings, writeClassifierSetting } from '../../editor/settings';
import { TrackedPlaces } from '../../editor/text-place';
import { stepDone } from '../../editor/walkthrough';
import type { WorkHandle } from '../../editor/work';
import { showDecorations } from './decorations';
import { goToDoubtful, listDoubtful } from './doubtful';
import { measure } from './measure';
import { chooseClassifier, pickClassifier } from './pick-classifier';
import { lineRanges, selectedRanges } from './ranges';
import { offerSample } from './sample';
import { saveResults } from './save-results';
import { showPromptOfResult, showPromptOfSelection } from './show-prompt';

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
    walkthroughStep(results),
    command(COMMANDS.classifySelection, (leaveRaw) => classifySelection(services, undefined, leaveRaw)),
    command(COMMANDS.classifyWith, () => classifyWith(services, undefined)),
    command(COMMANDS.classifyWithThis, (_, argument) => classifyWith(services, named(argument))),
    command(COMMANDS.chooseClassifier, () => chooseClassifier(services, undefined)),
    command(COMMANDS.useClassifier, (_, argument) => chooseClassifier(services, named(argument))),
    command(COMMANDS.classifyLines, (leaveRaw) => classifyLines(services, leaveRaw)),
    command(COMMANDS.nextDoubtfulLine, () => goToDoubtful(services, vscode.window.activeTextEditor, 'next')),
    command(COMMANDS.previousDoubtfulLine, () =>
      goToDoubtful(services, vscode.window.activeTextEditor, 'previous'),
    ),
    command(COMMANDS.listDoubtfulLines, () => listDoubtful(services, vscode.window.activeTextEditor)),
    command(COMMANDS.saveResults, () => saveResults(services, vscode.window.activeTextEditor)),
    command(COMMANDS.measure, () => measure(services)),
    // With an id (from the result view) that result's.
    vscode.commands.registerCommand(COMMANDS.showPrompt, (id: unknown) =>
      attempt(services, () => {
        const result = typeof id === 'number' ? results.get(id) : undefined;
        return result === undefined
          ? showPromptOfSelection(services, activeEditor())
          : showPromptOfResult(services, result);
      }),
    ),
    // With an id (from the hover) only that one.
    vscode.commands.registerCommand(COMMANDS.clearResults, (id: unknown) =>
      clearResults(services, typeof id === 'number' ? id : undefined),
    ),
  );
}

/** Ticks the step of the walkthrough once there is a result. */
function walkthroughStep(results: Services['results']): vscode.Disposable {
  const subscription = results.onDidChange(() => {
    if (results.shown === undefined) return;
    subscription.dispose();
    stepDone('classify');
  });
  return subscription;
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
    else if (error instanceof UserError && error.code === 'no-editor')
      void offerSample(services, error.message, () => attempt(services, run, leaveRaw)).catch(
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

/**
 * Classifies as many lines as it can: a line that fails does not stop the others, and what is found before an error is
 * kept and summed up.
 *
 * @returns the number of classified lines, and of all lines
 */
async function classifyLines(
  services: Services,
  leaveRaw: boolean,
): Promise<{ done: number; total: number }> {
  const { document } = activeEditor();
  const ranges = lineRanges(document);
  // Read once: a setting that changes meanwhile must not mix two classifiers.
  const { classifier } = readSettings(document.uri);
  const total = ranges.length;
  const found: ClassifiedText[] = [];
  const failed: FailedText[] = [];
  let isAgreed = false;
  const name = vscode.workspace.asRelativePath(document.uri).split('/').at(-1) ?? '';
  const work = async ({ signal, report }: WorkHandle): Promise<void> => {
    const lines = new TrackedPlaces(document, ranges);
    try {
      for (let next = 0; next < total; next += LINES_AT_ONCE) {
        const there = lines.between(next, next + LINES_AT_ONCE);
        if (there.length > 0) {
          const outcome = await services.classification.runAll({
            document,
            ranges: there,
            trigger: 'lines',
            classifier,
            leaveRaw,
            signal,
            asksFor: isAgreed ? 0 : total,
            continues: found.length > 0,
          });
          found.push(...outcome.added);
          failed.push(...outcome.failed);
          isAgreed ||= outcome.requested > 0;
        }
        report(`${Math.min(total, next + LINES_AT_ONCE)} of ${total}`, (next + LINES_AT_ONCE) / total);
      }
    } finally {
      lines.dispose();
    }
  };
  const tell = async (start: string): Promise<void> => {
    const buckets = await bucketsNamed(services, classifier, document.uri);
    tellLines(services, buckets, found, failed, start);
  };
  try {
    await services.work.run(`Classifying the lines of ${name}`, work);
  } catch (error) {
    if (found.length === 0) throw error;
    const isCancelled = error instanceof UserError && error.code === 'cancelled';
    const verb = isCancelled ? 'Cancelled' : 'Stopped';
    await tell(`${verb} after ${found.length} of ${count(total, 'line')}. Their results are kept. `);
    if (isCancelled) return { done: found.length, total };
    throw error;
  }
  const [firstFailed] = failed;
  if (found.length > 0) await tell('');
  else if (firstFailed !== undefined)
    throw new UserError('texts-failed', failuresInWords(failed.length, firstFailed));
  return { done: found.length, total };
}

/** Says what came out, and leads to what needs a look. The command ends before its message does. */
function tellLines(
  { dialogs, log }: Services,
  buckets: readonly Bucket[],
  results: readonly ClassifiedText[],
  failed: readonly FailedText[],
  start: string,
): void {
  const { message, doubtful, isRaw } = resultsInWords(results, 'line', buckets);
  const [firstFailed] = failed;
  const failures = firstFailed === undefined ? '' : ` ${failuresInWords(failed.length, firstFailed)}`;
  const actions = new Map<string, string>([
    ...(doubtful > 0 ? [['Next Doubtful Line', COMMANDS.nextDoubtfulLine] as const] : []),
    ...(isRaw ? [['Measure…', COMMANDS.measure] as const] : []),
  ]);
  dialogs
    .tell(failed.length > 0 ? 'warning' : 'info', `${start}${message}${failures}`, [...actions.keys()])
    .then((chosen) => {
      const command = chosen === undefined ? undefined : actions.get(chosen);
      return command && vscode.commands.executeCommand(command);
    })
    .catch((error: unknown) => log.error('after Classify Lines', error));
}

/** The command ends before its message does: Undo may be chosen at any later time. */
function clearResults({ results, dialogs, log }: Services, id: number | undefined): void {
  const clearing = results.clear(id);
  if (clearing === undefined) return;
  const { count: gone, undo, forget } = clearing;
  dialogs
    .tell('info', `Cleared ${count(gone, 'result')}.`, ['Undo'])
    .then((answer) => (answer === 'Undo' ? undo() : forget()))
    .catch((error: unknown) => log.error('clear', error));
}

function activeEditor(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined)
    throw new UserError('no-editor', 'Open a file and select some text in it, or try it on a sample.');
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
