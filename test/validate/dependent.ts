/**
 * Rows that depend on each other, weigh differently or are odd in other ways: what the intervals hold, how often the
 * null is rejected, how often a threshold or a gate promises what is not so. One line for each cell.
 */
import { gateLimits, type GateMetric, type Limit } from '../../src/core/decisions/gate';
import { type Risk, type RiskOnRows, riskOnRows } from '../../src/core/decisions/risk';
import { walkThresholds } from '../../src/core/decisions/threshold';
import { evaluate } from '../../src/core/metrics/evaluate';
import type { Evaluation } from '../../src/core/model/evaluation';
import { weightedToShares } from '../../src/core/model/label-shares';
import type { ConfidenceData, LabelData, PredictionData } from '../../src/core/model/predictions';
import { seededRandom, type Random } from '../../src/core/random';
import type { Line, Section } from './simulations';
import { alone, type Cell, CELLS, drawGroups, fiveClasses, POPULATION, seedOf } from './tables';

/** Metrics whose intervals are checked. */
const COVERED = [
  'accuracy',
  'meanConfidence',
  'brier',
  'nll',
  'auroc',
  'aurc',
  'ece',
  'mce',
  'smoothEce',
  'debiasedL2',
] as const;

const BINS = 'bin accuracy';
const INTERVALS: readonly string[] = [...COVERED, BINS];
const IS_ERROR: ReadonlySet<string> = new Set(['ece', 'mce', 'smoothEce', 'debiasedL2']);
export const RESAMPLING = { rounds: 200, nullDraws: 199 } as const;

/** Of the table's kind at large: what depends on the number of rows by definition is known instead. */
function truths({ name, atLarge }: Cell, gap: number): ReadonlyMap<string, number> {
  const evaluation = evaluate(
    { ...atLarge(seededRandom(seedOf(name, `at large, gap ${gap}`)), gap), group: undefined },
    { rounds: 0, nullDraws: 0 },
  );
  const known = new Map(COVERED.map((metric) => [metric as string, evaluation[metric].value ?? NaN]));
  for (const metric of ['ece', 'mce', 'debiasedL2']) known.set(metric, gap);
  if (gap === 0) known.set('smoothEce', 0);
  return known;
}

/** Share of runs that two Monte Carlo errors of it may add. */
export function allowed(share: number, runs: number): number {
  return 2 * Math.sqrt((share * (1 - share)) / runs);
}

/** How often intervals hold the truth, on tables of one gap. */
class Coverage {
  private readonly shown = new Map<string, number>();
  private readonly hits = new Map<string, number>();

  constructor(
    private readonly known: ReadonlyMap<string, number>,
    private readonly gap: number,
  ) {}

  add(evaluation: Evaluation): void {
    for (const metric of COVERED) this.count(metric, evaluation[metric], this.known.get(metric) ?? NaN);
    for (const { accuracyLow: low, accuracyHigh: high, meanConfidence } of evaluation.bins)
      this.count(BINS, { low, high }, meanConfidence - this.gap);
  }

  private count(
    what: string,
    { low, high }: { readonly low: number | null; readonly high: number | null },
    value: number,
  ): void {
    if (low === null || high === null) return;
    this.shown.set(what, (this.shown.get(what) ?? 0) + 1);
    if (low <= value + 1e-9 && value <= high + 1e-9) this.hits.set(what, (this.hits.get(what) ?? 0) + 1);
  }

  /** The share of the intervals that are shown, in words, for each of {@link INTERVALS}. */
  shares(runs: number): { readonly words: string; readonly isLow: boolean }[] {
    return INTERVALS.map((what) => {
      const of = this.shown.get(what) ?? 0;
      if (of === 0) return { words: 'withheld', isLow: false };
      const share = (this.hits.get(what) ?? 0) / of;
      const wanted = IS_ERROR.has(what) ? 0.8 : 0.9;
      const isLow = share < wanted - allowed(wanted, Math.min(of, runs));
      const withheld =
        what !== BINS && of < runs ? ` (${Math.round((100 * (runs - of)) / runs)} withheld)` : '';
      const percent = (100 * share).toFixed(0);
      return { words: `${isLow ? `**${percent}**` : percent}${withheld}`, isLow };
    });
  }
}

