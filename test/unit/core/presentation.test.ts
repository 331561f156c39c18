import assert from 'node:assert/strict';
import fc from 'fast-check';
import { visibleName, visibleToken } from '../../../src/core/encode';
import {
  agreementLines,
  blockBar,
  confidenceName,
  excerpt,
  formatLogProb,
  isDoubtful,
  labelMassInWords,
  labelPercent,
  scoreWarnings,
} from '../../../src/core/words/score';
import { formatPercent } from '../../../src/core/words/quantities';
import type { Agreement } from '../../../src/core/scoring/agreement';
import { agreementOf, consistencyScore, ensembleScore } from '../../../src/core/scoring/consistency';
import { labelScores, type Score } from '../../../src/core/scoring/score';

function score(probabilities: Record<string, number>, more: Partial<Score> = {}): Score {
  return {
    ...labelScores(Object.keys(probabilities), Object.values(probabilities).map(Math.log)),
    mode: 'first-token',
    textTokens: 10,
    cutTokens: 0,
    ...more,
  };
}

function agreement(counts: Record<string, number>, unparsed: number): Agreement {
  const answers = [
    ...Object.entries(counts).flatMap(([label, count]) =>
      Array.from({ length: count }, () => ({ text: '', label })),
    ),
    ...Array.from({ length: unparsed }, () => ({ text: '', label: null })),
  ];
  return agreementOf(Object.keys(counts), { answers, temperature: 1, variants: 'permuted' }, undefined);
}

describe('a percentage', () => {
  const shown = (probability: number, bounds?: readonly number[]): number =>
    Number(formatPercent(probability, bounds).slice(0, -1));
  const probabilities = fc.double({ min: 0.0006, max: 0.9994, noNaN: true });

  it('has one decimal, the nearest', () => {
    for (const [probability, text] of [
      [0.5, '50.0%'],
      [0.57, '57.0%'],
      [0.29, '29.0%'],
      [0.94996, '95.0%'],
      [0.05678, '5.7%'],
      [0.0019, '0.2%'],
      [0.9994, '99.9%'],
    ] as const)
      assert.equal(formatPercent(probability), text);
  });

  it('is cut where rounding would reach a bucket that the probability misses', () => {
    assert.deepEqual(
      [0.89999, 0.9, 0.6999, 0.49999].map((probability) => formatPercent(probability)),
      ['89.9%', '90.0%', '69.9%', '49.9%'],
    );
    assert.equal(formatPercent(0.89999, [0.85]), '90.0%');
    assert.equal(formatPercent(0.06999, [0.07]), '6.9%');
    assert.equal(formatPercent(0.85553, [0.85555]), '85.5%');
  });

  it('never says that something is certain or impossible', () => {
    for (const probability of [1, 0.99999, 0.9996]) assert.equal(formatPercent(probability), '> 99.9%');
    for (const probability of [0, 1e-9, 0.0004]) assert.equal(formatPercent(probability), '< 0.1%');
    assert.equal(formatPercent(NaN), '–');
  });

  it('adds up to 100 with that of the other label', () => {
    fc.assert(
      fc.property(probabilities, (probability) => {
        const sum = shown(probability, []) + shown(1 - probability, []);
        // Both of a tie may be rounded up.
        const isTie = Math.abs(((probability * 1000) % 1) - 0.5) < 1e-6;
        assert.ok(Math.abs(sum - 100) < (isTie ? 0.11 : 1e-9), `${sum}`);
      }),
    );
  });

  it('never reaches a threshold that the probability misses, and is never a tenth away', () => {
    fc.assert(
      fc.property(
        probabilities,
        fc.integer({ min: 1, max: 999 }).map((tenths) => tenths / 1000),
        (probability, bound) => {
          const percent = shown(probability, [bound]);
          assert.ok(Math.abs(percent - probability * 100) < 0.1 + 1e-9);
          assert.ok(probability >= bound || percent / 100 < bound - 1e-9);
        },
      ),
    );
  });
});

