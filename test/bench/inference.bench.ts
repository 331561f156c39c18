/**
 * Speed of the scoring path beside the library that it stands on: the bare decode of the same tokens (the limit), a
 * naive loop as a newcomer writes it, and node-llama-cpp's own LlamaDecisionContext. One process after another on the
 * same cores; medians of alternating rounds.
 */
import { readFileSync } from 'node:fs';
import type { ControlledEvaluateInputItem, Llama, LlamaModel, Token } from 'node-llama-cpp';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { completionPrompt } from '../../src/core/classifier/prompt';
import { seededRandom } from '../../src/core/random';
import { threadCount } from '../../src/engine/threads';
import { tokenizePrompt } from '../../src/engine/prompt-tokens';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { TEST_MODEL } from '../support/paths';

const TEXTS = 192;
const ROUNDS = 7;

const [sentiment] = BUILTIN_CLASSIFIERS;
if (sentiment === undefined) throw new Error('no built-in classifier');
const classifier = sentiment;

/** Short made-up reviews of about a dozen tokens. */
function reviews(): string[] {
  const random = seededRandom(1);
  const pick = (words: string): string => {
    const list = words.split('|');
    return list[Math.floor(random() * list.length)] ?? '';
  };
  return Array.from(
    { length: TEXTS },
    () =>
      `${pick('A|Such a|Quite a|Not a')} ${pick('slow|brilliant|dull|charming|clumsy|moving')} ${pick('film|story|sequel|comedy')} with ${pick('a weak|a clever|no|a great')} ${pick('plot|ending|cast')}.`,
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

function row(name: string, value: string): void {
  console.log(`${name.padEnd(62)} ${value}`);
}

/** Resident memory of a process in MiB (Linux). */
function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024);
}

async function library(): Promise<{ llama: Llama; model: LlamaModel; threads: number }> {
  const { getLlama } = await import('node-llama-cpp');
  const threads = threadCount(0, 0);
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: threads,
  });
  llama.logger = () => undefined;
  return { llama, model: await llama.loadModel({ modelPath: TEST_MODEL }), threads };
}

/**
 * The bare decode of one text's tokens behind the cached prefix: with nothing asked for, llama.cpp leaves the output
 * layer out (most of this model's weights are its vocabulary); with the likeliest token asked for, it is in.
 */
async function bareDecoder(
  model: LlamaModel,
  threads: number,
): Promise<(text: string, output: boolean) => Promise<number>> {
  const prompt = tokenizePrompt(classifier, undefined, model);
  const context = await model.createContext({
    contextSize: 512,
    batchSize: 512,
    flashAttention: true,
    threads: { ideal: threads, min: threads },
  });
  const sequence = context.getSequence();
  await sequence.evaluateWithoutGeneratingNewTokens([...prompt.prefix]);
  const start = prompt.prefix.length;
  return async (text, output) => {
    const tokens: Token[] = prompt.tokensFor(text).slice(start);
    const real = tokens.length;
    const last = tokens.at(-1);
    while (last !== undefined && tokens.length % 8 !== 0) tokens.push(last);
    const input: ControlledEvaluateInputItem[] = tokens.map((token, index) =>
      index === real - 1 ? [token, { generateNext: { token: true, options: { temperature: 0 } } }] : token,
    );
    const [ms] = await timed<unknown>(() =>
      output ? sequence.controlledEvaluate(input) : sequence.evaluateWithoutGeneratingNewTokens(tokens),
    );
    await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
    return ms;
  };
}

/** What a newcomer writes: the whole prompt each time, all probabilities, the two labels picked out. */
async function naive(model: LlamaModel, threads: number, texts: readonly string[]): Promise<void> {
  const { head, tail } = completionPrompt(classifier);
  const context = await model.createContext({ contextSize: 512, threads: { ideal: threads, min: threads } });
  const sequence = context.getSequence();
  for (const text of texts) {
    await sequence.clearHistory();
    const tokens = model.tokenize(`${head}${text}${tail}`);
    const input = tokens.map((token, index) =>
      index === tokens.length - 1
        ? ([token, { generateNext: { probabilities: true } }] as [
            Token,
            { generateNext: { probabilities: true } },
          ])
        : token,
    );
    await sequence.controlledEvaluate(input);
  }
  await context.dispose();
}

async function decisions(model: LlamaModel, threads: number, texts: readonly string[]): Promise<void> {
  const context = await model.createDecisionContext({ contextSize: 512, threads });
  for (const text of texts)
    await context.decide(text, {
      sentiment: {
        type: 'choice',
        instruction: 'Is this review positive or negative?',
        criteria: { positive: 'the review is positive', negative: 'the review is negative' },
      },
    });
  await context.dispose();
}

async function main(): Promise<void> {
  const texts = reviews();
  const engine = await startEngine(cpu());
  const [loadMs] = await timed(() => engine.load());
  row('model load, process start included', `${loadMs.toFixed(0)} ms`);
  const first = 'I love this movie!';
  const [firstMs] = await timed(() => scoreAll(engine, classifier, [first]));
  row('first label score (context and prompt prefix included)', `${firstMs.toFixed(0)} ms`);

  row('memory of the process that asks (a client in plain Node)', `${residentMiB(process.pid)} MiB`);

  const { model, threads } = await library();
  const bare = await bareDecoder(model, threads);
  await bare(first, false);
  const warm: number[] = [];
  const table: number[] = [];
  const decode: number[] = [];
  const greedy: number[] = [];
  for (let round = 0; round < 3 * ROUNDS; round++) {
    warm.push((await timed(() => scoreAll(engine, classifier, [first])))[0]);
    decode.push(await bare(first, false));
    greedy.push(await bare(first, true));
    table.push((await timed(() => scoreAll(engine, classifier, [first], 10)))[0]);
  }
  row('warm label scores, one text', `${median(warm).toFixed(1)} ms`);
  row('bare decode of the same tokens, nothing asked for', `${median(decode).toFixed(1)} ms`);
  row('ratio (goal: within 1.2)', (median(warm) / median(decode)).toFixed(2));
  row('decode of the same tokens and its likeliest token', `${median(greedy).toFixed(1)} ms`);
  row('ratio', (median(warm) / median(greedy)).toFixed(2));
  row('warm, with the top-10 token table', `${median(table).toFixed(1)} ms`);

  const rates = { engine: [] as number[], naive: [] as number[], decisions: [] as number[] };
  for (let round = 0; round < 3; round++) {
    const [ms] = await timed(() => scoreAll(engine, classifier, texts));
    rates.engine.push((TEXTS / ms) * 1000);
    const few = texts.slice(0, 48);
    const [naiveMs] = await timed(() => naive(model, threads, few));
    rates.naive.push((few.length / naiveMs) * 1000);
    const [decisionMs] = await timed(() => decisions(model, threads, few));
    rates.decisions.push((few.length / decisionMs) * 1000);
  }
  row(`texts per second, ${TEXTS} short texts, this engine`, median(rates.engine).toFixed(1));
  row('naive loop (whole prompt, probabilities: true)', median(rates.naive).toFixed(1));
  row('LlamaDecisionContext (its own prompt, no examples)', median(rates.decisions).toFixed(1));
  row('memory of the engine process', `${residentMiB(engine.pid ?? 0)} MiB`);
  await engine.dispose();
  process.exit(0);
}

void main();
