/** What a panel shows: one state, and what of it is new. */
import * as vscode from 'vscode';
import { emptyPanelState, type PanelState } from '../../protocol/calibration-page';

export class PanelStore implements vscode.Disposable {
  private current: PanelState;
  private readonly changed = new vscode.EventEmitter<Partial<PanelState>>();
  /** Says what of the state is new. */
  readonly onDidChange = this.changed.event;

  /** @param name of the table's file */
  constructor(name: string) {
    this.current = emptyPanelState(name);
  }

  get state(): PanelState {
    return this.current;
  }

  update(change: Partial<PanelState>): void {
    this.current = { ...this.current, ...change };
    this.changed.fire(change);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
