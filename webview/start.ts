/** How a page starts: it listens before it draws anything, and shows an error if it cannot be drawn. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
} from 'vscode-jsonrpc/browser';
import { type Handlers, listen, type Methods, type Remote } from '../src/protocol/contract';
import { isMessage, PAGE_CONTRACT } from '../src/protocol/page';
import { button } from './button';
import { h } from './dom';

/** What VS Code keeps for a page that is hidden, or whose window is reloaded. */
export interface Memory {
  /** Its shape is unknown, because an older version may have kept it. */
  read(): unknown;
  keep(state: object): void;
}

/**
 * Starts a page. If that fails, if something from the host cannot be shown, or if an error is caught nowhere else, a
 * sentence and a button to start again replace the page, and the host logs the error.
 *
 * @param start draws the page and gives what the host may call; it can call the host already
 */
export function startPage<Page extends Methods<Page>, Host extends Methods<Host>>(
  contract: { readonly page: Page; readonly host: Host },
  start: (host: Remote<Host>, memory: Memory) => Handlers<Page>,
): void {
  const api = acquireVsCodeApi();
  const connection = createMessageConnection(
    new HostReader(),
    new HostWriter((message) => api.postMessage(message)),
  );
  let hasFailed = false;
  const fail = (error: unknown): void => {
    console.error(error);
    // What follows from the first error would hide it in the log.
    if (hasFailed) return;
    hasFailed = true;
    host.failed({ message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    document.body.replaceChildren(
      failure(() => {
        // It may be what the page cannot be shown with.
        api.setState(null);
        host.restart();
      }),
    );
  };
  const peer = listen(connection, fail);
  const host = peer.remote(PAGE_CONTRACT.host);
  // An error of a click or of a promise is nobody's: without this, the page would look alive and do nothing.
  window.addEventListener('error', (event) => {
    // Notices of the browser itself carry no error.
    if (event.error !== null && event.error !== undefined) fail(event.error);
  });
  window.addEventListener('unhandledrejection', (event) => fail(event.reason));
  try {
    const memory = { read: () => api.getState(), keep: (state: object) => void api.setState(state) };
    peer.serve(contract.page, start(peer.remote(contract.host), memory));
  } catch (error) {
    fail(error);
  }
}

function failure(again: () => void): HTMLElement {
  return h(
    'main',
    {},
    h(
      'section',
      { class: 'failure', role: 'alert' },
      h('h1', {}, 'This page cannot be shown'),
      h('p', {}, 'Start it again. For details, run Prompt Confidence: Show Log from the Command Palette.'),
      button('Start Again', { key: 'start-again' }, again),
    ),
  );
}

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
