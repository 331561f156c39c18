/**
 * Cells that a spreadsheet takes for a formula when it opens a table. Quotes of the CSV are no protection: the spreadsheet
 * removes them first.
 */

/** Signs that begin a formula, also in their full width, and white space that some programs skip before them. */
const BEGINS = /^(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/u;

/** A number, or a sign alone: nothing to compute. No part of a cell can match in two ways, or a long one would take hours. */
const HARMLESS = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)?$/iu;

/** Whether a spreadsheet may compute the cell. */
export function isFormula(cell: string): boolean {
  return BEGINS.test(cell) && !HARMLESS.test(cell.trim());
}
