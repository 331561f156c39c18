import assert from 'node:assert/strict';
import { guessTextColumn, scoredName } from '../../../src/features/score/guesses';

const row = (...cells: string[]) => ({ line: 2, cells });

describe('what Score CSV… proposes', () => {
  it('is the column called text, else the one with the longest cells', () => {
    assert.equal(guessTextColumn(['id', 'Text', 'note'], [row('1', 'x', 'a long note')]), 'Text');
    const rows = [
      row('1', 'A film about nothing.', 'positive'),
      row('2', 'No.'),
      row('3', 'It was fine.', 'negative'),
    ];
    assert.equal(guessTextColumn(['id', 'review', 'label'], rows), 'review');
    assert.equal(guessTextColumn(['a', 'b'], []), 'a');
  });

  it('is a name that is free', () => {
    assert.equal(scoredName('reviews.csv', ['reviews.csv']), 'reviews.scored.csv');
    assert.equal(scoredName('a.b.CSV', ['a.b.scored.csv', 'a.b.scored-2.csv']), 'a.b.scored-3.csv');
  });
});
