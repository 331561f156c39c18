/**
 * Runs work and returns its result with the seconds that it took.
 *
 * @param now milliseconds of a clock that only goes forward
 */
export async function timed<T>(
  work: () => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<readonly [T, number]> {
  const started = now();
  const result = await work();
  return [result, (now() - started) / 1000];
}
