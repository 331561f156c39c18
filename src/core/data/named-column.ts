import type { TableColumns } from './columns';
import { GrowingColumn } from './growing';

/** A column of words: row i holds `names[index[i]]`, or nothing if `index[i]` is −1. */
export interface NamedColumn {
  readonly names: readonly string[];
  /** (n) */
  readonly index: Int32Array;
}

/** The different words that the rows of a column hold. */
export function wordsIn({ names, index }: NamedColumn): string[] {
  return [...new Set(index)].flatMap((name) => names[name] ?? []);
}

/** Numbers the words of a column in the order in which they are met. */
export class NamesBuilder {
  private readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly index = new GrowingColumn((n) => new Int32Array(n));

  constructor(
    private readonly column: number,
    private readonly nameOf: TableColumns['named'] = (name) => name,
  ) {}

  push(cells: readonly string[]): void {
    const written = (cells[this.column] ?? '').trim();
    this.index.push(written === '' ? -1 : this.number(this.nameOf(written)));
  }

  take(): NamedColumn {
    return { names: this.names, index: this.index.take() };
  }

  private number(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