describe('a log-probability', () => {
  it('has two decimals and a real minus', () => {
    assert.deepEqual([-0.114, -12, 0, -0.001, -Infinity, -Number.MAX_VALUE].map(formatLogProb), [
      '−0.11',
      '−12.00',
      '0.00',
      '0.00',
      '−∞',
      '−∞',
    ]);
  });
});

describe('text made visible', () => {
  it('shows the white space of a token', () => {
    assert.deepEqual([' positive', '\n\n', '\t', '\r\n', ''].map(visibleToken), [
      '·positive',
      '⏎⏎',
      '⇥',
      '␍⏎',
      '(empty)',
    ]);
  });

  it('escapes what has no shape', () => {
    assert.equal(visibleToken('a\u0000b\u200bc\u202ed\ud800'), 'a\\u{0}b\\u{200b}c\\u{202e}d\\u{d800}');
    assert.equal(visibleName('safe\u202eevil\nname'), 'safe\\u{202e}evil name');
  });

  it('leaves letters and emoji that are joined whole', () => {
    assert.equal(visibleName('👨‍👩‍👧 می‌خواهم'), '👨‍👩‍👧 می‌خواهم');
    assert.equal(visibleName('a\ufeffb'), 'a\\u{feff}b');
    assert.equal(excerpt('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 2), '👨‍👩‍👧…');
  });

  it('puts an excerpt on one line', () => {
    assert.equal(excerpt('  one\n two\t\tthree ', 40), 'one two three');
    assert.equal(excerpt('one two three', 8), 'one two…');
  });

  it('draws bars of a fixed width that are full for nothing less than all', () => {
    assert.equal(blockBar(0.5, 4), '██  ');
    assert.equal(blockBar(0.999, 4), '███▉');
    assert.equal(blockBar(0, 4), '    ');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (p) => assert.equal(blockBar(p, 9).length, 9)),
    );
  });
});

