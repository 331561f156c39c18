/** Time as code sees it that waits: a test moves it by hand. */
export interface Clock {
  /** Milliseconds since a moment that stays the same; who takes a clock says which. */
  now(): number;
  /** Rejects where the signal is aborted. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
}