function coverageLine(name: string, coverages: readonly Coverage[], runs: number): Line {
  const [calibrated = [], tooSure = []] = coverages.map((coverage) => coverage.shares(runs));
  return {
    cells: [name, ...INTERVALS.map((_, i) => `${calibrated[i]?.words ?? ''} / ${tooSure[i]?.words ?? ''}`)],
    misses: [...calibrated, ...tooSure].some(({ isLow }) => isLow),
  };
}

/** @param ps of calibrated tables, where there are any */
function nullLine({ name, uniform, isLumpy = false }: Cell, ps: readonly number[]): Line {
  if (ps.length === 0) return { cells: [name, 'withheld', '', ''], misses: false };
  const sorted = [...ps].sort((left, right) => left - right);
  const small = ps.filter((p) => p < 0.05).length / ps.length;
  const tooSmall = Math.max(...sorted.map((p, i) => (i + 1) / ps.length - p));
  const tooLarge = Math.max(...sorted.map((p, i) => p - i / ps.length));
  const distance = isLumpy ? tooSmall : Math.max(tooSmall, tooLarge);
  // Kolmogorov's 1% point, of all uniform cells together.
  const cells = CELLS.filter((other) => other.uniform).length;
  const point = Math.sqrt(-Math.log(0.01 / cells / 2) / 2 / ps.length);
  const isOften = small > 0.05 + allowed(0.05, ps.length);
  const isUneven = uniform && distance > point;
  return {
    cells: [
      name,
      `${(100 * small).toFixed(1)}%`,
      uniform ? distance.toFixed(3) : '–',
      uniform ? point.toFixed(3) : '–',
    ],
    misses: isOften || isUneven,
  };
}

/** The share of good rows at any threshold, of a table at large. */
function shareAt(data: PredictionData, risk: RiskOnRows): (threshold: number) => number {
  const weight = data.weight;
  const rows = [...(risk.base ?? risk.score.keys())].sort(
    (a, b) => (risk.score[b] ?? 0) - (risk.score[a] ?? 0),
  );
  // Of the first rows as they are where they reach the threshold, and of the others as they are where they do not.
  const reached = new Float64Array(rows.length + 1);
  const below = new Float64Array(rows.length + 1);
  const weights = new Float64Array(rows.length + 1);
  rows.forEach((row, i) => {
    const w = weight?.[row] ?? 1;
    reached[i + 1] = (reached[i] ?? 0) + w * risk.good(row, true);
    below[i + 1] = (below[i] ?? 0) + w * risk.good(row, false);
    weights[i + 1] = (weights[i] ?? 0) + w;
  });
  const all = rows.length;
  return (threshold) => {
    let low = 0;
    let high = all;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((risk.score[rows[middle] ?? 0] ?? 0) >= threshold) low = middle + 1;
      else high = middle;
    }
    if (risk.base !== null)
      return ((reached[low] ?? 0) + (below[all] ?? 0) - (below[low] ?? 0)) / (weights[all] ?? 1);
    return low === 0 ? 1 : (reached[low] ?? 0) / (weights[low] ?? 1);
  };
}

/** How often a threshold is wrong, and how often there is one. */
function promise(
  name: string,
  draw: (random: Random) => PredictionData,
  risk: (data: PredictionData) => RiskOnRows,
  share: (threshold: number) => number,
  runs: number,
): { readonly wrong: number; readonly chosen: number } {
  let wrong = 0;
  let chosen = 0;
  for (let run = 0; run < runs; run++) {
    const data = draw(seededRandom(seedOf(name, 'threshold', run)));
    const onRows = risk(data);
    const { threshold } = walkThresholds(data, onRows);
    if (threshold === null) continue;
    chosen++;
    // What the sample of the population leaves open is no violation.
    if (share(threshold) < onRows.limit - 0.002) wrong++;
  }
  return { wrong: wrong / runs, chosen: chosen / runs };
}

function promiseWords({ wrong, chosen }: ReturnType<typeof promise>): string {
  return `${(100 * wrong).toFixed(1)}% of ${(100 * chosen).toFixed(0)}%`;
}

