/** How surely a weighted mean of rows is known. */
import { Z_95 } from './intervals';
import { weightedMean } from './losses';
import { fewUnitsFactor, tooFewGroups, type Units } from './units';

interface Rows {
  readonly values: Float64Array;
  readonly weight: Float64Array | null;
  readonly units: Units;
}

/**
 * A mean and its distribution, linearised over independent units: rows or groups. Losses are skewed (few rows cost much),
 * and a symmetric interval of a mean misses on one side; Hall's transformation takes the skewness out (Hall, "On the removal
 * of skewness by transformation", 1992, eq. 2.4). For few units its points are widened as all others are.
 */
export class MeanSpread {
  private constructor(
    private readonly rows: Rows,
    readonly mean: number,
    /** Standard error, without widening. */
    private readonly raw: number,
    /** Of the mean: that of the units over the root of their number. */
    private readonly skewness: number,
    private readonly factor: number,
  ) {}

  /** Null for fewer than two units, or too few groups. */
  static of(values: Float64Array, weight: Float64Array | null, units: Units): MeanSpread | null {
    if (units.effective < 2 || tooFewGroups(units)) return null;
    const mean = weightedMean(values, weight);
    const deviations = new Float64Array(units.group === null ? values.length : units.count);
    let mass = 0;
    for (let i = 0; i < values.length; i++) {
      const w = weight?.[i] ?? 1;
      const unit = units.group?.[i] ?? i;
      mass += w;
      deviations[unit] = (deviations[unit] ?? 0) + w * ((values[i] ?? 0) - mean);
    }
    let square = 0;
    let cube = 0;
    for (const deviation of deviations) {
      square += deviation * deviation;
      cube += deviation * deviation * deviation;
    }
    const skewness = square === 0 ? 0 : cube / square ** 1.5;
    const rows = { values, weight, units };
    return new MeanSpread(rows, mean, Math.sqrt(square) / mass, skewness, fewUnitsFactor(units));
  }

  /** By how much this mean is above another of the same rows: what both share cancels. */
  minus({ rows: other }: MeanSpread): MeanSpread | null {
    const { values, weight, units } = this.rows;
    return MeanSpread.of(
      values.map((value, i) => value - (other.values[i] ?? NaN)),
      weight,
      units,
    );
  }

  get se(): number {
    return this.raw * this.factor;
  }

  /** 95% interval. */
  interval(): { low: number; high: number } {
    return this.bounds(Z_95);
  }

  /** @param z normal quantile of each end: 1.645 for one-sided bounds at 95% */
  bounds(z: number): { low: number; high: number } {
    return { low: this.mean - this.raw * this.point(z), high: this.mean - this.raw * this.point(-z) };
  }

  /** The z at which `limit` is the end of the interval: above 0 where the mean is above the limit. */
  zOf(limit: number): number {
    if (this.raw === 0) return this.mean === limit ? 0 : this.mean > limit ? Infinity : -Infinity;
    const t = (this.mean - limit) / this.raw;
    const k = this.skewness;
    return (t + (k / 3) * t * t + ((k * k) / 27) * t * t * t + k / 6) / this.factor;
  }

  /** The studentised mean at a normal point: the inverse of `zOf`. */
  private point(z: number): number {
    const y = z * this.factor;
    const k = this.skewness;
    if (Math.abs(k) < 1e-9) return y;
    return (3 / k) * (Math.cbrt(1 + k * (y - k / 6)) - 1);
  }
}
