/** The result view: a page in the side bar that shows one result in full and the history. */
import * as vscode from 'vscode';
import { excerpt } from '../../core/words/score';
import { COMMANDS, RESULT_VIEW, UNSURE } from '../../protocol/manifest';
import { RESULT_PAGE_CONTRACT, SHOWN_TEXT_LIMIT } from '../../protocol/result-page';
import { isClassifierFile } from '../../editor/classifier-folder';
import { openPage } from '../../editor/page';
import { reportError } from '../../editor/report-error';
import type { ClassifiedText } from '../../editor/results';
import type { Services } from '../../editor/services';
import { isTrustedOrTold } from '../../editor/trust';
import { stepDone } from '../../editor/walkthrough';
import { labelResult } from '../../editor/label-result';
import { pageState } from './page-state';
import { Trial } from './trial';

/** Milliseconds before the page is told: changes come in bursts (a keystroke, many lines). */
const SEND_AFTER_MS = 30;

export function registerResultView(services: Services, view: ResultView): vscode.Disposable {
  return vscode.Disposable.from(
    view,
    // With an id (from the hover) that result is shown, else the one that the view showed last.
    vscode.commands.registerCommand(COMMANDS.showResult, async (id: unknown) => {
      if (typeof id === 'number') services.results.show(id);
      await focusView();
    }),
    // From the hover with an id and the index of a label; from the palette for the result that the view showed last.
    vscode.commands.registerCommand(COMMANDS.labelResult, (id: unknown, label: unknown) =>
      labelAsked(services, id, label),
    ),
    // From the lens with the file; from the palette for the file in front.
    vscode.commands.registerCommand(COMMANDS.tryClassifier, async (uri: unknown) => {
      const file = uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri;
      if (!(await isTrustedOrTold(services.dialogs, NOT_TRUSTED))) return;
      if (file === undefined || !isClassifierFile(file)) {
        void services.dialogs.tell(
          'info',
          'Open a classifier file first: it is tried as it is in the editor.',
        );
        return;
      }
      view.try(file);
      await focusView();
    }),
  );
}

async function labelAsked(services: Services, id: unknown, label: unknown): Promise<void> {
  const { results, dialogs } = services;
  const result = typeof id === 'number' ? results.get(id) : resultAtCursor(services);
  if (result === undefined) {
    void dialogs.tell('info', 'Classify a text first: then its label can be confirmed or corrected.');
    return;
  }
  const names = result.score.labels.map((entry) => entry.label);
  const answer =
    typeof label === 'number'
      ? label === UNSURE
        ? 'unsure'
        : names[label]
      : await dialogs.choose({
          title: 'Label Result',
          placeholder: excerpt(result.text, EXCERPT_LIMIT),
          choices: [
            ...names.map((name) => ({ label: name, value: name })),
            { label: 'Unsure', description: 'I cannot tell', value: 'unsure' as const },
          ],
        });
  if (answer === undefined || answer === 'back') return;
  await labelResult(services, result.id, answer === 'unsure' ? answer : { label: answer });
}

function resultAtCursor({ results }: Services): ClassifiedText | undefined {
  const editor = vscode.window.activeTextEditor;
  const found = editor && results.at(editor.document.uri, editor.selection.active);
  return found ?? results.shown;
}

const EXCERPT_LIMIT = 80;

const NOT_TRUSTED = 'The classifiers of this workspace are ignored, because it is in Restricted Mode.';

function focusView(): Thenable<unknown> {
  return vscode.commands.executeCommand(`${RESULT_VIEW}.focus`);
}

