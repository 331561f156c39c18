/** How often a table is called worse than a baseline that is as good, or within a margin that it is beyond. */
import {
  type BaselineResult,
  comparePaired,
  compareTwoSamples,
  type Margins,
} from '../../src/core/decisions/gate';
import { standardNormal } from '../../src/core/metrics/random-draws';
import { evaluate } from '../../src/core/metrics/evaluate';
import type { ConfidenceData } from '../../src/core/model/predictions';
import { seededRandom } from '../../src/core/random';
import { normalCumulative } from '../../src/core/metrics/distributions';
import { allowed, GATES, RESAMPLING } from './dependent';
import type { Line, Section } from './simulations';
import { POPULATION, seedOf } from './tables';

const METRICS = GATES.map(({ metric }) => metric);
const GAP = 0.05;
/** By how much more the worse of two models is too sure. */
const WORSE = 0.04;

/** Two models on the same rows: what one is sure of, the other mostly is, and where one is wrong, mostly so is the other. */
function pairOf(seed: number, n: number, gaps: readonly [number, number]): [ConfidenceData, ConfidenceData] {
  const random = seededRandom(seed);
  const columns = gaps.map(() => ({ confidence: new Float64Array(n), correct: new Uint8Array(n) }));
  const alike = () => {
    const shared = Math.sqrt(0.7) * standardNormal(random);
    return () => normalCumulative(shared + Math.sqrt(0.3) * standardNormal(random));
  };
  for (let i = 0; i < n; i++) {
    const [sureness, chance] = [alike(), alike()];
    columns.forEach(({ confidence, correct }, model) => {
      const p = 0.55 + 0.45 * sureness();
      confidence[i] = p;
      correct[i] = Number(chance() < p - (gaps[model] ?? 0));
    });
  }
  return columns.map((column) => ({ kind: 'confidence', ...column })) as [ConfidenceData, ConfidenceData];
}

interface Comparison {
  readonly name: string;
  /** @param gaps of the baseline and of the table that is held against it */
  readonly compare: (seed: number, gaps: readonly [number, number], margins: Margins) => BaselineResult[];
}

function paired(n: number): Comparison {
  return {
    name: `paired, ${n} rows`,
    compare: (seed, gaps, margins) => {
      const [baseline, current] = pairOf(seed, n, gaps);
      return comparePaired(current, baseline, METRICS, { ...RESAMPLING, seed, margins });
    },
  };
}

function unpaired(n: number, baselineRows: number): Comparison {
  return {
    name: `${n} rows against ${baselineRows} others`,
    compare: (seed, gaps, margins) => {
      const [then] = pairOf(seed, baselineRows, gaps);
      const [, now] = pairOf(seed + 1, n, gaps);
      const options = { ...RESAMPLING, seed };
      return compareTwoSamples(evaluate(now, options), evaluate(then, options), METRICS, margins);
    },
  };
}

const COMPARISONS = [
  paired(300),
  paired(1000),
  unpaired(1000, 1000),
  unpaired(300, 1000),
  unpaired(1000, 300),
];

/** How much worse the worse model is at large, less a twentieth: to say that it is within these is false. */
function marginsBelowTruth(): Margins {
  const [then, now] = pairOf(seedOf('baselines', 'at large'), POPULATION, [GAP, GAP + WORSE]).map((table) =>
    evaluate(table, { rounds: 0, nullDraws: 0 }),
  );
  return Object.fromEntries(
    METRICS.map((metric) => {
      const gap = Math.abs((now?.[metric].value ?? NaN) - (then?.[metric].value ?? NaN));
      return [metric, 0.95 * (metric === 'ece' || metric === 'mce' ? WORSE : gap)];
    }),
  );
}

export function baselines(runs: number): Section {
  const margins = marginsBelowTruth();
  const lines = COMPARISONS.map(({ name, compare }): Line => {
    const worse = METRICS.map(() => 0);
    const within = METRICS.map(() => 0);
    for (let run = 0; run < runs; run++) {
      compare(seedOf(name, 'equal', run), [GAP, GAP], {}).forEach(({ p }, k) => {
        if (p !== null && p <= 0.05) worse[k] = (worse[k] ?? 0) + 1;
      });
      compare(seedOf(name, 'worse', run), [GAP, GAP + WORSE], margins).forEach(({ verdict }, k) => {
        if (verdict === 'pass') within[k] = (within[k] ?? 0) + 1;
      });
    }
    const percent = (count: number) => ((100 * count) / runs).toFixed(1);
    const isOften = (count: number) => count / runs > 0.05 + allowed(0.05, runs);
    return {
      cells: [name, ...METRICS.map((_, k) => `${percent(worse[k] ?? 0)} / ${percent(within[k] ?? 0)}`)],
      misses: [...worse, ...within].some(isOften),
    };
  });
  return {
    title: 'Baselines',
    text: `Two models, ${runs} tables each. Before the slash they are equally good: the share, in %, of tables that are called worse at 5%, before Holm’s correction over the metrics. After it the second is too sure by ${WORSE} more, and 95% of how much worse that makes it is the margin: the share of tables that are said to be within it. Required: at most 5%, two Monte Carlo errors allowed.`,
    head: ['tables', ...METRICS],
    lines,
  };
}
