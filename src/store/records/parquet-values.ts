/** Values of Parquet as records hold them: decimals and times with all of their digits, and no numbers that are none. */
import type { ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet';
import { quoted } from '../../core/quote';
import { parsedJson } from './json-text';

type Reading = (value: unknown) => unknown;

/**
 * How the values of a part of the schema are read, after the library has assembled them; undefined where they are right as
 * they are. Decimals are taken out of the schema, because the library would make numbers of them that lose digits: it then
 * gives their unscaled integers.
 *
 * @throws Error the part cannot be read without a loss
 */
export function readingOf({ element, children }: SchemaTree): Reading | undefined {
  // The library assembles these by rules of their own.
  if (element.logical_type?.type === 'VARIANT') return undefined;
  if (children.length === 0) return each(leafReading(element));
  const names = children.map((child) => child.element.name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`it has two columns of the name ${quoted(twice)}.`);
  // The library would set the prototype of its objects.
  if (names.includes('__proto__')) throw new Error('a column of it has the name "__proto__".');
  const [only] = children;
  // As the library decides what a list or a map is.
  if (only !== undefined && children.length === 1 && isRepeated(only)) {
    const [item, value] = only.children;
    if (element.converted_type === 'LIST' && value === undefined) return readingOf(item ?? only);
    if (element.converted_type === 'MAP' && only.children.length === 2 && !only.children.some(isRepeated)) {
      if (item !== undefined && isDecimal(item.element))
        throw new Error('it has a map with decimals as keys.');
      const read = value && readingOf(value);
      return each(read && ((map) => mapped(map, () => read)));
    }
  }
  const parts = new Map(
    children.flatMap((child) => {
      const read = readingOf(child);
      return read === undefined ? [] : [[child.element.name, read] as const];
    }),
  );
  return each(parts.size === 0 ? undefined : (struct) => mapped(struct, (name) => parts.get(name)));
}

function isRepeated({ element }: SchemaTree): boolean {
  return element.repetition_type === 'REPEATED';
}

/** The same for values in lists, however deep; what is missing stays so. */
function each(read: Reading | undefined): Reading | undefined {
  if (read === undefined) return undefined;
  const one: Reading = (value) =>
    Array.isArray(value) ? value.map(one) : value === null || value === undefined ? null : read(value);
  return one;
}

function mapped(fields: unknown, readingOfName: (name: string) => Reading | undefined): unknown {
  if (typeof fields !== 'object' || fields === null) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => {
      const read = readingOfName(name);
      return [name, read === undefined ? value : read(value)];
    }),
  );
}

function leafReading(element: SchemaElement): Reading | undefined {
  if (isDecimal(element)) return decimalReading(element);
  const isFloat =
    element.type === 'FLOAT' || element.type === 'DOUBLE' || element.logical_type?.type === 'FLOAT16';
  return isFloat ? finite : undefined;
}

function finite(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';
}

/** Far above what any writer can make: 76 digits in 32 bytes. */
const MOST_DIGITS = 128;
const MOST_BYTES = 64;

/** @throws Error the scale is impossible */
function decimalReading(element: SchemaElement): Reading {
  const { logical_type: logical, scale = 0 } = element;
  const places = logical?.type === 'DECIMAL' ? logical.scale : scale;
  if (!(places >= 0 && places <= MOST_DIGITS))
    throw new Error(`it has decimals with ${places} decimal places.`);
  delete element.converted_type;
  delete element.logical_type;
  // The library would read these bytes as a text.
  if (element.type === 'BYTE_ARRAY') element.type = 'FIXED_LEN_BYTE_ARRAY';
  return (value) => decimalOf(unscaledOf(value), places);
}

/** @throws Error it is too large */
function unscaledOf(value: unknown): bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value);
  if (!(value instanceof Uint8Array) || value.length > MOST_BYTES)
    throw new Error('it has a decimal of more than 64 bytes.');
  return BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`));
}

/** What a number of JavaScript keeps all digits of. */
const EXACT = 10n ** 15n;

/** A number, as in JSON, or a text where a number would change the last digits. */
function decimalOf(unscaled: bigint, places: number): number | string {
  const size = unscaled < 0n ? -unscaled : unscaled;
  const digits = String(size).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const text = `${unscaled < 0n ? '-' : ''}${whole}${places === 0 ? '' : '.'}${digits.slice(whole.length)}`;
  return size < EXACT ? Number(text) : text;
}

/** How the library is to read values whose digits it would cut. */
export const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (time) => timeOf(time * 1_000_000n),
  timestampFromMicroseconds: (time) => timeOf(time * 1_000n),
  timestampFromNanoseconds: timeOf,
  dateFromDays: (days) => timeOf(BigInt(days) * 86_400_000_000_000n),
  jsonFromBytes: (bytes) => {
    const text = new TextDecoder().decode(bytes);
    const found = parsedJson(text);
    return found !== undefined && 'value' in found ? found.value : text;
  },
};

/** After so many years the calendar is the same again. */
const CYCLE_YEARS = 400;
const CYCLE = 146_097n * 86_400_000n;

/**
 * ISO 8601, with more than milliseconds where there are more. Years that JavaScript's dates do not have are those of the same
 * calendar: a writer's mark for "never" may be far away.
 *
 * @param time nanoseconds since 1970
 */
function timeOf(time: bigint): string {
  const millis = floorOf(time, 1_000_000n);
  const cycles = floorOf(millis, CYCLE);
  const date = new Date(Number(millis - cycles * CYCLE));
  const year = date.getUTCFullYear() + CYCLE_YEARS * Number(cycles);
  const isPlain = year >= 0 && year <= 9999;
  const size = String(Math.abs(year)).padStart(isPlain ? 4 : 6, '0');
  const rest = String(time - millis * 1_000_000n)
    .padStart(6, '0')
    .replace(/(?:000){1,2}$/, '');
  return `${isPlain ? '' : year < 0 ? '-' : '+'}${size}${date.toISOString().slice(4, -1)}${rest}Z`;
}

function floorOf(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return quotient * divisor > dividend ? quotient - 1n : quotient;
}
