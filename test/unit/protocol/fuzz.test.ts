import { fuzzProtocols } from '../../support/fuzz-protocol';

describe('every contract', () => {
  it('survives 2,000 messages that are nearly right', async () => {
    await fuzzProtocols({ runs: 2000, seed: 10 });
  });
});
