import { fuzzAnswers } from '../support/fuzz-answers';
import { fuzzProtocols } from '../support/fuzz-protocol';

const RUNS = 100_000;
const SEED = Date.now();

describe(`what others send, 100,000 times with seed ${SEED}`, () => {
  it('are answers of servers', async () => {
    await fuzzAnswers({ runs: RUNS, seed: SEED });
  });

  it('are messages of every contract', async () => {
    await fuzzProtocols({ runs: RUNS, seed: SEED });
  });
});
