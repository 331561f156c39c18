import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import { withConfidenceMethod } from '../../../src/cli/confidence-method-options';

describe('the confidence method of classify and score', () => {
  const [classifier] = BUILTIN_CLASSIFIERS;
  assert.ok(classifier);
  const method = (values: { 'confidence-method'?: string; method?: string }): string =>
    withConfidenceMethod(classifier, { seed: '0', ...values }).method;

  it('is the classifier’s where no option names one', () => {
    assert.equal(method({}), 'token-probability');
  });

  it('is named by --confidence-method, and still by --method', () => {
    assert.equal(method({ 'confidence-method': 'ensemble' }), 'ensemble');
    assert.equal(method({ method: 'consistency' }), 'consistency');
    assert.equal(method({ 'confidence-method': 'ensemble', method: 'ensemble' }), 'ensemble');
  });

  it('is refused where the two differ, or where there is none of that name', () => {
    assert.throws(() => method({ 'confidence-method': 'ensemble', method: 'consistency' }), {
      code: 'usage',
      message: /same option/,
    });
    assert.throws(() => method({ 'confidence-method': 'platt' }), { code: 'usage' });
  });
});
