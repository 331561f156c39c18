/**
 * The process without its messages: one model and its tokenizer.
 *
 * Texts are never padded. Those of equally many tokens are evaluated together, so that each gets the same bits as alone; a
 * model whose results depend on the other texts (its activations are quantised by what is evaluated together) gets one
 * text at a time.
 */
import os from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { env } from 'onnxruntime-node';
import { InOrder } from '../child/in-order';
import { threadCount } from '../child/threads';
import { cancelledError, UserError } from '../core/user-error';
import type { EncoderInfo, EncoderOptions, OutputsResult } from '../protocol/encoder';
import { HeadSession } from './session';
import { TextTokenizer, type TextTokens } from './text-tokens';

/** Texts that are evaluated together, and tokens of all of them: more take more memory, and no less time. */
const MOST_TOGETHER = 32;
const MOST_TOKENS_TOGETHER = 1024;

interface Loaded {
  readonly session: HeadSession;
  readonly tokenizer: TextTokenizer;
  readonly batches: boolean;
}

export class Encoder {
  private loaded: Loaded | undefined;
  /** One request at a time: they share the cores. */
  private readonly queue = new InOrder();

  /**
   * Loads the one model of this process.
   *
   * @throws UserError `encoder-tokenizer`, `encoder-onnx`
   */
  load({ folder, modelPath, outputs, positionLimit, threads: wanted }: EncoderOptions): Promise<EncoderInfo> {
    return this.queue.run(async () => {
      const started = performance.now();
      const tokenizer = TextTokenizer.read(folder, positionLimit);
      const threads = threadCount(wanted, os.availableParallelism());
      const session = await HeadSession.load(modelPath, outputs, threads);
      const batches = await givesSameBits(session, tokenizer);
      this.loaded = { session, tokenizer, batches };
      return {
        tokenLimit: tokenizer.limit,
        batches,
        threads,
        loadMs: performance.now() - started,
        versions: { onnxruntime: env.versions.node ?? 'unknown' },
      };
    });
  }

  /** The outputs for each text, in order; ends early with the error `cancelled` once `cancelled()` is true. */
  outputs(texts: readonly string[], cancelled: () => boolean): Promise<OutputsResult> {
    return this.queue.run(async () => {
      if (this.loaded === undefined) throw new UserError('no-model', 'No model is loaded.');
      const { session, tokenizer, batches } = this.loaded;
      const outputs: OutputsResult['outputs'][number][] = texts.map(() => ({ reason: '' }));
      for (const group of groupsOf(texts, tokenizer, batches)) {
        // Lets a message come in that cancels.
        await nextTurn();
        if (cancelled()) throw cancelledError();
        const rows = await session.run(group.map(({ tokens }) => tokens.ids));
        group.forEach(({ index, tokens: { textTokens, cutTokens } }, k) => {
          const logits = rows[k] ?? [];
          outputs[index] = logits.every(Number.isFinite)
            ? { logits, textTokens, cutTokens }
            : { reason: 'The model gives no finite numbers for this text.' };
        });
      }
      return { outputs };
    });
  }
}

interface Prepared {
  readonly index: number;
  readonly tokens: TextTokens;
}

/** Texts of equally many tokens, in groups that are evaluated together. */
function groupsOf(texts: readonly string[], tokenizer: TextTokenizer, batches: boolean): Prepared[][] {
  const byLength = new Map<number, Prepared[]>();
  texts.forEach((text, index) => {
    const tokens = tokenizer.tokens(text);
    const same = byLength.get(tokens.ids.length) ?? [];
    same.push({ index, tokens });
    byLength.set(tokens.ids.length, same);
  });
  return [...byLength].flatMap(([length, same]) => {
    const size = batches
      ? Math.max(1, Math.min(MOST_TOGETHER, Math.floor(MOST_TOKENS_TOGETHER / length)))
      : 1;
    return Array.from({ length: Math.ceil(same.length / size) }, (_, at) =>
      same.slice(at * size, (at + 1) * size),
    );
  });
}

/** A text whose tokens can be turned round to make other texts of the same length. */
const PROBE = 'The first half drags, the second half makes up for it, and the ending is 1 of 7.';
const PROBES = 4;

/** Whether texts of one length get the same outputs together as each alone, to the last bit. */
async function givesSameBits(session: HeadSession, tokenizer: TextTokenizer): Promise<boolean> {
  const { ids } = tokenizer.tokens(PROBE);
  const inner = ids.slice(1, -1);
  const rows = Array.from({ length: PROBES }, (_, turn) => [
    ...ids.slice(0, 1),
    ...inner.slice(turn),
    ...inner.slice(0, turn),
    ...ids.slice(-1),
  ]);
  const alone: (readonly number[])[] = [];
  for (const row of rows) alone.push(...(await session.run([row])));
  // A model with a fixed number of texts refuses several.
  const together = await session.run(rows).catch(() => undefined);
  return together?.every((logits, row) => logits.every((logit, k) => logit === alone[row]?.[k])) ?? false;
}
