/**
 * `npm run bench:encoders`: a sequence classification model beside ONNX Runtime in Python and transformers, on the same file
 * and 5,000 texts of unequal length, which takes minutes on two idle cores.
 *
 *   npm run bench:encoders -- --texts 1000    # fewer, on a machine that others use
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { rowsOf, setUpEncoder } from '../../scripts/encoders.mjs';
import { setUpTransformers } from '../../scripts/peers.mjs';
import { seeded, SEED } from '../../scripts/reviews.mjs';
import { makeTestHome } from '../support/test-home.mjs';

const { values } = parseArgs({ options: { texts: { type: 'string', default: '5000' } } });
/** Words of the shortest and the longest text: about 128 tokens, which the model takes. */
const SHORTEST = 4;
const LONGEST = 100;

const root = path.resolve(import.meta.dirname, '../..');
const folder = await setUpEncoder('topics');
const python = await setUpTransformers();
const { home } = await makeTestHome(root);
const texts = path.join(home, 'texts.json');
writeFileSync(texts, JSON.stringify(unequal()));

for (const args of [
  ['esbuild.mjs'],
  ['esbuild.mjs', '--tests'],
  ['dist-test/bench/encoder.bench.cjs', folder, python, texts],
]) {
  const { status } = spawnSync(process.execPath, args, {
    ...{ cwd: root, stdio: 'inherit' },
    env: { ...process.env, PROMPT_CONFIDENCE_ROOT: root, PROMPT_CONFIDENCE_HOME: home },
  });
  if (status !== 0) process.exit(1);
}

/** The first words of news articles; short ones are as frequent as long ones by their logarithm. */
function unequal() {
  const random = seeded(SEED);
  const { train, held } = rowsOf('topics');
  const articles = [...train, ...held].map(([text]) => text.split(' '));
  return Array.from({ length: Number(values.texts) }, (_, at) => {
    const words = Math.round(SHORTEST * (LONGEST / SHORTEST) ** random());
    return articles[at % articles.length].slice(0, words).join(' ');
  });
}
