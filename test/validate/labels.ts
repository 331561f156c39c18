/**
 * Estimates from a few labelled rows of a table whose truth is known: how often their intervals hold it, by share, number
 * of labels, design and model; and whether the first rows of a queue are as good a sample as all of it.
 */
import { drawDesign, DESIGN_KINDS, type DesignKind } from '../../src/core/labelling/design';
import { estimateTable, NOT_DRAWN } from '../../src/core/labelling/estimate';
import { confidenceOf, givenProbs } from '../../src/core/model/rows';
import type { LabelData } from '../../src/core/model/predictions';
import { standardNormal } from '../../src/core/metrics/random-draws';
import { seededRandom, type Random } from '../../src/core/random';
import { allowed } from './dependent';
import type { Line, Section } from './simulations';
import { seedOf } from './tables';

const ROWS = 2000;
const SHARES = [0.5, 0.1, 0.02] as const;
const LABELS = [50, 100, 300] as const;
const MODELS = ['good', 'useless'] as const;
/** The share of intervals that must hold the truth. */
const WANTED = 0.93;

/** Rows of two labels; a good model knows what makes a label likely, is too sure, and prefers the first one. */
function reviews(random: Random, share: number, model: (typeof MODELS)[number]): LabelData {
  const truth = new Int32Array(ROWS);
  const probs = new Float64Array(2 * ROWS);
  for (let i = 0; i < ROWS; i++) {
    truth[i] = random() < share ? 0 : 1;
    const signal = model === 'good' ? (truth[i] === 0 ? 1.2 : -1.2) : 0;
    const p = 1 / (1 + Math.exp(-2 * (signal + standardNormal(random)) - 1.5));
    probs[2 * i] = p;
    probs[2 * i + 1] = 1 - p;
  }
  return givenProbs({ labels: ['a', 'b'], probs, truth }).data;
}

interface Found {
  readonly held: boolean;
  readonly heldAccuracy: boolean;
  readonly gap: number;
  readonly width: number;
  readonly aloneWidth: number;
}

/** Draws rows of a table, labels the first of them, and estimates the share of the first label. */
function labelSome(data: LabelData, kind: DesignKind, size: number, reached: number, seed: number): Found {
  const { confidence, predicted, correct } = confidenceOf(data);
  const { queue } = drawDesign({ kind, size, seed, n: ROWS, scores: { confidence, predicted } });
  const answer = new Int32Array(ROWS).fill(NOT_DRAWN);
  const weight = new Float64Array(ROWS);
  for (const { row, probability } of queue.slice(0, reached)) {
    answer[row] = data.truth[row] ?? 0;
    weight[row] = 1 / probability;
  }
  const { shares, accuracy } = estimateTable(
    { ...data, truth: new Int32Array(ROWS) },
    { answer, weight },
    { seed },
  );
  const truth = data.truth.reduce((sum, label) => sum + Number(label === 0), 0) / ROWS;
  const right = correct.reduce((sum, y) => sum + y, 0) / ROWS;
  const [share] = shares;
  const { low, high, alone } = share ?? accuracy;
  return {
    held: (low ?? 1) <= truth && truth <= (high ?? 0),
    heldAccuracy: (accuracy.low ?? 1) <= right && right <= (accuracy.high ?? 0),
    gap: alone.value - truth,
    width: (high ?? 1) - (low ?? 0),
    aloneWidth: (alone.high ?? 1) - (alone.low ?? 0),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Coverage of shares and of accuracy from rows that are drawn all at random. */
export function shareCoverage(runs: number): Section {
  const lines = MODELS.flatMap((model) =>
    SHARES.flatMap((share) =>
      LABELS.map((n): Line => {
        const found = Array.from({ length: runs }, (_, run) => {
          const seed = seedOf(`share ${share}, ${n} labels`, model, run);
          return labelSome(reviews(seededRandom(seed), share, model), 'random', n, n, seed);
        });
        const held = mean(found.map((one) => Number(one.held)));
        const heldAccuracy = mean(found.map((one) => Number(one.heldAccuracy)));
        const least = WANTED - allowed(WANTED, runs);
        return {
          cells: [
            ...[model, String(share), String(n), percent(held), percent(heldAccuracy)],
            mean(found.map(({ width }) => width)).toFixed(3),
            mean(found.map(({ aloneWidth }) => aloneWidth)).toFixed(3),
          ],
          misses: held < least || heldAccuracy < least,
        };
      }),
    ),
  );
  return {
    title: 'Shares and accuracy from a few labels',
    text: `Tables of ${ROWS.toLocaleString('en-US')} rows, some of them labelled, drawn all at random; ${runs} tables each. How often the 95% interval of the share of a label, and of the accuracy, holds the truth in the whole table, and how wide the former is on average, beside that of the labelled rows alone. Required: ${percent(WANTED)}, two Monte Carlo errors allowed.`,
    head: ['model', 'share', 'labels', 'share held', 'accuracy held', 'width', 'width alone'],
    lines,
  };
}

/** Every prefix of a queue is a design: nothing is biased where somebody stops half-way. */
export function prefixes(runs: number): Section {
  const lines = DESIGN_KINDS.flatMap((kind) =>
    [50, 100, 200].map((reached): Line => {
      const found = Array.from({ length: runs }, (_, run) => {
        const seed = seedOf(`prefix of ${kind}`, String(reached), run);
        return labelSome(reviews(seededRandom(seed), 0.3, 'good'), kind, 200, reached, seed);
      });
      const gaps = found.map(({ gap }) => gap);
      const rmse = Math.sqrt(mean(gaps.map((gap) => gap * gap)));
      const bias = mean(gaps);
      const held = mean(found.map((one) => Number(one.held)));
      const heldAccuracy = mean(found.map((one) => Number(one.heldAccuracy)));
      const least = WANTED - allowed(WANTED, runs);
      // A ratio of means is biased by a share of its variance.
      const isBiased = Math.abs(bias) > (3 * rmse) / Math.sqrt(runs) + rmse * rmse;
      return {
        cells: [
          ...[
            kind,
            `${reached} of 200`,
            `${bias >= 0 ? '+' : '−'}${Math.abs(bias).toFixed(4)}`,
            rmse.toFixed(3),
          ],
          ...[percent(held), percent(heldAccuracy)],
        ],
        misses: isBiased || held < least || heldAccuracy < least,
      };
    }),
  );
  return {
    title: 'Stopping half-way',
    text: `200 rows are drawn from tables as above (good model, share .3), and the first of the queue are labelled; ${runs} tables each. The mean error of the share among the labelled rows alone, weighted by their design, its root mean square, and how often the intervals of the share and of the accuracy hold the truth. Required: no bias beyond three Monte Carlo errors, and coverage as above.`,
    head: ['design', 'labelled', 'mean error', 'root mean square', 'share held', 'accuracy held'],
    lines,
  };
}
