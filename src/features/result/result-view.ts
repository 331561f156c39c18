/** The result view: a page in the side bar that shows one result in full and the history. */
import * as vscode from 'vscode';
import { COMMANDS, RESULT_VIEW } from '../../protocol/manifest';
import { RESULT_PAGE_CONTRACT } from '../../protocol/result-page';
import { openPage } from '../../editor/page';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { pageState } from './page-state';

/** Milliseconds before the page is told: changes come in bursts (a keystroke, many lines). */
const SEND_AFTER_MS = 30;

export function registerResultView(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider(RESULT_VIEW, new ResultView(services)),
    // With an id (from the hover) that result is shown, else the one that the view showed last.
    vscode.commands.registerCommand(COMMANDS.showResult, async (id: unknown) => {
      if (typeof id === 'number') services.results.show(id);
      await vscode.commands.executeCommand(`${RESULT_VIEW}.focus`);
    }),
  );
}

class ResultView implements vscode.WebviewViewProvider {
  constructor(private readonly services: Services) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    const { results, work, models, modelsChanged, log } = this.services;
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
      const state = pageState(results, work.current, present, (uri) => vscode.workspace.asRelativePath(uri));
      view.description = state.busy === null ? '' : 'busy';
      page.state(state);
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
      show: ({ id }) => results.show(id),
      cancel: () => work.cancel(),
      reveal: ({ id }) => this.reveal(id),
      readTokens: ({ id }) => this.readTokens(id),
    });

    const subscriptions = [
      results.onDidChange(sendSoon),
      work.onDidChange(sendSoon),
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
