import type { Random } from '../random';

const SLOTS = 4096;
const UNDECIDED = 255;
const LARGEST = 24;

/** Cumulative probabilities of a Poisson variable of mean 1. */
const POISSON_CUMULATIVE = poissonCumulative();
/** The value for each 4096th of [0, 1), or UNDECIDED where a boundary lies inside it. */
const POISSON_SLOTS = poissonSlots();

function poissonCumulative(): Float64Array {
  const cumulative = new Float64Array(LARGEST);
  let probability = Math.exp(-1);
  let sum = 0;
  for (let k = 0; k < LARGEST; k++) {
    sum += probability;
    cumulative[k] = sum;
    probability /= k + 1;
  }
  return cumulative;
}

function poissonSlots(): Uint8Array {
  return Uint8Array.from({ length: SLOTS }, (_, slot) => {
    const first = invertPoisson(slot / SLOTS);
    return invertPoisson((slot + 1) / SLOTS - 2 ** -40) === first ? first : UNDECIDED;
  });
}

function invertPoisson(u: number): number {
  let k = 0;
  while (k < LARGEST - 1 && u >= (POISSON_CUMULATIVE[k] ?? 1)) k++;
  return k;
}

/** A Poisson variable of mean 1, by inversion: one table look-up in 99.8% of draws. */
export function poissonOne(random: Random): number {
  const u = random();
  const known = POISSON_SLOTS[Math.floor(u * SLOTS)] ?? UNDECIDED;
  return known === UNDECIDED ? invertPoisson(u) : known;
}

/** A standard normal variable (Box & Muller 1958). */
export function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
