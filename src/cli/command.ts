/**
 * What every command of the command line is, and its exit status: 0 done, 1 a gate failed or is undecided,
 * 2 bad input or usage.
 */
import { oneLine } from '../core/encode';
import { UserError } from '../core/user-error';
import { errorCode } from '../store/atomic';
import { cacheFolder } from '../store/cache-home';
import { ModelStore } from '../store/models';
import { systemErrorInWords } from '../store/system-error';
import { remedyFor } from './remedies';

/** The part of the terminal that a command sees. */
export interface Io {
  /** Writes the result to stdout. With --json it is one document and nothing else. */
  out(text: string): void;
  /** Writes warnings, rejected rows and errors to stderr. */
  err(text: string): void;
  now(): Date;
  /** Aborts when the person interrupts the command. Whoever reads it must end by it; a second interruption ends the process. */
  readonly signal?: AbortSignal;
  /** Version of this program, recorded in saved files. */
  readonly version: string;
}

/** @returns the exit status */
export type Command = (argv: readonly string[], io: Io) => Promise<number>;

export const DONE = 0;
export const GATE_FAILED = 1;
export const BAD_INPUT = 2;

/** Makes a command that prints its usage for --help, and an error as one sentence on stderr. */
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
      io.err(`${oneLine(message)}\n`);
      if (lacksModel(error)) io.err(`${oneLine(await modelsInWords())}\n`);
      if (isUsage(error)) io.err(`\n${usage}`);
      return BAD_INPUT;
    }
  };
}

/** What to tell the person; undefined for a defect of this program. */
function sentence(error: unknown): string | undefined {
  if (error instanceof UserError) return `${error.message} ${remedyFor(error)}`.trimEnd();
  if (!(error instanceof Error)) return undefined;
  const code = errorCode(error) ?? '';
  if (code.startsWith('ERR_PARSE_ARGS')) return error.message;
  return systemErrorInWords(error);
}

function isUsage(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === 'usage' || code.startsWith('ERR_PARSE_ARGS');
}

/** Whether `--model` was given without a value: who types that wants to know what there is. */
function lacksModel(error: unknown): boolean {
  return (
    error instanceof Error &&
    errorCode(error) === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' &&
    error.message.includes("'--model")
  );
}

/** The models on this machine, or why their list cannot be read. */
async function modelsInWords(): Promise<string> {
  try {
    return await new ModelStore(cacheFolder('models')).inWords();
  } catch (error) {
    const message = sentence(error);
    if (message === undefined) throw error;
    return message;
  }
}

/** An error in how a command was called. The usage is printed after it. */
export function usageError(message: string): UserError {
  return new UserError('usage', message);
}
