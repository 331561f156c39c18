/**
 * Which rows of a table people label: drawn once, by a seed, with the probability of every row known, so that the labels
 * can stand for the whole table.
 *
 * Rows whose texts are near-copies are one cluster, and one of them is drawn. A larger cluster is drawn more often, so
 * that each row of the table counts the same. The queue is shuffled: whoever stops half-way has labelled a random part
 * of the draw, and so a design of its own, with every probability smaller by the same factor.
 */
import { largest, least } from '../extremes';
import { effectiveRows } from '../metrics/intervals';
import { type Random, seededRandom, shuffle } from '../random';
import { UserError } from '../user-error';

/** The designs that a person can choose. */
export const DESIGN_KINDS = ['stratified', 'random', 'errors', 'review'] as const;
export type DesignKind = (typeof DESIGN_KINDS)[number];

/** How a row came to be labelled: the part of a design that drew it, or a person, whose choice stands for no other row. */
export const SELECTED_BY = ['stratified', 'random', 'uncertain', 'user'] as const;
export type SelectedBy = (typeof SELECTED_BY)[number];

export interface DesignRequest {
  readonly kind: DesignKind;
  /** Rows to draw; fewer where there are fewer texts. */
  readonly size: number;
  readonly seed: number;
  /** Rows of the table. */
  readonly n: number;
  /** (n) rows with equal numbers are near-copies of one text; undefined: there are none. */
  readonly cluster?: Int32Array | undefined;
  /** (n) confidence and index of the predicted label; undefined for a table without scores, which is drawn all at random. */
  readonly scores?: { readonly confidence: Float64Array; readonly predicted: Int32Array | null } | undefined;
  /** For a review: rows of a lower confidence need one. */
  readonly below?: number | undefined;
}

interface DrawnRow {
  readonly row: number;
  readonly selectedBy: SelectedBy;
  /** Of being drawn by any part of the design. */
  readonly probability: number;
}

export interface Design {
  /** In the order in which they are to be labelled. */
  readonly queue: readonly DrawnRow[];
  /** (n) the probability of every row of the table: above 0. */
  readonly probability: Float64Array;
  /** How many rows that are drawn all at random would estimate as well: Kish's number. */
  readonly worth: number;
}

/** The part of a stratified draw that is even over the rows: no row is drawn with less than a third of the even rate. */
const EVEN_PART = 1 / 3;
/** Bins of confidence for each predicted label, of as many rows each, and the rows that a bin must hold. */
const BINS = 5;
const FEWEST_IN_BIN = 20;
/** The part of Find Errors that is drawn at random. */
const RANDOM_PART = 0.3;
/** The part of a review that is drawn at random from all other rows: it shows what the review misses. */
const AUDIT_PART = 0.1;

/** @throws UserError too-few-rows, no-label-scores */
export function drawDesign(request: DesignRequest): Design {
  const { kind, n, scores } = request;
  const random = seededRandom(request.seed);
  const clusters = clustersOf(n, request.cluster);
  const size = Math.min(request.size, clusters.length);
  if (size < 1) throw new UserError('too-few-rows', 'There is no row to draw.');
  if (kind !== 'random' && scores === undefined)
    throw new UserError(
      'no-label-scores',
      'The table has no confidences yet, so rows can only be drawn all at random.',
    );
  const parts =
    scores === undefined || kind === 'random'
      ? [randomPart(clusters, size)]
      : kind === 'stratified'
        ? [stratifiedPart(clusters, size, scores)]
        : kind === 'errors'
          ? errorParts(clusters, size, scores)
          : reviewParts(clusters, size, scores, request.below ?? 1);
  const probability = new Float64Array(n);
  const drawn = parts.flatMap((part) => {
    const included = inclusion(part);
    part.clusters.forEach((cluster, i) => {
      for (const row of cluster) probability[row] = (included[i] ?? 0) / cluster.length;
    });
    return systematic(part, included, random).map((cluster): DrawnRow => {
      const row = cluster[Math.floor(random() * cluster.length)] ?? 0;
      return { row, selectedBy: part.selectedBy, probability: probability[row] ?? 0 };
    });
  });
  shuffle(drawn, random);
  return { queue: drawn, probability, worth: worthOf(drawn.map((entry) => entry.probability)) };
}

/** How many rows drawn all at random estimate as well as rows of these probabilities. */
export function worthOf(probabilities: readonly number[]): number {
  return effectiveRows(
    Float64Array.from(probabilities, (p) => 1 / p),
    probabilities.length,
  );
}

