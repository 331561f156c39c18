/** A source of uniform random numbers in [0, 1). Passed in wherever core needs randomness. */
export type Random = () => number;

/**
 * Mulberry32: a small seeded generator, good enough for resampling and for shuffling rows (not for secrets).
 *
 * @param seed any integer; only its lower 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Fisher and Yates's shuffle, in place. */
export function shuffle(items: { [index: number]: unknown; readonly length: number }, random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}
