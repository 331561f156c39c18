import { binValues, DEFAULT_BINS, sumBins } from '../metrics/bins';
import { emptyMoments } from '../metrics/bootstrap';
import { type Chances, chancesOf, drawerOf } from '../metrics/dependence';
import { expectedCalibrationError } from '../metrics/ece';
import { quantile } from '../metrics/intervals';
import { brierLosses, labelBrierLosses, labelNllLosses, nllLosses, weightedMean } from '../metrics/losses';
import { unitsOf } from '../metrics/units';
import { type Random, seededRandom, shuffle } from '../random';
import { UserError } from '../user-error';
import { applyCalibrator, fitCalibrator, type FitOptions } from './calibrator';
import {
  confidenceOf,
  confidenceOnly,
  knownRows,
  normalisedWeights,
  rowCount,
  selectRows,
} from '../model/rows';
import type { PredictionData } from '../model/predictions';

/** Median and the middle 80% over repeats. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

interface ProgressionScores {
  readonly nll: Spread;
  readonly brier: Spread;
  readonly ece: Spread;
  /** Mean ECE that a perfectly calibrated model would show on the same hold-out. */
  readonly eceNull: Spread;
}

export interface ProgressionPoint extends ProgressionScores {
  /** Rows fitted on. */
  readonly rows: number;
  /** Repeats in which the method could not be fitted. */
  readonly failures: number;
}

export interface Progression {
  /** 'unknown': no doubling of the rows could be seen. */
  readonly verdict: 'still-improving' | 'flat' | 'unknown' | 'too-few-rows';
  readonly message: string;
  readonly holdOut: number;
  readonly repeats: number;
  /** The same hold-outs without a calibrator; null where there are too few rows. */
  readonly raw: ProgressionScores | null;
  /** By growing number of rows. A size at which no repeat could be fitted is absent. */
  readonly points: readonly ProgressionPoint[];
  /** Fall of the NLL from about half of the rows to all, paired within repeats; null where not defined. */
  readonly lastGain: (Spread & { readonly from: number; readonly to: number }) | null;
}

export interface ProgressionOptions extends FitOptions {
  /** 50. */
  readonly repeats?: number | undefined;
  /** Called before each repeat, to report progress. */
  readonly onRepeat?: (at: number, of: number) => void;
}

const SIZES = [100, 200, 500, 1000] as const;
/** With fewer rows there is no progression: too few would be left to hold out or to fit on. */
export const FEWEST_FOR_PROGRESSION = 300;
const SMALLEST_HOLD_OUT = 200;
const NULL_DRAWS = 20;
/** A gain below this share of the NLL is not worth labelling rows for. */
const WORTHWHILE = 0.005;

interface HeldOutLosses {
  readonly nll: number;
  readonly brier: number;
  readonly ece: number;
  readonly eceNull: number;
}

/**
 * The gain from more rows: in each repeat some groups are held out, the method is fitted on growing prefixes of
 * the rest, and all fits are evaluated on that same hold-out.
 */
export function sampleSizeProgression(data: PredictionData, options: ProgressionOptions): Progression {
  const known = knownRows(data);
  const repeats = options.repeats ?? 50;
  const seed = options.seed ?? 0;
  // Not one stream for both: hold-outs are the same for every method, so that their numbers can be compared.
  const random = seededRandom(seed);
  const chance = seededRandom(seed + 1);
  const groups = groupedRows(known);
  const heldGroups = Math.max(SMALLEST_HOLD_OUT, Math.round(groups.length / 5));
  const n = rowCount(known);
  const all = confidenceOf(known);
  const chances = chancesOf(all.confidence, all.correct, unitsOf(known, n, normalisedWeights(known, n)));
  if (n < FEWEST_FOR_PROGRESSION || groups.length - heldGroups < 2)
    return {
      verdict: 'too-few-rows',
      message: `A sample-size progression needs at least ${FEWEST_FOR_PROGRESSION} rows with a known truth (200 of them, or of their groups, are held out); there are ${n}.`,
      holdOut: 0,
      repeats: 0,
      raw: null,
      points: [],
      lastGain: null,
    };

  const sizes = prefixSizes(Math.round((n * (groups.length - heldGroups)) / groups.length));
  const scores: (HeldOutLosses | null)[][] = [];
  const rawScores: HeldOutLosses[] = [];
  let holdOut = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    options.onRepeat?.(repeat, repeats);
    shuffle(groups, random);
    const held = Uint32Array.from(groups.slice(0, heldGroups).flat());
    const rest = groups.slice(heldGroups);
    holdOut = held.length;
    const test = selectRows(known, held);
    rawScores.push(score(options.on === 'labels' ? test : confidenceOnly(test), chance, chances));
    scores.push(
      sizes.map((size, at) => {
        const rows = at === sizes.length - 1 ? rest.flat() : prefix(rest, size);
        return scoreFit(selectRows(known, Uint32Array.from(rows)), test, options, (data) =>
          score(data, chance, chances),
        );
      }),
    );
  }
  const points = sizes
    .map((rows, at) =>
      pointOf(
        rows,
        scores.map((repeat) => repeat[at] ?? null),
      ),
    )
    .filter((point) => point !== null);
  const lastGain = gainOfLastDoubling(sizes, scores);
  const nll = points[points.length - 1]?.nll.median ?? 0;
  return {
    ...verdictOf(lastGain, nll),
    holdOut,
    repeats,
    raw: scoresOf(rawScores),
    points,
    lastGain,
  };
}

