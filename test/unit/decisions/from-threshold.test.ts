import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bucketProblems, bucketOf, DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { bucketsFrom } from '../../../src/core/decisions/from-threshold';

describe('buckets from a threshold', () => {
  it('keep their names, the highest from the threshold on', () => {
    assert.deepEqual(bucketsFrom(DEFAULT_BUCKETS, 0.82), [
      { name: 'automatic', low: 0.82 },
      { name: 'review', low: 0.7 },
      { name: 'manual check', low: 0.5 },
      { name: 'manual', low: 0 },
    ]);
    assert.deepEqual(bucketsFrom(DEFAULT_BUCKETS, 0.6), [
      { name: 'automatic', low: 0.6 },
      { name: 'manual check', low: 0.5 },
      { name: 'manual', low: 0 },
    ]);
    assert.deepEqual(bucketsFrom(DEFAULT_BUCKETS, 0), [{ name: 'automatic', low: 0 }]);
    assert.deepEqual(bucketsFrom([{ name: 'all', low: 0 }], 0.4), [
      { name: 'all', low: 0.4 },
      { name: 'review', low: 0 },
    ]);
  });

  it('are valid for every threshold below 1, which is where the highest begins', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (threshold) => {
        const buckets = bucketsFrom(DEFAULT_BUCKETS, threshold);
        assert.deepEqual(bucketProblems(buckets), []);
        assert.equal(bucketOf(threshold, buckets).name, 'automatic');
      }),
    );
  });
});
