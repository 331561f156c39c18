/** node-llama-cpp used directly, beside the engine that stands on it: same model, same threads. */
import type { ControlledEvaluateInputItem, LlamaModel, Token } from 'node-llama-cpp';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import { completionPrompt } from '../../src/core/classifier/prompt';
import { promptStrings, tokenizePrompt } from '../../src/engine/prompt-tokens';
import { Reclaim } from '../../src/engine/reclaim';
import { threadCount } from '../../src/child/threads';
import type { ContextShape } from '../../src/protocol/engine';
import { TEST_MODEL } from '../support/paths';

export interface Library {
  readonly model: LlamaModel;
  readonly threads: number;
}

export async function loadLibrary(): Promise<Library> {
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
  return { model: await llama.loadModel({ modelPath: TEST_MODEL }), threads };
}

/**
 * The bare decode of the texts' tokens in the engine's own shape: as many sequences, the prefix cached in each, padded
 * alike, grouped alike.
 *
 * @returns decodes texts; with `output` the likeliest token of each is asked for, without it nothing at all, and
 *   llama.cpp leaves the output layer out (most of a small model's weights are its vocabulary)
 */
export async function bareDecoder(
  { model, threads }: Library,
  classifier: PromptClassifier,
  shape: ContextShape,
): Promise<(texts: readonly string[], output: boolean) => Promise<void>> {
  const prompt = tokenizePrompt(classifier.asks, promptStrings(classifier.asks, undefined, model), model);
  const start = prompt.prefix.length;
  const context = await model.createContext({
    sequences: shape.sequences,
    contextSize: shape.contextTokens,
    batchSize: shape.batchTokens,
    flashAttention: shape.flashAttention,
    swaFullCache: shape.swaFullCache,
    threads: { ideal: threads, min: threads },
    batching: { itemPrioritizationStrategy: 'firstInFirstOut' },
  });
  const sequences = Array.from({ length: shape.sequences }, () => context.getSequence());
  for (const sequence of sequences) await sequence.evaluateWithoutGeneratingNewTokens([...prompt.prefix]);
  const reclaim = new Reclaim(model.fileInfo.metadata.tokenizer.ggml.tokens.length);

  return async (texts, output) => {
    for (const group of groups(
      texts.map((text) => prompt.tokensFor(text).slice(start)),
      shape,
    )) {
      await Promise.all(
        sequences.slice(0, group.length).map(async (sequence, at) => {
          const tokens = group[at] ?? [];
          const [last] = tokens.slice(-1);
          if (last === undefined) return;
          const dummies = Array.from({ length: -tokens.length & (shape.padding - 1) }, () => last);
          if (output) {
            const asked: ControlledEvaluateInputItem = [
              last,
              { generateNext: { token: true, options: { temperature: 0 } } },
            ];
            await sequence.controlledEvaluate([...tokens.slice(0, -1), asked, ...dummies]);
          } else {
            await sequence.evaluateWithoutGeneratingNewTokens([...tokens, ...dummies]);
          }
          await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
        }),
      );
      if (output) reclaim.read(group.length);
    }
  };
}

/** Texts of one padded length that fill the sequences or the batch, as the engine groups them. */
function groups(texts: readonly Token[][], { padding, sequences, batchTokens }: ContextShape): Token[][][] {
  const bySize = new Map<number, Token[][]>();
  for (const tokens of texts) {
    const size = Math.ceil(tokens.length / padding) * padding;
    bySize.set(size, [...(bySize.get(size) ?? []), tokens]);
  }
  return [...bySize].flatMap(([size, list]) => {
    const room = Math.min(sequences, Math.floor(batchTokens / size));
    return Array.from({ length: Math.ceil(list.length / room) }, (_, index) =>
      list.slice(index * room, (index + 1) * room),
    );
  });
}

/** What a newcomer writes: the whole prompt each time, all probabilities, the two labels picked out. */
export async function naive(
  { model, threads }: Library,
  classifier: PromptClassifier,
  texts: readonly string[],
): Promise<void> {
  const { head, tail } = completionPrompt(classifier.asks);
  const context = await model.createContext({ contextSize: 512, threads: { ideal: threads, min: threads } });
  const sequence = context.getSequence();
  for (const text of texts) {
    await sequence.clearHistory();
    const tokens = model.tokenize(`${head}${text}${tail}`);
    const input = tokens.map((token, index): ControlledEvaluateInputItem =>
      index === tokens.length - 1 ? [token, { generateNext: { probabilities: true } }] : token,
    );
    await sequence.controlledEvaluate(input);
  }
  await context.dispose();
}

/** The library's own way to decide: a prompt of its own, without examples. */
export async function decisions({ model, threads }: Library, texts: readonly string[]): Promise<void> {
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
