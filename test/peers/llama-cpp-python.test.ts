/**
 * The endpoint source against a server that others wrote, with the very file that the engine uses: what comes out at the
 * far end of HTTP, JSON and somebody else's tokenizer call must be the engine's own probabilities.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import type { EngineClient } from '../../src/sources/engine-client';
import { EndpointSource } from '../../src/sources/endpoint/endpoint-source';
import { SYSTEM_CLOCK } from '../../src/sources/endpoint/pace';
import { endpointFrom } from '../../src/sources/endpoint/settings';
import { isFailed } from '../../src/sources/source';
import { scoreAll, startEngine } from '../support/engine';
import { ROOT, TEST_MODEL } from '../support/paths';

/**
 * llama.cpp's kernels depend on what is decoded together; the engine pads against that, servers do not. On this 4-bit
 * model a text's probability moved by up to .06 with its neighbours; attention is computed in another way, too.
 */
const JITTER = 0.1;
const MEAN_JITTER = 0.04;

const TEXTS = [
  'I love this movie!',
  'I want my money back.',
  'It was fine, I suppose.',
  'Great cast, weak script.',
  'Loved it 😍🎬🍿',
  'My son said "best day ever".\nI said: "never again".',
  'The first half drags. Then the storm comes, and everything changes. I left the cinema shaking.',
  'הסרט היה נפלא מההתחלה ועד הסוף',
];

interface Server {
  readonly url: string;
  close(): Promise<void>;
}
type Serve = (python: string, options: { model: string; threads: number }) => Promise<Server>;

describe("llama-cpp-python's server with the engine's model", () => {
  let server: Server | undefined;
  let engine: EngineClient | undefined;
  before(async () => {
    const script = pathToFileURL(path.join(ROOT, 'scripts', 'peers.mjs')).href;
    const { serveLlamaCppPython } = (await import(script)) as { serveLlamaCppPython: Serve };
    const python = process.env.PROMPT_CONFIDENCE_LLAMA_CPP_PYTHON ?? assert.fail('no server was set up');
    server = await serveLlamaCppPython(python, { model: TEST_MODEL, threads: 1 });
    engine = await startEngine();
  });
  after(async () => {
    await engine?.dispose();
    await server?.close();
  });

  it('gives the label probabilities of the engine', async () => {
    const [classifier] = BUILTIN_CLASSIFIERS;
    assert.ok(classifier && server && engine);
    const endpoint = endpointFrom({
      name: 'peer',
      url: server.url,
      api: 'completion',
      model: path.basename(TEST_MODEL),
    });
    const source = new EndpointSource(endpoint, {
      key: () => undefined,
      clock: SYSTEM_CLOCK,
      random: Math.random,
    });
    assert.ok(source.score);
    const { scores } = await source.score({ classifier, texts: TEXTS, topTokens: 0 });
    const own = await scoreAll(engine, classifier, TEXTS);
    const distances = scores.map((score, text) => {
      assert.ok(!isFailed(score), isFailed(score) ? score.reason : '');
      const [theirs] = score.labels;
      const [ours] = own[text]?.labels ?? [];
      assert.ok(theirs && ours && theirs.isBound === undefined);
      return Math.abs(theirs.confidence - ours.confidence);
    });
    const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    const largest = Math.max(...distances);
    console.log(`    distance to the engine: mean ${mean.toFixed(4)}, largest ${largest.toFixed(4)}`);
    assert.ok(largest < JITTER, distances.join(', '));
    assert.ok(mean < MEAN_JITTER, distances.join(', '));
  });
});
