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
    ['label,y_prob', ['ham,.4', 'spam,.6', 'spam,.9', 'ham,.2'], undefined],
    ['label,y_prob', ['no,.4', 'yes,.6', 'yes,.9'], { 'prob:yes': 'y_prob', positive: '' }],
    ['label,confidence', ['a,.9', 'b,.8', 'a,.7', 'b,.6'], undefined],
    ['label,normalized_score', ['no,.9', 'yes,.8', 'no,.7'], { 'prob:yes': 'normalized_score' }],
    ['label,score_v0', ['0,.9', '1,.8', '0,.7'], { 'prob:1': 'score_v0' }],
    ['label,score', ['toxic,.9', 'ok,.8', 'ok,.7'], undefined],
    ['y,yhat,p', ['a,a,.9', 'b,a,.8', 'b,b,.7'], { label: 'y', predicted: 'yhat', confidence: 'p' }],
    ['sex,p_female,p_male', ['male,.1,.8', 'female,.8,.1', 'male,.4,.6'], undefined],
    [
      'true_sex,pFemale,pMale',
      ['male,.1,.8', 'female,.8,.1', 'male,.4,.6'],
      { label: 'true_sex', 'prob:male': 'pMale', 'prob:female': 'pFemale' },
    ],
    [
      'gold_answer,model_answer,human_confidence,model_confidence',
      ['a,a,.9,.5', 'b,a,.8,.6', 'b,b,.7,.7', 'a,a,.3,.8'],
      { label: 'gold_answer', predicted: 'model_answer', confidence: 'model_confidence' },
    ],
    [
      'label,confidence,model',
      ['a,.9,a', 'b,.8,a', 'a,.7,b', 'b,.6,b'],
      { predicted: 'model', confidence: 'confidence' },
    ],
    // What a calibrated table keeps of its predictions, and those of another model, are no truth.
    ['predicted,confidence,raw:predicted', ['a,.9,a', 'b,.8,a', 'a,.7,b', 'b,.6,b'], undefined],
    ['predicted,confidence,other_model', ['a,.9,a', 'b,.8,a', 'a,.7,b', 'b,.6,b'], undefined],
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
