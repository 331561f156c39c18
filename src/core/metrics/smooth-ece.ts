import { type CosinePlan, cosinePlan, cosineTransform } from './fourier';

/** Nodes j/m of [0, 1] on which residuals are collected. */
export interface ResidualGrid {
  readonly plan: CosinePlan;
  /** (m + 1) */
  readonly residual: Float64Array;
}

const FINE_GRID = 8192;
const TOLERANCE = 1e-7;

/** How finely the smoothed residual is integrated: a smooth function needs fewer nodes than the residuals did. */
interface Integration {
  readonly fewest: number;
  readonly perSigma: number;
}
const FINE: Integration = { fewest: 2048, perSigma: 16 };
/** For resampling: good to a few parts in a thousand. */
const COARSE: Integration = { fewest: 128, perSigma: 8 };

export function residualGrid(size: number): ResidualGrid {
  return { plan: cosinePlan(size), residual: new Float64Array(size + 1) };
}

/** Adds a residual at position f in [0, 1], shared linearly between the two nodes beside it. */
export function deposit({ plan, residual }: ResidualGrid, f: number, amount: number): void {
  const position = f * plan.size;
  const node = Math.min(plan.size - 1, Math.floor(position));
  const share = position - node;
  residual[node] = (residual[node] ?? 0) + (1 - share) * amount;
  residual[node + 1] = (residual[node + 1] ?? 0) + share * amount;
}

/**
 * Smooth ECE (Błasiok & Nakkiran, "Smooth ECE: principled reliability diagrams via kernel smoothing", 2023, eq. 4
 * and definition 10): with r̂_σ(t) = (1/n) Σ (y_i − f_i) K̃_σ(t, f_i),
 *   smECE_σ = ∫₀¹ |r̂_σ(t)| dt,  smECE = σ* where smECE_σ* = σ*.
 *
 * K̃_σ is the Gaussian reflected at 0 and 1 without end, which is the heat kernel of [0, 1] with closed ends. Its
 * eigenfunctions are cosines, so in a cosine series smoothing is a factor exp(−(π k σ)² / 2) per term: exact at the
 * borders, and any σ costs one transform. Collecting residuals on 8,193 nodes moves the result by a share of
 * (h/σ)²/12, h = 1/8192: below 1e-6 for σ* ≥ .001.
 *
 * @param confidence (n) in [0, 1]
 * @param correct (n) 0 or 1
 * @param weight (n) or null for all 1
 */
export function smoothEce(
  confidence: Float64Array,
  correct: Uint8Array,
  weight: Float64Array | null,
): number {
  const grid = residualGrid(FINE_GRID);
  let total = 0;
  for (let i = 0; i < confidence.length; i++) {
    const f = confidence[i] ?? 0;
    const w = weight === null ? 1 : (weight[i] ?? 0);
    total += w;
    deposit(grid, f, w * ((correct[i] ?? 0) - f));
  }
  return solve(grid, total, FINE, TOLERANCE);
}

/**
 * A grid on which the smooth ECEs of resampled tables are good to a few parts in a thousand. They are about as large as
 * the table's own, or as the noise of its mean residual, √Σ f(1 − f) / n, where that is larger.
 *
 * @param value smooth ECE of the table
 * @param confidence (n) in [0, 1]
 */
export function coarseGridSize(value: number, confidence: Float64Array): number {
  const variance = confidence.reduce((sum, f) => sum + f * (1 - f), 0);
  const scale = Math.max(value, Math.sqrt(variance) / (2 * confidence.length));
  return Math.min(4096, Math.max(128, 2 ** Math.ceil(Math.log2(8 / scale))));
}

/** Smooth ECE of residuals collected on a grid. */
export function smoothEceOfGrid(grid: ResidualGrid, total: number, tolerance: number): number {
  return solve(grid, total, COARSE, tolerance);
}

/**
 * The root of smECE_σ = σ. Smoothing more never makes the integral larger (the kernels form a semigroup of
 * contractions), so smECE_σ − σ falls strictly and has one root, not above smECE_0 = Σ |r_j| and not below
 * |Σ r_j|, to which all of them tend. Found by the Illinois variant of regula falsi.
 *
 * @param total weight of all rows
 */
