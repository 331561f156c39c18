/**
 * Speed of the scoring path beside the library that it stands on: the bare decode of the same tokens in the same shape,
 * a naive loop as a newcomer writes it, node-llama-cpp's own LlamaDecisionContext; with `--peers` also programs that
 * others wrote. One after another on the same cores, in turns; medians, and ratios within a round.
 */
import { readFileSync } from 'node:fs';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { seededRandom } from '../../src/core/random';
import { cpu, scoreAll, startEngine } from '../support/engine';
import { contender, load, median, race, raceTable, timed, type Contender } from './contenders';
import { bareDecoder, decisions, loadLibrary, naive } from './library';
import { startPeers } from './peers';

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

/** Resident memory of a process in MiB (Linux). */
function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024);
}

function table(rows: readonly (readonly [string, string])[]): string {
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

async function main(): Promise<void> {
  const texts = reviews();
  const [first = ''] = texts;
  const engine = await startEngine(cpu());
  const [loadMs] = await timed(() => engine.load());
  const [firstMs, { shape }] = await timed(() =>
    engine.score({ classifier: classifier.asks, texts: [first], topTokens: 0 }),
  );
  const asking = residentMiB(process.pid);

  const library = await loadLibrary();
  const bare = await bareDecoder(library, classifier, shape);
  const times = {
    scores: () => scoreAll(engine, classifier, [first]),
    bare: () => bare([first], false),
    likeliest: () => bare([first], true),
    table: () => scoreAll(engine, classifier, [first], 10),
  };
  const single = Object.fromEntries(Object.keys(times).map((name) => [name, [] as number[]]));
  for (let round = 0; round < 3 * ROUNDS; round++)
    for (const [name, run] of Object.entries(times)) single[name]?.push((await timed<unknown>(run))[0]);
  const { scores = [], bare: nothing = [], likeliest = [], table: top = [] } = single;
  const ratio = (to: readonly number[]): string =>
    median(scores.map((ms, round) => ms / (to[round] ?? NaN))).toFixed(2);
  const ms = (values: readonly number[]): string => `${median(values).toFixed(1)} ms`;
  const one = [
    ['model load, process start included', `${loadMs.toFixed(0)} ms`],
    ['first label scores (context and prompt prefix included)', `${firstMs.toFixed(0)} ms`],
    ['label scores of one short text, warm', ms(scores)],
    ['bare decode of the same tokens', `${ms(nothing)} (ratio ${ratio(nothing)}; goal 1.2)`],
    ['the same and its likeliest token', `${ms(likeliest)} (ratio ${ratio(likeliest)})`],
    ['label scores with the table of the 10 likeliest tokens', ms(top)],
  ] as const;
  console.log(`\nOne text; ${load()}\n\n${table(one)}`);

  const contenders: Contender[] = [
    contender('this engine', TEXTS, (list) => scoreAll(engine, classifier, list)),
    contender('bare decode, nothing asked for', TEXTS, (list) => bare(list, false)),
    contender('bare decode and the likeliest token', TEXTS, (list) => bare(list, true)),
    contender('naive loop (whole prompt, `probabilities: true`)', 24, (list) =>
      naive(library, classifier, list),
    ),
    contender('`LlamaDecisionContext` (its own prompt, no examples)', 24, (list) => decisions(library, list)),
  ];
  const peers = process.argv.includes('--peers') ? await startPeers(classifier, library.threads) : undefined;
  contenders.push(...(peers?.contenders ?? []));
  const before = load();
  const rates = await race(contenders, texts, ROUNDS);
  console.log(
    `\n${TEXTS} short texts, ${shape.sequences} at a time, medians of ${ROUNDS} rounds; ${before}, then ${load()}\n`,
  );
  console.log(raceTable(contenders, rates));
  console.log(
    `\n${table([['memory of the engine process, and of the one that asks', `${residentMiB(engine.pid ?? 0)} MiB, ${asking} MiB`]])}`,
  );
  await peers?.close();
  await engine.dispose();
  process.exit(0);
}

void main();
