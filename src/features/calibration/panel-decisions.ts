/** The decisions of a panel: its buckets, which are kept in the settings, its target accuracy and its costs. */
import * as vscode from 'vscode';
import type { Bucket } from '../../core/model/buckets';
import { UserError } from '../../core/user-error';
import {
  type DecideParams,
  type DecisionChoices,
  type DecisionReport,
  type DecisionState,
  NO_DECISIONS,
  type DecisionQuestion,
} from '../../protocol/calibration-decisions';
import type { PanelState } from '../../protocol/calibration-page';
import { bucketPlace, onDidChangeBuckets, readBuckets, writeBuckets } from '../../editor/settings';

export interface DecisionHost {
  readonly uri: vscode.Uri;
  /** @throws UserError no-table if nothing is loaded */
  decide(params: DecideParams): Promise<DecisionReport>;
  /** False where the table has no truth to decide on: its rows are only counted in the buckets. */
  isDecided(): boolean;
  /** Loads the table and computes everything, unless that runs already. */
  recompute(): void;
  explained(error: unknown): NonNullable<PanelState['error']>;
  show(state: DecisionState): void;
}

export class PanelDecisions implements vscode.Disposable {
  private state: DecisionState = NO_DECISIONS;
  private readonly subscription: vscode.Disposable;
  /** Counts the questions, so that a late answer to an earlier one is not shown. */
  private asked = 0;

  constructor(private readonly host: DecisionHost) {
    this.readBuckets();
    this.subscription = onDidChangeBuckets(host.uri, () => {
      this.readBuckets();
      void this.refresh();
    });
  }

  dispose(): void {
    this.asked++;
    this.subscription.dispose();
  }

  ask(question: DecisionQuestion): Promise<void> {
    this.restore({ ...this.state.choices, ...question });
    return this.refresh();
  }

  /** Restores the choices from before the window was reloaded. */
  restore(choices: DecisionChoices): void {
    this.update({ choices });
    this.readBuckets();
  }

  /** Computes the decisions again after the table or its numbers changed. */
  async refresh(): Promise<void> {
    const asked = ++this.asked;
    if (!this.host.isDecided()) {
      this.host.recompute();
      return;
    }
    const { choices, buckets } = this.state;
    const { target, costs } = choices;
    try {
      const report = await this.host.decide({ question: { target, costs }, buckets });
      if (asked === this.asked) this.update({ report, error: null });
    } catch (error) {
      if (asked !== this.asked) return;
      // A cancelled computation ended the worker and so lost the table.
      if (error instanceof UserError && error.code === 'no-table') this.host.recompute();
      else if (!(error instanceof UserError && error.code === 'cancelled'))
        this.update({ error: this.host.explained(error) });
    }
  }

  /** @param buckets null for the default ones */
  async edit(buckets: readonly Bucket[] | null): Promise<void> {
    try {
      if (bucketPlace(this.host.uri) === 'settings') {
        await writeBuckets(this.host.uri, buckets);
        this.restore({ ...this.state.choices, ownBuckets: null });
      } else this.restore({ ...this.state.choices, ownBuckets: buckets && [...buckets] });
    } catch (error) {
      // The settings are read-only or cannot be edited. The buckets are still shown.
      const { message } = this.host.explained(error);
      this.restore({ ...this.state.choices, ownBuckets: buckets && [...buckets] });
      this.update({
        bucketNote: `These buckets are kept in this panel only, because the settings cannot be written: ${message}`,
      });
    }
    await this.refresh();
  }

  private readBuckets(): void {
    const { ownBuckets } = this.state.choices;
    const setting = readBuckets(this.host.uri);
    if (ownBuckets === null) {
      this.update({ buckets: [...setting.buckets], bucketNote: setting.problem });
      return;
    }
    this.update({ buckets: ownBuckets, bucketNote: NOTES[bucketPlace(this.host.uri)] });
  }

  private update(change: Partial<DecisionState>): void {
    this.state = { ...this.state, ...change };
    this.host.show(this.state);
  }
}

const NOTES = {
  settings: 'These buckets are kept in this panel only.',
  restricted:
    'These buckets are kept in this panel only: the workspace is in Restricted Mode, so its settings are not written.',
  'no-folder':
    'These buckets are kept in this panel only: the table is in no workspace folder, so there are no settings to keep them in.',
} as const;
