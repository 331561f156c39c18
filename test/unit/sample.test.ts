/** The sample workspace: what its files promise each other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { parseSavedCalibrator } from '../../src/core/calibration/saved';
import { promptSha256 } from '../../src/store/prompt-hash';
import { ROOT } from '../support/paths';
import { promptClassifierFrom } from '../support/prompt-classifier';

const at = (...names: string[]) => path.join(ROOT, 'sample', ...names);
const read = (...names: string[]) => readFileSync(at(...names), 'utf8');

describe('the sample workspace', () => {
  const sentiment = promptClassifierFrom(
    JSON.parse(read('.prompt-confidence/classifiers/sentiment.json')),
    'sentiment.json',
  );

  it('has a sentiment classifier with the prompt of the built-in one, and a calibrator bound to it', () => {
    const builtin = BUILTIN_CLASSIFIERS.find(({ name }) => name === 'sentiment');
    assert.ok(builtin);
    assert.equal(promptSha256(sentiment, undefined), promptSha256(builtin, undefined));
    const file = `${sentiment.calibrator ?? ''}.json`;
    const saved = parseSavedCalibrator(read('.prompt-confidence/calibrators', file));
    assert.equal(saved.bound?.promptSha256, promptSha256(sentiment, undefined));
    assert.equal(saved.n, 2000);
    assert.equal(
      saved.bound.model.kind === 'file' && saved.bound.model.sha256,
      'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    );
  });

  it('has the scored reviews of docs/real-data, without their texts', () => {
    assert.equal(
      read('reviews-scored.csv'),
      readFileSync(path.join(ROOT, 'docs/real-data/reviews.csv'), 'utf8'),
    );
    assert.doesNotMatch(read('reviews-scored.csv').split('\n')[0] ?? '', /text/u);
  });

  it('has 60 sentences, half of each label', () => {
    const labels = read('sentences.csv')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').at(-1));
    assert.equal(labels.length, 60);
    assert.equal(labels.filter((label) => label === 'positive').length, 30);
  });
});
