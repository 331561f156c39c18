/** Twiddle factors and scratch space of cosine transforms of one size. */
export interface CosinePlan {
  /** m, a power of two from 2: transforms have m + 1 entries. */
  readonly size: number;
  /** (m) cos(π j / m) and sin(π j / m). */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
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
 * @param x (m + 1)
 * @returns (m + 1)
 */
export function cosineTransform(plan: CosinePlan, x: Float64Array): Float64Array {
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
  const out = new Float64Array(size + 1);
  out[0] = re[0];
  out[1] = odd;
  for (let k = 1; k < size / 2; k++) {
    out[2 * k] = re[k] ?? 0;
    // The transform below has the kernel exp(−2πi jk/m), whose imaginary part has the other sign.
    odd -= im[k] ?? 0;
    out[2 * k + 1] = odd;
  }
  out[size] = re[size / 2] ?? 0;
  return out;
}

/** In-place radix-2 Fourier transform of (re, im) where im is 0 (Cooley & Tukey 1965). */
function fourier({ size, cos, sin, re, im }: CosinePlan): void {
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const real = re[i] ?? 0;
    re[i] = re[j] ?? 0;
    re[j] = real;
  }
  for (let span = 1; span < size; span <<= 1) {
    const stride = size / span;
    for (let k = 0; k < span; k++) {
      const c = cos[k * stride] ?? 0;
      const s = sin[k * stride] ?? 0;
      for (let a = k; a < size; a += 2 * span) {
        const b = a + span;
        const real = (re[b] ?? 0) * c + (im[b] ?? 0) * s;
        const imaginary = (im[b] ?? 0) * c - (re[b] ?? 0) * s;
        re[b] = (re[a] ?? 0) - real;
        im[b] = (im[a] ?? 0) - imaginary;
        re[a] = (re[a] ?? 0) + real;
        im[a] = (im[a] ?? 0) + imaginary;
      }
    }
  }
}
