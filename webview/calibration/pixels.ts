/** A coordinate as a drawing has it: hundredths of a pixel. */
export function pixels(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A number of rows in a drawing: "950", "1.2k", "34k". */
export function shortCount(rows: number): string {
  if (rows < 1000) return String(Math.round(rows * 10) / 10);
  const thousands = rows / 1000;
  return `${thousands < 9.95 ? Math.round(thousands * 10) / 10 : Math.round(thousands).toLocaleString('en-US')}k`;
}
