/** Judges a tuned model in a thread: fitting calibrators takes seconds, in which no extension would answer. */
import { Worker } from 'node:worker_threads';
import type { Judge, JudgeAnswer } from '../../app/training/judge';
import { cancelledError, UserError } from '../../core/user-error';

/** @param script path of dist/tuning-worker.cjs */
export function judgeInThread(script: string): Judge {
  return (order, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) throw cancelledError();
      const worker = new Worker(script, { execArgv: [], workerData: order });
      const stop = (): void => {
        reject(cancelledError());
        void worker.terminate();
      };
      signal.addEventListener('abort', stop, { once: true });
      worker.on('message', (answer: JudgeAnswer) =>
        'judged' in answer ? resolve(answer.judged) : reject(new UserError(answer.code, answer.message)),
      );
      worker.on('error', reject);
      worker.on('exit', () => {
        signal.removeEventListener('abort', stop);
        reject(new Error('The thread that fits the calibrators ended without an answer.'));
      });
    });
}