function thresholdOf({ draw, atLarge, name, groups }: Cell, runs: number): Line {
  const gap = 0.05;
  const large = atLarge(seededRandom(seedOf(name, 'thresholds at large')), gap);
  const ofTarget = (target: number) => (data: PredictionData) =>
    riskOnRows(data, { kind: 'accuracy' }, target);
  const share = shareAt(large, ofTarget(0.5)(large));
  // Where some thresholds keep the promise and others do not, and where none does by a hair.
  const targets = [0.8, Math.min(0.99, share(0) + 0.003)];
  const found = targets.map((target) =>
    promise(
      `${name}, target ${target}`,
      (random) => draw(random, gap, groups),
      ofTarget(target),
      share,
      runs,
    ),
  );
  return {
    cells: [name, ...found.map(promiseWords)],
    misses: found.some(({ wrong }) => wrong > 0.05 + allowed(0.05, runs)),
  };
}

/** What else a threshold can promise, on 1,000 rows of five classes that are too sure by .05. */
const PROMISES: readonly {
  readonly name: string;
  readonly risk: Risk;
  readonly shares?: readonly number[];
}[] = [
  { name: 'precision of a label', risk: { kind: 'precision', label: 'a' } },
  { name: 'false positives of a label', risk: { kind: 'fpr', label: 'a' } },
  { name: 'cost', risk: { kind: 'cost', costs: { wrong: 1, review: 0.3 } } },
  {
    name: 'accuracy under other label shares',
    risk: { kind: 'accuracy' },
    shares: [0.5, 0.2, 0.1, 0.1, 0.1],
  },
];

export function otherPromises(runs: number): Section {
  const lines = PROMISES.map(({ name, risk, shares }): Line => {
    const weighted = (data: LabelData): LabelData =>
      shares === undefined ? data : weightedToShares(data, shares);
    const large = weighted(fiveClasses(seededRandom(seedOf(name, 'at large')), 0.05, POPULATION));
    const atLarge = riskOnRows(large, risk, 0.5);
    const share = shareAt(large, atLarge);
    const scores = Float64Array.from(atLarge.score).sort();
    const found = [0.5, 0.8].map((quantile) => {
      const target = atLarge.own(share(scores[Math.floor(quantile * scores.length)] ?? 1));
      return promise(
        `${name}, quantile ${quantile}`,
        (random) => weighted(fiveClasses(random, 0.05, 1000)),
        (data) => riskOnRows(data, risk, target),
        share,
        runs,
      );
    });
    return {
      cells: [name, ...found.map(promiseWords)],
      misses: found.some(({ wrong }) => wrong > 0.05 + allowed(0.05, runs)),
    };
  });
  return {
    title: 'Thresholds for other promises that are wrong',
    text: `1,000 rows of five classes, ${runs} tables each. The share of tables whose threshold is wrong, of those that get one, for a promise that holds from the middle of the scores on, and one that holds for the highest fifth. Required: at most 5%, two Monte Carlo errors allowed.`,
    head: ['promise', 'from the middle', 'highest fifth'],
    lines: [...lines, everyRow(runs)],
  };
}

/** Where all rows keep a promise, it is found. */
function everyRow(runs: number): Line {
  const draw = (random: Random, n: number): ConfidenceData =>
    drawGroups({ ...alone, confidence: (u) => 0.9 + u / 10 }, random, 0.001, n);
  const name = 'accuracy .9 where all rows have .949';
  const large = draw(seededRandom(seedOf(name, 'at large')), POPULATION);
  const ofTarget = (data: PredictionData) => riskOnRows(data, { kind: 'accuracy' }, 0.9);
  const found = promise(
    name,
    (random) => draw(random, 1000),
    ofTarget,
    shareAt(large, ofTarget(large)),
    runs,
  );
  return {
    cells: [name, promiseWords(found), ''],
    misses: found.wrong > 0 || found.chosen < 0.95,
  };
}

export const GATES = [
  { metric: 'accuracy', bound: 'min' },
  { metric: 'brier', bound: 'max' },
  { metric: 'nll', bound: 'max' },
  { metric: 'auroc', bound: 'min' },
  { metric: 'ece', bound: 'max' },
  { metric: 'mce', bound: 'max' },
  { metric: 'smoothEce', bound: 'max' },
] as const satisfies readonly { metric: GateMetric; bound: 'min' | 'max' }[];

/** Limits that the truth is a hair beyond, where each pass is false, or a hair within, where each failure is. */
function limitsAt(known: ReadonlyMap<string, number>, side: 'beyond' | 'within'): Limit[] {
  return GATES.map(({ metric, bound }) => {
    const isRaised = (bound === 'min') === (side === 'beyond');
    return { metric, bound, limit: (known.get(metric) ?? NaN) * (isRaised ? 1.002 : 0.998) };
  });
}

