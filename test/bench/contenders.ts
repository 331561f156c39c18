/** Whoever scores the same texts: timed in turns, so that all of them have the same share of whatever else runs. */
import os from 'node:os';

export interface Contender {
  readonly name: string;
  /** Texts of a round; slow ones get fewer. */
  readonly texts: number;
  /** Scores the texts; returns texts per second. */
  rate(texts: readonly string[]): Promise<number>;
}

/** A contender that is timed from outside. */
export function contender(
  name: string,
  texts: number,
  run: (texts: readonly string[]) => Promise<unknown>,
): Contender {
  return { name, texts, rate: async (list) => (list.length / (await timed(() => run(list)))[0]) * 1000 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

export async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

/**
 * Texts per second of each contender in each round, after a short one that does not count.
 *
 * @returns [contender][round]
 */
export async function race(
  contenders: readonly Contender[],
  texts: readonly string[],
  rounds: number,
): Promise<number[][]> {
  const rates: number[][] = contenders.map(() => []);
  for (const each of contenders) await each.rate(texts.slice(0, Math.min(16, each.texts)));
  for (let round = 0; round < rounds; round++)
    for (const [index, each] of contenders.entries())
      rates[index]?.push(await each.rate(texts.slice(0, each.texts)));
  return rates;
}

/** A Markdown table of a race: the first contender is ours; ratios are taken within each round. */
export function raceTable(contenders: readonly Contender[], rates: readonly (readonly number[])[]): string {
  const ours = rates[0] ?? [];
  const rows = contenders.map(({ name }, index) => {
    const theirs = rates[index] ?? [];
    const ratio = median(theirs.map((rate, round) => (ours[round] ?? NaN) / rate));
    const spread = `${Math.min(...theirs).toFixed(1)} to ${Math.max(...theirs).toFixed(1)}`;
    return `| ${name} | ${median(theirs).toFixed(1)} | ${spread} | ${index === 0 ? '' : ratio.toFixed(2)} |`;
  });
  return ['| what | texts/s | range | ours / this |', '|---|---|---|---|', ...rows].join('\n');
}

export function load(): string {
  return `load average ${os
    .loadavg()
    .map((value) => value.toFixed(1))
    .join(', ')}`;
}
