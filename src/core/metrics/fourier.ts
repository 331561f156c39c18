/** Twiddle factors and scratch space of cosine transforms of one size. */
export interface CosinePlan {
  /** m, a power of two from 2: transforms have m + 1 entries. */
  readonly size: number;
  /** (m) cos(π j / m) and sin(π j / m). */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  /** (m + 1) for the values that a caller transforms, until its next call. */
  readonly values: Float64Array;
  /** (m) */
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const plans = new Map<number, CosinePlan>();

/**
 * The plan of a size, made once.
 *
 * @param size m, a power of two from 2
 */
export function cosinePlan(size: number): CosinePlan {
  const known = plans.get(size);
  if (known !== undefined) return known;
  const angle = (j: number) => (Math.PI * j) / size;
  const plan = {
    size,
    cos: Float64Array.from({ length: size }, (_, j) => Math.cos(angle(j))),
    sin: Float64Array.from({ length: size }, (_, j) => Math.sin(angle(j))),
    values: new Float64Array(size + 1),
    re: new Float64Array(size),
    im: new Float64Array(size),
  };
  plans.set(size, plan);
  return plan;
}

/**
 * Cosine transform of type I, unscaled: X_k = x_0 + (−1)^k x_m + 2 Σ_{0<j<m} x_j cos(π k j / m).
 *
 * By one Fourier transform of length m (Cooley, Lewis, Welch 1970; Press et al., "Numerical recipes", §12.4.2), not
 * of the even extension's 2m: with y_j = x_j + x_{m−j} − 2 sin(π j / m)(x_j − x_{m−j}) and its transform Y,
 *   X_2k = Re Y_k and X_2k+1 = X_2k−1 + Im Y_k, from X_1 by its definition.
 *
 * @param x (m + 1), replaced by X
 */
export function cosineTransform(plan: CosinePlan, x: Float64Array): void {
  const { size, cos, sin, re, im } = plan;
  im.fill(0);
  let odd = (x[0] ?? 0) - (x[size] ?? 0);
  re[0] = (x[0] ?? 0) + (x[size] ?? 0);
  for (let j = 1; j < size; j++) {
    const own = x[j] ?? 0;
    const mirrored = x[size - j] ?? 0;
    re[j] = own + mirrored - 2 * (sin[j] ?? 0) * (own - mirrored);
    odd += 2 * own * (cos[j] ?? 0);
  }
  fourier(plan);
  x[0] = re[0];
  x[1] = odd;
  for (let k = 1; k < size / 2; k++) {
    x[2 * k] = re[k] ?? 0;
    // The transform below has the kernel exp(−2πi jk/m), whose imaginary part has the other sign.
    odd -= im[k] ?? 0;
    x[2 * k + 1] = odd;
  }
  x[size] = re[size / 2] ?? 0;
}

/** In-place radix-2 Fourier transform of (re, im) where im is 0 (Cooley & Tukey 1965). */
function fourier(plan: CosinePlan): void {
  const { size, re } = plan;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const real = re[i] ?? 0;
    re[i] = re[j] ?? 0;
    re[j] = real;
  }
  let span = 1;
  // Of an odd number of stages the first goes alone: its factors are 1.
  if (Math.log2(size) % 2 === 1) {
    for (let a = 0; a < size; a += 2) {
      const left = re[a] ?? 0;
      const right = re[a + 1] ?? 0;
      re[a] = left + right;
      re[a + 1] = left - right;
    }
    span = 2;
  }
  for (; span < size; span *= 4) twoStages(plan, span);
}

/**
 * The stage that joins halves of length `span`, and the next one: in one pass over memory, which takes half as long as
 * two and gives the same bits.
 */
function twoStages({ size, cos, sin, re, im }: CosinePlan, span: number): void {
  const stride = size / (2 * span);
  for (let k = 0; k < span; k++) {
    const c = cos[2 * k * stride] ?? 0;
    const s = sin[2 * k * stride] ?? 0;
    // Of the next stage, whose halves are twice as long: this k is its k and its k + span.
    const lowC = cos[k * stride] ?? 0;
    const lowS = sin[k * stride] ?? 0;
    const highC = cos[(k + span) * stride] ?? 0;
    const highS = sin[(k + span) * stride] ?? 0;
    for (let at = k; at < size; at += 4 * span) {
      const at1 = at + span;
      const at2 = at1 + span;
      const at3 = at2 + span;
      const re1 = re[at1] ?? 0;
      const im1 = im[at1] ?? 0;
      const re3 = re[at3] ?? 0;
      const im3 = im[at3] ?? 0;
      const reTurned1 = re1 * c + im1 * s;
      const imTurned1 = im1 * c - re1 * s;
      const reTurned3 = re3 * c + im3 * s;
      const imTurned3 = im3 * c - re3 * s;
      const re0 = re[at] ?? 0;
      const im0 = im[at] ?? 0;
      const re2 = re[at2] ?? 0;
      const im2 = im[at2] ?? 0;
      const reSum = re2 + reTurned3;
      const imSum = im2 + imTurned3;
      const reDifference = re2 - reTurned3;
      const imDifference = im2 - imTurned3;
      const reLow = reSum * lowC + imSum * lowS;
      const imLow = imSum * lowC - reSum * lowS;
      const reHigh = reDifference * highC + imDifference * highS;
      const imHigh = imDifference * highC - reDifference * highS;
      re[at] = re0 + reTurned1 + reLow;
      im[at] = im0 + imTurned1 + imLow;
      re[at2] = re0 + reTurned1 - reLow;
      im[at2] = im0 + imTurned1 - imLow;
      re[at1] = re0 - reTurned1 + reHigh;
      im[at1] = im0 - imTurned1 + imHigh;
      re[at3] = re0 - reTurned1 - reHigh;
      im[at3] = im0 - imTurned1 - imHigh;
    }
  }
}