function solve({ plan, residual }: ResidualGrid, total: number, by: Integration, tolerance: number): number {
  let sum = 0;
  let high = 0;
  for (const r of residual) {
    sum += r / total;
    high += Math.abs(r) / total;
  }
  let low = Math.abs(sum);
  if (high - low <= tolerance) return low;
  const coefficients = cosineCoefficients(plan, residual);
  const excess = (sigma: number) => smoothedIntegral(plan.size, coefficients, sigma, by) / total - sigma;
  // Bounds stand for the excess at the ends: at a low σ it costs the largest transform.
  let excessLow = high - low;
  let excessHigh = low - high;
  let side = 0;
  while (high - low > tolerance) {
    let at = (low * excessHigh - high * excessLow) / (excessHigh - excessLow);
    // Rounding may put the secant's zero onto an end.
    if (!(at > low && at < high)) at = (low + high) / 2;
    const value = excess(at);
    if (Math.abs(value) <= tolerance) return at;
    if (value > 0) {
      low = at;
      excessLow = value;
      if (side === 1) excessHigh /= 2;
      side = 1;
    } else {
      high = at;
      excessHigh = value;
      if (side === -1) excessLow /= 2;
      side = -1;
    }
  }
  return (low + high) / 2;
}

/** (m + 1) Σ_j r_j cos(π k j / m): the transform counts inner nodes twice, so they go in halved. */
function cosineCoefficients(plan: CosinePlan, residual: Float64Array): Float64Array {
  const halved = new Float64Array(plan.size + 1);
  for (let j = 1; j < plan.size; j++) halved[j] = (residual[j] ?? 0) / 2;
  halved[0] = residual[0] ?? 0;
  halved[plan.size] = residual[plan.size] ?? 0;
  cosineTransform(plan, halved);
  return halved;
}

/** Where exp(−x) is below the rounding of sums of larger terms. */
const NEGLIGIBLE = 40;

/**
 * ∫ |Σ_i r_i K̃_σ(t, f_i)| dt by the trapezoidal rule, on as many nodes as σ asks for.
 *
 * @param size m of the grid that the residuals were collected on
 * @param coefficients (m + 1)
 */
function smoothedIntegral(
  size: number,
  coefficients: Float64Array,
  sigma: number,
  { fewest, perSigma }: Integration,
): number {
  let m = Math.min(size, fewest);
  while (m < size && m * sigma < perSigma) m *= 2;
  // Once for each σ that is tried, in thousands of tables: without memory of its own each time.
  const smoothed = smoothedAt(m, coefficients, sigma, cosinePlan(m).values);
  let integral = -(Math.abs(smoothed[0] ?? 0) + Math.abs(smoothed[m] ?? 0)) / 2;
  for (const value of smoothed) integral += Math.abs(value);
  return integral / m;
}

/**
 * (m + 1) Σ_i r_i K̃_σ(j/m, f_i), where K̃ = 1 + 2 Σ_{k≥1} exp(−(π k σ)²/2) cos(π k t) cos(π k f).
 *
 * @param m nodes − 1, so many that σ is several steps wide; at most the size of the grid
 * @param coefficients of the residuals r
 * @param out (m + 1) to be filled
 */
function smoothedAt(
  m: number,
  coefficients: Float64Array,
  sigma: number,
  out: Float64Array = new Float64Array(m + 1),
): Float64Array {
  const rate = (Math.PI * sigma) ** 2 / 2;
  let k = 0;
  for (; k <= m && rate * k * k < NEGLIGIBLE; k++) out[k] = (coefficients[k] ?? 0) * Math.exp(-rate * k * k);
  out.fill(0, k);
  // The last term of the transform counts once.
  out[m] = 2 * (out[m] ?? 0);
  cosineTransform(cosinePlan(m), out);
  return out;
}

/** Nodes − 1 of the curve that is drawn. */
export const CURVE_STEPS = 256;

/** Accuracy as a smooth function of confidence, at t = j / CURVE_STEPS. */
export interface SmoothCurve {
  /** Width of the kernel, above 0. */
  readonly sigma: number;
  /** (CURVE_STEPS + 1) in [0, 1]; null where no row is near enough to say anything. */
  readonly accuracy: readonly (number | null)[];
  /** (CURVE_STEPS + 1) how many rows the value rests on: Σ_i w_i K̃_σ(t, f_i) over the kernel's height. */
  readonly rows: readonly number[];
}

/**
 * The reliability curve: kernel regression of correct on confidence, μ̂(t) = Σ w_i y_i K̃_σ(t, f_i) / Σ w_i K̃_σ(t, f_i),
 * with the reflected Gaussian of {@link smoothEce}.
 *
 * @param confidence (n) in [0, 1]
 * @param correct (n) 0 or 1
 * @param weight (n) of mean 1, or null for all 1
 * @param width of the kernel, see {@link curveWidth}; never narrower than a step of the curve
 */
