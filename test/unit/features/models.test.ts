import assert from 'node:assert/strict';
import { TransferMeter } from '../../../src/features/models/transfer-meter';
import {
  bytesOnDisk,
  downloadQuestion,
  modelDescription,
  modelDetail,
  modelPage,
} from '../../../src/features/models/wording';
import type { ModelEntry } from '../../../src/store/models';

const entry: ModelEntry = {
  file: 'a.gguf',
  path: '/models/a.gguf',
  bytes: 253e6,
  sha256: undefined,
  source: 'hf:user/repo/a.gguf',
  licence: 'mit',
  addedAt: undefined,
  place: 'cache',
  missing: false,
};

describe('a download in words', () => {
  const downloading = (done: number, total: number | undefined = 100e6) =>
    ({ phase: 'downloading', done, total }) as const;

  it('says share and size at once, rate and time left as soon as they are known', () => {
    const meter = new TransferMeter();
    assert.equal(meter.describe(downloading(0), 0), '0% · 0 bytes of 100 MB');
    assert.equal(meter.describe(downloading(20e6), 2000), '20% · 20 MB of 100 MB · 10 MB/s · 8 s left');
    assert.equal(meter.describe(downloading(100e6), 10_000), '100% · 100 MB of 100 MB · 10 MB/s');
  });

  it('counts only what arrives now, not what an earlier try left', () => {
    const meter = new TransferMeter();
    meter.describe(downloading(50e6), 0);
    assert.equal(meter.describe(downloading(52e6), 2000), '52% · 52 MB of 100 MB · 1.0 MB/s · 48 s left');
  });

  it('takes the rate of the last seconds', () => {
    const meter = new TransferMeter();
    for (let second = 0; second <= 20; second++) meter.describe(downloading(second * 1e6), second * 1000);
    for (let second = 21; second <= 30; second++) meter.describe(downloading(20e6), second * 1000);
    assert.equal(meter.describe(downloading(20e6), 31_000), '20% · 20 MB of 100 MB · 0 bytes/s');
  });

  it('does without a total', () => {
    const meter = new TransferMeter();
    meter.describe(downloading(0, undefined), 0);
    assert.equal(
      new TransferMeter().describe({ phase: 'downloading', done: 5e6, total: undefined }, 0),
      '5.0 MB',
    );
  });

  it('names the other phases', () => {
    const meter = new TransferMeter();
    assert.match(meter.describe({ phase: 'waiting', done: 0, total: 1 }, 0), /another window/);
    assert.equal(
      meter.describe({ phase: 'verifying', done: 50, total: 100 }, 0),
      'checking the download, 50%',
    );
  });
});

describe('the question before a download', () => {
  const info = {
    source: 'hf:user/repo/a.gguf',
    file: 'a.gguf',
    files: [{ name: 'a.gguf', bytes: 1.1e9, sha256: 'ab'.repeat(32), gitBlob: undefined }],
    licence: 'apache-2.0',
    licenceUrl: undefined,
    resumeFrom: 0,
  };

  it('tells licence, size, hash and where it comes from and goes to', () => {
    assert.equal(
      downloadQuestion(info, '/models'),
      `Licence: apache-2.0\nSize: 1.1 GB\nSHA-256: ${'ab'.repeat(32)}\nFrom: hf:user/repo/a.gguf\nTo: /models`,
    );
  });

  it('says what nobody knows', () => {
    const unknown = {
      ...info,
      files: [{ name: 'a.gguf', bytes: undefined, sha256: undefined, gitBlob: undefined }],
      licence: undefined,
    };
    const words = downloadQuestion(unknown, '/models');
    assert.match(words, /Licence: unknown/);
    assert.match(words, /Size: unknown/);
    assert.match(words, /SHA-256: none is published/);
  });

  it('tells of a folder every file with its hash', () => {
    const files = [
      { name: 'config.json', bytes: 700, sha256: undefined, gitBlob: 'cd'.repeat(20) },
      { name: 'onnx/model.onnx', bytes: 268e6, sha256: 'ab'.repeat(32), gitBlob: undefined },
      { name: 'tokenizer.json', bytes: undefined, sha256: undefined, gitBlob: undefined },
    ];
    assert.deepEqual(
      downloadQuestion({ ...info, files }, '/models')
        .split('\n')
        .slice(1, 5),
      [
        'Size: unknown',
        `config.json: 700 bytes, git hash ${'cd'.repeat(20)}`,
        `onnx/model.onnx: 268 MB, SHA-256 ${'ab'.repeat(32)}`,
        'tokenizer.json: size unknown, no hash is published, so it cannot be verified',
      ],
    );
  });

  it('says what is here already', () => {
    assert.match(
      downloadQuestion({ ...info, resumeFrom: 4e8 }, '/models'),
      /1\.1 GB \(400 MB already downloaded/,
    );
  });

  it('leads to the page of a hub model, and to none for a plain address', () => {
    assert.equal(modelPage('hf:user/repo/a.gguf'), 'https://huggingface.co/user/repo');
    assert.equal(modelPage('https://example.org/a.gguf'), undefined);
  });
});

describe('models in a list', () => {
  it('show size, licence and source, and what is chosen', () => {
    assert.equal(modelDescription(entry, true), '253 MB · chosen');
    assert.equal(modelDetail(entry), 'licence mit · hf:user/repo/a.gguf');
  });

  it('show a missing file as such', () => {
    assert.equal(modelDescription({ ...entry, missing: true, bytes: 0 }, false), 'missing');
  });

  it('count the disk that downloads take, not the files of the person', () => {
    const own = { ...entry, place: 'elsewhere' as const };
    const part = { file: 'b.gguf', source: 'hf:u/r/b.gguf', have: 5, total: 10 };
    assert.equal(bytesOnDisk([entry, own], [part]), 253e6 + 5);
  });
});
