/** Cells of several lines: a text, or rows that a quote has swallowed which is not closed. */
import { isLong, linesOf, SEPARATORS } from './cells';

/** Texts of more lines are rare where others have one. */
const MANY_LINES = 20;
/** Where more rows than both have a cell of several lines, that is what texts look like. */
const USUAL = { fewest: 2, share: 0.1 };

export class LongCells {
  /** Rows with such a cell. */
  rows = 0;
  /** Line on which the first of them begins. */
  first = 0;
  longest = { lines: 1, line: 0 };
  private all = 0;
  private likeRows = 0;

  /** @param columns of the table */
  constructor(private readonly columns: number) {}

  /**
   * @param line on which the row begins
   * @param isRejected whether it cannot be read otherwise
   * @returns lines of its longest cell
   */
  add(cells: readonly string[], line: number, isRejected: boolean): number {
    this.all++;
    let most = 1;
    for (const cell of cells) {
      if (!isLong(cell)) continue;
      const [, ...further] = linesOf(cell.trim());
      most = Math.max(most, 1 + further.length);
      if (isRejected || further.length >= MANY_LINES)
        this.likeRows += further.filter((text) => this.isLikeRow(text)).length;
    }
    if (most > 1 && this.rows++ === 0) this.first = line;
    if (most > this.longest.lines) this.longest = { lines: most, line };
    return most;
  }

  /** Lines inside of cells that may be rows, where texts do not usually have several lines. */
  get swallowed(): number {
    return this.rows > Math.max(USUAL.fewest, USUAL.share * this.all) ? 0 : this.likeRows;
  }

  private isLikeRow(line: string): boolean {
    return SEPARATORS.some((separator) => line.split(separator).length >= this.columns);
  }
}
