/** Whether two values are equal. What a change does not name is the same object as before and is not compared in depth. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((part, index) => same(part, b[index]));
  return JSON.stringify(a) === JSON.stringify(b);
}
