/** The built-in classifiers under a real model that was tuned to follow instructions, and has a chat template. */
import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { Asking } from '../../src/core/classifier/definition';
import type { EngineClient } from '../../src/sources/engine-client';
import { cpu, startEngine } from '../support/engine';
import { CHAT_MODEL } from '../support/paths';

describe('the built-in classifiers with an instruct model', () => {
  let engine: EngineClient;
  before(async () => (engine = await startEngine(cpu(CHAT_MODEL))));
  after(() => engine.dispose());

  for (const { name, asks } of BUILTIN_CLASSIFIERS)
    it(`${name} uses its chat template, and the model answers with a label`, async () => {
      assert.equal(asks.kind, 'prompt');
      const scoreAs = async (prompt: Asking['prompt']) => {
        const texts = ['Is snow white?', 'I love this movie!'];
        const { scores } = await engine.score({ classifier: { ...asks, prompt }, texts, topTokens: 0 });
        return scores;
      };
      const [auto, chat, completion] = [
        await scoreAs('auto'),
        await scoreAs('chat'),
        await scoreAs('completion'),
      ];
      assert.deepEqual(auto, chat);
      assert.notDeepEqual(
        auto.map(({ labels }) => labels),
        completion.map(({ labels }) => labels),
      );
      for (const { labelMass } of auto) assert.ok((labelMass ?? 0) > 0.5, `label mass ${labelMass}`);
    });
});
