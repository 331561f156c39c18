/** A page in a webview: the host's end. The page's end is webview/start.ts. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  Message,
  type DataCallback,
  type Disposable,
} from 'vscode-jsonrpc/node';
import { listen, type Peer } from '../protocol/contract';
import { isMessage, PAGE_CONTRACT } from '../protocol/page';
import { pageHtml } from './page-html';
import type { Services } from './services';

export interface PageKind {
  /** Name of its script and its style in dist/page. */
  readonly name: string;
  readonly title: string;
  /** True if the page makes pictures of its content. */
  readonly drawsPictures: boolean;
}

/**
 * Loads a page into a webview. Messages can be sent to it at once; its own arrive after it is loaded.
 *
 * @returns the host's end. Serve its methods in the same turn, and dispose it with the view.
 */
export function openPage(
  webview: vscode.Webview,
  { context, log }: Pick<Services, 'context' | 'log'>,
  { name, title, drawsPictures }: PageKind,
): Peer {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'dist', 'page');
  const fileOf = (extension: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(folder, `${name}.${extension}`)).toString();
  const load = (): void => {
    webview.html = pageHtml({
      title,
      scriptUri: fileOf('js'),
      styleUri: fileOf('css'),
      cspSource: webview.cspSource,
      drawsPictures,
      nonce: randomBytes(16).toString('base64'),
    });
  };
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  const connection = createMessageConnection(new WebviewReader(webview), new WebviewWriter(webview));
  const peer = listen(connection, (error) => log.warn(`${name} page`, error));
  peer.serve(PAGE_CONTRACT.host, {
    failed: ({ message }) => log.error(`${name} page`, message),
    // A new nonce makes it a new document, which the editor loads.
    restart: load,
  });
  load();
  return peer;
}

class WebviewReader extends AbstractMessageReader {
  constructor(private readonly webview: vscode.Webview) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    return this.webview.onDidReceiveMessage((data: unknown) => {
      if (isMessage(data)) callback(data);
    });
  }
}

class WebviewWriter extends AbstractMessageWriter {
  constructor(private readonly webview: vscode.Webview) {
    super();
  }

  async write(message: Message): Promise<void> {
    // False if the page is hidden: it asks for everything again when it returns.
    await this.webview.postMessage(message);
  }

  end(): void {
    // Nothing to close: the page outlives the connection, or is gone already.
  }
}
