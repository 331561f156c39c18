/** A coordinate as a drawing has it: hundredths of a pixel. */
export function pixels(value: number): number {
  return Math.round(value * 100) / 100;
}
