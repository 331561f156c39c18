/** Numbers of a fit, as a file may hold them. */
import * as z from 'zod';

export const probability = z.number().min(0).max(1);

export function ascending(values: readonly number[], strictly: boolean): boolean {
  return values.every((value, i) => {
    const before = values[i - 1];
    return before === undefined || (strictly ? before < value : before <= value);
  });
}
