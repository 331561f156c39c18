/** `prompt-confidence sample`: draws the rows of a table that people are to label. */
import { parseArgs } from 'node:util';
import { sampleTable } from '../../app/labels/sample-table';
import { oneLine } from '../../core/encode';
import { DESIGN_KINDS, priceInWords } from '../../core/labelling/design';
import { DEFAULT_BUCKETS } from '../../core/model/buckets';
import { count } from '../../core/words/calibration';
import {
  bucketOption,
  bucketsUsage,
  columnOptions,
  evaluateOptions,
  JSON_USAGE,
  oneOf,
  OUTPUT_OPTIONS,
  outputFile,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
  WRITE_OPTIONS,
  WRITE_USAGE,
} from '../calibration/options';
import { report } from '../calibration/render';
import { command, DONE, usageError } from '../command';
import { wholeNumber } from '../numbers';

const USAGE = `Usage: prompt-confidence sample TABLE --rows N --out FILE [options]
Draw rows of a table, scored or not, and write them into a table in which people fill in the column "label", from the top:
in a spreadsheet, in Label Studio or elsewhere. "unsure" or "?" is an answer, too. The model's answers are not in it, because
people who see them tend to agree. Of near-copies one is drawn. Whoever stops half-way has a smaller sample of the same kind.

  --rows N               rows to draw
  --design stratified    at random within predicted label and bin of confidence: rare labels and unsure rows more often
                         (default for a scored table)
           random        all rows alike (default for a table without scores)
           errors        the least sure rows of each predicted label, and 30% at random: finds errors, estimates badly
           review        the least sure rows below the highest bucket, and 10% at random of all others; with the model's
                         answer, its confidence and bucket beside each
${bucketsUsage('confidence buckets, highest first, for --design review')}  --seed N               seed of the draw (default: 0)
  --out FILE             the table to fill in
  --force                replace FILE if it exists
${TABLE_USAGE}${WRITE_USAGE}${JSON_USAGE}`;

export const sample = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...WRITE_OPTIONS,
      ...OUTPUT_OPTIONS,
      rows: { type: 'string' },
      design: { type: 'string' },
      buckets: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  const [table = ''] = positional(positionals, 'TABLE');
  if (values.rows === undefined) throw usageError('--rows N is missing.');
  const rows = wholeNumber('rows', values.rows, { low: 1, high: 1_000_000 });
  const out = await outputFile(values.out, values.force, [table]);
  const sampled = await sampleTable({
    table,
    out,
    columns: await columnOptions(values),
    kind: oneOf('design', values.design, DESIGN_KINDS),
    rows,
    seed: evaluateOptions(values).seed,
    buckets: bucketOption(values.buckets) ?? DEFAULT_BUCKETS,
    spreadsheetSafe: values['spreadsheet-safe'],
  });
  report(io, sampled.warnings, []);
  const { design, id, kind, n, texts } = sampled;
  const drawn = design.queue.length;
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, out, design: id, kind, rows: drawn, of: n, texts, worth: design.worth }, null, 2)}\n`
      : `${oneLine(out)}: ${count(drawn, 'row')} of ${n.toLocaleString('en-US')} to label, design ${id}\n${priceInWords(design)}\n${whatToWrite(sampled.labels)}\n`,
  );
  return DONE;
});

/** The most labels that are named. */
const NAMED_LABELS = 6;

function whatToWrite(labels: readonly string[] | null): string {
  const named =
    labels === null || labels.length > NAMED_LABELS
      ? ''
      : `: ${labels.map((name) => oneLine(name)).join(' or ')}`;
  return `Write the right label of each row into its column "label"${named}.`;
}
