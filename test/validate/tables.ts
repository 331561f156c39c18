/** The kinds of tables that are drawn to check the statistics. */
import { hash53 } from '../../src/core/data/hash';
import { normalCumulative } from '../../src/core/metrics/distributions';
import { standardNormal } from '../../src/core/metrics/random-draws';
import type { ConfidenceData, LabelData, PredictionData } from '../../src/core/model/predictions';
import { labelData } from '../../src/core/model/rows';
import type { Random } from '../../src/core/random';

/** Rows of a table that stands for all rows there could be. */
export const POPULATION = 200_000;

/** A kind of table, drawn anew for each run. */
export interface Cell {
  readonly name: string;
  /** Groups, or rows where each row is its own. */
  readonly groups: number;
  /** Whether the null's p is to be uniform, and not only small no oftener than it says. */
  readonly uniform: boolean;
  /** P(correct) = confidence − gap. */
  readonly draw: (random: Random, gap: number, groups: number) => PredictionData;
  /** Whether the ECE takes few values, so that its p is larger than a uniform one between them. */
  readonly isLumpy?: boolean;
  /** Independent rows of the same confidences: what rows share in a group changes no expectation. */
  readonly atLarge: (random: Random, gap: number) => PredictionData;
}

type Confidence = (u: number) => number;
const UNIFORM: Confidence = (u) => 0.5 + u / 2;
const SHAPES: Readonly<Record<string, Confidence>> = {
  'ties in tenths': (u) => Math.ceil(5 + 5 * u) / 10 - 0.05,
  'two modes': (u) => (u < 0.4 ? 0.5 + u / 4 : 0.9 + (u - 0.4) / 8),
  'surely right': (u) => 0.97 + 0.025 * u,
};

interface Grouping {
  readonly size: (group: number) => number;
  /** Of the latent normal variables of a group's rows. */
  readonly correlation: number;
  /** Whether the rows of a group share one confidence. */
  readonly isShared: boolean;
  readonly confidence?: Confidence;
  readonly weight?: (random: Random) => number;
}

export function drawGroups(
  { size, correlation, isShared, confidence = UNIFORM, weight }: Grouping,
  random: Random,
  gap: number,
  groups: number,
): ConfidenceData {
  const rows: { p: number; y: number; g: number; w: number }[] = [];
  for (let g = 0; g < groups; g++) {
    const factor = standardNormal(random);
    const shared = confidence(random());
    for (let i = 0; i < size(g); i++) {
      const p = isShared ? shared : confidence(random());
      const latent = Math.sqrt(correlation) * factor + Math.sqrt(1 - correlation) * standardNormal(random);
      rows.push({ p, y: Number(normalCumulative(latent) < p - gap), g, w: weight?.(random) ?? 1 });
    }
  }
  return {
    kind: 'confidence',
    confidence: Float64Array.from(rows, ({ p }) => p),
    correct: Uint8Array.from(rows, ({ y }) => y),
    group: Int32Array.from(rows, ({ g }) => g),
    ...(weight === undefined ? {} : { weight: Float64Array.from(rows, ({ w }) => w) }),
  };
}

function cell(name: string, groups: number, grouping: Grouping): Cell {
  return {
    name,
    groups,
    uniform: groups >= 100,
    draw: (random, gap, count) => drawGroups(grouping, random, gap, count),
    atLarge: (random, gap) =>
      drawGroups({ ...alone, confidence: grouping.confidence ?? UNIFORM }, random, gap, POPULATION),
  };
}

export const alone = { size: () => 1, correlation: 0, isShared: false } as const;

/** Five classes whose scores are right, or too sure by the gap of the winner. */
export function fiveClasses(random: Random, gap: number, n: number): LabelData {
  const K = 5;
  const scores = Float64Array.from({ length: n * K }, () => 1.5 * standardNormal(random));
  const data = labelData({
    labels: ['a', 'b', 'c', 'd', 'e'],
    scores,
    truth: new Int32Array(n),
  });
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const row = data.probs.subarray(i * K, i * K + K);
    const winner = row.indexOf(row.reduce((most, p) => Math.max(most, p), 0));
    if (random() < (row[winner] ?? 0) - gap) return winner;
    let u = random() * (1 - (row[winner] ?? 0));
    let last = 0;
    for (let k = 0; k < K; k++) {
      if (k === winner) continue;
      last = k;
      u -= row[k] ?? 0;
      if (u < 0) break;
    }
    return last;
  });
  return { ...data, truth };
}

export const CELLS: readonly Cell[] = [
  ...[6, 20, 30, 100, 300, 1000].map((n) => cell(`${n} rows`, n, alone)),
  ...[3, 10, 50].flatMap((size) =>
    [0, 0.3, 1].flatMap((correlation) =>
      [6, 20, 30, 100]
        // All sizes and correlations in 30 groups, other numbers of groups where rows depend on each other.
        .filter((groups) => groups === 30 || correlation > 0)
        .flatMap((groups) =>
          [true, false]
            .filter((isShared) => !isShared || size === 10 || groups === 30)
            .map((isShared) =>
              cell(`${groups} × ${size}, ρ ${correlation}, ${isShared ? 'equal' : 'varying'}`, groups, {
                size: () => size,
                correlation,
                isShared,
              }),
            ),
        ),
    ),
  ),
  ...[6, 20, 30, 100].flatMap((groups) =>
    [0.3, 1].map((correlation) =>
      cell(`${groups} unequal, ρ ${correlation}`, groups, {
        size: (g) => (g % 10 === 0 ? 40 : 1 + (g % 6)),
        correlation,
        isShared: false,
      }),
    ),
  ),
  ...[100, 1000].map((n) =>
    cell(`${n} rows, weights`, n, { ...alone, weight: (random) => Math.exp(standardNormal(random)) }),
  ),
  cell('100 × 10, ρ 0.3, weights', 100, {
    size: () => 10,
    correlation: 0.3,
    isShared: false,
    weight: (random) => Math.exp(standardNormal(random)),
  }),
  ...Object.entries(SHAPES).map(([name, confidence]) => ({
    ...cell(`1000 rows, ${name}`, 1000, { ...alone, confidence }),
    isLumpy: name === 'surely right',
  })),
  {
    name: '1000 rows, 5 classes',
    groups: 1000,
    uniform: true,
    draw: fiveClasses,
    atLarge: (random, gap) => fiveClasses(random, gap, POPULATION),
  },
];

/** A seed of its own for each table, so that no unlucky row of them is met in every cell. */
export function seedOf(cell: string, use: string, run = 0): number {
  return hash53(JSON.stringify([cell, use, run]));
}
