/** Entry of the command line: finds the command, and turns what it says into an exit code. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { calibrationCommands } from './calibration';
import { classify } from './classify';
import { errorCode } from '../store/atomic';
import { BAD_INPUT, DONE, type Command, type Io } from './command';
import { merge } from './merge';
import { score } from './score';

const COMMANDS: Readonly<Record<string, Command>> = { classify, score, merge, ...calibrationCommands };

const HELP = `Usage: prompt-confidence COMMAND …

  classify TEXT…            the token distribution and the combined confidence of texts
  score IN --out OUT        the scores of every row of a table
  merge SHARD… --out OUT    the shards of a scored table, put together
  evaluate TABLE            how far the confidence in a table can be trusted
  calibrate TABLE --out C   fit a calibrator and save it
  apply C TABLE --out OUT   a calibrated copy of a table
  gate TABLE                fail where the confidence is worse than it may be

prompt-confidence COMMAND --help says more.
`;

async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(HELP);
    return DONE;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command(rest, io);
  io.err(name === undefined ? HELP : `There is no command "${name}".\n\n${HELP}`);
  return BAD_INPUT;
}

/** The manifest lies beside dist/, in the checkout as in the package. */
function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

// `| head` closes the pipe: what was asked for is still done, the rest of the output has no reader.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
  });
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  now: () => new Date(),
  version: ownVersion(),
  signal: interrupt.signal,
});
