/** The smooth reliability curve, as a line and as numbers. */
import type { Curve } from '../../src/protocol/calibration-page';

/** The curve as the data of a path, with gaps where it has no value. */
export function curvePath(
  { accuracy }: Curve,
  x: (share: number) => number,
  y: (share: number) => number,
): string {
  let isOn = false;
  return accuracy
    .map((value, j) => {
      const command = value === null ? '' : `${isOn ? 'L' : 'M'}${x(j / (accuracy.length - 1))} ${y(value)}`;
      isOn = value !== null;
      return command;
    })
    .join('');
}

/** The curve at a confidence in [0, 1], interpolated between two of its points; null where it has no value. */
export function curveAt({ accuracy }: Curve, confidence: number): number | null {
  const position = confidence * (accuracy.length - 1);
  const before = Math.min(accuracy.length - 2, Math.floor(position));
  const low = accuracy[before] ?? null;
  const high = accuracy[before + 1] ?? null;
  if (low === null || high === null) return null;
  return low + (position - before) * (high - low);
}