/** @param nll with all rows */
function verdictOf(gain: Progression['lastGain'], nll: number): Pick<Progression, 'verdict' | 'message'> {
  if (gain === null)
    return {
      verdict: 'unknown',
      message: 'No two sizes with a ratio of 2 could be fitted, so the gain from more rows is unknown yet.',
    };
  if (gain.low > 0 && gain.median > WORTHWHILE * nll)
    return {
      verdict: 'still-improving',
      message: 'The fit still improves with more rows: it is worth labelling more.',
    };
  return { verdict: 'flat', message: 'More rows would change this fit little.' };
}

/** Rows of each group. */
function groupedRows(data: PredictionData): number[][] {
  const n = rowCount(data);
  const { group } = data;
  if (group === undefined) return Array.from({ length: n }, (_, i) => [i]);
  const byGroup = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const rows = byGroup.get(group[i] ?? 0);
    if (rows === undefined) byGroup.set(group[i] ?? 0, [i]);
    else rows.push(i);
  }
  return [...byGroup.values()];
}

function prefixSizes(rest: number): number[] {
  return [...SIZES.filter((size) => size < rest), rest];
}

/** Whole groups until there are `size` rows. */
function prefix(groups: readonly (readonly number[])[], size: number): number[] {
  const rows: number[] = [];
  for (const group of groups) {
    if (rows.length >= size) break;
    for (const row of group) rows.push(row);
  }
  return rows;
}

function scoreFit(
  train: PredictionData,
  test: PredictionData,
  options: FitOptions,
  scoreOf: (calibrated: PredictionData) => HeldOutLosses,
): HeldOutLosses | null {
  try {
    return scoreOf(applyCalibrator(fitCalibrator(train, options).calibrator, test));
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function score(data: PredictionData, random: Random, chances: Chances | null): HeldOutLosses {
  const predicted = confidenceOf(data);
  const { confidence, correct } = predicted;
  const weight = normalisedWeights(data, correct.length);
  const binning = binValues(confidence, 'width', DEFAULT_BINS, weight);
  const sums = sumBins(binning, confidence, correct, weight);
  const drawn = { ...emptyMoments(DEFAULT_BINS), mass: sums.mass, confidence: sums.confidence };
  const drawer = chances && drawerOf(chances, confidence, unitsOf(data, correct.length, weight));
  let eceNull = 0;
  for (let draw = 0; draw < NULL_DRAWS; draw++) {
    drawn.correct.fill(0);
    const chanceOf = drawer?.(random);
    for (let i = 0; i < confidence.length; i++) {
      if (random() >= (chanceOf === undefined ? (confidence[i] ?? 0) : chanceOf(i))) continue;
      const b = binning.index[i] ?? 0;
      drawn.correct[b] = (drawn.correct[b] ?? 0) + (weight === null ? 1 : (weight[i] ?? 0));
    }
    eceNull += expectedCalibrationError(drawn) / NULL_DRAWS;
  }
  const nll = data.kind === 'labels' ? labelNllLosses(data).loss : nllLosses(predicted).loss;
  const brier = data.kind === 'labels' ? labelBrierLosses(data) : brierLosses(predicted);
  return {
    nll: weightedMean(nll, weight),
    brier: weightedMean(brier, weight),
    ece: expectedCalibrationError(sums),
    eceNull,
  };
}

function pointOf(rows: number, scores: readonly (HeldOutLosses | null)[]): ProgressionPoint | null {
  const fitted = scores.filter((value) => value !== null);
  if (fitted.length === 0) return null;
  return { rows, ...scoresOf(fitted), failures: scores.length - fitted.length };
}

function scoresOf(scores: readonly HeldOutLosses[]): ProgressionScores {
  return {
    nll: spread(scores.map(({ nll }) => nll)),
    brier: spread(scores.map(({ brier }) => brier)),
    ece: spread(scores.map(({ ece }) => ece)),
    eceNull: spread(scores.map(({ eceNull }) => eceNull)),
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.1), high: quantile(sorted, 0.9) };
}

function gainOfLastDoubling(
  sizes: readonly number[],
  scores: readonly (readonly (HeldOutLosses | null)[])[],
): Progression['lastGain'] {
  const last = sizes.length - 1;
  const to = sizes[last] ?? 0;
  const half = sizes.findLastIndex((size) => size <= to / 2);
  const from = sizes[half];
  if (from === undefined) return null;
  const gains = scores.flatMap((repeat) => {
    const before = repeat[half];
    const after = repeat[last];
    return before && after ? [before.nll - after.nll] : [];
  });
  return gains.length === 0 ? null : { ...spread(gains), from, to };
}
