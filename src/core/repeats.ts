/** Keeps a line that is said again and again from filling a log. */

/** Different lines that are remembered: the one that repeats may stand between others. */
const REMEMBERED = 32;

/** Times that a line is written as it is; after that, only every power of ten. */
const WRITTEN = 3;

export class Repeats {
  /** Times that each line was said, the one said last at the end. */
  private readonly times = new Map<string, number>();

  /** The line as it is to be written, with its number where some were left out; undefined to leave this one out. */
  say(line: string): string | undefined {
    const times = (this.times.get(line) ?? 0) + 1;
    this.times.delete(line);
    this.times.set(line, times);
    const [oldest] = this.times.keys();
    if (this.times.size > REMEMBERED && oldest !== undefined) this.times.delete(oldest);
    if (times <= WRITTEN) return line;
    return Number.isInteger(Math.log10(times))
      ? `${line} (${times.toLocaleString('en-US')} times)`
      : undefined;
  }
}
