/** Two to five round numbers between two others. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const found: number[] = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick++)
    found.push(Number((tick * step).toPrecision(6)));
  return found;
}
