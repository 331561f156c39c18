/** The thread that judges a tuned model: dist/tuning-worker.cjs. It does one thing, says what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { type JudgeAnswer, type JudgeOrder, judgeTables } from '../../../app/training/judge';
import { UserError } from '../../../core/user-error';

async function answer(): Promise<JudgeAnswer> {
  try {
    return { judged: await judgeTables(workerData as JudgeOrder) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { code: error.code, message: error.message };
  }
}

// What is no error for people ends the thread, which says why.
void answer().then((found) => parentPort?.postMessage(found));