export class ResultView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly trialChanged = new vscode.EventEmitter<void>();
  private trial: Trial | undefined;
  /** The result that the view showed when the trial began: another one ends it. */
  private before: number | undefined;

  constructor(private readonly services: Services) {}

  dispose(): void {
    this.trial?.dispose();
    this.trialChanged.dispose();
  }

  /** Shows a text field whose text is classified by a file as it is in the editor. */
  try(uri: vscode.Uri): void {
    const { shown } = this.services.results;
    this.trial?.dispose();
    this.before = shown?.id;
    const text = shown === undefined || shown.text.length > SHOWN_TEXT_LIMIT ? '' : shown.text;
    this.trial = new Trial(this.services, uri, text, () => this.trialChanged.fire());
    this.trialChanged.fire();
  }

  private endTrial(): void {
    this.trial?.dispose();
    this.trial = undefined;
    this.trialChanged.fire();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { results, work, models, modelsChanged, textLabels, log } = this.services;
    const peer = openPage(view.webview, this.services, {
      name: 'result',
      title: 'Result',
      drawsPictures: false,
    });
    const page = peer.remote(RESULT_PAGE_CONTRACT.page);
    let ready = false;
    let timer: NodeJS.Timeout | undefined;
    const send = async (): Promise<void> => {
      const present = (await models.list()).some((model) => !model.missing);
      const state = pageState(
        results,
        results.shown === undefined ? null : await textLabels.answerTo(results.shown).catch(() => null),
        this.trial?.state,
        work.current,
        present,
        (uri) => vscode.workspace.asRelativePath(uri),
      );
      page.state(state);
      if (state.result !== null) stepDone('result');
    };
    const sendSoon = (): void => {
      clearTimeout(timer);
      if (!ready || !view.visible) return;
      timer = setTimeout(() => {
        send().catch((error: unknown) => log.debug('result view', error));
      }, SEND_AFTER_MS);
    };
    peer.serve(RESULT_PAGE_CONTRACT.host, {
      ready: () => {
        ready = true;
        sendSoon();
      },
      run: ({ command }) => vscode.commands.executeCommand(COMMANDS[command]),
      show: ({ id }) => {
        this.endTrial();
        results.show(id);
      },
      label: ({ id, answer }) => labelResult(this.services, id, answer),
      cancel: () => work.cancel(),
      reveal: ({ id }) => this.reveal(id),
      readTokens: ({ id }) => this.readTokens(id),
      showPrompt: ({ id }) => vscode.commands.executeCommand(COMMANDS.showPrompt, id),
      tryText: ({ text }) => this.trial?.setText(text),
      tryNow: () => this.trial?.now(),
      showTrialPrompt: () => this.showTrialPrompt(),
      endTrial: () => this.endTrial(),
    });

    const subscriptions = [
      results.onDidChange(() => {
        if (this.trial !== undefined && results.shown?.id !== this.before) this.endTrial();
        sendSoon();
      }),
      this.trialChanged.event(sendSoon),
      work.onDidChange(sendSoon),
      textLabels.onDidChange(sendSoon),
      modelsChanged.event(sendSoon),
      // The editor discards a hidden page. The page that replaces it reports that it is ready.
      view.onDidChangeVisibility(sendSoon),
    ];
    view.onDidDispose(() => {
      clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
      peer.dispose();
    });
  }

  /** Selects the text of a result in its editor. */
  private async reveal(id: number): Promise<void> {
    const { results } = this.services;
    const result = results.get(id);
    if (result === undefined) return;
    try {
      const editor = await vscode.window.showTextDocument(result.uri);
      if (results.status(result.id) === 'edited') return;
      editor.selection = new vscode.Selection(result.range.start, result.range.end);
      editor.revealRange(result.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private async showTrialPrompt(): Promise<void> {
    try {
      await this.trial?.showPrompt();
    } catch (error) {
      void reportError(this.services, error);
    }
  }

  private async readTokens(id: number): Promise<void> {
    const { results, work, classification } = this.services;
    const result = results.get(id);
    if (result === undefined) return;
    try {
      await work.run('Reading the tokens', ({ signal }) => classification.addTokens(result, signal));
    } catch (error) {
      void reportError(this.services, error);
    }
  }
}
