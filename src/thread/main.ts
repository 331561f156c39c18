/** A thread of the editor: dist/thread.cjs. It does one thing, says what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { THREAD_WORK, type ThreadContext, type ThreadMessage } from '../app/thread-work';
import { UserError } from '../core/user-error';

/** Written by `runInThread`. */
const { name, order } = workerData as { readonly name: keyof typeof THREAD_WORK; readonly order: never };
const say = (message: ThreadMessage): void => parentPort?.postMessage(message);

const cancelling = new AbortController();
// The only message that comes.
parentPort?.once('message', () => cancelling.abort());

async function work(): Promise<ThreadMessage> {
  const context: ThreadContext = { signal: cancelling.signal, report: (done) => say({ done }) };
  try {
    return { answer: await THREAD_WORK[name](order, context) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, data } = error;
    return { error: { code, message, data } };
  }
}

// What is no error for people ends the thread, and the editor is told.
void work().then((message) => {
  say(message);
  parentPort?.close();
});
