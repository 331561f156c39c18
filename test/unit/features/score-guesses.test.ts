import assert from 'node:assert/strict';
import { givesLabels, guessTextColumn, trueLabels } from '../../../src/editor/table-guesses';
import { guessClassifier, scoredName } from '../../../src/features/score/guesses';

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

  it('is the classifier that gives the true labels of the table', () => {
    const classifier = (name: string, ...labels: string[]) => ({
      name,
      labels: labels.map((label) => ({ name: label, spellings: [] })),
    });
    const all = [
      classifier('topics', 'sport', 'film'),
      classifier('mood', 'positive', 'negative'),
      classifier('sentiment', 'Negative', 'Positive', 'neutral'),
    ];
    const guess = (truths: string[], ...preferred: string[]) => guessClassifier(all, preferred, truths);
    assert.equal(guess(['film', 'sport'], 'mood'), 'topics');
    // The last one used stays where it fits, too.
    assert.equal(guess(['positive', 'negative'], 'sentiment', 'mood'), 'sentiment');
    assert.equal(guess(['positive', 'negative'], 'gone', 'topics'), 'mood');
    // Without true labels, or where none fits, nothing is known better.
    assert.equal(guess([], 'mood'), 'mood');
    assert.equal(guess(['ham', 'spam'], 'mood'), 'mood');
    assert.equal(guess(['ham', 'spam'], 'gone'), 'topics');
    assert.ok(!givesLabels(all[0] ?? assert.fail(), []));
  });

  it('reads the true labels of the first rows, without what stands for none', () => {
    const rows = [row('1', 'positive '), row('2', ''), row('3', 'n/a'), row('4', 'negative'), row('5')];
    assert.deepEqual(trueLabels(['id', ' Label '], rows), ['positive', 'negative']);
    assert.deepEqual(trueLabels(['id', 'text'], rows), []);
  });

  it('is a name that is free', () => {
    assert.equal(scoredName('reviews.csv', ['reviews.csv']), 'reviews.scored.csv');
    assert.equal(scoredName('a.b.CSV', ['a.b.scored.csv', 'a.b.scored-2.csv']), 'a.b.scored-3.csv');
  });
});
