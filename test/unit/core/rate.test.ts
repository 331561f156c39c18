import assert from 'node:assert/strict';
import { Rate } from '../../../src/core/rate';
import { progressInWords } from '../../../src/core/words/progress';

describe('the rate of rows', () => {
  it('is unknown until a second has passed, and then that of the last twenty', () => {
    const rate = new Rate();
    rate.add(0, 0);
    assert.equal(rate.perSecond, undefined);
    rate.add(10, 500);
    assert.equal(rate.perSecond, undefined);
    rate.add(20, 1000);
    assert.equal(rate.perSecond, 20);
    for (let second = 2; second <= 60; second++) rate.add(20 + second * 5, second * 1000);
    assert.equal(rate.perSecond, 5);
  });

  it('begins where a run goes on', () => {
    const rate = new Rate();
    rate.add(1000, 0);
    rate.add(1010, 2000);
    assert.equal(rate.perSecond, 5);
  });

  it('begins anew where less is done than before', () => {
    const rate = new Rate();
    rate.add(900, 0);
    rate.add(0, 1000);
    assert.equal(rate.perSecond, undefined);
    rate.add(8, 3000);
    assert.equal(rate.perSecond, 4);
  });

  it('is said with what is left, as coarse as it is', () => {
    assert.equal(progressInWords(0, 20, undefined), '0 of 20 rows (0%)');
    assert.equal(progressInWords(1200, 5000, 41.2), '1,200 of 5,000 rows (24%) · 41 a second · 2 min left');
    assert.equal(progressInWords(1, 3, 0.75), '1 of 3 rows (33%) · 0.8 a second · 3 s left');
    assert.equal(progressInWords(1, 13, 0.2), '1 of 13 rows (7%) · 12.0 a minute · 1 min left');
    assert.equal(progressInWords(20, 20, 5), '20 of 20 rows (100%)');
  });
});
