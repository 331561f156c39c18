import type { LabelSample } from './label-sample';
import type { Objective } from './newton';

/**
 * Mean NLL of softmax(w∘z + b) with its first two derivatives, for a shared scale or one per label.
 *
 * theta is (w_1 … w_S, b_2 … b_K) with S = 1 or K. Adding a constant to all of b changes nothing, so b_1 = 0
 * here and the caller recentres; otherwise the Hessian would be singular by construction.
 *
 * With u_k = w_k z_k + b_k and p = softmax(u): dL/du_k = p_k − [y = k], d²L/du_k du_j = p_k([k = j] − p_j).
 *
 * @param spreadPenalty λ of (λ / 2n) Σ (w_k − mean w)²; a total and not a mean, so that it fades as rows come in
 */
export function softmaxRegression(sample: LabelSample, shared: boolean, spreadPenalty: number): Objective {
  const { K, z, truth, weight } = sample;
  const n = truth.length;
  const S = shared ? 1 : K;
  const d = S + K - 1;
  const p = new Float64Array(K);
  // Curvature in u is accumulated against the pairs (z_k or 1) × (z_j or 1): four K×K blocks at most.
  const row = new Float64Array(d);
  return {
    dimension: d,
    evaluate(theta, gradient, hessian) {
      gradient?.fill(0);
      hessian?.fill(0);
      let value = 0;
      for (let i = 0; i < n; i++) {
        const at = i * K;
        const y = truth[i] ?? 0;
        const w = weight === null ? 1 : (weight[i] ?? 0);
        let max = -Infinity;
        for (let k = 0; k < K; k++) {
          const scale = theta[shared ? 0 : k] ?? 0;
          const u = scale * (z[at + k] ?? 0) + (k === 0 ? 0 : (theta[S + k - 1] ?? 0));
          p[k] = u;
          max = Math.max(max, u);
        }
        const own = p[y] ?? 0;
        let total = 0;
        for (let k = 0; k < K; k++) {
          const e = Math.exp((p[k] ?? 0) - max);
          p[k] = e;
          total += e;
        }
        value += w * (max - own + Math.log(total));
        if (gradient === undefined || hessian === undefined) continue;
        for (let k = 0; k < K; k++) p[k] = (p[k] ?? 0) / total;
        accumulate(w, at, y, gradient, hessian);
      }
      const scaled = finish(value / n, theta, gradient, hessian);
      return scaled;
    },
  };

  /** Adds one row's derivatives: the gradient of u_k is z_k in its scale and 1 in its bias. */
  function accumulate(w: number, at: number, y: number, gradient: Float64Array, hessian: Float64Array): void {
    if (shared) {
      // E_p of the derivative vector, by which the covariance below is centred.
      let mean = 0;
      for (let k = 0; k < K; k++) mean += (p[k] ?? 0) * (z[at + k] ?? 0);
      let variance = 0;
      for (let k = 0; k < K; k++) variance += (p[k] ?? 0) * ((z[at + k] ?? 0) - mean) ** 2;
      gradient[0] = (gradient[0] ?? 0) + w * (mean - (z[at + y] ?? 0));
      hessian[0] = (hessian[0] ?? 0) + w * variance;
      for (let k = 1; k < K; k++) {
        const pk = p[k] ?? 0;
        gradient[k] = (gradient[k] ?? 0) + w * (pk - (k === y ? 1 : 0));
        hessian[k * d] = (hessian[k * d] ?? 0) + w * pk * ((z[at + k] ?? 0) - mean);
        for (let j = 1; j <= k; j++)
          hessian[k * d + j] = (hessian[k * d + j] ?? 0) + w * pk * ((k === j ? 1 : 0) - (p[j] ?? 0));
      }
      return;
    }
    for (let k = 0; k < K; k++) {
      const residual = w * ((p[k] ?? 0) - (k === y ? 1 : 0));
      gradient[k] = (gradient[k] ?? 0) + residual * (z[at + k] ?? 0);
      if (k > 0) gradient[S + k - 1] = (gradient[S + k - 1] ?? 0) + residual;
    }
    for (let k = 0; k < K; k++) {
      for (let j = 0; j < K; j++) row[j] = w * (p[k] ?? 0) * ((k === j ? 1 : 0) - (p[j] ?? 0));
      const zk = z[at + k] ?? 0;
      for (let j = 0; j <= k; j++)
        hessian[k * d + j] = (hessian[k * d + j] ?? 0) + (row[j] ?? 0) * zk * (z[at + j] ?? 0);
      if (k === 0) continue;
      const base = (S + k - 1) * d;
      for (let j = 0; j < K; j++)
        hessian[base + j] = (hessian[base + j] ?? 0) + (row[j] ?? 0) * (z[at + j] ?? 0);
      for (let j = 1; j <= k; j++)
        hessian[base + S + j - 1] = (hessian[base + S + j - 1] ?? 0) + (row[j] ?? 0);
    }
  }

  /** Sums become means, and the penalty is added. */
  function finish(
    mean: number,
    theta: Float64Array,
    gradient: Float64Array | undefined,
    hessian: Float64Array | undefined,
  ): number {
    if (gradient !== undefined) for (let i = 0; i < d; i++) gradient[i] = (gradient[i] ?? 0) / n;
    if (hessian !== undefined) for (let i = 0; i < d * d; i++) hessian[i] = (hessian[i] ?? 0) / n;
    if (spreadPenalty === 0 || shared) return mean;
    const lambda = spreadPenalty / n;
    let centre = 0;
    for (let k = 0; k < K; k++) centre += (theta[k] ?? 0) / K;
    let spread = 0;
    for (let k = 0; k < K; k++) {
      const gap = (theta[k] ?? 0) - centre;
      spread += gap * gap;
      if (gradient !== undefined) gradient[k] = (gradient[k] ?? 0) + lambda * gap;
      if (hessian === undefined) continue;
      for (let j = 0; j <= k; j++)
        hessian[k * d + j] = (hessian[k * d + j] ?? 0) + lambda * ((k === j ? 1 : 0) - 1 / K);
    }
    return mean + (lambda / 2) * spread;
  }
}

/** (K) biases with mean 0 from the free b_2 … b_K. */
export function centredBias(free: Float64Array): number[] {
  const all = [0, ...free];
  const mean = all.reduce((sum, b) => sum + b, 0) / all.length;
  return all.map((b) => b - mean);
}
