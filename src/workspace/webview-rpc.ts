/** JSON-RPC between the extension and a page: the host's end. The page's end is webview/rpc.ts. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  Message,
  type DataCallback,
  type Disposable,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Webview } from 'vscode';

class WebviewReader extends AbstractMessageReader {
  constructor(private readonly webview: Webview) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    return this.webview.onDidReceiveMessage((data: unknown) => {
      if (isMessage(data)) callback(data);
    });
  }
}

class WebviewWriter extends AbstractMessageWriter {
  constructor(private readonly webview: Webview) {
    super();
  }

  async write(message: Message): Promise<void> {
    // False where the page is not there: it asks for everything again when it comes back.
    await this.webview.postMessage(message);
  }

  end(): void {
    // Nothing to close: the page lives longer than the connection, or is gone already.
  }
}

/** A connection to a page. The caller adds its handlers, calls listen(), and disposes it with the view. */
export function connectWebview(webview: Webview): MessageConnection {
  return createMessageConnection(new WebviewReader(webview), new WebviewWriter(webview));
}

function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'jsonrpc' in data && data.jsonrpc === '2.0';
}
