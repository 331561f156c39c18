/**
 * A column of numbers that grows: a typed array that doubles, so that a million rows are one allocation of 8 MB.
 */

interface NumberArray<T> {
  readonly length: number;
  [index: number]: number;
  set(source: T): void;
  slice(start: number, end: number): T;
}

export class GrowingColumn<T extends NumberArray<T>> {
  private values: T;
  private used = 0;

  /** @param create makes an array of zeros of a given length, e.g. `(n) => new Float64Array(n)` */
  constructor(private readonly create: (length: number) => T) {
    this.values = create(1024);
  }

  get length(): number {
    return this.used;
  }

  push(value: number): void {
    if (this.used === this.values.length) {
      const larger = this.create(this.used * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.used++] = value;
  }

  /** Returns the numbers pushed since the last `take`, as a new array; the column is empty afterwards. */
  take(): T {
    const taken = this.values.slice(0, this.used);
    this.used = 0;
    return taken;
  }
}
