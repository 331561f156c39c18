/** Entry point of the command line: runs the command that is named and sets the exit status. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { calibrationCommands } from './calibration';
import { classify } from './classify';
import { oneLine, terminalText } from '../core/encode';
import { errorCode } from '../store/atomic';
import { BAD_INPUT, DONE, type Command, type Io } from './command';
import { importCommand } from './import';
import { labelCommands } from './labels';
import { merge } from './merge';
import { practiceSetCommand } from './practice-set';
import { score } from './score';
import { tune } from './tune';

const COMMANDS: Readonly<Record<string, Command>> = {
  classify,
  score,
  merge,
  import: importCommand,
  ...calibrationCommands,
  tune,
  'practice-set': practiceSetCommand,
  ...labelCommands,
};

const HELP = `Usage: prompt-confidence COMMAND …

  classify TEXT…            Classify texts: show the combined confidence and the token table.
  score IN --out OUT        Score every row of a table.
  merge SHARD… --out OUT    Put the shards of a scored table together.
  import FILE --out TABLE   Write the predictions of another tool as a table.
  evaluate TABLE            Show how far the confidence in a table can be trusted.
  calibrate TABLE --out C   Fit a calibrator and save it.
  apply C TABLE --out OUT   Write a calibrated copy of a table.
  compare TABLE TABLE…      Compare the scores of several runs on the same rows.
  gate TABLE                Exit with status 1 if a metric misses its limit.
  tune TABLE --out ADAPTER  Fine-tune the model of a classifier on labelled rows.
  practice-set --out FILE   Write synthetic labelled texts to try all this on.
  sample TABLE --out OUT    Draw the rows that people are to label.
  label-join TABLE LABELS   Write a table with the labels that people gave.
  estimate TABLE            Estimate the share of every label in a whole table, and the accuracy.
  plan                      Say how many labels are needed.

Run prompt-confidence COMMAND --help for the options of a command.
`;

async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(HELP);
    return DONE;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command(rest, io);
  io.err(name === undefined ? HELP : `There is no command "${oneLine(name)}".\n\n${HELP}`);
  return BAD_INPUT;
}

/** The version in the manifest, which is beside dist/ both in the checkout and in the package. */
function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

// `| head` closes the pipe: the command still completes, but nobody reads the rest of its output.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
  });
/**
 * The first signal ends a command that looks at it in order. From then on, and for every other command, a signal ends the
 * process itself, also while it computes (status 130 or 143 in a shell). Files are written whole or not at all.
 */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const interrupt = (): void => {
    for (const name of signals) process.off(name, interrupt);
    controller.abort();
  };
  for (const name of signals) process.on(name, interrupt);
  return controller.signal;
}

let signal: AbortSignal | undefined;
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(terminalText(text)),
  err: (text) => void process.stderr.write(terminalText(text)),
  now: () => new Date(),
  version: ownVersion(),
  get signal() {
    return (signal ??= interruption());
  },
});
