import assert from 'node:assert/strict';
import { findColumns, hasRole, knownColumns } from '../../../src/core/data/columns';

const find = (header: string, options = {}) => findColumns(header.split(','), options);

describe('columns of a prediction table', () => {
  it('are found by name, whatever their case and order', () => {
    const columns = find('Confidence, LABEL ,predicted,text,weight');
    assert.deepEqual(columns.roles, { text: 3, label: 1, predicted: 2, confidence: 0, weight: 4 });
    assert.equal(columns.scores, null);
  });

  it('tell whether a table is labelled', () => {
    assert.ok(hasRole(['text', ' Y_True'], 'label'));
    assert.ok(!hasRole(['text', 'labels', 'token/label'], 'label'));
  });

  it('give the label order by the order of the score columns', () => {
    assert.deepEqual(find('label,prob:yes,Prob:no').scores, {
      type: 'prob',
      labels: ['yes', 'no'],
      index: [1, 2],
    });
  });

  it('prefer log-probabilities over probabilities of the same labels', () => {
    assert.equal(find('prob:a,prob:b,logprob:a,logprob:b').scores?.type, 'logprob');
  });

  it('keep colons and slashes that are part of a label', () => {
    assert.deepEqual(find('prob:a/b,prob:c:d').scores?.labels, ['a/b', 'c:d']);
    assert.equal(find('prob:x/confidence,prob:y').prefix, null);
  });

  it('read y_prob as the probability of label 1', () => {
    assert.deepEqual(find('y_true,y_prob').scores, { type: 'prob', labels: ['0', '1'], index: [null, 1] });
  });

  it('read a single logit as that label against the other one', () => {
    assert.deepEqual(find('label,logit:spam').scores, {
      type: 'logit',
      labels: [null, 'spam'],
      index: [null, 1],
    });
    assert.deepEqual(find('label,logit:1').scores?.labels, ['0', '1']);
  });

  it('use the scores of the asked method only', () => {
    const header = 'label,sum/prob:a,sum/prob:b,best/prob:b,best/prob:a,best/confidence';
    assert.deepEqual(find(header, { prefix: 'best' }).scores?.labels, ['b', 'a']);
    assert.equal(find(header, { prefix: 'sum' }).roles.confidence, undefined);
    assert.throws(() => find(header), { code: 'several-methods', message: /sum, best/ });
    assert.throws(() => find(header, { prefix: 'mean' }), { code: 'no-such-method' });
    assert.equal(find('label,sum/prob:a,sum/prob:b').prefix, 'sum');
  });

  it('need no method where the scores themselves are said', () => {
    const header = 'label,predicted,sure,sum/prob:a,sum/prob:b,best/prob:a,best/prob:b';
    const columns = find(header, { mapping: { confidence: 'sure' } });
    assert.equal(columns.prefix, null);
    assert.deepEqual([columns.roles.confidence, columns.scores], [2, null]);
    assert.throws(() => find(header, { mapping: { confidence: '', group: 'sure' } }), {
      code: 'several-methods',
    });
  });

  it('can be said by hand, and a role switched off', () => {
    const columns = find('truth,p_ham,p_spam,split', {
      mapping: { label: 'truth', 'prob:ham': 'p_ham', 'prob:spam': 'p_spam', split: '' },
    });
    assert.deepEqual(columns.roles, { label: 0 });
    assert.deepEqual(columns.scores?.labels, ['ham', 'spam']);
    assert.throws(() => find('a,b', { mapping: { label: 'c' } }), { code: 'no-such-column' });
    assert.throws(() => find('a,b', { mapping: { truth: 'a' } }), { code: 'unknown-role' });
  });

  it('can be read in another label order, when the labels are the same', () => {
    assert.deepEqual(find('prob:a,prob:b', { labels: ['b', 'a'] }).scores?.index, [1, 0]);
    assert.deepEqual(find('logit:b', { labels: ['b', 'a'] }).scores, {
      type: 'logit',
      labels: ['b', 'a'],
      index: [0, null],
    });
    for (const labels of [['a'], ['a', 'c'], ['a', 'b', 'c']])
      assert.throws(() => find('prob:a,prob:b', { labels }), { code: 'labels-differ' });
  });

  it('leave scores aside where confidence is asked for and there', () => {
    assert.equal(find('prob:a,prob:b,confidence', { on: 'confidence' }).scores, null);
    assert.deepEqual(find('prob:a,prob:b', { on: 'confidence' }).scores?.labels, ['a', 'b']);
  });

  it('are refused when they are doubtful', () => {
    assert.throws(() => find('label,y_true,confidence'), { code: 'ambiguous-column' });
    assert.throws(() => find('prob:a,prob:b,prob:a'), { code: 'ambiguous-column' });
    assert.throws(() => find('label,logprob:a'), { code: 'one-score-column' });
    assert.deepEqual(find('label,prob:a').scores?.labels, [null, 'a']);
    assert.throws(() => find('name,age'), { code: 'no-columns', message: /"name", "age"/ });
  });

  it('are refused for more labels than can be evaluated', () => {
    const scores = (count: number): string =>
      Array.from({ length: count }, (_, label) => `prob:${label}`).join(',');
    assert.equal(find(`label,${scores(1000)}`).scores?.labels.length, 1000);
    const header = `label,confidence,${scores(8000)}`;
    assert.throws(() => find(header), { code: 'too-many-labels', message: /8,000 labels.*at most 1,000/ });
    assert.equal(find(header, { on: 'confidence' }).scores, null);
  });

  it('count as known for finding the separator', () => {
    assert.equal(knownColumns(['text', 'sum/prob:a', 'raw:confidence', 'other']), 2);
  });
});
