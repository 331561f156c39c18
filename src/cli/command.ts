/**
 * What every command of the command line is, and how it ends: exit code 0 done, 1 a gate failed or is undecided,
 * 2 bad input or usage.
 */
import { UserError } from '../core/user-error';
import { errorCode } from '../store/atomic';
import { remedyFor } from './remedies';

/** The terminal, as far as a command may see it. */
export interface Io {
  /** To stdout: the result. With --json, one document and nothing else. */
  out(text: string): void;
  /** To stderr: warnings, bad rows, errors. */
  err(text: string): void;
  now(): Date;
  /** Fires when the person interrupts. */
  readonly signal?: AbortSignal;
  /** Of this program, for what is saved. */
  readonly version: string;
}

/** @returns the exit code */
export type Command = (argv: readonly string[], io: Io) => Promise<number>;

export const DONE = 0;
export const GATE_FAILED = 1;
export const BAD_INPUT = 2;

/** A command that prints its usage for --help, and its errors as one sentence on stderr. */
export function command(usage: string, run: Command): Command {
  return async (argv, io) => {
    if (argv.includes('--help') || argv.includes('-h')) {
      io.out(usage);
      return DONE;
    }
    try {
      return await run(argv, io);
    } catch (error) {
      const message = sentence(error);
      if (message === undefined) throw error;
      io.err(`${message}\n`);
      if (isUsage(error)) io.err(`\n${usage}`);
      return BAD_INPUT;
    }
  };
}

/** What to tell the person; undefined for a mistake of ours. */
function sentence(error: unknown): string | undefined {
  if (error instanceof UserError) return `${error.message} ${remedyFor(error)}`.trimEnd();
  if (!(error instanceof Error)) return undefined;
  const code = errorCode(error) ?? '';
  if (code.startsWith('ERR_PARSE_ARGS')) return error.message;
  const isSystem = 'syscall' in error;
  return isSystem ? `The file system refuses: ${error.message}` : undefined;
}

function isUsage(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === 'usage' || code.startsWith('ERR_PARSE_ARGS');
}

/** An error in how a command was called; its usage is printed below. */
export function usageError(message: string): UserError {
  return new UserError('usage', message);
}
