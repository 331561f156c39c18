/** `prompt-confidence merge`: the shards of a scored table, put together. */
import { parseArgs } from 'node:util';
import { mergeScored } from '../store/tables/merge-scored';
import { outputFile } from './calibration/options';
import { command, DONE, usageError } from './command';

const USAGE = `Usage: prompt-confidence merge SHARD… --out FILE [options]
Put the shards of score --shard I/N together: FILE has the same bytes as if the table had been scored in one run. All
shards must be there, in any order, each with its meta.json, and agree in table, model, prompt and options.

  --out FILE             the whole table
  --force                replace FILE if it exists
  --json                 a summary as one JSON document on standard output
`;

export const merge = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  if (positionals.length === 0) throw usageError('SHARD is missing.');
  const out = await outputFile(values.out, values.force, positionals);
  const rows = await mergeScored(positionals, out);
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, out, rows }, null, 2)}\n`
      : `${rows.toLocaleString('en-US')} rows of ${positionals.length} shards in ${out}\n`,
  );
  return DONE;
});
