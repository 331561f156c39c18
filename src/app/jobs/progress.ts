/** How far a job is. */
import { Rate } from '../../core/rate';

export interface JobProgress {
  /** In units of the job: rows, steps. */
  readonly done: number;
  readonly total: number;
  /** "1,200 of 5,000 rows (24%) · 41 a second · 2 min left" */
  readonly words: string;
  /** In seconds; undefined until the rate is known, and at the end. */
  readonly timeLeft: number | undefined;
}

/** From 0 to 1. */
export function shareOf({ done, total }: Pick<JobProgress, 'done' | 'total'>): number {
  return total === 0 ? 1 : done / total;
}

/** Makes the progress of a job from counts. */
export class JobMeter {
  private readonly rate = new Rate();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number) {}

  /** @param inWords receives the recent rate, undefined until it is known */
  at(
    done: number,
    total: number,
    inWords: (done: number, total: number, perSecond: number | undefined) => string,
  ): JobProgress {
    this.rate.add(done, this.now());
    const { perSecond } = this.rate;
    const isKnown = perSecond !== undefined && perSecond > 0 && done < total;
    return {
      done,
      total,
      words: inWords(done, total, perSecond),
      timeLeft: isKnown ? (total - done) / perSecond : undefined,
    };
  }
}
