/** Entry of the engine process: messages in, messages out. It lives exactly as long as its parent. */
import { rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { listen } from '../protocol/contract';
import { ENGINE_CONTRACT, SCRATCH_VARIABLE } from '../protocol/engine';
import { Engine } from './engine';

const scratch = process.env[SCRATCH_VARIABLE];
if (scratch === undefined) throw new Error(`${SCRATCH_VARIABLE} is not set`);

/** Not dispose(), nor exit(): native clean-up waits for what runs, or hangs, and the system takes everything back. */
function leave(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}
process.on('disconnect', () => leave(scratch));
// The parent may be gone since before node-llama-cpp was read, and the event with it.
if (!process.connected) leave(scratch);

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const peer = listen(connection, (error) => console.error(error));
const host = peer.remote(ENGINE_CONTRACT.host);
const engine = new Engine(scratch, {
  log: (level, message) => host.log({ level, message }),
  preparing: async (preparation) => {
    host.preparing(preparation);
    // What comes next may block this thread for ever, so the message must be out.
    await nextTurn();
  },
});
peer.serve(ENGINE_CONTRACT.engine, {
  load: (options) => engine.load(options, (progress) => host.loadProgress(progress)),
  score: (params, token) => engine.score(params, () => token.isCancellationRequested),
  sample: (params, token) => engine.sample(params, () => token.isCancellationRequested),
  prompt: (params, token) => engine.prompt(params, () => token.isCancellationRequested),
  tokens: (params, token) => engine.tokens(params, () => token.isCancellationRequested),
});
