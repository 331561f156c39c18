import assert from 'node:assert/strict';
import path from 'node:path';
import { checkLabels, encoderConfig, headKind, ownLabels } from '../../../src/core/encoder/config';
import { encoderIdentity } from '../../../src/core/encoder/identity';
import { encoderFolder, readJson } from '../../support/encoder';

const names = (...labels: readonly string[]) => ({
  id2label: Object.fromEntries(labels.map((label, index) => [index, label])),
});
const question = { code: 'encoder-problem' };
const refused = (why: RegExp) => ({ code: 'encoder-config', message: why });

describe('the config of a sequence classification model', () => {
  it('orders labels by number', () => {
    const config = encoderConfig(readJson(path.join(encoderFolder('single-label'), 'config.json')));
    assert.deepEqual(
      config.outputs,
      Array.from({ length: 12 }, (_, index) => `topic ${index}`),
    );
    assert.equal(headKind(config, undefined), 'single-label');
    assert.equal(config.positionLimit, 64);
  });

  it('counts the positions of RoBERTa after its padding token', () => {
    const config = encoderConfig(readJson(path.join(encoderFolder('multi-label'), 'config.json')));
    assert.equal(config.positionLimit, 24);
    assert.equal(headKind(config, undefined), 'multi-label');
    assert.deepEqual(ownLabels(config, 'multi-label'), ['toxic', 'insult', 'threat']);
  });

  it('always asks how one output is read', () => {
    const config = encoderConfig(readJson(path.join(encoderFolder('one-logit'), 'config.json')));
    assert.throws(() => headKind(config, undefined), question);
    assert.equal(headKind(config, 'binary'), 'binary');
    assert.throws(() => headKind(config, 'single-label'), question);
    assert.equal(ownLabels(config, 'binary'), undefined);
    // A softmax over one output is always 1.
    const odd = encoderConfig({ num_labels: 1, problem_type: 'single_label_classification' });
    assert.throws(() => headKind(odd, undefined), question);
    assert.equal(
      headKind(encoderConfig({ ...names('spam'), problem_type: 'multi_label_classification' }), undefined),
      'binary',
    );
  });

  it('asks how several outputs are read where the file does not say it, and proposes one label', () => {
    const config = encoderConfig(names('a', 'b', 'c'));
    assert.throws(() => headKind(config, undefined), {
      ...question,
      data: { kinds: ['single-label', 'multi-label'], isOpen: true },
    });
    assert.equal(headKind(config, 'multi-label'), 'multi-label');
    assert.throws(() => headKind(config, 'binary'), question);
    // What the file says cannot be contradicted.
    const said = encoderConfig({ ...names('a', 'b'), problem_type: 'single_label_classification' });
    assert.throws(() => headKind(said, 'multi-label'), question);
  });

  it('takes two outputs without names where the file leaves them out, as transformers does', () => {
    const config = encoderConfig({ architectures: ['BertForSequenceClassification'] });
    assert.deepEqual(config.outputs, ['LABEL_0', 'LABEL_1']);
    assert.equal(config.isNamed, false);
    assert.equal(ownLabels(config, 'single-label'), undefined);
    assert.equal(encoderConfig({ num_labels: 5 }).outputs.length, 5);
  });

  it('refuses what is no classifier', () => {
    assert.throws(() => encoderConfig({ problem_type: 'regression', num_labels: 1 }), refused(/quantity/));
    assert.throws(() => encoderConfig({ architectures: ['BertForMaskedLM'] }), refused(/BertForMaskedLM/));
    assert.throws(() => encoderConfig({ problem_type: 'ranking' }), refused(/ranking/));
    assert.throws(() => encoderConfig({ id2label: { 0: 'a', 2: 'b' } }), refused(/none with the number 1/));
    assert.throws(() => encoderConfig({ id2label: {} }), refused(/empty/));
    assert.throws(() => encoderConfig([]), refused(/cannot be read/));
    assert.throws(() => encoderConfig({ id2label: { 0: 7 } }), refused(/id2label.0/));
  });

  it('lets labels be renamed, but not reordered', () => {
    const config = encoderConfig(names('NEGATIVE', 'POSITIVE'));
    checkLabels(config, 'single-label', ['bad', 'good']);
    checkLabels(config, 'single-label', ['negative', 'Positive']);
    assert.throws(() => checkLabels(config, 'single-label', ['positive', 'negative']), {
      code: 'encoder-labels',
      message: /another order/,
    });
    assert.throws(() => checkLabels(config, 'single-label', ['a', 'b', 'c']), { code: 'encoder-labels' });
    checkLabels(encoderConfig({ num_labels: 1 }), 'binary', ['no', 'yes']);
    const named = encoderConfig({ id2label: { 0: 'toxic' } });
    checkLabels(named, 'binary', ['fine', 'Toxic']);
    checkLabels(named, 'binary', ['fine', 'rude']);
    assert.throws(() => checkLabels(named, 'binary', ['toxic', 'fine']), {
      code: 'encoder-labels',
      message: /the probability of the second label/,
    });
    assert.throws(() => checkLabels(encoderConfig({ num_labels: 1 }), 'binary', ['yes']), {
      code: 'encoder-labels',
    });
  });

  it('is identified by its files, the kind, the order of the labels and the positions', () => {
    const parts = [
      { name: 'tokenizer.json', sha256: '1' },
      { name: 'model.onnx', sha256: '2' },
    ];
    const identity = encoderIdentity(parts, 'single-label', ['a', 'b'], 512);
    assert.equal(encoderIdentity([...parts].reverse(), 'single-label', ['a', 'b'], 512), identity);
    assert.notEqual(encoderIdentity(parts, 'single-label', ['b', 'a'], 512), identity);
    assert.notEqual(encoderIdentity(parts, 'multi-label', ['a', 'b'], 512), identity);
    assert.notEqual(encoderIdentity(parts.slice(1), 'single-label', ['a', 'b'], 512), identity);
    // Another limit cuts long texts elsewhere.
    assert.notEqual(encoderIdentity(parts, 'single-label', ['a', 'b'], 128), identity);
    assert.notEqual(encoderIdentity(parts, 'single-label', ['a', 'b'], undefined), identity);
  });
});