/**
 * The probability of a row in the design that the first rows of a queue are.
 *
 * @param reached rows of the queue that were reached, from 1
 */
export function reachedProbability(probability: number, reached: number, queue: number): number {
  return (probability * reached) / queue;
}

/** Rows of one text. */
type Cluster = readonly number[];

/** Clusters from which a number is drawn. */
interface Part {
  readonly selectedBy: SelectedBy;
  readonly clusters: readonly Cluster[];
  readonly size: number;
  /** (clusters) how often each of them is wanted; only ratios count. */
  readonly rate: readonly number[];
  /** (clusters) those of one stratum are drawn in its share, to within one. */
  readonly stratum: readonly number[];
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const known = groups.get(keyOf(item));
    if (known === undefined) groups.set(keyOf(item), [item]);
    else known.push(item);
  }
  return groups;
}

function clustersOf(n: number, cluster: Int32Array | undefined): Cluster[] {
  if (cluster === undefined) return Array.from({ length: n }, (_, row) => [row]);
  const rows = Array.from({ length: n }, (_, row) => row);
  return [...grouped(rows, (row) => cluster[row] ?? 0).values()];
}

function randomPart(clusters: readonly Cluster[], size: number): Part {
  return {
    selectedBy: 'random',
    clusters,
    size,
    rate: clusters.map(({ length }) => length),
    stratum: clusters.map(() => 0),
  };
}

type Scores = NonNullable<DesignRequest['scores']>;

/** Near-copies have nearly the same scores: those of the first row stand for all of them. */
function stratifiedPart(clusters: readonly Cluster[], size: number, scores: Scores): Part {
  const stratum = strataOf(clusters, scores);
  const rows = new Map<number, number>();
  clusters.forEach(({ length }, i) => rows.set(stratum[i] ?? 0, (rows.get(stratum[i] ?? 0) ?? 0) + length));
  const n = clusters.reduce((sum, { length }) => sum + length, 0);
  const rate = clusters.map(({ length }, i) => {
    const inStratum = rows.get(stratum[i] ?? 0) ?? 1;
    return length * (EVEN_PART / n + (1 - EVEN_PART) / (rows.size * inStratum));
  });
  return { selectedBy: 'stratified', clusters, size, rate, stratum };
}

/** Numbers of the strata: by predicted label, then by confidence. */
function strataOf(clusters: readonly Cluster[], { confidence, predicted }: Scores): number[] {
  const labelOf = ([row = 0]: Cluster): number => predicted?.[row] ?? 0;
  const sureness = ([row = 0]: Cluster): number => confidence[row] ?? 0;
  const byLabel = grouped(clusters, labelOf);
  const edges = new Map(
    Array.from(byLabel, ([label, own]) => {
      const sorted = Float64Array.from(own, sureness).sort();
      const bins = Math.max(1, Math.min(BINS, Math.floor(own.length / FEWEST_IN_BIN)));
      const ends = Array.from(
        { length: bins - 1 },
        (_, b) => sorted[Math.floor(((b + 1) * own.length) / bins)] ?? 1,
      );
      return [label, ends];
    }),
  );
  return clusters.map((cluster) => {
    const label = labelOf(cluster);
    const bin = (edges.get(label) ?? []).filter((end) => sureness(cluster) >= end).length;
    return label * BINS + bin;
  });
}

/**
 * The least sure rows of every predicted label in turn, which are drawn in any case and so stand for themselves only; and
 * some of the others at random, which stand for all of those.
 */
function errorParts(clusters: readonly Cluster[], size: number, { confidence, predicted }: Scores): Part[] {
  const wanted = size - Math.ceil(RANDOM_PART * size);
  const order = clusters.toSorted(
    ([left = 0], [right = 0]) => (confidence[left] ?? 0) - (confidence[right] ?? 0),
  );
  const byLabel = [...grouped(order, ([row = 0]) => predicted?.[row] ?? 0).values()];
  const picked: Cluster[] = [];
  for (let turn = 0; picked.length < wanted; turn++)
    for (const own of byLabel) {
      const next = own[turn];
      if (next !== undefined && picked.length < wanted) picked.push(next);
    }
  const isPicked = new Set(picked);
  const others = clusters.filter((cluster) => !isPicked.has(cluster));
  const certain: Part = { ...randomPart(picked, picked.length), selectedBy: 'uncertain' };
  return picked.length === 0
    ? [randomPart(others, size)]
    : [certain, randomPart(others, size - picked.length)];
}

