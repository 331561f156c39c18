/** Comparisons of runs on the same rows: intervals of differences, level of the tests, honesty of the best one's number. */
import { foldsOfRuns, winnerOf } from '../../src/core/comparison/compare-runs';
import { type Difference, scoreRuns } from '../../src/core/comparison/differences';
import { COMPARED_METRICS, type ComparedMetric, metricOf } from '../../src/core/comparison/metrics';
import { normalCumulative } from '../../src/core/metrics/distributions';
import { standardNormal } from '../../src/core/metrics/random-draws';
import type { ConfidenceData } from '../../src/core/model/predictions';
import { seededRandom } from '../../src/core/random';
import { allowed } from './dependent';
import type { Line, Section } from './simulations';
import { POPULATION, seedOf } from './tables';

const THRESHOLD = 0.9;
const RESAMPLING = { rounds: 300, nullDraws: 100, threshold: THRESHOLD } as const;
const EXACT = { rounds: 0, nullDraws: 0, threshold: THRESHOLD } as const;

/** How far each run is too sure: the second is as good, or worse. */
const ALIKE = [0.05, 0.05] as const;
const UNLIKE = [0.05, 0.1] as const;

interface Kind {
  readonly name: string;
  readonly groups: number;
  /** Rows of each group. */
  readonly size: number;
  /** Share of the variance that the rows of a group have in common. */
  readonly shared: number;
  readonly isWeighted: boolean;
  /** The smallest confidence. */
  readonly least: number;
}

const USUAL = 0.55;

const KINDS: readonly Kind[] = [
  { name: '100 rows', groups: 100, size: 1, shared: 0, isWeighted: false, least: USUAL },
  { name: '300 rows', groups: 300, size: 1, shared: 0, isWeighted: false, least: USUAL },
  { name: '1,000 rows', groups: 1000, size: 1, shared: 0, isWeighted: false, least: USUAL },
  { name: '300 weighted rows', groups: 300, size: 1, shared: 0, isWeighted: true, least: USUAL },
  { name: '30 groups × 10', groups: 30, size: 10, shared: 0.3, isWeighted: false, least: USUAL },
  { name: '100 groups × 5', groups: 100, size: 5, shared: 0.3, isWeighted: false, least: USUAL },
  { name: '60 groups × 5, weighted', groups: 60, size: 5, shared: 0.5, isWeighted: true, least: USUAL },
  { name: '100 rows, few of them wrong', groups: 100, size: 1, shared: 0, isWeighted: false, least: 0.97 },
];

/** Runs on the same rows: what one is sure of, the others mostly are; where one is wrong, mostly so are the others. */
function runsOf(seed: number, kind: Kind, gaps: readonly number[]): ConfidenceData[] {
  const { groups, size, shared, isWeighted, least } = kind;
  const random = seededRandom(seed);
  const n = groups * size;
  const runs = gaps.map(() => ({ confidence: new Float64Array(n), correct: new Uint8Array(n) }));
  const weight = isWeighted ? Float64Array.from({ length: n }, () => 0.5 + 2 * random()) : undefined;
  for (let g = 0; g < groups; g++) {
    const factors = [standardNormal(random), standardNormal(random)];
    const ofRuns = gaps.map(() => [standardNormal(random), standardNormal(random)]);
    for (let j = 0; j < size; j++) {
      const own = [standardNormal(random), standardNormal(random)];
      runs.forEach(({ confidence, correct }, run) => {
        const [sureness, chance] = [0, 1].map((at) => {
          const common = Math.sqrt(shared) * (factors[at] ?? 0) + Math.sqrt(1 - shared) * (own[at] ?? 0);
          const apart =
            Math.sqrt(shared) * (ofRuns[run]?.[at] ?? 0) + Math.sqrt(1 - shared) * standardNormal(random);
          return normalCumulative(Math.sqrt(0.7) * common + Math.sqrt(0.3) * apart);
        }) as [number, number];
        const p = least + (1 - least) * sureness;
        confidence[g * size + j] = p;
        correct[g * size + j] = Number(chance < p - (gaps[run] ?? 0));
      });
    }
  }
  const group = size === 1 ? undefined : Int32Array.from({ length: n }, (_, i) => Math.floor(i / size));
  return runs.map((run) => ({ kind: 'confidence', ...run, group, weight }));
}

/** Weights and groups change no mean at large. */
function truths(gaps: readonly number[], least: number): ReadonlyMap<ComparedMetric, number> {
  const large = { name: 'at large', groups: POPULATION, size: 1, shared: 0, isWeighted: false, least };
  const { runs } = scoreRuns(runsOf(seedOf('comparison', `at large ${gaps.join()}`), large, gaps), EXACT);
  return new Map(
    COMPARED_METRICS.map((metric) => {
      const [then, now] = runs.map((run) => metricOf(run, metric).value ?? NaN);
      return [metric, (now ?? NaN) - (then ?? NaN)];
    }),
  );
}

/** The approximate intervals of calibration errors may miss more often. */
const REQUIRED = (metric: ComparedMetric): number => (metric === 'ece' || metric === 'mce' ? 0.8 : 0.9);

