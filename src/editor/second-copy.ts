/** Asks before a large model is loaded into memory although another window has loaded it. */
import os from 'node:os';
import { formatBytes } from '../core/words/quantities';
import { UserError } from '../core/user-error';
import type { EngineClient } from '../sources/engine-client';
import type { LoadedModels } from '../store/loaded-models';
import type { ModelEntry } from '../store/models';
import type { Dialogs } from './dialogs';

/** Bytes. Smaller models are not worth a question. */
const LARGE_BYTES = 2 ** 30;

const LOAD_ANYWAY = 'Load Anyway';

export interface SecondCopyOptions {
  /** Bytes. The question is asked for models larger than this. */
  readonly thresholdBytes?: number;
  /** Memory that is free now, in bytes. */
  readonly freeBytes?: () => number;
  readonly onError: (error: unknown) => void;
}

export class SecondCopyGuard {
  /**
   * Models that the person agreed to load twice. The question is asked once in a window, not after every idle unload.
   */
  private readonly agreed = new Set<string>();
  private readonly subscription: { dispose(): void };
  /** Process id of our engine as it is noted. */
  private noted: number | undefined;
  /** Notes are written one after the other, or an old one could overtake its successor. */
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly engine: Pick<EngineClient, 'state' | 'pid' | 'modelPath' | 'onStateChange'>,
    private readonly loaded: LoadedModels,
    private readonly dialogs: Pick<Dialogs, 'confirm'>,
    private readonly options: SecondCopyOptions,
  ) {
    this.subscription = engine.onStateChange(() => this.note());
  }

  /** @throws UserError `cancelled` if the person declines the second copy */
  async beforeLoad(model: Pick<ModelEntry, 'file' | 'path' | 'bytes'>): Promise<void> {
    if (model.bytes <= (this.options.thresholdBytes ?? LARGE_BYTES) || this.agreed.has(model.path)) return;
    if ((await this.loaded.othersWith(model.path)).length === 0) return;
    const size = formatBytes(model.bytes);
    const free = formatBytes((this.options.freeBytes ?? os.freemem)());
    const answer = await this.dialogs.confirm(
      `Another window has loaded ${model.file} (${size}).`,
      `Loading it here takes about ${size} of additional memory (${free} is free).`,
      [LOAD_ANYWAY],
    );
    if (answer !== LOAD_ANYWAY)
      throw new UserError('cancelled', `${model.file} was not loaded, as you decided.`);
    this.agreed.add(model.path);
  }

  /** Settles when everything is written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** Call it after the engine has ended. */
  async dispose(): Promise<void> {
    this.subscription.dispose();
    this.replaceNote(undefined, undefined);
    await this.settled();
  }

  private note(): void {
    const { state, pid, modelPath } = this.engine;
    const runs = state.kind === 'starting' || state.kind === 'ready';
    this.replaceNote(runs ? pid : undefined, modelPath);
  }

  private replaceNote(pid: number | undefined, modelPath: string | undefined): void {
    const before = this.noted;
    if (pid === before) return;
    this.noted = pid;
    this.writing = this.writing
      .then(async () => {
        if (before !== undefined) await this.loaded.unregister(before);
        if (pid !== undefined && modelPath !== undefined) await this.loaded.register(pid, modelPath);
      })
      // If the note cannot be written, another window does not ask; this window's work continues.
      .catch(this.options.onError);
  }
}
