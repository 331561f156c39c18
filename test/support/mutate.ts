/** Changes valid values into nearly valid ones, by a seed. */
import type { Random } from '../../src/core/random';
import { HOSTILE } from './hostile';

const EXTREMES: readonly unknown[] = [
  null,
  true,
  '',
  '0',
  -1,
  0.5,
  2 ** 53,
  -(2 ** 31),
  1e308,
  [],
  {},
  [[]],
  [null],
  { length: 1e9 },
  { toString: 'x', valueOf: 1, constructor: null },
  JSON.parse('{"__proto__": {"polluted": 1}, "then": 1}') as unknown,
  'x'.repeat(10_000),
];

export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined && values.length === 0) throw new Error('nothing to pick from');
  return value as T;
}

/** Any small JSON value, often one that somebody forgot to think of. */
export function oddValue(random: Random): unknown {
  const kind = random();
  if (kind < 0.6) return pick(random, EXTREMES);
  if (kind < 0.8) return pick(random, Object.values(HOSTILE));
  let deep: unknown = pick(random, EXTREMES);
  for (let depth = Math.floor(random() * 200); depth > 0; depth--)
    deep = random() < 0.5 ? [deep] : { a: deep };
  return deep;
}

/** A copy of a JSON value in which one place is another value, is missing, or stands under another name. */
export function mutate(value: unknown, random: Random): unknown {
  const stays = random() < 0.75;
  if (Array.isArray(value) && value.length > 0 && stays) {
    const copy = [...(value as readonly unknown[])];
    const at = Math.floor(random() * copy.length);
    const how = random();
    if (how < 0.7) copy[at] = mutate(copy[at], random);
    else if (how < 0.85) copy.splice(at, 1);
    else copy.push(...Array<unknown>(Math.floor(random() * 50)).fill(copy[at]));
    return copy;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && stays) {
    const entries = Object.entries(value);
    if (entries.length === 0) return oddValue(random);
    const at = Math.floor(random() * entries.length);
    const [name, inner] = (entries[at] ?? ['', undefined]) as readonly [string, unknown];
    const how = random();
    if (how < 0.7) entries[at] = [name, mutate(inner, random)];
    else if (how < 0.8) entries.splice(at, 1);
    else if (how < 0.9) entries[at] = [pick(random, Object.values(HOSTILE)), inner];
    else entries.push([pick(random, ['extra', 'constructor', 'toString', 'error']), oddValue(random)]);
    return Object.fromEntries(entries);
  }
  return oddValue(random);
}

/** A text with some of it missing, doubled or replaced. */
export function mutateText(text: string, random: Random): string {
  const from = Math.floor(random() * text.length);
  const to = Math.min(text.length, from + Math.floor(random() * 20));
  const between = pick(random, [
    '',
    text.slice(from, to).repeat(2),
    'NaN',
    '1e999',
    '-1e999',
    '\u0000',
    '{"',
    ']',
    '"',
    '\ud800',
  ]);
  return text.slice(0, from) + between + text.slice(to);
}