describe('a score in words', () => {
  it('warns of nothing where nothing is doubtful', () => {
    assert.deepEqual(scoreWarnings(score({ positive: 0.72, negative: 0.18 })), []);
  });

  it('says nothing of the label mass where there is none', () => {
    const encoder = score({ positive: 0.75, negative: 0.25 }, { labelMass: null });
    assert.equal(isDoubtful(encoder), false);
    assert.deepEqual(scoreWarnings(encoder), []);
    assert.equal(labelMassInWords(encoder), 'not applicable');
  });

  it('warns of a low label mass, by a shape and in words', () => {
    const low = score({ positive: 0.0009, negative: 0.0001 });
    assert.ok(isDoubtful(low));
    assert.match(scoreWarnings(low)[0]?.message ?? '', /tends to answer something else/);
  });

  it('names the labels of a tie', () => {
    const tie = score({ a: 0.4, b: 0.4, c: 0.1 });
    assert.equal(scoreWarnings(tie)[0]?.kind, 'tie');
  });

  it('says what a bound means for the number that is shown', () => {
    const bounded = (...names: readonly string[]): Score => {
      const plain = score({ a: 0.6, b: 0.3, c: 0.05 });
      return {
        ...plain,
        labels: plain.labels.map((entry) =>
          names.includes(entry.label) ? { ...entry, isBound: true } : entry,
        ),
      };
    };
    for (const [names, message, shares] of [
      [['b'], /a has at least its 63\.2%/, ['63.2%', '≤ 31.6%', '5.3%']],
      [['a'], /a has at most its 63\.2%/, ['≤ 63.2%', '31.6%', '5.3%']],
      [['a', 'b'], /of a may be lower or higher than 63\.2%/, ['≈ 63.2%', '≈ 31.6%', '5.3%']],
      [['b', 'c'], /a has at least its 63\.2%/, ['63.2%', '≈ 31.6%', '≈ 5.3%']],
    ] as const) {
      const shown = bounded(...names);
      const [warning] = scoreWarnings(shown);
      assert.equal(warning?.kind, 'bound');
      assert.match(warning.message, message);
      assert.deepEqual(
        shown.labels.map((entry) => labelPercent(entry, shown.labels, [])),
        shares,
      );
    }
  });

  it('never reaches a bucket of one’s own that it misses', () => {
    const near = score({ a: 0.9496, b: 0.0504 });
    const shares = (bounds: readonly number[]): string[] =>
      near.labels.map((entry) => labelPercent(entry, near.labels, bounds));
    assert.deepEqual(shares([0.95, 0]), ['94.9%', '5.0%']);
    assert.deepEqual(shares([0.9, 0]), ['95.0%', '5.0%']);
    const bounded = {
      ...near,
      labels: near.labels.map((entry) => ({ ...entry, isBound: entry.label === 'b' })),
    };
    assert.match(scoreWarnings(bounded, [0.95, 0])[0]?.message ?? '', /at least its 94\.9%/);
  });

  it('says what is odd about an answer, or was done to the prompt', () => {
    for (const [change, kind, message] of [
      [{ notes: ['chosen-differs'] }, 'contradiction', /two probabilities for the token that it chose/],
      [{ notes: ['answer-opened'] }, 'thought', /The prompt was continued to the answer/],
      [{ notes: ['may-think'], labelMass: 0.1 }, 'low-mass', /it may think before it answers/],
    ] as const) {
      const [warning] = scoreWarnings(score({ a: 0.8, b: 0.1 }, change));
      assert.equal(warning?.kind, kind);
      assert.match(warning.message, message);
    }
  });

  it('tells how much of the text was cut', () => {
    const cut = score({ a: 0.8, b: 0.1 }, { textTokens: 400, cutTokens: 120 });
    assert.ok(!isDoubtful(cut));
    assert.match(scoreWarnings(cut)[0]?.message ?? '', /120 of its 400 tokens/);
  });

  it('counts drawn answers, and says that their range is not one of being right', () => {
    const drawn = ensembleScore(score({ yes: 0.3, no: 0.6 }), agreement({ yes: 7, no: 2 }, 1));
    assert.equal(confidenceName(drawn), 'ensemble confidence');
    const lines = agreementLines(drawn).join('\n');
    assert.match(lines, /^10 answers: yes 7, no 2, no label 1$/m);
    // Wilson for 7 of 10: .3968 to .8922.
    assert.match(lines, /39\.7% to 89\.2% .* of its answer rate, not of its accuracy/);
    assert.match(lines, /token probability: yes 33\.3%, no 66\.7%/);
    assert.deepEqual(agreementLines(score({ yes: 0.3, no: 0.6 })), []);
  });

  it('says that plain resampling only adds noise, and when the temperature is not known', () => {
    const plain = { ...agreement({ yes: 7, no: 2 }, 1), variants: 'plain' as const, temperature: null };
    const lines = agreementLines(consistencyScore(['yes', 'no'], plain, { textTokens: 1, cutTokens: 0 }));
    assert.match(lines.join('\n'), /only adds noise to the token probability/);
    assert.match(lines.join('\n'), /temperature that the provider does not report/);
  });

  it('warns where drawn answers and token probability disagree', () => {
    const torn = ensembleScore(score({ yes: 0.3, no: 0.6 }), agreement({ yes: 7, no: 3 }, 0));
    assert.ok(isDoubtful(torn));
    assert.match(
      scoreWarnings(torn).find(({ kind }) => kind === 'disagreement')?.message ?? '',
      /sampled answers are yes, but the token probability favours no/,
    );
  });

  it('says how a tie of drawn answers ended', () => {
    const tie = consistencyScore(['yes', 'no'], agreement({ yes: 5, no: 5 }, 0), {
      textTokens: 1,
      cutTokens: 0,
    });
    assert.match(scoreWarnings(tie)[0]?.message ?? '', /yes is taken because it is listed first/);
  });
});
