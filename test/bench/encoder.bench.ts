/**
 * Sequence classification beside ONNX Runtime in Python and transformers: the same file, texts and threads, in turns. Each
 * round has texts of its own; ratios are taken within a round.
 *
 *   node encoder.bench.cjs FOLDER PYTHON TEXTS.json
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import * as z from 'zod';
import { encoderConfig } from '../../src/core/encoder/config';
import { TextTokenizer } from '../../src/encoder/text-tokens';
import { readJson } from '../support/encoder';
import { startEncoder } from '../support/encoder-process';
import { memoryOf } from '../support/memory';
import { ROOT } from '../support/paths';
import { contender, load, race, raceTable, timed } from './contenders';

const ROUNDS = 5;
/** Of the peers. */
const BATCH = 32;

const [folder = '', python = '', textsFile = ''] = process.argv.slice(2);
const TEXTS = z.array(z.string()).parse(readJson(textsFile));
const answer = z.object({ logits: z.array(z.array(z.number())) });

interface Peer {
  readonly readyMs: number;
  readonly pid: number | undefined;
  ask(texts: readonly string[], sorted: boolean): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

async function startPeer(kind: 'onnxruntime' | 'transformers', threads: number): Promise<Peer> {
  const script = path.join(ROOT, 'test', 'bench', 'encoder_peer.py');
  const child = spawn(python, [script, folder, String(threads), kind], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next: IteratorResult<string, undefined> = await lines.next();
    if (next.done === true) throw new Error(`${kind} ended`);
    return next.value;
  };
  const [readyMs] = await timed(line);
  return {
    readyMs,
    pid: child.pid,
    ask: async (texts, sorted) => {
      child.stdin.write(`${JSON.stringify({ texts, sorted })}\n`);
      return answer.parse(JSON.parse(await line())).logits;
    },
    close: async () => {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}

/** Tokens that are evaluated, padding included, as a share of the texts' own. */
function padding(lengths: readonly number[]): number {
  let all = 0;
  for (let at = 0; at < lengths.length; at += BATCH) {
    const batch = lengths.slice(at, at + BATCH);
    all += batch.length * Math.max(...batch);
  }
  return all / lengths.reduce((sum, length) => sum + length, 0);
}

async function main(): Promise<void> {
  const [first = ''] = TEXTS;
  const encoder = await startEncoder(folder, { threads: 0 });
  const [loadMs, { threads }] = await timed(() => encoder.load());
  const logits = async (texts: readonly string[]): Promise<readonly (readonly number[])[]> =>
    (await encoder.outputs(texts)).map((output) => ('logits' in output ? output.logits : []));
  const [firstMs] = await timed(() => logits([first]));
  const [warmMs] = await timed(() => logits([first]));
  const peers = {
    onnxruntime: await startPeer('onnxruntime', threads),
    transformers: await startPeer('transformers', threads),
  };
  const firstOf = async (peer: Peer): Promise<number> => (await timed(() => peer.ask([first], false)))[0];
  const starts = [
    ['this encoder', loadMs, firstMs, encoder.pid],
    [
      'ONNX Runtime in Python',
      peers.onnxruntime.readyMs,
      await firstOf(peers.onnxruntime),
      peers.onnxruntime.pid,
    ],
    ['transformers', peers.transformers.readyMs, await firstOf(peers.transformers), peers.transformers.pid],
  ] as const;

  // The same work: they say the same of the same texts.
  const some = TEXTS.slice(0, 2 * BATCH);
  const ours = await logits(some);
  for (const [name, peer] of Object.entries(peers))
    (await peer.ask(some, true)).forEach((row, at) => {
      row.forEach((value, k) => {
        assert.ok(Math.abs(value - (ours[at]?.[k] ?? NaN)) < 1e-3, `${name} says something else`);
      });
    });

  const each = Math.floor(TEXTS.length / ROUNDS);
  const contenders = [
    contender('this encoder, through its process, never padded', each, logits),
    contender('ONNX Runtime in Python, batches in order', each, (list) => peers.onnxruntime.ask(list, false)),
    contender('ONNX Runtime in Python, sorted by length', each, (list) => peers.onnxruntime.ask(list, true)),
    contender('transformers, batches in order', each, (list) => peers.transformers.ask(list, false)),
    contender('transformers, sorted by length', each, (list) => peers.transformers.ask(list, true)),
  ];
  const rates: number[][] = contenders.map(() => []);
  const before = load();
  for (let round = 0; round < ROUNDS; round++)
    (await race(contenders, TEXTS.slice(round * each, (round + 1) * each), 1)).forEach(([rate = NaN], at) =>
      rates[at]?.push(rate),
    );
  console.log(
    `\n${TEXTS.length} texts of unequal length, ${threads} threads, medians of ${ROUNDS} rounds; ${before}, then ${load()}\n`,
  );
  console.log(raceTable(contenders, rates));

  const config = encoderConfig(readJson(path.join(folder, 'config.json')));
  const tokenizer = TextTokenizer.read(folder, config.positionLimit);
  const lengths = TEXTS.map((text) => tokenizer.tokens(text).ids.length);
  const sorted = [...lengths].sort((left, right) => left - right);
  const more = (share: number): string => `${(100 * (share - 1)).toFixed(0)}% more tokens`;
  console.log(
    `\n${sorted[0]} to ${sorted.at(-1)} tokens, median ${sorted[sorted.length >> 1]}. Padding in batches of ${BATCH}: ${more(padding(lengths))} in order, ${more(padding(sorted))} sorted by length.\n`,
  );
  console.log(
    '| | load, process start included | first answer after it | memory at the end |\n|---|---|---|---|',
  );
  for (const [name, ready, answered, pid] of starts)
    console.log(
      `| ${name} | ${ready.toFixed(0)} ms | ${answered.toFixed(0)} ms | ${memoryOf(pid).toFixed(0)} MB |`,
    );
  console.log(`\nThis encoder, one text of ${lengths[0]} tokens, warm: ${warmMs.toFixed(0)} ms.`);
  for (const peer of Object.values(peers)) await peer.close();
  await encoder.dispose();
  process.exit(0);
}

void main();
