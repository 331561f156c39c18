/** The SHA-256 of model files, computed in the background: seconds for each gigabyte. */
import type { Log } from './log';
import * as vscode from 'vscode';
import { formatShare } from '../core/words/quantities';
import { withProgress } from './dialogs';
import type { ModelEntry, ModelStore } from '../store/models';

export class ModelHashes implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly running = new Map<string, AbortController>();
  /** Why a file has no hash, by path. */
  private readonly failed = new Map<string, string>();

  /** Fires when a hash became known, or could not be computed. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly models: ModelStore,
    private readonly log: Pick<Log, 'warn'>,
  ) {}

  /** The SHA-256 of a model if it is known. Otherwise it is computed in the background. */
  known(model: Pick<ModelEntry, 'path' | 'file' | 'sha256'>): string | undefined {
    if (model.sha256 === undefined && !this.failed.has(model.path)) this.start(model);
    return model.sha256;
  }

  /** Explains in words why the hash is not known yet. */
  inWords({ path, file }: Pick<ModelEntry, 'path' | 'file'>): string {
    const failure = this.failed.get(path);
    return failure === undefined
      ? `The SHA-256 of ${file} is being computed, to check whether the calibrator belongs to it.`
      : `The SHA-256 of ${file} could not be computed, so it is not known whether the calibrator belongs to it: ${failure}`;
  }

  dispose(): void {
    for (const controller of this.running.values()) controller.abort();
    this.changed.dispose();
  }

  private start({ path, file }: Pick<ModelEntry, 'path' | 'file'>): void {
    if (this.running.has(path)) return;
    const controller = new AbortController();
    this.running.set(path, controller);
    const title = `Reading ${file} for its SHA-256`;
    withProgress({ location: vscode.ProgressLocation.Window, title }, (report) => {
      let shown = '';
      const onProgress = (read: number, total: number): void => {
        const message = formatShare(read / total);
        if (message !== shown) report(message);
        shown = message;
      };
      return this.models.sha256(path, { signal: controller.signal, onProgress });
    })
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        this.log.warn(title, error);
        this.failed.set(path, error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        this.running.delete(path);
        if (!controller.signal.aborted) this.changed.fire();
      });
  }
}
