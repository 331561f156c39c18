/** `prompt-confidence merge`: puts the shards of a scored table together. */
import { oneLine } from '../core/encode';
import { parseArgs } from 'node:util';
import { mergeScored } from '../store/tables/merge-scored';
import { outputTable, WRITE_OPTIONS, WRITE_USAGE } from './calibration/options';
import { command, DONE, usageError } from './command';

const USAGE = `Usage: prompt-confidence merge SHARD… --out FILE [options]
Put the shards of score --shard I/N together. FILE has the same bytes as if the table had been scored in one run. Name
all shards, in any order. Each needs its meta.json, and all must have the same table, model, prompt and options.

  --out FILE             the whole table to write
  --force                replace FILE if it exists
${WRITE_USAGE}  --json                 print a summary as one JSON document
`;

export const merge = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      ...WRITE_OPTIONS,
      json: { type: 'boolean', default: false },
    },
  });
  if (positionals.length === 0) throw usageError('SHARD is missing.');
  const out = await outputTable(values.out, values.force, positionals);
  const rows = await mergeScored(positionals, out, { spreadsheetSafe: values['spreadsheet-safe'] });
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, out, rows }, null, 2)}\n`
      : `${rows.toLocaleString('en-US')} rows of ${positionals.length} shards in ${oneLine(out)}\n`,
  );
  return DONE;
});
