import assert from 'node:assert/strict';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { markedBucket } from '../../../src/core/decisions/bucket-mark';
import { labelScores } from '../../../src/core/scoring/score';
import { failuresInWords, resultsInWords, type ShownResult } from '../../../src/core/words/many-results';
import { Repeats } from '../../../src/core/repeats';

function raw(confidence: number): ShownResult {
  const p = Math.max(confidence, 1 - confidence);
  const scores = labelScores(
    ['positive', 'negative'],
    [confidence, 1 - confidence].map((x) => Math.log(x * 0.9)),
  );
  assert.ok(Math.abs(scores.confidence - p) < 1e-9);
  return { score: { ...scores, mode: 'first-token', textTokens: 3, cutTokens: 0 }, calibration: undefined };
}

function calibrated(confidence: number): ShownResult {
  return {
    ...raw(0.6),
    calibration: {
      kind: 'calibrated',
      by: { name: 'c', file: 'c.json', method: 'beta', on: 'labels', n: 2000, measured: null },
      score: {
        on: 'labels',
        label: 'negative',
        confidence,
        labels: null,
        labelChanged: true,
        anotherLikelier: false,
        bucket: markedBucket(confidence, DEFAULT_BUCKETS),
      },
      // A doubt about all of them alike.
      warnings: ['The backend differs.'],
      notes: [],
    },
  };
}

describe('many results in words', () => {
  const summary = (results: readonly ShownResult[]) => resultsInWords(results, 'line', DEFAULT_BUCKETS);

  it('say that one label dominates, and that the numbers are raw', () => {
    const { message, doubtful, isRaw } = summary(
      Array.from({ length: 12 }, (_, at) => raw(at < 2 ? 0.8 : 0.95)),
    );
    assert.equal(
      message,
      '12 lines: 12 of 12 positive. All are positive: the model may prefer this label whatever the text says. Raw, not calibrated. Doubtful: 2 (below 90%, or marked ⚠).',
    );
    assert.deepEqual([doubtful, isRaw], [2, true]);
  });

  it('count labels and buckets, the most frequent first', () => {
    assert.equal(
      summary([raw(0.95), raw(0.02), raw(0.97)]).message,
      '3 lines: 2 positive, 1 negative. Raw, not calibrated. None is doubtful.',
    );
    const { message, isRaw } = summary([calibrated(0.95), calibrated(0.93), calibrated(0.75)]);
    assert.equal(
      message,
      '3 lines: 3 of 3 negative. ● 2 automatic, ▲ 1 review. Doubtful: 1 (below 90%, or marked ⚠).',
    );
    assert.equal(isRaw, false);
  });
});

describe('lines that were not classified', () => {
  it('are counted, and the first is named with its reason', () => {
    const first = { line: 5, reason: 'The server refused it.' };
    assert.equal(failuresInWords(1, first), '1 was not classified (line 6): The server refused it.');
    assert.equal(
      failuresInWords(1200, first),
      '1,200 were not classified (the first is line 6): The server refused it.',
    );
  });
});

describe('a line of the log that repeats', () => {
  it('is written three times, and then at every power of ten, also among others', () => {
    const repeats = new Repeats();
    const written = Array.from({ length: 1000 }, (_, at) => [repeats.say('slow'), repeats.say(`row ${at}`)]);
    assert.deepEqual(
      written.flatMap(([line]) => line ?? []),
      ['slow', 'slow', 'slow', 'slow (10 times)', 'slow (100 times)', 'slow (1,000 times)'],
    );
    assert.ok(written.every(([, other]) => other !== undefined));
  });
});
