/** Work in a thread of its own, which may take long or run out of memory without harm to the editor. */
import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { ThreadMessage, ThreadWork } from '../app/thread-work';
import { cancelledError, UserError } from '../core/user-error';

/** A file of others may be made to fill the memory. */
const MOST_MEGABYTES = 2048;
/** Milliseconds that cancelled work has to put away what it wrote. */
const PATIENCE_MS = 3000;

type Order<Name extends keyof ThreadWork> = Parameters<ThreadWork[Name]>[0];
type Answer<Name extends keyof ThreadWork> = Awaited<ReturnType<ThreadWork[Name]>>;

interface Watching {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/**
 * @param order what can be passed between threads
 * @throws UserError what the work throws; cancelled, too-large
 */
export function runInThread<Name extends keyof ThreadWork>(
  { extensionUri }: Pick<vscode.ExtensionContext, 'extensionUri'>,
  name: Name,
  order: Order<Name>,
  { signal, onProgress }: Watching = {},
): Promise<Answer<Name>> {
  const script = vscode.Uri.joinPath(extensionUri, 'dist', 'thread.cjs').fsPath;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw cancelledError();
    const worker = new Worker(script, {
      execArgv: [],
      workerData: { name, order },
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    });
    let patience: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      worker.postMessage('cancel');
      patience = setTimeout(() => void worker.terminate(), PATIENCE_MS);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    worker.on('message', (message: ThreadMessage) => {
      if ('done' in message) onProgress?.(message.done);
      else if ('answer' in message) resolve(message.answer as Answer<Name>);
      else reject(new UserError(message.error.code, message.error.message, { data: message.error.data }));
    });
    worker.on('error', (error) => reject(isOutOfMemory(error) ? tooMuch() : error));
    worker.on('exit', () => {
      clearTimeout(patience);
      signal?.removeEventListener('abort', cancel);
      reject(
        signal?.aborted === true
          ? cancelledError()
          : new Error(`The thread for ${name} ended without an answer.`),
      );
    });
  });
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function tooMuch(): UserError {
  return new UserError(
    'too-large',
    `This takes more than ${MOST_MEGABYTES} MB of memory, so it was given up. The file is too large, or damaged.`,
  );
}
