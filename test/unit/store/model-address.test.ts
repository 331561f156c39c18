import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { UserError } from '../../../src/core/user-error';
import { chooseFile, localFileName, parseAddress, type HubSource } from '../../../src/store/model-address';

const hub = (rest: Partial<HubSource> = {}): HubSource => ({
  kind: 'hub',
  repository: 'user/repo',
  branch: 'main',
  file: undefined,
  quant: undefined,
  ...rest,
});

describe('parseSource', () => {
  it('takes hub addresses as node-llama-cpp writes them', () => {
    assert.deepEqual(parseAddress('hf:user/repo'), hub());
    assert.deepEqual(parseAddress(' hf://user/repo:Q4_K_M '), hub({ quant: 'Q4_K_M' }));
    assert.deepEqual(parseAddress('hf:user/repo:latest'), hub());
    assert.deepEqual(parseAddress('hf:user/repo/a/b.gguf'), hub({ file: 'a/b.gguf' }));
    assert.deepEqual(parseAddress('hf:user/repo/b.gguf#v2'), hub({ file: 'b.gguf', branch: 'v2' }));
  });

  it('takes what a browser shows on the hub', () => {
    assert.deepEqual(parseAddress('https://huggingface.co/user/repo'), hub());
    assert.deepEqual(parseAddress('https://huggingface.co/user/repo/tree/dev'), hub({ branch: 'dev' }));
    for (const verb of ['resolve', 'blob']) {
      const address = `https://huggingface.co/user/repo/${verb}/main/a%20b.gguf?download=true`;
      assert.deepEqual(parseAddress(address), hub({ file: 'a b.gguf' }));
    }
  });

  it('takes https, http on this machine, and files', () => {
    assert.equal(parseAddress('https://host/x.gguf').kind, 'url');
    assert.equal(parseAddress('http://127.0.0.1:8080/x.gguf').kind, 'url');
    assert.equal(parseAddress('http://[::1]/x.gguf').kind, 'url');
    const file = path.resolve('x.gguf');
    assert.deepEqual(parseAddress('x.gguf'), { kind: 'file', path: file });
    assert.deepEqual(parseAddress(pathToFileURL(file).href), { kind: 'file', path: file });
  });

  it('refuses what is insecure or makes no sense', () => {
    for (const text of ['http://host/x.gguf', 'http://127.0.0.1.evil.org/x.gguf', 'ftp://host/x.gguf']) {
      assert.throws(() => parseAddress(text), { code: 'source-insecure' }, text);
    }
    const senseless = [
      '',
      'hf:',
      'hf:user',
      'hf:user/../x.gguf',
      'hf:user/repo/../../x.gguf',
      'hf:user/repo:Q4:Q5',
      'hf:user/repo:Q4/x.gguf',
      'hf:user/repo/x.gguf#../..',
      'https://name:secret@host/x.gguf',
      'https://huggingface.co/docs',
      'https://huggingface.co/user/repo/discussions/1',
      'https://huggingface.co/user/repo/blob/main/%zz.gguf',
    ];
    for (const text of senseless) assert.throws(() => parseAddress(text), { code: 'source-invalid' }, text);
  });
});

describe('chooseFile', () => {
  const files = [
    'README.md',
    'mmproj-f16.gguf',
    'm-Q4_K_M.gguf',
    'm-Q4_K_S.gguf',
    'm-IQ4_K_M.gguf',
    'm-q8_0.gguf',
  ];

  it('finds a quantisation by its whole name', () => {
    assert.equal(chooseFile(hub({ quant: 'q4_k_m' }), files), 'm-Q4_K_M.gguf');
    assert.equal(chooseFile(hub({ quant: 'Q8_0' }), files), 'm-q8_0.gguf');
    assert.throws(() => chooseFile(hub({ quant: 'Q4_K' }), files), { code: 'source-not-found' });
  });

  it('takes the only model, or Q4_K_M, where nothing is asked for', () => {
    assert.equal(chooseFile(hub(), ['a.gguf', 'x.txt']), 'a.gguf');
    assert.equal(chooseFile(hub(), files), 'm-Q4_K_M.gguf');
  });

  it('lists the addresses to choose from where several match', () => {
    assert.throws(
      () => chooseFile(hub(), ['a-Q5_0.gguf', 'a-Q8_0.gguf']),
      (error) =>
        error instanceof UserError &&
        error.code === 'source-ambiguous' &&
        error.message.endsWith('\n  hf:user/repo/a-Q5_0.gguf\n  hf:user/repo/a-Q8_0.gguf'),
    );
    assert.throws(() => chooseFile(hub({ quant: 'Q8_0' }), ['a/m-Q8_0.gguf', 'b/m-Q8_0.gguf']), {
      code: 'source-ambiguous',
    });
  });

  it('says so where there is none', () => {
    assert.throws(() => chooseFile(hub(), ['model.safetensors']), { code: 'source-not-found' });
    assert.throws(() => chooseFile(hub({ file: 'b.gguf' }), files), { code: 'source-not-found' });
  });
});

describe('localFileName', () => {
  it('keeps an ordinary name', () => {
    assert.equal(localFileName('sub/Model-Q4_K_M.gguf'), 'Model-Q4_K_M.gguf');
  });

  it('refuses what is no model, and one piece of a split model', () => {
    for (const name of ['index.json', '.gguf', 'folder/', '..']) {
      assert.throws(() => localFileName(name), { code: 'source-not-gguf' }, name);
    }
    assert.throws(() => localFileName('m-00001-of-00002.gguf'), { code: 'model-split' });
  });

  it('never leaves the folder, whatever the address', () => {
    const nasty = fc.string({ unit: fc.constantFrom('.', '/', '\\', ':', '\0', '\n', ' ', 'a', '%', '…') });
    fc.assert(
      fc.property(nasty, (start) => {
        let name: string;
        try {
          name = localFileName(`${start}.gguf`);
        } catch (error) {
          assert.ok(error instanceof UserError);
          return;
        }
        const folder = path.resolve('models');
        assert.equal(path.dirname(path.resolve(folder, name)), folder);
        assert.equal(path.win32.basename(name), name);
        assert.ok(name.endsWith('.gguf') && !name.startsWith('.') && name.length <= 200);
      }),
    );
  });
});