/**
 * The least sure rows below a confidence, which are drawn in any case, and a random part of all others. Where fewer rows
 * are that unsure, the queue is shorter, and the random part stays its share.
 *
 * @throws UserError too-few-rows: no row is that unsure
 */
function reviewParts(
  clusters: readonly Cluster[],
  size: number,
  { confidence }: Scores,
  below: number,
): Part[] {
  const sureness = ([row = 0]: Cluster): number => confidence[row] ?? 0;
  const unsure = clusters
    .filter((cluster) => sureness(cluster) < below)
    .toSorted((left, right) => sureness(left) - sureness(right));
  if (unsure.length === 0)
    throw new UserError('too-few-rows', `No row has a confidence below ${below}, so none needs a review.`);
  const picked = unsure.slice(0, size - Math.ceil(AUDIT_PART * size));
  const isPicked = new Set(picked);
  const others = clusters.filter((cluster) => !isPicked.has(cluster));
  if (picked.length === 0) return [randomPart(others, size)];
  const share =
    picked.length < unsure.length
      ? size - picked.length
      : Math.ceil((picked.length * AUDIT_PART) / (1 - AUDIT_PART));
  const audit = Math.min(others.length, share);
  const certain: Part = { ...randomPart(picked, picked.length), selectedBy: 'uncertain' };
  return audit === 0 ? [certain] : [certain, randomPart(others, audit)];
}

/**
 * (clusters) The probability of each cluster: in proportion to its rate, and at most 1, with the number to be drawn as
 * their sum.
 */
function inclusion({ rate, size }: Part): Float64Array {
  const wanted = Float64Array.from(rate);
  const isCertain = new Uint8Array(rate.length);
  for (;;) {
    let certain = 0;
    let sum = 0;
    wanted.forEach((r, i) => {
      if (isCertain[i] === 1) certain++;
      else sum += r;
    });
    const factor = sum === 0 ? 0 : (size - certain) / sum;
    const found = Array.from(wanted.keys()).filter(
      (i) => isCertain[i] !== 1 && (wanted[i] ?? 0) * factor >= 1,
    );
    for (const i of found) isCertain[i] = 1;
    if (found.length === 0) return wanted.map((r, i) => (isCertain[i] === 1 ? 1 : r * factor));
  }
}

/**
 * Systematic sampling of clusters in the order of their strata, at random within each: exactly as many as are wanted,
 * exactly with their probabilities, and from each stratum its share to within one (Madow 1949).
 *
 * @param included (clusters) the sum is `size`
 */
function systematic({ clusters, stratum, size }: Part, included: Float64Array, random: Random): Cluster[] {
  const order = Uint32Array.from(clusters.keys());
  shuffle(order, random);
  const sorted = Array.from(order).sort((left, right) => (stratum[left] ?? 0) - (stratum[right] ?? 0));
  const drawn: Cluster[] = [];
  const open: number[] = [];
  for (const i of sorted) {
    if (included[i] === 1) drawn.push(clusters[i] ?? []);
    else open.push(i);
  }
  const left = size - drawn.length;
  const start = random();
  let sum = 0;
  for (const [at, i] of open.entries()) {
    // The rounding of a long sum must cost no row.
    sum = at === open.length - 1 ? left : sum + (included[i] ?? 0);
    const point = start + (drawn.length - (size - left));
    if (point < sum && drawn.length < size) drawn.push(clusters[i] ?? []);
  }
  return drawn;
}

/** What a design costs, in words: how many of its labels count for estimates. */
export function priceInWords({ queue, worth }: Design): string {
  const labels = `${queue.length.toLocaleString('en-US')} ${queue.length === 1 ? 'label' : 'labels'}`;
  const picked = queue.filter(({ selectedBy }) => selectedBy === 'uncertain').length;
  if (picked === 0) return `${labels}, worth ${Math.round(worth).toLocaleString('en-US')} for estimates.`;
  const weights = queue.flatMap(({ selectedBy, probability }) =>
    selectedBy === 'uncertain' ? [] : [1 / probability],
  );
  const [low, high] = [Math.round(least(weights)), Math.round(largest(weights))];
  const weight = low === high ? String(low) : `${low} to ${high}`;
  return `${labels}, worth ${Math.round(worth).toLocaleString('en-US')} for estimates: ${picked} picked rows and ${queue.length - picked} of weight ${weight}.`;
}
