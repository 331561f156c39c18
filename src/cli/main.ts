/** Entry of the command line: finds the command, and turns whatever happens into an exit code. */
import { UserError } from '../core/user-error';
import { errorCode } from '../store/atomic';
import { classify } from './classify';
import type { Command, ExitCode, Io } from './io';

const COMMANDS: Readonly<Record<string, Command>> = { classify };

function help(): string {
  const rows = Object.entries(COMMANDS).map(([name, command]) => `  ${name.padEnd(10)} ${command.summary}`);
  return `Usage: prompt-confidence COMMAND …\n\n${rows.join('\n')}\n\nprompt-confidence COMMAND --help says more.\n`;
}

function isUsageError(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === 'usage' || code.startsWith('ERR_PARSE_ARGS');
}

async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === 'help') {
    if (name === undefined) io.err(help());
    else io.out(help());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    io.err(`There is no command "${name}".\n\n${help()}`);
    return 2;
  }
  if (rest.includes('--help')) {
    io.out(command.usage);
    return 0;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    const usage = isUsageError(error);
    if (!(error instanceof Error) || !(usage || error instanceof UserError)) throw error;
    io.err(`${error.message}\n`);
    if (usage) io.err(`\n${command.usage}`);
    return 2;
  }
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
process.exitCode = await main(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  signal: interrupt.signal,
});
