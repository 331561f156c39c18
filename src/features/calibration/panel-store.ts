/** What a panel shows: one state, and its changes. */
import * as vscode from 'vscode';
import { emptyPanelState, type PanelState } from '../../protocol/calibration-page';

export class PanelStore implements vscode.Disposable {
  private current: PanelState;
  private readonly changed = new vscode.EventEmitter<Partial<PanelState>>();
  /** Fires with what changed in the state. */
  readonly onDidChange = this.changed.event;

  /** @param name name of the table's file */
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
