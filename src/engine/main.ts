/** Entry of the engine process: messages in, messages out. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connectToParent } from '../child/parent';
import { ENGINE_CONTRACT } from '../protocol/engine';
import { Engine } from './engine';

const { peer, scratch } = connectToParent();
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
