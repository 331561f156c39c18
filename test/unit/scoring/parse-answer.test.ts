import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Label } from '../../../src/core/classifier/definition';
import { spellingsOf } from '../../../src/core/classifier/spellings';
import { labelOfAnswer } from '../../../src/core/scoring/parse-answer';

function labels(...names: readonly string[]): Label[] {
  const spellings = spellingsOf(names.map((name) => ({ name })));
  return names.map((name, index) => ({ name, spellings: spellings[index] ?? [] }));
}
const YES_NO = labels('Yes', 'No');

describe('an answer in words', () => {
  it('stands for the label that it begins with', () => {
    for (const answer of [
      'Yes',
      'yes.',
      ' YES!',
      '"Yes"',
      '“Yes”',
      '**Yes**',
      '- yes'.slice(2),
      'Yes, because it says so. No doubt.',
      'Answer: yes',
      'The answer is: Yes.',
      'The final answer is yes',
      '**Answer:** Yes',
      'Label = Yes',
      'y',
      '<think>No… or is it? No.</think>\n\nYes',
      'Yes\nNo',
      'No… or is it?</think>\n\nYes',
      '[THINK]No?[/THINK]Yes',
      '<|channel|>analysis<|message|>No?<|end|><|start|>assistant<|channel|>final<|message|>Yes',
      '<|START_THINKING|>No?<|END_THINKING|><|START_RESPONSE|>Yes<|END_RESPONSE|>',
      'Here are my reasoning steps:\nNo?\n[BEGIN FINAL RESPONSE]\nYes',
      '<think>No?</think><answer>Yes</answer>',
    ])
      assert.equal(labelOfAnswer(answer, YES_NO), 'Yes', answer);
  });

  it('stands for no label where it says something else', () => {
    for (const answer of [
      '',
      'Maybe',
      'Nothing',
      'Yesterday',
      'not yes',
      'I think so: who knows',
      'Noël',
      '…',
      '<think>Yes',
      '[THINK]\nYes',
      '<|channel|>analysis<|message|>Yes',
    ])
      assert.equal(labelOfAnswer(answer, YES_NO), null, answer);
  });

  it('stands for no label where it lists several', () => {
    for (const answer of ['Yes or No', 'yes/no', 'Yes, no', '"Yes" and "No"', 'Yes | No'])
      assert.equal(labelOfAnswer(answer, YES_NO), null, answer);
  });

  it('is not taken for a label that is the beginning of another', () => {
    const unsure = labels('no', 'not sure', 'no answer');
    assert.equal(labelOfAnswer('Not sure.', unsure), 'not sure');
    assert.equal(labelOfAnswer('No answer', unsure), 'no answer');
    assert.equal(labelOfAnswer('no, it is not', unsure), 'no');
    assert.equal(labelOfAnswer('Not', unsure), null);
  });

  it('counts case only where labels differ by nothing else', () => {
    const cases = labels('US', 'us', 'UK');
    assert.equal(labelOfAnswer('US', cases), 'US');
    assert.equal(labelOfAnswer('us', cases), 'us');
    assert.equal(labelOfAnswer('Us', cases), null);
    assert.equal(labelOfAnswer('uk', cases), 'UK');
  });

  it('may be a sign instead of a word, and a word of another script', () => {
    assert.equal(labelOfAnswer('+', labels('+', '-')), '+');
    assert.equal(labelOfAnswer('- (bad)', labels('+', '-')), '-');
    assert.equal(labelOfAnswer('"good"', labels('"good"', 'bad')), '"good"');
    assert.equal(labelOfAnswer('Антверпен', labels('Да', 'Нет')), null);
    assert.equal(labelOfAnswer('Ответ: нет', labels('Да', 'Нет')), 'Нет');
    assert.equal(labelOfAnswer('1.', labels('1', '10')), '1');
    assert.equal(labelOfAnswer('10', labels('1', '10')), '10');
  });

  it('always recognises its own spellings', () => {
    const all = [...YES_NO, ...labels('positive', 'not sure')];
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.nat(),
        fc.constantFrom('', '.', '"', '\n', ' '),
        (label, at, end) => {
          const spelling = label.spellings[at % label.spellings.length] ?? '';
          assert.equal(labelOfAnswer(spelling + end, all), label.name);
        },
      ),
    );
  });
});
