/** The tab of one fine-tuning: how far it is, and what came of it. */
import * as vscode from 'vscode';
import { openPage } from '../../editor/page';
import type { Services } from '../../editor/services';
import { TUNING_VIEW } from '../../protocol/manifest';
import { TUNING_PAGE_CONTRACT, type TuningState } from '../../protocol/tuning-page';

/** What a person can do in it. */
export type TuningActions = Readonly<
  Record<Exclude<keyof typeof TUNING_PAGE_CONTRACT.host, 'ready'>, () => unknown>
>;

export class TuningPanel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly page: { dispose(): void };
  private readonly send: (state: TuningState) => void;

  constructor(
    services: Services,
    private current: TuningState,
    actions: TuningActions,
  ) {
    this.panel = vscode.window.createWebviewPanel(
      TUNING_VIEW,
      `Fine-Tuning ${current.name}`,
      vscode.ViewColumn.Active,
    );
    const peer = openPage(this.panel.webview, services, {
      name: 'tuning',
      title: 'Fine-Tuning',
      drawsPictures: false,
    });
    const page = peer.remote(TUNING_PAGE_CONTRACT.page);
    this.send = (state) => page.state(state);
    this.page = peer;
    peer.serve(TUNING_PAGE_CONTRACT.host, { ...actions, ready: () => page.state(this.current) });
  }

  get state(): TuningState {
    return this.current;
  }

  /** Shows its tab. */
  reveal(): void {
    this.panel.reveal();
  }

  show(state: TuningState): void {
    this.current = state;
    this.send(state);
  }

  onDidDispose(listener: () => void): void {
    this.panel.onDidDispose(() => {
      this.page.dispose();
      listener();
    });
  }

  dispose(): void {
    this.panel.dispose();
  }
}
