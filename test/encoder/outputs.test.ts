/** The process for sequence classification models, with the tiny models of the fixtures. */
import assert from 'node:assert/strict';
import os from 'node:os';
import { encoderFolder, encoderReference, ENCODERS, LIMIT, oddTexts } from '../support/encoder';
import { encoderOptions, startEncoder } from '../support/encoder-process';
import { checkPlatform, type EncoderClient } from '../../src/sources/encoder-client';

describe('the outputs of a sequence classification model', () => {
  let client: EncoderClient;
  afterEach(() => client.dispose());

  async function logits(texts: readonly string[]): Promise<readonly (readonly number[])[]> {
    return (await client.outputs(texts)).map((output) => {
      assert.ok('logits' in output);
      return output.logits;
    });
  }

  for (const name of ENCODERS)
    it(`are those of transformers: ${name}`, async () => {
      client = await startEncoder(encoderFolder(name));
      const { logits: wanted } = encoderReference(name);
      assert.equal(wanted.length, 64);
      const found = await logits(wanted.map(({ text }) => text));
      wanted.forEach((reference, row) => {
        assert.equal(found[row]?.length, reference.logits.length);
        reference.logits.forEach((value, k) => {
          assert.ok(Math.abs(value - (found[row]?.[k] ?? NaN)) < 1e-4, reference.text);
        });
      });
    });

  it('have the same bits for a text alone and among others, in any order', async () => {
    client = await startEncoder(encoderFolder('single-label'));
    const texts = oddTexts().slice(0, 200);
    const together = await logits(texts);
    const reversed = await logits([...texts].reverse());
    assert.deepEqual([...reversed].reverse(), together);
    for (const [index, text] of texts.entries())
      if (index % 10 === 0) assert.deepEqual(await logits([text]), [together[index]]);
  });

  it('are of as many tokens as the model takes, and it is told how many were cut', async () => {
    for (const name of ENCODERS) {
      client = await startEncoder(encoderFolder(name));
      const { tokenLimit } = await client.load();
      assert.equal(tokenLimit, LIMIT);
      const [long, short] = await client.outputs(['good '.repeat(100), 'good']);
      assert.ok(long && 'logits' in long && short && 'logits' in short);
      assert.equal(long.textTokens - long.cutTokens, LIMIT - 2);
      assert.equal(short.cutTokens, 0);
      await client.dispose();
    }
  });

  it('are computed by no more threads than there are cores', async () => {
    for (const threads of [0, 1, 1000]) {
      client = await startEncoder(encoderFolder('single-label'), { threads });
      const info = await client.load();
      assert.ok(info.threads >= 1 && info.threads <= os.availableParallelism());
      assert.ok(threads !== 1 || info.threads === 1);
      await client.dispose();
    }
  });
});

describe('the process for sequence classification models', () => {
  let client: EncoderClient;
  afterEach(() => client.dispose());

  it('is started again after a crash, within a budget', async () => {
    client = await startEncoder(encoderFolder('single-label'));
    for (let crash = 0; crash < 3; crash++) {
      await client.outputs(['a']);
      const { pid } = client;
      assert.ok(pid !== undefined);
      const gone = new Promise<void>((resolve) => {
        const listening = client.onStateChange(({ kind }) => {
          if (kind !== 'failed') return;
          listening.dispose();
          resolve();
        });
      });
      process.kill(pid, 'SIGKILL');
      await gone;
    }
    await assert.rejects(client.outputs(['a']), { code: 'engine-down' });
    await client.reset();
    await client.outputs(['a']);
  });

  it('fails what is in flight when it dies, and nothing after that', async () => {
    client = await startEncoder(encoderFolder('single-label'));
    await client.load();
    const many = client.outputs(Array.from({ length: 20_000 }, (_, index) => `a text ${index}`));
    const { pid } = client;
    assert.ok(pid !== undefined);
    setTimeout(() => process.kill(pid, 'SIGKILL'), 20);
    await assert.rejects(many, { code: 'engine-crashed' });
    await client.outputs(['a']);
  });

  it('ends a request that is cancelled and serves the next', async () => {
    client = await startEncoder(encoderFolder('single-label'));
    await client.load();
    const { pid } = client;
    const cancel = new AbortController();
    const many = client.outputs(
      Array.from({ length: 20_000 }, (_, index) => `a text ${index}`),
      cancel.signal,
    );
    cancel.abort();
    await assert.rejects(many, { code: 'cancelled' });
    await client.outputs(['a']);
    assert.equal(client.pid, pid);
  });

  it('is ended where a text takes longer than it may', async () => {
    client = await startEncoder(encoderFolder('single-label'), {}, { textTimeoutMs: 1 });
    await client.load();
    await assert.rejects(client.outputs(['word '.repeat(300_000)]), { code: 'engine-timeout' });
    assert.equal(client.pid, undefined);
  });

  it('is ended when nobody needs it, and starts again', async () => {
    client = await startEncoder(encoderFolder('single-label'), {}, { idleMs: 50 });
    await client.outputs(['a']);
    if (client.state.kind === 'ready')
      await new Promise<void>((resolve) => {
        client.onStateChange(({ kind }) => {
          if (kind === 'stopped') resolve();
        });
      });
    assert.equal(client.pid, undefined);
    await client.outputs(['a']);
  });

  it('is not started where ONNX Runtime has no binary, which is said', () => {
    assert.throws(() => checkPlatform('darwin', 'x64'), { code: 'encoder-platform', message: /Intel/ });
    checkPlatform('darwin', 'arm64');
    checkPlatform('linux', 'x64');
  });

  it('is replaced where another model is used', async () => {
    client = await startEncoder(encoderFolder('single-label'));
    await client.outputs(['a']);
    await client.use(encoderOptions(encoderFolder('one-logit')));
    const [output] = await client.outputs(['a']);
    assert.ok(output && 'logits' in output);
    assert.equal(output.logits.length, 1);
  });
});
