import assert from 'node:assert/strict';
import { proposedName } from '../../../src/features/endpoints/proposed-name';

describe('the name that is proposed for an endpoint', () => {
  it('is short, says which server it is, and is free', () => {
    for (const [address, name] of [
      ['http://localhost:8000/v1', 'local'],
      ['http://127.0.0.1:1234', 'local'],
      ['http://[::1]:1234', 'local'],
      ['https://api.openai.com/v1', 'openai'],
      [' https://www.example.org ', 'example'],
      ['https://gpu.example:8000', 'gpu'],
      ['https://10.0.0.7/v1', 'server'],
      ['https://my-server', 'my-server'],
    ] as const)
      assert.equal(proposedName(address, []), name);
    assert.equal(proposedName('http://localhost', ['local', 'local-2']), 'local-3');
  });
});
