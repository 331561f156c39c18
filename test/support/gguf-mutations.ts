/** Damages the header of a GGUF file as its grammar has it, rather than by flipping bits. */
import { seededRandom } from '../../src/core/random';
import { partsOf, type GgufParts, type Span } from './gguf-file';

export interface Mutation {
  /** What was done, for a message. */
  readonly what: string;
  /** The header, and some of the data where it was cut there. */
  readonly header: Buffer;
}

type Random = () => number;
type Change = (header: Buffer, parts: GgufParts, random: Random) => Mutation | undefined;

const LARGE = [
  0n,
  1n,
  2n,
  255n,
  2n ** 16n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** The same bytes with this number in the place of another. */
function withNumber(header: Buffer, { at, bytes }: Span, value: bigint): Buffer {
  const changed = Buffer.from(header);
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64LE(BigInt.asUintN(64, value));
  eight.copy(changed, at, 0, bytes);
  return changed;
}

function numberAt(header: Buffer, { at, bytes }: Span): bigint {
  const eight = Buffer.alloc(8);
  header.copy(eight, 0, at, at + bytes);
  return eight.readBigUInt64LE();
}

/** Another number in one of these places. */
function renumber(name: string, placesOf: (parts: GgufParts) => readonly Span[], values = LARGE): Change {
  return (header, parts, random) => {
    const place = pick(placesOf(parts), random);
    if (place === undefined) return undefined;
    const old = numberAt(header, place);
    const value = pick([...values, old + 1n, old - 1n, old * 2n], random) ?? 0n;
    return {
      what: `${name} at ${place.at}: ${old} becomes ${value}`,
      header: withNumber(header, place, value),
    };
  };
}

const KEYS: Span = { at: 16, bytes: 8 };
const TENSORS: Span = { at: 8, bytes: 8 };

/** Repeats, or leaves out, one of what there are several of. */
function recount(
  name: string,
  count: Span,
  itemsOf: (parts: GgufParts) => readonly Span[],
  times: 0 | 2,
): Change {
  return (header, parts, random) => {
    const item = pick(itemsOf(parts), random);
    if (item === undefined) return undefined;
    const end = item.at + item.bytes;
    const bytes = header.subarray(item.at, end);
    const copies = Array.from({ length: times }, () => bytes);
    const changed = Buffer.concat([header.subarray(0, item.at), ...copies, header.subarray(end)]);
    const total = numberAt(header, count) + BigInt(times - 1);
    return {
      what: `${name} at ${item.at} is there ${times} times`,
      header: withNumber(changed, count, total),
    };
  };
}

const renameKey: Change = (header, { entries }, random) => {
  const [entry, other] = [pick(entries, random), pick(entries, random)];
  if (entry === undefined || other === undefined) return undefined;
  const key = Buffer.from(random() < 0.5 ? other.key : `${entry.key.slice(0, -1)}\0`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(key.length));
  const rest = header.subarray(entry.keyAt + Buffer.byteLength(entry.key));
  return {
    what: `${entry.key} becomes ${key.toString()}`,
    header: Buffer.concat([header.subarray(0, entry.at), length, key, rest]),
  };
};

const noise: Change = (header, { entries }, random) => {
  const entry = pick(entries, random);
  if (entry === undefined) return undefined;
  const changed = Buffer.from(header);
  const end = Math.min(entry.at + entry.bytes, entry.valueAt + 64);
  for (let at = entry.valueAt; at < end; at++) changed[at] = Math.floor(random() * 256);
  return { what: `noise in ${entry.key}`, header: changed };
};

const cut: Change = (header, _, random) => {
  const length = Math.floor(random() * header.length);
  return { what: `cut at ${length}`, header: header.subarray(0, length) };
};

const TYPE_NUMBERS = [...Array.from({ length: 14 }, (_, type) => BigInt(type)), 39n, 99n, 2n ** 32n - 1n];
const CHANGES: readonly Change[] = [
  renumber('a count', ({ counts }) => counts),
  renumber('a length', ({ lengths }) => lengths),
  renumber('a type', ({ types }) => types, TYPE_NUMBERS),
  renumber('a value', ({ numbers }) => numbers, [...LARGE, 0x7fc00000n, 0xff800000n]),
  renumber('a dimension', ({ tensors }) => tensors.flatMap(({ dimensions }) => dimensions)),
  renumber('an offset', ({ tensors }) => tensors.map(({ offset }) => offset)),
  renumber('the version', () => [{ at: 4, bytes: 4 }]),
  recount('the entry', KEYS, ({ entries }) => entries, 2),
  recount('the entry', KEYS, ({ entries }) => entries, 0),
  recount('the tensor', TENSORS, ({ tensors }) => tensors, 2),
  recount('the tensor', TENSORS, ({ tensors }) => tensors, 0),
  renameKey,
  noise,
  cut,
];

/**
 * Mutations of a file's header, each kind in turn; always the same ones.
 *
 * @param start of the file, its header at the least
 */
export function* mutations(start: Buffer, count: number, seed: number): Generator<Mutation> {
  const random = seededRandom(seed);
  const parts = partsOf(start);
  const header = start.subarray(0, parts.headerEnd);
  for (let made = 0, turn = 0; made < count; turn++) {
    const mutation = CHANGES[turn % CHANGES.length]?.(header, parts, random);
    if (mutation === undefined) continue;
    made++;
    yield mutation;
  }
}
