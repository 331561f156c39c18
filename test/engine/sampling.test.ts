/** Answers drawn by the engine: from the model's own distribution, the same under one seed, each prompt evaluated once. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import type { Score } from '../../src/core/scoring/score';
import { type PromptVariant, variantsOf } from '../../src/core/scoring/variants';
import { engineSource } from '../../src/sources/engine-source';
import { scoreTexts, type ScoreTextsOptions } from '../../src/sources/score-texts';
import { isFailed } from '../../src/sources/source';
import { cpu, makeClassifier, scoreAll, sharedEngine, startEngine } from '../support/engine';
import { fixture } from '../support/paths';
import { sharedFolder } from '../support/temporary';

const TEXTS = ['I love this movie!', 'Dull.', 'It was not good, not bad, just long.', 'A triumph of acting.'];

describe('drawn answers', () => {
  const engine = sharedEngine();

  async function scored(
    classifier: PromptClassifier,
    texts: readonly string[],
    options: Partial<ScoreTextsOptions> = {},
  ): Promise<Score[]> {
    const source = engineSource(engine(), {
      file: 'test',
      path: '',
      sha256: '',
      readSha256: () => Promise.resolve(''),
    });
    const { scores } = await scoreTexts(source, classifier, texts, { topTokens: 0, ...options });
    return scores.map((score) => (isFailed(score) ? assert.fail(score.reason) : score));
  }

  const [sentiment] = BUILTIN_CLASSIFIERS;
  assert.ok(sentiment);
  const plain = (classifier: PromptClassifier, samples: number, temperature = 1): PromptClassifier => ({
    ...classifier,
    method: 'consistency',
    consistency: { samples, temperature, variants: 'plain' },
  });
  const sequences = makeClassifier({
    template: 'Review: {{text}}\nVerdict:',
    labels: [{ name: 'very good' }, { name: 'very bad' }, { name: 'bad' }],
    maxTextTokens: 128,
  });

  for (const [name, classifier] of [
    ['first tokens', sentiment],
    ['whole label sequences', sequences],
  ] as const)
    it(`agree with the token probability within four standard errors: 2,000 of them, ${name}`, async () => {
      const byToken = await scoreAll(engine(), classifier, TEXTS);
      const drawn = await scored(plain(classifier, 2000), TEXTS, { seed: 3 });
      drawn.forEach(({ agreement }, index) => {
        const token = byToken[index];
        assert.ok(agreement && token);
        const rates = [...agreement.counts, agreement.unparsed].map((count) => count / 2000);
        const expected = [
          ...token.labels.map(({ logProb }) => Math.exp(logProb)),
          1 - (token.labelMass ?? NaN),
        ];
        rates.forEach((rate, k) => {
          const p = Math.max(0, expected[k] ?? 0);
          const error = Math.sqrt((p * (1 - p)) / 2000);
          assert.ok(Math.abs(rate - p) <= 4 * error + 1e-9, `${rate} drawn, probability ${p}`);
        });
      });
    });

  it('are spread by a temperature above 1 and gathered by one below', async () => {
    const winners = (await scoreAll(engine(), sentiment, TEXTS)).map(({ label }) => label);
    const rate = async (temperature: number): Promise<number> => {
      const drawn = await scored(plain(sentiment, 2000, temperature), TEXTS);
      const rates = drawn.map(
        ({ labels }, index) => labels.find(({ label }) => label === winners[index])?.confidence ?? 0,
      );
      return rates.reduce((sum, value) => sum + value, 0) / rates.length;
    };
    const [cold, own, hot] = [await rate(0.25), await rate(1), await rate(2)];
    assert.ok(cold > own + 0.05 && own > hot + 0.05, `${cold}, ${own}, ${hot}`);
  });

  it('are the same under one seed, alone and among others in any order; others under another seed', async () => {
    const classifier: PromptClassifier = {
      ...sentiment,
      method: 'ensemble',
      consistency: { ...sentiment.consistency, samples: 4 },
    };
    const together = await scored(classifier, TEXTS);
    assert.deepEqual((await scored(classifier, TEXTS.toReversed())).toReversed(), together);
    assert.deepEqual(await scored(classifier, TEXTS.slice(1, 2)), together.slice(1, 2));
    assert.notDeepEqual(
      (await scored(classifier, TEXTS, { seed: 1 })).map(({ agreement }) => agreement),
      together.map(({ agreement }) => agreement),
    );
  });

  it('come from variants whose scores are those of a classifier of its own', async () => {
    const [, second, third] = variantsOf(sentiment, 0);
    assert.ok(second && third);
    // Drawn with one sample each: equal draws from equal distributions, and the token score after a switch back.
    const [before] = await scoreAll(engine(), sentiment, TEXTS.slice(0, 1));
    const ask = (prompts: readonly PromptVariant[]) =>
      engine().sample({
        prompts: prompts.map(({ asks, samples }) => ({ classifier: asks, samples })),
        texts: TEXTS,
        temperature: 1,
        seed: 5,
      });
    const many = { ...second, samples: 500 };
    const asVariant = await ask([{ asks: sentiment.asks, samples: 1 }, { ...third, samples: 1 }, many]);
    const alone = await ask([many]);
    assert.deepEqual(
      asVariant.samples.map(({ answers }) => answers.slice(2)),
      alone.samples.map(({ answers }) => answers),
    );
    assert.deepEqual((await scoreAll(engine(), sentiment, TEXTS.slice(0, 1)))[0], before);
  });
});

describe('answers under very many orders of the prompt', () => {
  const folder = sharedFolder();

  it('keep few states of prompts on the disk, and are the same again', async () => {
    // What the engine takes for its temporary folder, on every platform.
    const names = ['TMPDIR', 'TEMP', 'TMP'] as const;
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = folder();
    const engine = await startEngine(cpu(fixture('tiny-chat.gguf')));
    try {
      await engine.load();
      const classifier = makeClassifier({
        template: '{{text}}:',
        labels: [{ name: 'good' }, { name: 'bad' }],
        examples: ['a', 'b', 'c', 'd', 'e'].map((text) => ({ text, label: 'good' })),
        maxTextTokens: 64,
      });
      const consistency = { samples: 40, temperature: 1, variants: 'permuted' } as const;
      const prompts = variantsOf({ ...classifier, consistency }, 0);
      assert.equal(prompts.length, 40);
      const ask = (some: readonly PromptVariant[]) =>
        engine.sample({
          prompts: some.map(({ asks, samples }) => ({ classifier: asks, samples })),
          texts: TEXTS.slice(0, 1),
          temperature: 1,
          seed: 5,
        });
      const first = await ask(prompts);
      const states = (await readdir(folder(), { recursive: true })).filter((name) => name.endsWith('.state'));
      assert.ok(states.length > 1 && states.length <= 33, `${states.length} states`);
      // The first ones are no longer kept.
      const again = await ask(prompts.slice(0, 3));
      assert.deepEqual(again.samples[0]?.answers, first.samples[0]?.answers.slice(0, 3));
    } finally {
      names.forEach((name, i) => {
        const value = before[i];
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      });
      await engine.dispose();
    }
  });
});
