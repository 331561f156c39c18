import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { PAGE_CONTRACT } from '../../src/protocol/page';
import { openPage } from '../../src/editor/page';
import { internals } from './internals';

type Said = keyof typeof PAGE_CONTRACT.host;

describe('a page that cannot be shown', () => {
  it('is in the log, and loaded anew when the person wants it', async () => {
    const { services } = await internals();
    const received = new vscode.EventEmitter<unknown>();
    // Another page speaks in the place of the real one, which has nothing to complain of.
    const webview = {
      html: '',
      cspSource: '',
      asWebviewUri: (of: vscode.Uri) => of,
      onDidReceiveMessage: received.event,
      postMessage: () => Promise.resolve(true),
    } as unknown as vscode.Webview;
    const say = async (method: Said, params?: object): Promise<void> => {
      received.fire({ jsonrpc: '2.0', method, params });
      await new Promise((resolve) => setImmediate(resolve));
    };
    const errors: unknown[] = [];
    const log = {
      error: (...words: unknown[]) => errors.push(...words),
    } as unknown as vscode.LogOutputChannel;
    const page = openPage(
      webview,
      { context: services.context, log },
      { name: 'result', title: 'Result', drawsPictures: false },
    );
    await say('failed', { message: 'nothing can be drawn' });
    assert.deepEqual(errors, ['result page', 'nothing can be drawn']);
    const { html } = webview;
    assert.match(html, /result\.js/);
    await say('restart');
    assert.match(webview.html, /result\.js/);
    assert.notEqual(webview.html, html);
    page.dispose();
    received.dispose();
  });
});
