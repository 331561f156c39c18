/** Export and Copy of a panel: its current state, and the pictures of its page. */
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../../core/user-error';
import type { Picture } from '../../../protocol/calibration-export';
import type { CALIBRATION_PAGE_CONTRACT } from '../../../protocol/calibration-page';
import type { Remote } from '../../../protocol/contract';
import { reportError } from '../../../editor/report-error';
import type { Services } from '../../../editor/services';
import type { Computation } from '../computation';
import type { PanelStore } from '../panel-store';
import { extensionVersion } from '../save';
import type { CalibrationWorker } from '../worker-client';
import { copyText, exportFile, type ExportSource } from './export';

export interface ExportParts {
  /** Address of the table. */
  readonly uri: vscode.Uri;
  readonly services: Services;
  readonly store: PanelStore;
  readonly computation: Computation;
  readonly worker: CalibrationWorker;
  readonly page: Pick<Remote<typeof CALIBRATION_PAGE_CONTRACT.page>, 'picture'>;
}

export class PanelExport {
  constructor(private readonly parts: ExportParts) {}

  /** @param part the part of the breakdown that the page shows; null for all rows */
  async file(pictures: readonly Picture[], part: string | null): Promise<void> {
    const { services } = this.parts;
    const { dialogs } = services;
    try {
      const file = await exportFile(this.source(part), dialogs, pictures);
      if (file === undefined) return;
      if ((await dialogs.tell('info', `Exported ${path.basename(file)}.`, ['Open File'])) === 'Open File')
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
    } catch (error) {
      void reportError(services, error);
    }
  }

  /** @param part as for `file` */
  async copy(part: string | null): Promise<void> {
    const { services } = this.parts;
    try {
      await copyText(this.source(part), services.dialogs);
    } catch (error) {
      void reportError(services, error);
    }
  }

  private source(part: string | null): ExportSource {
    const { uri, services, store, computation, worker, page } = this.parts;
    const { state } = store;
    const { run, isStale } = computation;
    // While the person chooses, the numbers may change: everything exported must come from the same ones.
    const asShown = <T>(ask: () => Promise<T>): Promise<T> => {
      if (run === computation.run && !computation.isStale) return ask();
      throw new UserError(
        'changed-meanwhile',
        'Nothing was exported, because the numbers were computed again while you chose. Check them and export again.',
      );
    };
    return {
      uri,
      state,
      isStale,
      part,
      versions: versions(services),
      report: (settings) =>
        asShown(() => {
          const { choices, buckets } = state.decisions;
          const { target, costs } = choices;
          return worker.report({ settings, decide: { question: { target, costs }, buckets } });
        }),
      picture: (params) => asShown(() => page.picture(params)),
    };
  }
}

/** Versions by program, for reports. */
export function versions({ context }: Pick<Services, 'context'>): Readonly<Record<string, string>> {
  return {
    'Prompt Confidence': extensionVersion(context),
    'VS Code': vscode.version,
    'Node.js': process.versions.node,
  };
}
