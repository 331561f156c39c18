/** JSON-RPC between a page and the extension: the page's end, and the one seam over acquireVsCodeApi. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from 'vscode-jsonrpc/browser';

class HostReader extends AbstractMessageReader {
  listen(callback: DataCallback): Disposable {
    const listener = ({ data }: MessageEvent<unknown>): void => {
      if (isMessage(data)) callback(data);
    };
    window.addEventListener('message', listener);
    return { dispose: () => window.removeEventListener('message', listener) };
  }
}

class HostWriter extends AbstractMessageWriter {
  constructor(private readonly post: (message: unknown) => void) {
    super();
  }

  write(message: Message): Promise<void> {
    this.post(message);
    return Promise.resolve();
  }

  end(): void {
    // Nothing to close.
  }
}

export interface Host {
  readonly connection: MessageConnection;
  /** What setState kept while the page was away; of unknown shape, an older version may have written it. */
  getState(): unknown;
  setState(state: unknown): void;
}

/** To be called once in a page. The caller adds its handlers and calls `connection.listen()`. */
export function connectHost(): Host {
  const api = acquireVsCodeApi();
  return {
    connection: createMessageConnection(
      new HostReader(),
      new HostWriter((message) => api.postMessage(message)),
    ),
    getState: () => api.getState(),
    setState: (state) => void api.setState(state),
  };
}

function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'jsonrpc' in data && data.jsonrpc === '2.0';
}
