import assert from 'node:assert/strict';
import { guessColumns } from '../../../src/core/data/guess-columns';

describe('a guess about columns whose names do not tell', () => {
  const cases: [header: string, rows: string[], guess: Record<string, string> | undefined][] = [
    [
      'body,gold,guess,certainty',
      ['one text,spam,spam,.9', 'another,ham,spam,.6', 'a third,ham,ham,.7', 'more,spam,ham,.8'],
      { label: 'gold', predicted: 'guess', confidence: 'certainty' },
    ],
    ['score,is_right', ['.9,1', '.3,0', '.8,1'], { correct: 'is_right', confidence: 'score' }],
    [
      'truth,p_spam,p_ham',
      ['spam,.9,.05', 'ham,.2,.7', 'ham,.1,.8', 'spam,.6,.3'],
      { label: 'truth', 'prob:spam': 'p_spam', 'prob:ham': 'p_ham' },
    ],
    ['target,score', ['1,.9', '0,.2', '1,.7', '0,.1'], { label: 'target', 'prob:1': 'score' }],
    ['label,y_prob', ['ham,.4', 'spam,.6', 'spam,.9', 'ham,.2'], { 'prob:spam': 'y_prob', positive: '' }],
    ['label,confidence', ['a,.9', 'b,.8', 'a,.7', 'b,.6'], { 'prob:b': 'confidence' }],
    [
      'label,confidence,model',
      ['a,.9,a', 'b,.8,a', 'a,.7,b', 'b,.6,b'],
      { predicted: 'model', confidence: 'confidence' },
    ],
    ['text,note', ['a,b', 'c,d'], undefined],
    ['x', [], undefined],
  ];
  for (const [header, rows, guess] of cases)
    it(`reads ${header}`, () => {
      const expected = guess === undefined ? undefined : { ...guess };
      // What is found by its name is not mapped again.
      if (expected?.confidence === 'confidence') delete expected.confidence;
      assert.deepEqual(
        guessColumns(
          header.split(','),
          rows.map((row) => row.split(',')),
        ),
        expected,
      );
    });
});
