/** Correctness of rows that depend on each other, drawn at the confidences of a table. */
import type { Random } from '../random';
import { normalCumulative, normalQuantile } from './distributions';
import { FEW_GROUPS, type Units } from './units';

/** Levels of a group's factor: the middles of equally likely parts of the normal distribution. */
const LEVELS = 128;
/** Steps between the confidences for which the chance at each level is tabulated; between them it is interpolated. */
const STEPS = 256;
/** Levels of latent correlation that are tried, from 0 to 1. */
const CORRELATION_STEPS = 40;
/** Rows by which the correlation is estimated; more change nothing that matters. */
const ROWS_FOR_CORRELATION = 5000;
/** A row this sure has no residual to speak of. */
const SUREST = 1e-6;

/**
 * The chance that a row of confidence c is right, given its group's factor u: Φ((Φ⁻¹(c) − √ρ u) / √(1 − ρ)), one normal
 * factor for each group.
 */
export class Chances {
  /** ((STEPS + 1) · LEVELS) */
  private readonly chance: Float64Array;

  /** @param correlation ρ of the latent normal variables, in [0, 1] */
  constructor(correlation: number) {
    const loading = Math.sqrt(correlation);
    const own = Math.sqrt(1 - correlation);
    this.chance = new Float64Array((STEPS + 1) * LEVELS);
    for (let step = 0; step <= STEPS; step++) {
      const c = step / STEPS;
      const row = this.chance.subarray(step * LEVELS, (step + 1) * LEVELS);
      if (step === 0 || step === STEPS) {
        row.fill(c);
        continue;
      }
      const cut = normalQuantile(c);
      row.forEach((_, level) => {
        const above = cut - loading * (FACTORS[level] ?? 0);
        row[level] = own === 0 ? Number(above > 0) : normalCumulative(above / own);
      });
      // Levels are finite: without this the mean over them would not be the confidence.
      const mean = row.reduce((sum, p) => sum + p, 0) / LEVELS;
      const scale = mean > c ? c / mean : (1 - c) / (1 - mean);
      row.forEach((p, level) => (row[level] = mean > c ? p * scale : 1 - (1 - p) * scale));
    }
  }

  at(confidence: number, level: number): number {
    const position = confidence * STEPS;
    const step = Math.min(STEPS - 1, Math.floor(position));
    const share = position - step;
    const low = this.chance[step * LEVELS + level] ?? 0;
    const high = this.chance[(step + 1) * LEVELS + level] ?? 0;
    return low + share * (high - low);
  }
}

const FACTORS = Float64Array.from({ length: LEVELS }, (_, level) => normalQuantile((level + 0.5) / LEVELS));

/** Chooses for each row the chance that it is right in a draw; called once for each draw. */
export type ChanceDrawer = (random: Random) => (row: number) => number;

/**
 * How rows are right together where confidences are right: with the correlation within groups that the table shows.
 * The latent correlation is solved for, so that at these confidences the residuals (y − c) / √(c(1 − c)) correlate as
 * the table's do; the observed correlation itself would be too small and reject up to a third of calibrated tables.
 *
 * @param confidence (n)
 * @param correct (n) 0 or 1
 * @returns null where rows are independent, or seem so
 */
export function dependentChances(
  confidence: Float64Array,
  correct: Uint8Array,
  units: Units,
): ChanceDrawer | null {
  const chances = chancesOf(confidence, correct, units);
  return chances && drawerOf(chances, confidence, units);
}

/** The chances at the correlation that a table shows; null where rows are independent, or seem so. */
export function chancesOf(
  confidence: Float64Array,
  correct: Uint8Array,
  { group, count, effective }: Units,
): Chances | null {
  if (group === null) return null;
  // Fewer groups show too little of how alike their rows are: they count as wholly alike, which errs safely.
  const correlation = effective < FEW_GROUPS ? 1 : latentCorrelation(confidence, correct, group, count);
  return correlation === 0 ? null : new Chances(correlation);
}

/** Draws at other confidences, or on some of the rows. Null where those rows are all of different groups. */
export function drawerOf(
  chances: Chances,
  confidence: Float64Array,
  { group, count }: Units,
): ChanceDrawer | null {
  if (group === null) return null;
  const levels = new Uint8Array(count);
  return (random) => {
    for (let g = 0; g < count; g++) levels[g] = Math.floor(random() * LEVELS);
    return (row) => chances.at(confidence[row] ?? 0, levels[group[row] ?? 0] ?? 0);
  };
}

/** The ρ at which the correlation within groups is what the table shows. */
function latentCorrelation(
  confidence: Float64Array,
  correct: Uint8Array,
  group: Int32Array,
  count: number,
): number {
  const n = Math.min(confidence.length, ROWS_FOR_CORRELATION);
  const sizes = new Int32Array(count);
  for (let row = 0; row < n; row++) sizes[group[row] ?? 0] = (sizes[group[row] ?? 0] ?? 0) + 1;
  const scaled = (row: number, y: number): number => {
    const c = confidence[row] ?? 0;
    return c < SUREST || c > 1 - SUREST ? 0 : (y - c) / Math.sqrt(c * (1 - c));
  };
  const own = (row: number): number => scaled(row, correct[row] ?? 0);
  // By the squares that there are: where a group's rows are all alike this is 1, however unlikely they were.
  const observed = pairSum(n, group, sizes, own) / squareSum(n, group, sizes, (row) => own(row) ** 2);
  if (!(observed > 0)) return 0;
  const expected = squareSum(n, group, sizes, (row) => Number(scaled(row, 1) !== 0));
  const implied = (correlation: number): number => {
    const chances = new Chances(correlation);
    let sum = 0;
    for (let level = 0; level < LEVELS; level += 2)
      sum += pairSum(n, group, sizes, (row) => scaled(row, chances.at(confidence[row] ?? 0, level)));
    return sum / (LEVELS / 2) / expected;
  };
  let low = 0;
  let high = CORRELATION_STEPS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (implied(middle / CORRELATION_STEPS) < observed) low = middle;
    else high = middle;
  }
  return high / CORRELATION_STEPS;
}

/** Σ over groups and over their pairs i ≠ j of r_i r_j, from sums and squares. */
function pairSum(n: number, group: Int32Array, sizes: Int32Array, residual: (row: number) => number): number {
  const sums = new Float64Array(sizes.length);
  let squares = 0;
  for (let row = 0; row < n; row++) {
    const r = residual(row);
    const g = group[row] ?? 0;
    sums[g] = (sums[g] ?? 0) + r;
    squares += r * r;
  }
  return sums.reduce((total, sum) => total + sum * sum, 0) - squares;
}

/** What `pairSum` would be if the rows of each group were all alike: Σ (size − 1) r². */
function squareSum(n: number, group: Int32Array, sizes: Int32Array, square: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < n; row++) sum += ((sizes[group[row] ?? 0] ?? 1) - 1) * square(row);
  return sum;
}
