import { harmonic } from '../model/numeric';
import { argsort } from './sort';

/** NaN where undefined: AUROC needs a right and a wrong row, AURC any row. */
export interface RankingScores {
  readonly auroc: number;
  readonly aurc: number;
}

/** A table sorted once from the most to the least confident row, to be scored under many row weights. */
export interface Ranking {
  /** (n) row at each rank. */
  readonly order: Uint32Array;
  /** (n) number of the block of equal confidence at each rank. */
  readonly block: Int32Array;
  /** (n) correct at each rank. */
  readonly correct: Uint8Array;
  /** (n) fold at each rank, or null for one fold. */
  readonly fold: Int32Array | null;
  readonly foldCount: number;
}

/**
 * @param key (n) what to sort by; log-odds keep apart what rounds to probability 1
 * @param correct (n) 0 or 1
 * @param folds (n) scores of different fits are not on one scale, so ranks are never pooled over folds
 */
export function rankRows(key: Float64Array, correct: Uint8Array, folds?: Int32Array): Ranking {
  const n = key.length;
  const order = argsort(key).reverse();
  const block = new Int32Array(n);
  const sorted = new Uint8Array(n);
  const fold = folds === undefined ? null : new Int32Array(n);
  let foldCount = 1;
  for (let rank = 0; rank < n; rank++) {
    const row = order[rank] ?? 0;
    const previous = rank === 0 ? row : (order[rank - 1] ?? 0);
    block[rank] = (rank === 0 ? 0 : (block[rank - 1] ?? 0)) + (key[row] === key[previous] ? 0 : 1);
    sorted[rank] = correct[row] ?? 0;
    if (fold === null || folds === undefined) continue;
    fold[rank] = folds[row] ?? 0;
    foldCount = Math.max(foldCount, (folds[row] ?? 0) + 1);
  }
  return { order, block, correct: sorted, fold, foldCount };
}

/**
 * AUROC of confidence against correct, and the area under the risk-coverage curve (Geifman & El-Yaniv 2017), both
 * within folds and averaged over the folds in which they are defined.
 *
 * AURC is the mean over i of the error rate among the i most confident rows. Where confidences are equal their
 * order is arbitrary, so the expected rate is taken: after N rows with E errors, a block of m rows with e errors
 * adds Σ_{j=1..m} (E + e j/m) / (N + j) = e + (E − e N/m)(H(N + m) − H(N)). With H extended to real numbers the
 * same holds for weighted rows.
 *
 * @param weight (n) weight at each rank (not by row), or null for all 1
 */
export function scoreRanking(ranking: Ranking, weight: Float64Array | null): RankingScores {
  const { fold, foldCount } = ranking;
  const states = Array.from({ length: foldCount }, () => new FoldRanking());
  const [first] = states;
  const n = ranking.block.length;
  for (let rank = 0; rank < n;) {
    const state = fold === null ? first : states[fold[rank] ?? 0];
    // Runs of one fold, which without folds is the whole table, stay in one loop over local numbers.
    let end = fold === null ? n : rank + 1;
    while (end < n && fold?.[end] === fold?.[rank]) end++;
    state?.addRun(ranking, weight, rank, end);
    rank = end;
  }
  const scores = states.map((state) => state.finish());
  return {
    auroc: meanOfDefined(scores.map(({ auroc }) => auroc)),
    aurc: meanOfDefined(scores.map(({ aurc }) => aurc)),
  };
}

function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** The running sums of one fold. */
class FoldRanking {
  private block = -1;
  private blockRight = 0;
  private blockWrong = 0;
  private right = 0;
  private wrong = 0;
  /** Weight of the pairs in which the right row ranks above the wrong one, equal ones half. */
  private pairs = 0;
  private risk = 0;

  addRun({ block, correct }: Ranking, weight: Float64Array | null, from: number, to: number): void {
    for (let rank = from; rank < to; rank++) {
      const w = weight === null ? 1 : (weight[rank] ?? 0);
      if (w === 0) continue;
      const own = block[rank] ?? 0;
      if (own !== this.block) {
        this.close();
        this.block = own;
      }
      if (correct[rank] === 1) this.blockRight += w;
      else this.blockWrong += w;
    }
  }

  finish(): RankingScores {
    this.close();
    const { right, wrong, pairs, risk } = this;
    return { auroc: pairs / (right * wrong), aurc: risk / (right + wrong) };
  }

  private close(): void {
    const { blockRight, blockWrong, right, wrong } = this;
    const mass = blockRight + blockWrong;
    if (mass === 0) return;
    this.pairs += blockWrong * (right + blockRight / 2);
    const before = right + wrong;
    this.risk += blockWrong + (wrong - (blockWrong * before) / mass) * harmonicGap(before, mass);
    this.right += blockRight;
    this.wrong += blockWrong;
    this.blockRight = 0;
    this.blockWrong = 0;
  }
}

/** H(x + m) − H(x): a few divisions for the small whole m of most blocks. */
function harmonicGap(x: number, m: number): number {
  if (m > 8 || !Number.isInteger(m)) return harmonic(x + m) - harmonic(x);
  let gap = 0;
  for (let j = 1; j <= m; j++) gap += 1 / (x + j);
  return gap;
}
