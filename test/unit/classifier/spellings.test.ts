import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spellingsOf } from '../../../src/core/classifier/spellings';

describe('the spellings of labels', () => {
  it('are the forms of the name', () => {
    assert.deepEqual(spellingsOf([{ name: 'positive' }, { name: 'Off topic' }]), [
      ['positive', 'POSITIVE', 'Positive'],
      ['Off topic', 'off topic', 'OFF TOPIC'],
    ]);
  });

  it('keep a default form from two labels that both have it', () => {
    const [upper, lower] = spellingsOf([{ name: 'US' }, { name: 'us' }]);
    assert.deepEqual(upper, ['US']);
    assert.deepEqual(lower, ['us']);
  });

  it('let a written spelling win over a default form', () => {
    const [yes, young] = spellingsOf([{ name: 'Yes' }, { name: 'Young', spellings: ['y'] }]);
    assert.ok(young?.includes('y'));
    assert.ok(!yes?.includes('y'));
  });

  it('are found in a blink for very many labels', () => {
    const labels = Array.from({ length: 100_000 }, (_, i) => ({ name: `label ${i}` }));
    const started = performance.now();
    assert.equal(spellingsOf(labels).length, labels.length);
    assert.ok(performance.now() - started < 5_000);
  });

  it('never belong to two labels', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 2, maxLength: 5, selector: (text) => text.trim() }),
        (names) => {
          const all = spellingsOf(names.map((label) => ({ name: label }))).flat();
          assert.equal(new Set(all).size, all.length);
        },
      ),
    );
  });
});
