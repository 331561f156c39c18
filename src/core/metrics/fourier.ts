/** Twiddle factors and scratch space of cosine transforms of one size. */
export interface CosinePlan {
  /** m, a power of two: transforms have m + 1 entries. */
  readonly size: number;
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** @param size m, a power of two */
export function cosinePlan(size: number): CosinePlan {
  const length = 2 * size;
  const cos = new Float64Array(size);
  const sin = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    cos[i] = Math.cos((2 * Math.PI * i) / length);
    sin[i] = Math.sin((2 * Math.PI * i) / length);
  }
  return { size, cos, sin, re: new Float64Array(length), im: new Float64Array(length) };
}

/**
 * Cosine transform of type I, unscaled: X_k = x_0 + (−1)^k x_m + 2 Σ_{0<j<m} x_j cos(π k j / m), as the real
 * part of the Fourier transform of the even extension.
 *
 * @param x (m + 1)
 * @returns (m + 1)
 */
export function cosineTransform(plan: CosinePlan, x: Float64Array): Float64Array {
  const { size, re, im } = plan;
  const length = 2 * size;
  im.fill(0);
  for (let j = 0; j <= size; j++) re[j] = x[j] ?? 0;
  for (let j = 1; j < size; j++) re[length - j] = x[j] ?? 0;
  fourier(plan);
  return re.slice(0, size + 1);
}

/** In-place radix-2 Fourier transform of (re, im) (Cooley & Tukey 1965). */
function fourier({ size, cos, sin, re, im }: CosinePlan): void {
  const length = 2 * size;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const real = re[i] ?? 0;
    re[i] = re[j] ?? 0;
    re[j] = real;
    // The imaginary part is zero throughout here: the input is real.
  }
  for (let span = 1; span < length; span <<= 1) {
    const stride = size / span;
    for (let start = 0; start < length; start += 2 * span) {
      for (let k = 0; k < span; k++) {
        const c = cos[k * stride] ?? 0;
        const s = sin[k * stride] ?? 0;
        const a = start + k;
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
