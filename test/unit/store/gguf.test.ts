import assert from 'node:assert/strict';
import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { UserError } from '../../../src/core/user-error';
import { checkGguf } from '../../../src/store/gguf';
import { gguf } from './gguf-builder';
import { temporaryFolder } from '../../support/temporary';

describe('checkGguf', () => {
  const folder = temporaryFolder();

  async function written(content: Uint8Array | string): Promise<string> {
    const file = path.join(folder(), 'model.gguf');
    await writeFile(file, content);
    return file;
  }

  async function refuses(file: string, code: string, message: RegExp): Promise<void> {
    await assert.rejects(checkGguf(file), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  }

  it('says what the model is', async () => {
    const content = gguf();
    assert.deepEqual(await checkGguf(await written(content)), {
      bytes: content.length,
      version: 3,
      architecture: 'tiny',
      name: 'Tiny Test',
      type: 'model',
      licence: 'mit',
      contextLength: 512,
      blockCount: 2,
      hasChatTemplate: true,
    });
  });

  it('knows a base model by its missing chat template, and an adapter by its type', async () => {
    const info = await checkGguf(
      await written(gguf({ metadata: { 'general.architecture': 'tiny', 'general.type': 'adapter' } })),
    );
    assert.equal(info.hasChatTemplate, false);
    assert.equal(info.type, 'adapter');
    assert.equal(info.contextLength, undefined);
  });

  it('knows a chat model whose templates have names, if one is the default', async () => {
    for (const [templates, expected] of [
      [{ 'tokenizer.chat_template': 'a', 'tokenizer.chat_template.tool_use': 'b' }, true],
      [{ 'tokenizer.chat_template.default': 'a', 'tokenizer.chat_template.tool_use': 'b' }, true],
      [{ 'tokenizer.chat_template.tool_use': 'b' }, false],
    ] as const) {
      const content = gguf({ metadata: { 'general.architecture': 'tiny', ...templates } });
      assert.equal((await checkGguf(await written(content))).hasChatTemplate, expected);
    }
  });

  it('reads a header of many megabytes', async () => {
    const tokens = Array.from({ length: 150_000 }, (_, index) => `token number ${index}`);
    const info = await checkGguf(
      await written(
        gguf({ metadata: { 'general.architecture': 'tiny', tokens, 'tiny.context_length': 4096 } }),
      ),
    );
    assert.equal(info.contextLength, 4096);
  });

  it('refuses what is no model file at all', async () => {
    await refuses(path.join(folder(), 'none.gguf'), 'gguf-missing', /There is no file/);
    await mkdir(path.join(folder(), 'folder.gguf'));
    await refuses(path.join(folder(), 'folder.gguf'), 'gguf-folder', /is a folder/);
    await refuses(await written(''), 'gguf-empty', /is empty/);
    await refuses(await written('hello'), 'gguf-magic', /not a GGUF model/);
    await refuses(await written('GG'), 'gguf-magic', /not a GGUF model/);
    await refuses(await written('<!doctype html>'), 'gguf-magic', /web page/);
    await refuses(
      await written('version https://git-lfs.github.com/spec/v1\noid sha256:00'),
      'gguf-magic',
      /LFS pointer/,
    );
    await refuses(await written('tjgg0000'), 'gguf-magic', /older than GGUF/);
  });

  it('refuses an encoder, and says what to use instead', async () => {
    for (const architecture of ['bert', 'modern-bert'])
      await refuses(
        await written(gguf({ metadata: { 'general.architecture': architecture } })),
        'gguf-encoder',
        /drops the pooler of BERT.*model\.onnx/,
      );
  });

  it('refuses versions that no engine reads', async () => {
    await refuses(await written(gguf({ version: 1 })), 'gguf-version', /version 1/);
    await refuses(await written(gguf({ version: 4 })), 'gguf-version', /version 4/);
    await refuses(await written(gguf({ version: 0x03000000 })), 'gguf-version', /big-endian/);
  });

  it('says how much of a truncated file is there', async () => {
    const content = gguf();
    await refuses(
      await written(content.subarray(0, content.length - 100)),
      'gguf-truncated',
      new RegExp(`has ${content.length - 100} of at least ${content.length} bytes`),
    );
  });

  it('refuses a file cut anywhere', async () => {
    const content = gguf();
    for (let length = 1; length < content.length; length++) {
      const file = await written(content.subarray(0, length));
      await assert.rejects(checkGguf(file), UserError, `cut at ${length}`);
    }
  });

  it('refuses a vocabulary without weights, and a file that names no architecture', async () => {
    await refuses(await written(gguf({ tensors: [], dataBytes: 0 })), 'gguf-header', /no weights/);
    await refuses(await written(gguf({ metadata: {} })), 'gguf-header', /architecture/);
  });

  it('refuses more keys and tensors than any model has, before it reads one', async () => {
    const content = gguf();
    const keys = Buffer.from(content);
    keys.writeBigUInt64LE(17_500_000n, 16);
    await refuses(await written(keys), 'gguf-header', /17,500,000 metadata keys/);
    const tensors = Buffer.from(content);
    tensors.writeBigUInt64LE(2n ** 40n, 8);
    await refuses(await written(tensors), 'gguf-header', /1,099,511,627,776 tensors/);
  });

  it('refuses a header larger than any vocabulary, without reading it', async () => {
    const file = await written(gguf({ metadata: { numbers: Array.from({ length: 3 }, () => '') } }));
    const handle = await open(file, 'r+');
    // The array's type becomes uint8, and its length 100 million.
    const array = Buffer.alloc(12);
    array.writeUInt32LE(0);
    array.writeBigUInt64LE(100_000_000n, 4);
    await handle.write(array, 0, 12, 24 + 8 + 'numbers'.length + 4);
    await handle.truncate(200_000_000);
    await handle.close();
    await refuses(file, 'gguf-header', /implausibly large/);
  });

  it('leaves turns to other work while it reads a long list', async () => {
    const tokens = Array.from({ length: 400_000 }, () => '');
    const file = await written(gguf({ metadata: { 'general.architecture': 'tiny', tokens } }));
    let turns = 0;
    let reading = true;
    const count = (): void => {
      turns++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    await checkGguf(file);
    reading = false;
    assert.ok(turns >= 400_000 / 20_000, `${turns} turns`);
  });

  it('keeps the beginning of a text that is longer than any should be', async () => {
    const name = 'x'.repeat(3_000_000);
    const info = await checkGguf(
      await written(gguf({ metadata: { 'general.architecture': 'tiny', 'general.name': name } })),
    );
    assert.equal(info.name?.length, 1024);
  });

  it('answers any damage with a model or a sentence, never with a crash or a hang', async () => {
    const content = gguf();
    const damage = fc.array(fc.tuple(fc.nat(content.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const damaged = Buffer.from(content);
        for (const [at, value] of changes) damaged[at] = value;
        const file = await written(damaged);
        await checkGguf(file).catch((error: unknown) => {
          assert.ok(error instanceof UserError, String(error));
        });
      }),
      { numRuns: 300 },
    );
  });
});