export function pairedDifferences(runs: number): Section {
  const known = new Map(
    [...new Set(KINDS.map(({ least }) => least))].map((least) => [
      least,
      [ALIKE, UNLIKE].map((gaps) => ({ gaps, truth: truths(gaps, least) })),
    ]),
  );
  const lines = KINDS.map((kind): Line => {
    const ofKind = known.get(kind.least) ?? [];
    const held = ofKind.map(() => COMPARED_METRICS.map(() => ({ held: 0, shown: 0 })));
    for (let run = 0; run < runs; run++)
      ofKind.forEach(({ gaps, truth }, at) => {
        const seed = seedOf('comparison', `${kind.name}, ${gaps.join()}`, run);
        const [found = []] = scoreRuns(runsOf(seed, kind, gaps), { ...RESAMPLING, seed }).differences;
        found.forEach(({ metric, low, high }, k) => {
          const count = held[at]?.[k];
          if (low === null || high === null || count === undefined) return;
          const value = truth.get(metric) ?? NaN;
          count.shown++;
          if (low <= value && value <= high) count.held++;
        });
      });
    const shares = COMPARED_METRICS.map((_, k) =>
      held.map((all) => (all[k]?.held ?? 0) / (all[k]?.shown ?? 1)),
    );
    return {
      cells: [kind.name, ...shares.map((both) => both.map((share) => (100 * share).toFixed(1)).join(' / '))],
      misses: shares.some((both, k) => {
        const required = REQUIRED(COMPARED_METRICS[k] ?? 'accuracy');
        return both.some((share) => share < required - allowed(required, runs));
      }),
    };
  });
  return {
    title: 'Coverage of the 95% intervals of paired differences',
    text: `Two runs on the same rows, ${runs} tables each; in % of tables. Before the slash both are too sure by .05, after it the second by .1. ρ of groups is that of latent normal variables. Required: 90%, and 80% for the approximate ones of ECE and MCE, less two Monte Carlo errors.`,
    head: ['table', ...COMPARED_METRICS],
    lines,
  };
}

export function pairedTests(runs: number): Section {
  const lines = KINDS.map((kind): Line => {
    const rejected = COMPARED_METRICS.map(() => 0);
    let any = 0;
    for (let run = 0; run < runs; run++) {
      const seed = seedOf('comparison tests', kind.name, run);
      const [found = []] = scoreRuns(runsOf(seed, kind, ALIKE), { ...RESAMPLING, seed }).differences;
      found.forEach(({ p }, k) => {
        if (p !== null && p <= 0.05) rejected[k] = (rejected[k] ?? 0) + 1;
      });
      if (found.some(({ finding }) => isShown(finding))) any++;
    }
    const isOften = (count: number): boolean => count / runs > 0.05 + allowed(0.05, runs);
    const percent = (count: number): string => ((100 * count) / runs).toFixed(1);
    return {
      cells: [kind.name, ...rejected.map(percent), percent(any)],
      misses: [...rejected, any].some(isOften),
    };
  });
  return {
    title: 'Runs that are called different though they are alike',
    text: `Two runs that are equally good, ${runs} tables each: the share, in %, with p ≤ .05 for each metric before Holm’s correction (MCE is not tested), and that in which any is shown after it. Required: at most 5%, two Monte Carlo errors allowed.`,
    head: ['table', ...COMPARED_METRICS, 'any after Holm'],
    lines,
  };
}

function isShown(finding: Difference['finding']): boolean {
  return ['better', 'worse', 'higher', 'lower'].includes(finding);
}

const CANDIDATES = [3, 10];

/** The best of several runs that are alike: its own number, and that from rows that did not choose it. */
export function bestOfSeveral(runs: number): Section {
  const lines: Line[] = [];
  for (const candidates of CANDIDATES) {
    const gaps = Array.from({ length: candidates }, () => 0.05);
    const truth = nllAtLarge();
    const kind = { name: '', groups: 200, size: 1, shared: 0, isWeighted: false, least: USUAL };
    const errors: [own: number[], honest: number[]] = [[], []];
    let held = 0;
    for (let run = 0; run < runs; run++) {
      const seed = seedOf('best of several', String(candidates), run);
      const tables = runsOf(seed, kind, gaps);
      const [first] = tables;
      if (first === undefined) continue;
      const plan = { split: foldsOfRuns(first, seed), rows: Uint32Array.from(first.correct.keys()), seed };
      const winner = winnerOf('raw', tables, tables, plan);
      const own = scoreRuns(tables, { ...EXACT, seed }).runs[winner?.run ?? 0];
      if (winner === null || own === undefined) continue;
      const { value, low, high } = winner.nll;
      errors[0].push((metricOf(own, 'nll').value ?? NaN) - truth);
      errors[1].push((value ?? NaN) - truth);
      if (low !== null && high !== null && low <= truth && truth <= high) held++;
    }
    const [own, honest] = errors.map(meanWithError) as [MeanWithError, MeanWithError];
    const share = held / errors[1].length;
    lines.push({
      cells: [String(candidates), shown(own), shown(honest), (100 * share).toFixed(1)],
      misses: Math.abs(honest.mean) > 2.5 * honest.error || share < 0.9 - allowed(0.9, runs),
    });
  }
  return {
    title: 'The number of the best of several runs',
    text: `Runs that are equally good on 200 rows, ${runs} tables each: by how much the NLL of the one with the lowest NLL is off, on average and with its Monte Carlo error, in its own numbers and on rows that did not choose it; and how often the latter’s interval holds the truth. Required: off by nothing that two and a half errors do not explain, and 90%, less two Monte Carlo errors.`,
    head: ['runs', 'own number', 'on other rows', 'coverage'],
    lines,
  };
}

function nllAtLarge(): number {
  const large = { name: 'at large', groups: POPULATION, size: 1, shared: 0, isWeighted: false, least: USUAL };
  const { runs } = scoreRuns(runsOf(seedOf('best of several', 'at large'), large, [0.05]), EXACT);
  return runs[0] === undefined ? NaN : (metricOf(runs[0], 'nll').value ?? NaN);
}

interface MeanWithError {
  readonly mean: number;
  readonly error: number;
}

function meanWithError(values: readonly number[]): MeanWithError {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(square / (values.length - 1) / values.length) };
}

function shown({ mean, error }: MeanWithError): string {
  return `${mean.toFixed(4)} ± ${error.toFixed(4)}`;
}
