/**
 * The engine against transformers in float32 on the same GGUF (test/fixtures/reference, made by scripts/fixtures).
 * llama.cpp computes with 4-bit weights and its own kernels, so the two agree only roughly; a wrong prompt, a missing
 * BOS or a wrong sum over spellings is far outside of that.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { cpu, makeClassifier, scoreAll, sharedEngine, startEngine } from '../support/engine';
import { fixture } from '../support/paths';

const massSchema = z.object({ massLeadingSpace: z.number(), massAll: z.number() });
const referenceSchema = z.object({
  texts: z.array(
    z.object({
      text: z.string(),
      withBos: z.object({
        labels: z.object({ positive: massSchema, negative: massSchema }),
        multi: z.record(z.string(), z.object({ logProbability: z.number() })).optional(),
      }),
    }),
  ),
});
const tinySchema = z.object({
  prompts: z.array(z.object({ text: z.string(), logProbabilities: z.array(z.number()) })),
});

function read<T>(schema: z.ZodType<T>, name: string): T {
  return schema.parse(JSON.parse(readFileSync(fixture(`reference/${name}`), 'utf8')));
}

describe('label probabilities beside transformers in float32', () => {
  const { texts } = read(referenceSchema, 'sentiment.json');
  const engine = sharedEngine();

  it('have the same winner and nearly the same value on every text', async () => {
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment);
    const scores = await scoreAll(
      engine(),
      sentiment,
      texts.map((entry) => entry.text),
    );
    const differences: number[] = [];
    texts.forEach(({ text, withBos }, index) => {
      const { positive, negative } = withBos.labels;
      const reference = positive.massAll / (positive.massAll + negative.massAll);
      const score = scores[index];
      assert.ok(score);
      const ours = score.labels[0]?.confidence ?? NaN;
      differences.push(Math.abs(ours - reference));
      assert.ok(
        Math.abs((score.labelMass ?? NaN) - positive.massAll - negative.massAll) < 0.1,
        `label mass of ${JSON.stringify(text)}: ${score.labelMass}`,
      );
      if (Math.abs(2 * reference - 1) > 0.25)
        assert.equal(score.label, reference > 0.5 ? 'positive' : 'negative', JSON.stringify(text));
    });
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    console.log(
      `    ${differences.length} texts: mean absolute difference to float32 ${mean.toFixed(4)}, largest ${Math.max(...differences).toFixed(4)}`,
    );
    assert.ok(differences.length >= 20);
    assert.ok(mean < 0.08);
  });

  it('hold for whole label sequences that share their first token', async () => {
    const multi = texts.filter((entry) => entry.withBos.multi !== undefined);
    const [sentiment] = BUILTIN_CLASSIFIERS;
    assert.ok(sentiment && multi.length >= 8);
    const classifier = makeClassifier({
      template: sentiment.asks.template,
      examples: sentiment.asks.examples,
      labels: [{ name: 'positive' }, { name: 'negative' }, { name: 'very good' }, { name: 'very bad' }],
      maxTextTokens: 256,
    });
    const scores = await scoreAll(
      engine(),
      classifier,
      multi.map((entry) => entry.text),
    );
    const differences = multi.map(({ withBos }, index) => {
      const score = scores[index];
      assert.ok(score);
      assert.equal(score.mode, 'sequence');
      const ours = score.labels.find((entry) => entry.label === 'very good')?.logProb ?? NaN;
      // Ours adds "Very good" and "VERY GOOD": never less than the one spelling of the fixture, and not much more.
      const reference = withBos.multi?.['very good'];
      assert.ok(reference);
      return ours - reference.logProbability;
    });
    const median = differences.sort((a, b) => a - b)[Math.floor(differences.length / 2)] ?? NaN;
    assert.ok(Math.abs(median) < 0.7, `median difference of ln P("very good"): ${median}`);
  });
});

describe('a model in float32 beside torch', () => {
  it('has the same distribution to three digits', async () => {
    const engine = await startEngine(cpu(fixture('tiny-chat.gguf')));
    try {
      const classifier = makeClassifier({
        template: '{{text}}',
        prompt: 'completion',
        labels: [{ name: 'positive' }, { name: 'negative' }],
        maxTextTokens: 512,
      });
      // Prompts that are plain text; the fixture's last one holds special tokens, which a text never does.
      const prompts = read(tinySchema, 'tiny-logits.json').prompts.filter(
        (prompt) => !prompt.text.includes('<|'),
      );
      assert.ok(prompts.length >= 4);
      const scores = await scoreAll(
        engine,
        classifier,
        prompts.map((prompt) => prompt.text.trimEnd()),
        100,
      );
      prompts.forEach(({ text, logProbabilities }, index) => {
        assert.equal(text, text.trimEnd());
        const tokens = scores[index]?.tokens ?? [];
        assert.equal(tokens.length, 100);
        for (const row of tokens) {
          const distance = Math.abs(row.logProb - (logProbabilities[row.id] ?? NaN));
          assert.ok(distance < 2e-3, `token ${row.id} of ${JSON.stringify(text)}: ${distance}`);
        }
      });
    } finally {
      await engine.dispose();
    }
  });
});
