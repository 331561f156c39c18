import assert from 'node:assert/strict';
import fc from 'fast-check';
import { spellingsOf } from '../../../src/core/classifier/spellings';
import {
  checkFirstWords,
  scoreVisible,
  visibleTokenRows,
  type VisibleToken,
} from '../../../src/core/scoring/visible-tokens';

const SENTIMENT = labelsOf('positive', 'negative');

describe('label probabilities from the likeliest tokens', () => {
  it('sums the whole spellings of a label, whatever white space is around them', () => {
    const score = scoreVisible(
      SENTIMENT,
      shown({ ' positive': 0.5, Positive: 0.2, '\nnegative': 0.1, x: 0.05 }),
    );
    assert.equal(score.label, 'positive');
    close(Math.exp(logProb(score, 'positive')), 0.7);
    close(Math.exp(logProb(score, 'negative')), 0.1);
    close(score.labelMass ?? NaN, 0.8);
    close(score.confidence, 0.7 / 0.8);
    assert.ok(score.labels.every(({ isBound }) => isBound === undefined));
  });

  it('bounds a label that is not shown by what is left', () => {
    const score = scoreVisible(SENTIMENT, shown({ ' positive': 0.9, ' very': 0.09 }));
    close(Math.exp(logProb(score, 'negative')), 0.01);
    assert.equal(score.labels[1]?.isBound, true);
    assert.equal(score.labels[0]?.isBound, undefined);
    close(score.labelMass ?? NaN, 0.9);
    close(score.confidence, 0.9 / 0.91);
  });

  it('gives it no zero where what is shown sums to 1', () => {
    for (const rounded of [0.4, 0.4004]) {
      const score = scoreVisible(SENTIMENT, shown({ ' positive': 0.6, ' very': rounded }));
      assert.equal(score.label, 'positive');
      assert.ok(Number.isFinite(logProb(score, 'negative')));
      assert.ok(score.confidence > 0.999_999);
    }
  });

  it('bounds it by the least that is shown, for each token that would count', () => {
    const score = scoreVisible(SENTIMENT, shown({ ' positive': 0.5, ' very': 0.001 }));
    // negative, NEGATIVE and Negative, each with and without a space.
    close(Math.exp(logProb(score, 'negative')), 6 * 0.001);
  });

  it('does not take the chosen token for the least likely of the list', () => {
    const tokens = shown({ ' positive': 0.5, ' very': 0.01, ' um': 1e-9 });
    const score = scoreVisible(SENTIMENT, { ...tokens, chosen: ' um' });
    close(Math.exp(logProb(score, 'negative')), 6 * 0.01);
  });

  it('takes tokens that begin a label for an upper bound', () => {
    const score = scoreVisible(SENTIMENT, shown({ ' positive': 0.5, ' neg': 0.3, ' a': 0.1999999 }));
    assert.equal(score.labels[1]?.isBound, true);
    assert.ok(Math.exp(logProb(score, 'negative')) >= 0.3);
    close(score.labelMass ?? NaN, 0.8);
  });

  it('counts pieces of a label beside its whole tokens, as a bound', () => {
    const score = scoreVisible(SENTIMENT, shown({ ' positive': 0.5, ' pos': 0.3, ' negative': 0.1 }));
    close(Math.exp(logProb(score, 'positive')), 0.8);
    assert.equal(score.labels[0]?.isBound, true);
    assert.equal(score.labels[1]?.isBound, undefined);
    close(score.labelMass ?? NaN, 0.9);
  });

  it('says so where a label that is not shown may be ahead of the one that is', () => {
    assert.throws(
      () => scoreVisible(SENTIMENT, shown({ ' positive': 0.2, ' very': 0.15 })),
      /"positive" is ahead among the tokens that can be read, but "negative" may be likelier/,
    );
  });

  it('says so where no label is shown at all', () => {
    assert.throws(
      () => scoreVisible(SENTIMENT, shown({ ' I': 0.6, ' As': 0.2 })),
      /None of the labels \("positive", "negative"\).*"\\u0020I"|None of the labels.*" I"/,
    );
  });

  it('never says less than the truth of any label, and no more than everything', () => {
    const vocabulary = [
      ' positive',
      'positive',
      ' Positive',
      'POSITIVE',
      ' negative',
      'Negative',
      ' negat',
      ' p',
    ].concat(Array.from({ length: 12 }, (_, index) => ` word${index}`));
    const weights = fc.array(fc.double({ min: 0, max: 8, noNaN: true }), {
      minLength: vocabulary.length,
      maxLength: vocabulary.length,
    });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 12 }), fc.nat(), (logits, k, pick) => {
        const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
        const all = vocabulary.map((text, index) => ({
          text,
          logProb: (logits[index] ?? 0) - Math.log(total),
        }));
        const sorted = [...all].sort((a, b) => b.logProb - a.logProb);
        const chosen = all[pick % all.length]?.text ?? '';
        // As servers do it: the likeliest k, and the chosen one beside them.
        const likeliest = sorted.filter(({ text }, index) => index < k || text === chosen);
        const truth = (label: { spellings: readonly string[] }): number =>
          all.reduce(
            (sum, t) => sum + (label.spellings.includes(t.text.trim()) ? Math.exp(t.logProb) : 0),
            0,
          );
        const shownOf = (label: { spellings: readonly string[] }): number =>
          likeliest.reduce(
            (sum, t) =>
              sum +
              (label.spellings.some((spelling) => spelling.startsWith(t.text.trim()))
                ? Math.exp(t.logProb)
                : 0),
            0,
          );
        let score;
        try {
          score = scoreVisible(SENTIMENT, { likeliest, chosen });
        } catch {
          return; // no label among the shown ones
        }
        const shownSum = likeliest.reduce((sum, t) => sum + Math.exp(t.logProb), 0);
        SENTIMENT.forEach((label, index) => {
          const entry = score.labels[index];
          assert.ok(entry);
          const p = Math.exp(entry.logProb);
          // Of a label with whole tokens, spellings that are not shown are left out.
          const isWhole = likeliest.some(({ text }) => label.spellings.includes(text.trim()));
          if (entry.isBound === true)
            assert.ok(
              p >= (isWhole ? shownOf(label) : truth(label)) - 1e-12,
              `${p} is under ${truth(label)}`,
            );
          else assert.ok(p <= truth(label) + 1e-12 && p > 0);
          assert.ok(p <= 1 + 1e-12);
        });
        assert.ok((score.labelMass ?? NaN) <= shownSum + 1e-12);
        const sum = score.labels.reduce((total_, { confidence }) => total_ + confidence, 0);
        close(sum, 1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('labels that an endpoint can tell apart', () => {
  it('refuses those that begin with the same word', () => {
    assert.throws(() => checkFirstWords(labelsOf('very good', 'very bad')), /both begin with "very"/);
  });
  it('refuses numbers that begin alike', () => {
    assert.throws(() => checkFirstWords(labelsOf('1', '10')), /both begin with "1"/);
  });
  it('takes words that only look alike', () => {
    checkFirstWords(labelsOf('no', 'not sure', 'none'));
  });
});

describe('labels of which none is shown', () => {
  it('are named in few words, however many there are: every failed row has them', () => {
    const many = labelsOf(...Array.from({ length: 1000 }, (_, i) => `label ${i}`));
    assert.throws(
      () => scoreVisible(many, shown({ other: 0.9 })),
      ({ message }: Error) => message.includes('"label 11" and 988 more') && message.length < 1000,
    );
  });
});

describe('the token table of an endpoint', () => {
  it('has the likeliest first, with the label where there is one', () => {
    const answer = shown({ ' a': 0.1, ' positive': 0.6, ' neg': 0.2 });
    const { labelOf } = scoreVisible(SENTIMENT, answer);
    const rows = visibleTokenRows(answer.likeliest, labelOf, 2);
    assert.deepEqual(
      rows.map(({ rank, text, label }) => [rank, text, label]),
      [
        [1, ' positive', 'positive'],
        [2, ' neg', 'negative'],
      ],
    );
  });
});

function labelsOf(...names: string[]): { name: string; spellings: readonly string[] }[] {
  const spellings = spellingsOf(names.map((name) => ({ name })));
  return names.map((name, index) => ({ name, spellings: spellings[index] ?? [] }));
}

function shown(tokens: Readonly<Record<string, number>>): { likeliest: VisibleToken[]; chosen: string } {
  const likeliest = Object.entries(tokens).map(([text, p]) => ({ text, logProb: Math.log(p) }));
  return { likeliest, chosen: likeliest[0]?.text ?? '' };
}

function logProb(score: ReturnType<typeof scoreVisible>, label: string): number {
  return score.labels.find((entry) => entry.label === label)?.logProb ?? NaN;
}

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}