export function smoothReliability(
  confidence: Float64Array,
  correct: Uint8Array,
  weight: Float64Array | null,
  width: number,
): SmoothCurve {
  const sigma = Math.max(width, 1 / CURVE_STEPS);
  const [right, all] = [residualGrid(FINE_GRID), residualGrid(FINE_GRID)];
  for (let i = 0; i < confidence.length; i++) {
    const w = weight === null ? 1 : (weight[i] ?? 0);
    deposit(all, confidence[i] ?? 0, w);
    deposit(right, confidence[i] ?? 0, w * (correct[i] ?? 0));
  }
  const { step, sum, mass } = regression(cosines(right), cosines(all), sigma);
  const height = 1 / (sigma * Math.sqrt(2 * Math.PI));
  const nodes = Array.from({ length: CURVE_STEPS + 1 }, (_, j) => j * step);
  const rows = nodes.map((j) => Math.max(0, (mass[j] ?? 0) / height));
  return {
    sigma,
    rows,
    // Below, what is left of the sums is rounding.
    accuracy: nodes.map((j, at) => ((rows[at] ?? 0) < 1e-6 ? null : share(sum[j] ?? 0, mass[j] ?? 0))),
  };
}

function cosines({ plan, residual }: ResidualGrid): Float64Array {
  return cosineCoefficients(plan, residual);
}

function share(sum: number, mass: number): number {
  return Math.min(1, Math.max(0, sum / mass));
}

/** Both sums on nodes `step` to each step of the curve, so dense that σ is several nodes wide. */
function regression(
  right: Float64Array,
  all: Float64Array,
  sigma: number,
): { step: number; sum: Float64Array; mass: Float64Array } {
  let m = CURVE_STEPS;
  while (m * sigma < FINE.perSigma && m < FINE_GRID) m *= 2;
  return { step: m / CURVE_STEPS, sum: smoothedAt(m, right, sigma), mass: smoothedAt(m, all, sigma) };
}

/** Widths that are tried, from one that follows every bend to one that averages half of [0, 1]. */
const WIDTHS = Array.from({ length: 12 }, (_, i) => 0.01 * 2 ** (i / 2));
const WIDTH_FOLDS = 5;

/**
 * The width of the curve's kernel that predicts best: by cross-validated squared error, over folds that part no group.
 * The smooth ECE's own width would grow with the error and draw a model that is badly off as a line through its middle.
 *
 * @param confidence (n) in [0, 1]
 * @param correct (n) 0 or 1
 * @param weight (n) of mean 1, or null for all 1
 * @param unitOf number of each row's unit
 */
export function curveWidth(
  confidence: Float64Array,
  correct: Uint8Array,
  weight: Float64Array | null,
  unitOf: (row: number) => number,
): number {
  // Rows of a fold by the step of the curve that they are at: errors are summed over steps, not over rows.
  const folds = Array.from({ length: WIDTH_FOLDS }, () => ({
    right: residualGrid(CURVE_STEPS),
    all: residualGrid(CURVE_STEPS),
  }));
  for (let i = 0; i < confidence.length; i++) {
    const fold = folds[unitOf(i) % WIDTH_FOLDS];
    const w = weight === null ? 1 : (weight[i] ?? 0);
    if (fold === undefined) continue;
    deposit(fold.all, confidence[i] ?? 0, w);
    deposit(fold.right, confidence[i] ?? 0, w * (correct[i] ?? 0));
  }
  const without = folds.map((own) => {
    const rest = folds.filter((fold) => fold !== own);
    return {
      own,
      right: cosines(added(rest.map(({ right }) => right))),
      all: cosines(added(rest.map(({ all }) => all))),
    };
  });
  let best = { width: WIDTHS.at(-1) ?? 1, error: Infinity };
  // The widest of equals: a table of one confidence says nothing about bends.
  for (const width of WIDTHS.toReversed()) {
    let error = 0;
    for (const { own, right, all } of without) {
      const sum = smoothedAt(CURVE_STEPS, right, width);
      const mass = smoothedAt(CURVE_STEPS, all, width);
      own.all.residual.forEach((held, j) => {
        if (held === 0) return;
        const isNear = (mass[j] ?? 0) > 1e-9;
        const p = isNear ? share(sum[j] ?? 0, mass[j] ?? 0) : 0.5;
        const y = own.right.residual[j] ?? 0;
        // Σ w (y − p)² for y of 0 and 1.
        error += y - 2 * p * y + p * p * held;
      });
    }
    if (error < best.error - 1e-9) best = { width, error };
  }
  return best.width;
}

function added(grids: readonly ResidualGrid[]): ResidualGrid {
  const sum = residualGrid(CURVE_STEPS);
  for (const { residual } of grids)
    residual.forEach((value, j) => (sum.residual[j] = (sum.residual[j] ?? 0) + value));
  return sum;
}
