/** Entry of the engine process: messages in, messages out. It lives exactly as long as its parent. */
import { rmSync } from 'node:fs';
import {
  CancellationToken,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
} from 'vscode-jsonrpc/node';
import { UserError } from '../core/user-error';
import {
  ENGINE_METHODS,
  engineOptionsSchema,
  sampleParamsSchema,
  SCRATCH_VARIABLE,
  scoreParamsSchema,
  USER_ERROR_CODE,
} from '../protocol/engine';
import { Engine } from './engine';

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const scratch = process.env[SCRATCH_VARIABLE];
if (scratch === undefined) throw new Error(`${SCRATCH_VARIABLE} is not set`);
const engine = new Engine(scratch, (level, message) => {
  void connection.sendNotification(ENGINE_METHODS.log, { level, message });
});

/** Errors for people keep their code on the way; anything else is a defect and says so by its stack. */
async function answer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw new ResponseError(USER_ERROR_CODE, error.message, error.code);
    throw error;
  }
}

connection.onRequest(ENGINE_METHODS.load, (params: unknown) =>
  answer(() =>
    engine.load(engineOptionsSchema.parse(params), (progress) => {
      void connection.sendNotification(ENGINE_METHODS.loadProgress, progress);
    }),
  ),
);
connection.onRequest(ENGINE_METHODS.score, (params: unknown, token: CancellationToken) =>
  answer(() => engine.score(scoreParamsSchema.parse(params), () => token.isCancellationRequested)),
);
connection.onRequest(ENGINE_METHODS.sample, (params: unknown, token: CancellationToken) =>
  answer(() => engine.sample(sampleParamsSchema.parse(params), () => token.isCancellationRequested)),
);

/** Not dispose(), nor exit(): native clean-up waits for what runs, or hangs, and the system takes everything back. */
function leave(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}
process.on('disconnect', () => leave(scratch));
// The parent may be gone since before node-llama-cpp was read, and the event with it.
if (process.connected) connection.listen();
else leave(scratch);
