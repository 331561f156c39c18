/**
 * How fast requests are sent to an endpoint: a limit per minute, as many requests at once as the server handles, and
 * further tries if they may help.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../core/random';
import { cancelledError, UserError } from '../../core/user-error';
import { Places } from '../places';
import { Refusal } from './http';

/** The clock that the pace uses. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
};

export interface PaceOptions {
  readonly requestsPerMinute: number | null;
  readonly clock: Clock;
  /** Spreads the further tries of many requests in time. */
  readonly random: Random;
}

const FIRST_LIMIT = 4;
const LARGEST_LIMIT = 64;

/** Further tries after the first. */
const RETRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** A server that asks for a longer wait than this is given up. */
const MOST_PATIENCE_MS = 10 * 60_000;

/** All tries of one request together, and the waits between them, take no longer. */
const DEADLINE_MS = 30 * 60_000;

/** An answer that takes this many times the quickest one has queued: more requests at once would only queue longer. */
const SLOW = 3;

export class Pace {
  /** Additive increase, multiplicative decrease: one more for each round of answers, half where it was too much. */
  private limit = FIRST_LIMIT;
  private readonly places = new Places(() => this.concurrency);
  /** Answers to all requests so far. */
  private answers = 0;
  /** The quickest answer lately, in milliseconds. It ages, because texts and servers change. */
  private quickest = Infinity;
  /** When the next request may begin, by the limit a minute, and by what the server asked for. */
  private nextStart = 0;
  private pausedUntil = 0;
  /** When the limit was last halved: one storm of refusals counts once. */
  private loweredAt = -Infinity;

  constructor(private readonly options: PaceOptions) {}

  /** Requests that may run at once, now. */
  get concurrency(): number {
    return Math.floor(this.limit);
  }

  /**
   * Runs an attempt when its turn comes, and again if a Refusal says that this may help. It keeps its place
   * meanwhile, so that a server in trouble does not get more and more requests.
   *
   * @param attempt gets the milliseconds until the deadline of all tries
   * @throws the last Refusal; UserError `cancelled`; whatever else the attempt throws
   */
  run<T>(attempt: (left: number) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { clock } = this.options;
    return this.places.hold(signal, async () => {
      await this.waitForStart(signal);
      const deadline = clock.now() + DEADLINE_MS;
      let answersBefore = this.answers;
      for (let failures = 0; ; failures++) {
        try {
          return await this.once(() => attempt(deadline - clock.now()), signal);
        } catch (error) {
          if (!(error instanceof Refusal) || error.retry === null) throw error;
          // A busy server that answers others meanwhile will come to this one too.
          if (error.retry.overloaded && this.answers > answersBefore) failures = 0;
          answersBefore = this.answers;
          if (failures === RETRIES) throw error;
          const wait = this.waitAfter(error, error.retry, failures);
          if (clock.now() + wait >= deadline) throw error;
          await this.sleep(wait, signal);
          await this.waitForStart(signal);
          // The server may have asked others to wait meanwhile.
          if (clock.now() >= deadline) throw error;
        }
      }
    });
  }

  /** Milliseconds until the next try. */
  private waitAfter(
    { error }: Refusal,
    { afterMs, overloaded }: NonNullable<Refusal['retry']>,
    failures: number,
  ): number {
    if (afterMs !== null && afterMs > MOST_PATIENCE_MS)
      throw new UserError(
        error.code,
        `${error.message} The server asks you to wait ${Math.ceil(afterMs / 60_000)} minutes.`,
      );
    const { clock, random } = this.options;
    // Full jitter: requests that failed together do not come back together.
    const wait = afterMs ?? random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    if (overloaded) this.pausedUntil = Math.max(this.pausedUntil, clock.now() + wait);
    return wait;
  }

  private async once<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    throwIfAborted(signal);
    const { clock } = this.options;
    const started = clock.now();
    try {
      const value = await attempt();
      this.answered(clock.now() - started);
      return value;
    } catch (error) {
      if (error instanceof Refusal && error.retry?.overloaded === true) this.lower(started);
      throw error;
    }
  }

  private async waitForStart(signal: AbortSignal | undefined): Promise<void> {
    const { clock, requestsPerMinute } = this.options;
    let start = Math.max(clock.now(), this.nextStart, this.pausedUntil);
    if (requestsPerMinute !== null) this.nextStart = start + 60_000 / requestsPerMinute;
    // A pause may be asked for while this one waits.
    for (let now = clock.now(); now < start; now = clock.now()) {
      await this.sleep(start - now, signal);
      start = Math.max(start, this.pausedUntil);
    }
  }

  private answered(ms: number): void {
    this.answers++;
    this.quickest = Math.min(this.quickest * 1.01, ms);
    if (ms > SLOW * this.quickest) this.limit = Math.max(1, this.limit - 1 / this.limit);
    else this.limit = Math.min(LARGEST_LIMIT, this.limit + 1 / this.limit);
  }

  /** @param started when the refused request began: those that ran beside a refused one belong to the same storm */
  private lower(started: number): void {
    if (started <= this.loweredAt) return;
    this.loweredAt = this.options.clock.now();
    this.limit = Math.max(1, this.limit / 2);
  }

  private async sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    try {
      await this.options.clock.sleep(ms, signal);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelledError();
}
