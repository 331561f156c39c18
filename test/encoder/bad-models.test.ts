/** Models that cannot be used: each with a clear error, and the next one works. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EncoderModels } from '../../src/app/encoder-models';
import { classifierFrom } from '../../src/core/classifier/definition';
import { encoderConfig } from '../../src/core/encoder/config';
import { EncoderClient } from '../../src/sources/encoder-client';
import { readEncoderFolder } from '../../src/store/encoder-folder';
import { ModelStore } from '../../src/store/models';
import { encoderFolder, readJson } from '../support/encoder';
import { field, idsAsLogits } from '../support/onnx-file';
import { ENCODER } from '../support/paths';
import { temporaryFolder } from '../support/temporary';

describe('a sequence classification model that cannot be used', () => {
  const folder = temporaryFolder();
  let client: EncoderClient;
  beforeEach(() => (client = new EncoderClient({ encoderPath: ENCODER, log: () => undefined })));
  afterEach(() => client.dispose());

  /** A copy of the model with twelve labels, changed. */
  function copy(): string {
    const target = path.join(folder(), 'model');
    rmSync(target, { recursive: true, force: true });
    cpSync(encoderFolder('single-label'), target, { recursive: true });
    return target;
  }

  function change(name: string, edit: (file: Record<string, unknown>) => object): string {
    const file = path.join(copy(), name);
    writeFileSync(file, JSON.stringify(edit({ ...(readJson(file) as object) })));
    return path.dirname(file);
  }

  /** In the bytes of the ONNX file, by something of the same length. */
  function replaceInOnnx(before: string, after: string): string {
    assert.equal(before.length, after.length);
    const file = path.join(copy(), 'model.onnx');
    const bytes = readFileSync(file, 'latin1').replaceAll(before, after);
    writeFileSync(file, bytes, 'latin1');
    return path.dirname(file);
  }

  function instead(onnx: Buffer): string {
    const at = copy();
    writeFileSync(path.join(at, 'model.onnx'), onnx);
    return at;
  }

  async function classify(at: string, labels?: number): Promise<void> {
    const found = await readEncoderFolder(at);
    assert.ok(found);
    const count = labels ?? encoderConfig(readJson(path.join(at, 'config.json'))).outputs.length;
    const classifier = classifierFrom(
      {
        version: 1,
        name: 'test',
        kind: 'encoder',
        labels: Array.from({ length: count }, (_, k) => ({ name: `topic ${k}` })),
        model: { folder: 'model', sha256: '0'.repeat(64) },
      },
      'test.json',
    );
    const models = new EncoderModels({
      models: new ModelStore(path.join(folder(), 'models')),
      encoder: client,
      folderFor: () => Promise.resolve(found),
      threads: () => 1,
    });
    await models.open({ name: null, classifier }, async (source) => {
      assert.ok(source.score);
      const { scores } = await source.score({ classifier, texts: ['good'], topTokens: 0 });
      assert.equal(scores.length, 1);
    });
  }

  async function refused(at: string, code: string, message: RegExp): Promise<void> {
    await assert.rejects(classify(at), { code, message });
    // Nothing of that counts as a crash, and nothing is left of it.
    await classify(encoderFolder('single-label'));
  }

  it('lacks files', async () => {
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.onnx']) {
      const at = copy();
      rmSync(path.join(at, name));
      await refused(at, 'encoder-files', new RegExp(`lacks ${name.replace('.', '\\.')}`));
    }
  });

  it('has ten labels in its config and twelve outputs', () =>
    refused(
      change('config.json', (config) => ({
        ...config,
        id2label: Object.fromEntries(Array.from({ length: 10 }, (_, k) => [k, `topic ${k}`])),
      })),
      'encoder-onnx',
      /has 12 outputs, but config\.json names 10 labels/,
    ));

  it('is an ONNX file of another task', async () => {
    await refused(replaceInOnnx('logits', 'hidden'), 'encoder-onnx', /gives "hidden", and no "logits"/);
    await refused(
      replaceInOnnx('attention_mask', 'decoder_inputs'),
      'encoder-onnx',
      /asks for "decoder_inputs"/,
    );
  });

  it('gives something else than a number for each label of each text', async () => {
    const texts = { shape: ['batch', 'tokens'] };
    for (const [onnx, message] of [
      // As for single tokens: of each its labels.
      [
        idsAsLogits(texts, { type: 'float', shape: ['batch', 'tokens', 1] }, { deeper: true }),
        /"logits" have 3 dimensions/,
      ],
      // A number for each token of the probe, and nothing in the file that says so.
      [idsAsLogits(texts, { type: 'float' }), /has \d+ outputs, but config\.json names 12 labels/],
      [idsAsLogits(texts, { type: 'int64' }), /"logits" are int64, not float32/],
      [
        idsAsLogits({ shape: ['batch', 16] }, { type: 'float', shape: ['batch', 16] }),
        /takes texts of exactly 16 tokens/,
      ],
    ] as const)
      await refused(instead(onnx), 'encoder-onnx', message);
  });

  it('is a pickle, a checkpoint, a web page or half a file instead of an ONNX file', async () => {
    const onnx = readFileSync(path.join(encoderFolder('single-label'), 'model.onnx'));
    await refused(instead(Buffer.from([0x80, 2, 0x63])), 'encoder-onnx', /Python pickle/);
    await refused(instead(Buffer.from('PK\x03\x04data')), 'encoder-onnx', /PyTorch checkpoint/);
    await refused(instead(Buffer.from('<html>')), 'encoder-onnx', /web page/);
    await refused(instead(Buffer.alloc(0)), 'encoder-onnx', /empty/);
    await refused(instead(onnx.subarray(0, 30_000)), 'encoder-onnx', /no ONNX file, or it is damaged/);
    await refused(instead(Buffer.alloc(1000, 0xff)), 'encoder-onnx', /no ONNX file, or it is damaged/);
  });

  it('has a tokenizer that is not supported, or cannot be read', async () => {
    await refused(
      change('tokenizer.json', (file) => ({ ...file, model: { type: 'Unigram', vocab: [] } })),
      'encoder-tokenizer',
      /model is of the type "Unigram"/,
    );
    const at = copy();
    writeFileSync(path.join(at, 'tokenizer.json'), '{');
    await refused(at, 'encoder-tokenizer', /tokenizer\.json cannot be read/);
  });

  it('has a vocabulary without its own token for unknown words, or with numbers that are none', async () => {
    const model = (edit: (model: { vocab: Record<string, number> }) => object): string =>
      change('tokenizer.json', (file) => ({
        ...file,
        model: { ...(file.model as object), ...edit(file.model as { vocab: Record<string, number> }) },
      }));
    const numbered =
      (number: number) =>
      ({ vocab }: { vocab: Record<string, number> }): object => ({
        vocab: Object.fromEntries(Object.keys(vocab).map((token) => [token, number])),
      });
    for (const edit of [() => ({ unk_token: 'none of them' }), numbered(1.5), numbered(-5)])
      await refused(model(edit), 'encoder-tokenizer', /has no number for a token/);
  });

  it('has more tokens in its vocabulary than the model', () =>
    refused(
      change('tokenizer.json', (file) => {
        const model = file.model as { vocab: Record<string, number> };
        const vocab = Object.fromEntries(Object.entries(model.vocab).map(([token, id]) => [token, id + 300]));
        return { ...file, model: { ...model, vocab } };
      }),
      'encoder-onnx',
      /cannot be evaluated/,
    ));

  // Of protocol buffers: numbers of fields from the outside to a tensor.
  for (const [what, way] of [
    ['weights', [7, 5]],
    ['a constant', [7, 1, 5, 5]],
    ['weights of an inner graph', [7, 1, 5, 6, 5]],
    ['sparse weights', [7, 15, 1]],
    ['a constant of a function', [25, 7, 5, 5]],
  ] as const)
    it(`has ${what} outside of its folder`, async () => {
      const at = copy();
      const entry = [...field(1, 'location'), ...field(2, '../a')];
      const model = way.reduceRight<number[]>((inner, number) => field(number, inner), field(13, entry));
      writeFileSync(path.join(at, 'model.onnx'), Buffer.from(model));
      await refused(at, 'encoder-onnx', /outside of its folder/);
    });

  it('hides where its weights are in a number of a field that ONNX Runtime shortens', async () => {
    const at = copy();
    const entry = [...field(1, 'location'), ...field(2, '../a')];
    const model = field(7, field(5, field(13 + 2 ** 29, entry)));
    writeFileSync(path.join(at, 'model.onnx'), Buffer.from(model));
    await refused(at, 'encoder-onnx', /outside of its folder/);
  });

  it('does not fit the classifier', async () => {
    await assert.rejects(classify(encoderFolder('single-label'), 5), { code: 'encoder-labels' });
  });
});