function gateLine(name: string, passes: readonly number[], fails: readonly number[], runs: number): Line {
  const percent = (count: number) => `${((100 * count) / runs).toFixed(1)}%`;
  const isOften = (count: number, share: number) => count / runs > share + allowed(share, runs);
  return {
    cells: [name, ...passes.map(percent), ...fails.map(percent)],
    misses: passes.some((count) => isOften(count, 0.06)) || fails.some((count) => isOften(count, 0.05)),
  };
}

export const CELL_SECTIONS: readonly Omit<Section, 'lines'>[] = [
  {
    title: 'Coverage of the 95% intervals',
    text: 'Tables of rows, or of groups × rows of each, with the latent correlation ρ of a group’s rows, and whether they share one confidence. Confidences are uniform on (.5, 1) where nothing else is said. Before the slash they are right, after it they are too high by .1. 1,000 tables each, 200 bootstrap rounds. Required of the intervals that are shown: 90%, and 80% for the approximate ones of calibration errors, less two Monte Carlo errors.',
    head: ['table', ...INTERVALS],
  },
  {
    title: "The null's p on calibrated tables",
    text: '1,000 tables each. Required: at most 5% below .05 (rarer is allowed: the null is conservative in few groups), two Monte Carlo errors allowed; from 100 groups on a distance from the uniform distribution below Kolmogorov’s 1% point over all these cells. Where all rows are surely right, the ECE takes few values, between which p cannot be uniform: there only p that are too small count.',
    head: ['table', 'p below .05', 'distance', '1% point'],
  },
  {
    title: 'Thresholds that break their promise',
    text: 'P(correct) = confidence − .05. The share of 1,000 tables whose threshold is wrong, of those that get one: for a target of .8, and for one that all rows together miss by .003. Required: at most 5%, two Monte Carlo errors allowed.',
    head: ['table', 'target .8', 'target just missed'],
  },
  {
    title: 'Gates that pass or fail falsely',
    text: 'Confidences are too high by .1, and the truth is beyond each limit by .2% of its value: the share of 1,000 tables that pass. Then the truth is within each limit by as much: the share of tables in which any limit fails, for confidences that are right, and too high by .1. Required: at most 6% and 5%, two Monte Carlo errors allowed.',
    head: ['table', ...GATES.map(({ metric }) => metric), 'any fails (right)', 'any fails (too high)'],
  },
];

/** The line of a cell in each of {@link CELL_SECTIONS}, from the same tables. */
export function cellLines(found: Cell, runs: number): readonly Line[] {
  const { draw, name, groups } = found;
  const [calibrated, tooSure] = [0, 0.1].map((gap) => {
    const known = truths(found, gap);
    return { gap, known, coverage: new Coverage(known, gap) };
  }) as [Drawn, Drawn];
  const ps: number[] = [];
  const beyond = limitsAt(tooSure.known, 'beyond');
  const within = [calibrated, tooSure].map(({ known }) => limitsAt(known, 'within'));
  const passes = beyond.map(() => 0);
  const fails = within.map(() => 0);
  for (let run = 0; run < runs; run++) {
    const options = { ...RESAMPLING, seed: seedOf(name, 'resampling', run) };
    [calibrated, tooSure].forEach(({ gap, coverage }, i) => {
      const limits = [...(within[i] ?? []), ...(gap === 0 ? [] : beyond)];
      const table = draw(seededRandom(seedOf(name, `gap ${gap}`, run)), gap, groups);
      const { evaluation, results } = gateLimits(table, limits, options);
      coverage.add(evaluation);
      if (gap === 0 && evaluation.eceNull.p !== null) ps.push(evaluation.eceNull.p);
      const verdicts = results.map(({ verdict }) => verdict);
      if (verdicts.slice(0, GATES.length).includes('fail')) fails[i] = (fails[i] ?? 0) + 1;
      verdicts.slice(GATES.length).forEach((verdict, k) => {
        if (verdict === 'pass') passes[k] = (passes[k] ?? 0) + 1;
      });
    });
  }
  return [
    coverageLine(name, [calibrated.coverage, tooSure.coverage], runs),
    nullLine(found, ps),
    thresholdOf(found, runs),
    gateLine(name, passes, fails, runs),
  ];
}

interface Drawn {
  readonly gap: number;
  readonly known: ReadonlyMap<string, number>;
  readonly coverage: Coverage;
}
