/**
 * What the Home view lists. A node carries what the commands of its menus need, under the names that
 * `editor/argument.ts` looks for.
 */
import type * as vscode from 'vscode';
import type { JobEntry } from '../../editor/job-controls';

export const GROUPS = ['classifiers', 'tables', 'calibrators', 'models', 'running'] as const;
export type GroupName = (typeof GROUPS)[number];

/** What is shown of a node. Texts may be anybody's: `items.ts` encodes them. */
interface Shown {
  readonly label: string;
  /** Beside the label, greyed. */
  readonly description?: string;
  /** Lines of the tooltip. */
  readonly details?: readonly string[];
  /** Name of a codicon. */
  readonly icon?: string;
}

/** What a click or Enter does. */
interface Clickable {
  readonly click?: {
    readonly command: string;
    readonly title: string;
    readonly arguments: readonly unknown[];
  };
}

export type HomeNode =
  | { readonly kind: 'group'; readonly group: GroupName }
  | (Shown &
      Clickable & {
        readonly kind: 'classifier';
        /** Name, for the commands. */
        readonly classifier: string;
        /** Undefined for a built-in one. */
        readonly uri: vscode.Uri | undefined;
        readonly isActive: boolean;
      })
  | (Shown & Clickable & { readonly kind: 'broken' })
  | (Shown & Clickable & { readonly kind: 'table'; readonly uri: vscode.Uri; readonly isScored: boolean })
  | (Shown & Clickable & { readonly kind: 'calibrator'; readonly uri: vscode.Uri })
  | (Shown & {
      readonly kind: 'model';
      /** Absolute path, for the commands. */
      readonly model: string;
      readonly state: 'chosen' | 'there' | 'missing';
    })
  /** A folder of a sequence classification model. */
  | (Shown & { readonly kind: 'folder' })
  | (Shown & Clickable & { readonly kind: 'download' })
  | (Shown & {
      readonly kind: 'endpoint';
      /** Name, for the commands. */
      readonly endpoint: string;
    })
  | (Shown & Clickable & { readonly kind: 'job'; readonly entry: JobEntry })
  /** Says that there is nothing, and on a click helps. */
  | (Shown & Clickable & { readonly kind: 'note' });
