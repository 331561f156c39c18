/** The same text gives the same bits, whatever stands around it; without that, a calibrator fits other numbers. */
import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import { seededRandom } from '../../src/core/random';
import type { WireAdapter } from '../../src/protocol/engine';
import type { EngineClient } from '../../src/sources/engine-client';
import { sha256Of } from '../../src/store/models';
import { GEMMA_ADAPTER, TINY_ADAPTER } from '../support/adapter';
import { cpu, makeClassifier, scoreAll, sharedEngine, startEngine } from '../support/engine';
import { fixture } from '../support/paths';

const WORDS =
  'a the film was not so good bad slow funny great plot actor scene love hate boring brilliant'.split(' ');

/** Labels of several tokens. */
const VERDICT = makeClassifier({
  template: 'Review: {{text}}\nVerdict:',
  labels: [{ name: 'very good' }, { name: 'very bad' }, { name: 'bad' }],
  maxTextTokens: 128,
});

function sentences(count: number): string[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, index) => {
    const length = 1 + Math.floor(random() * 24);
    const words = Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)] ?? 'film');
    return `${words.join(' ')} ${index}.`;
  });
}

function shuffled(count: number): number[] {
  const random = seededRandom(11);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

describe('the bits of a score', () => {
  const engine = sharedEngine();

  async function bits(
    classifier: PromptClassifier,
    texts: readonly string[],
    from: EngineClient,
    adapter?: WireAdapter,
  ): Promise<string[]> {
    const { scores } = await from.score({
      classifier: classifier.asks,
      texts,
      topTokens: 0,
      ...(adapter === undefined ? {} : { adapter }),
    });
    return scores.map((score) => JSON.stringify(score.labels));
  }

  async function checkInvariance(
    classifier: PromptClassifier,
    texts: readonly string[],
    from = engine(),
    adapter?: WireAdapter,
  ): Promise<void> {
    const alone: string[] = [];
    for (const text of texts) alone.push(...(await bits(classifier, [text], from, adapter)));
    assert.deepEqual(await bits(classifier, texts, from, adapter), alone, 'together');
    assert.deepEqual(await bits(classifier, texts, from, adapter), alone, 'repeated');
    const order = shuffled(texts.length);
    const mixed = await bits(
      classifier,
      order.map((index) => texts[index] ?? ''),
      from,
      adapter,
    );
    order.forEach((index, place) =>
      assert.equal(mixed[place], alone[index], `text ${index} in another order`),
    );
  }

  it('are the same alone, repeated and among others', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    await checkInvariance(sentiment, sentences(24));
  });

  it('are the same for whole label sequences', async () => {
    await checkInvariance(VERDICT, sentences(8));
  });

  it('are the same where the output layer is not quantized', async () => {
    // One row of logits is computed by another kernel than two of them: without care 7e-7 apart in log-probability.
    const tiny = await startEngine(cpu(fixture('tiny-chat.gguf')));
    try {
      const [sentiment] = BUILTIN_CLASSIFIERS;
      assert.ok(sentiment);
      await checkInvariance(sentiment, sentences(40), tiny);
      await checkInvariance(VERDICT, sentences(12), tiny);
      const adapter = { name: 'rank1', path: TINY_ADAPTER, sha256: await sha256Of(TINY_ADAPTER) };
      await checkInvariance(sentiment, sentences(40), tiny, adapter);
      await checkInvariance(VERDICT, sentences(12), tiny, adapter);
    } finally {
      await tiny.dispose();
    }
  });

  it('are the same with an adapter, and those of the model alone stay as they were', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const adapter = { name: 'rank1', path: GEMMA_ADAPTER, sha256: await sha256Of(GEMMA_ADAPTER) };
    const texts = sentences(12);
    const base = await bits(sentiment, texts, engine());
    await checkInvariance(sentiment, texts, engine(), adapter);
    await checkInvariance(VERDICT, sentences(4), engine(), adapter);
    assert.deepEqual(await bits(sentiment, texts, engine()), base);
    const tuned = await bits(sentiment, texts, engine(), adapter);
    assert.ok(tuned.every((own, at) => own !== base[at]));
  });

  it('are the same where a text fills more than one batch and the attention window', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const classifier = { ...sentiment, maxTextTokens: 1024 };
    const long = sentences(60).join(' ').slice(0, 4200);
    await checkInvariance(classifier, ['Fine.', long, 'A short one.', `${long.slice(0, 900)} end`]);
  });

  it('are the same for texts of a hundred tokens and more beside each other', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const all = sentences(120).join(' ');
    // Several of one padded length, so that they share a decode, and several of others.
    const texts = [300, 300, 304, 600, 604, 900, 902, 40].map((length, at) =>
      all.slice(at * 97, at * 97 + length),
    );
    await checkInvariance(sentiment, texts);
  });

  it('do not depend on whether the token table is asked for', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const [plain] = await scoreAll(engine(), sentiment, ['I love this movie!']);
    const [table] = await scoreAll(engine(), sentiment, ['I love this movie!'], 20);
    assert.ok(plain && table);
    assert.deepEqual(table.labels, plain.labels);
    assert.equal(table.tokens?.length, 20);
    const ranked = table.tokens.map((row) => row.logProb);
    assert.deepEqual(
      ranked,
      ranked.toSorted((a, b) => b - a),
    );
  });
});
