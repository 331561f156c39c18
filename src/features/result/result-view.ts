/** The result view: a page in the side bar that shows one result in full and the history. */
import { randomBytes } from 'node:crypto';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import * as vscode from 'vscode';
import { idParamsSchema, RESULT_PAGE_METHODS, runParamsSchema } from '../../protocol/result-page';
import { pageHtml } from '../../workspace/page-html';
import { reportError } from '../../workspace/report-error';
import type { Services } from '../../workspace/services';
import { connectWebview } from '../../workspace/webview-rpc';
import { pageState } from './page-state';

const VIEW_ID = 'promptConfidence.result';

/** Changes come in bursts (a keystroke, a line of many): the page is told once for each. */
const SEND_AFTER_MS = 30;

export function registerResultView(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider(VIEW_ID, new ResultView(services)),
    // With an id (from the hover) that one is shown, else the one that the view showed last.
    vscode.commands.registerCommand('promptConfidence.showResult', async (id: unknown) => {
      if (typeof id === 'number') services.results.show(id);
      await vscode.commands.executeCommand(`${VIEW_ID}.focus`);
    }),
  );
}

class ResultView implements vscode.WebviewViewProvider {
  constructor(private readonly services: Services) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    const { context, results, work, models, modelsChanged, log } = this.services;
    const pages = vscode.Uri.joinPath(context.extensionUri, 'dist', 'page');
    view.webview.options = { enableScripts: true, localResourceRoots: [pages] };

    const connection = connectWebview(view.webview);
    let ready = false;
    let timer: NodeJS.Timeout | undefined;
    const send = async (): Promise<void> => {
      const present = (await models.list()).some((model) => !model.missing);
      const state = pageState(results, work.current, present, (uri) => vscode.workspace.asRelativePath(uri));
      view.description = state.busy === null ? '' : 'busy';
      await connection.sendNotification(RESULT_PAGE_METHODS.state, state);
    };
    const sendSoon = (): void => {
      clearTimeout(timer);
      if (!ready || !view.visible) return;
      timer = setTimeout(() => {
        send().catch((error: unknown) => log.debug('result view', error));
      }, SEND_AFTER_MS);
    };

    connection.onNotification(RESULT_PAGE_METHODS.ready, () => {
      ready = true;
      sendSoon();
    });
    connection.onNotification(RESULT_PAGE_METHODS.run, (params: unknown) => {
      const { command } = runParamsSchema.parse(params);
      void vscode.commands.executeCommand(`promptConfidence.${command}`);
    });
    connection.onNotification(RESULT_PAGE_METHODS.show, (params: unknown) =>
      results.show(idParamsSchema.parse(params).id),
    );
    connection.onNotification(RESULT_PAGE_METHODS.cancel, () => work.cancel());
    this.handleText(connection);
    connection.listen();

    const subscriptions = [
      results.onDidChange(sendSoon),
      work.onDidChange(sendSoon),
      modelsChanged.event(sendSoon),
      // A hidden page is thrown away by the editor; the one that comes back says that it is ready.
      view.onDidChangeVisibility(sendSoon),
    ];
    view.onDidDispose(() => {
      clearTimeout(timer);
      for (const subscription of subscriptions) subscription.dispose();
      connection.dispose();
    });
    view.webview.html = pageHtml({
      title: 'Classification',
      scriptUri: view.webview.asWebviewUri(vscode.Uri.joinPath(pages, 'result.js')).toString(),
      styleUri: view.webview.asWebviewUri(vscode.Uri.joinPath(pages, 'result.css')).toString(),
      cspSource: view.webview.cspSource,
      nonce: randomBytes(16).toString('base64'),
    });
  }

  /** What the page asks about the text of a result. */
  private handleText(connection: MessageConnection): void {
    const { results, work, classification } = this.services;
    connection.onNotification(RESULT_PAGE_METHODS.reveal, async (params: unknown) => {
      const result = results.get(idParamsSchema.parse(params).id);
      if (result === undefined) return;
      try {
        const editor = await vscode.window.showTextDocument(result.uri);
        if (results.status(result.id) === 'edited') return;
        editor.selection = new vscode.Selection(result.range.start, result.range.end);
        editor.revealRange(result.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      } catch (error) {
        void reportError(this.services, error);
      }
    });
    connection.onRequest(RESULT_PAGE_METHODS.tokens, async (params: unknown) => {
      const result = results.get(idParamsSchema.parse(params).id);
      if (result === undefined) return null;
      try {
        await work.run('Reading the tokens', ({ signal }) => classification.addTokens(result, signal));
      } catch (error) {
        void reportError(this.services, error);
      }
      return null;
    });
  }
}
