/**
 * Text stored as a number, so that a million texts cost 8 MB: enough to find equal rows.
 */

/** Makes texts equal that differ only in case, width, spacing and punctuation; a text of nothing else stays itself. */
export function normaliseText(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase();
  const words = folded.replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ').trim();
  return words === '' ? folded.replace(/\s+/gu, ' ').trim() : words;
}

/**
 * A 53-bit hash, an integer that a double holds exactly (cyrb53, public domain, by bryc). Not for secrets.
 * Among 1,000,000 different texts, the chance that any two collide is about 1 in 18,000.
 */
export function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2_654_435_761);
    b = Math.imul(b ^ unit, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0);
}

/**
 * Replaces hashes by small numbers: equal hashes get equal numbers, 0, 1, 2, … in the order of the hashes.
 *
 * @param hashes (n)
 * @returns (n), or undefined if no two hashes are equal
 */
export function groupNumbers(hashes: Float64Array): Int32Array | undefined {
  const keys = distinctSorted(hashes);
  if (keys.length === hashes.length) return undefined;
  const numbers = new Int32Array(hashes.length);
  for (let i = 0; i < hashes.length; i++) numbers[i] = search(keys, hashes[i] ?? 0);
  return numbers;
}

/** The different values of a column, ascending. */
export function distinctSorted(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[distinct++] = sorted[i] ?? 0;
  return sorted.subarray(0, distinct);
}

/** Position of a value among ascending different values that hold it. */
function search(keys: Float64Array, wanted: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
