/** Where a command reads and writes, so that tests can stand in for the terminal. */
export interface Io {
  readonly cwd: string;
  /** The result. With --json exactly one document. */
  out(text: string): void;
  /** Everything else: progress, notices, errors. */
  err(text: string): void;
  readonly signal: AbortSignal;
}

/** 0 done, 1 a gate failed or is undecided, 2 bad input or usage. */
export type ExitCode = 0 | 1 | 2;

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  run(argv: readonly string[], io: Io): Promise<ExitCode>;
}
