/** `prompt-confidence label-join`: puts labels that people gave beside the rows of a table. */
import { parseArgs } from 'node:util';
import { joinLabels } from '../../app/labels/join-labels';
import { oneLine } from '../../core/encode';
import { count } from '../../core/words/calibration';
import {
  columnOptions,
  JSON_USAGE,
  OUTPUT_OPTIONS,
  outputFile,
  positional,
  WRITE_OPTIONS,
  WRITE_USAGE,
} from '../calibration/options';
import { report } from '../calibration/render';
import { command, DONE } from '../command';

const USAGE = `Usage: prompt-confidence label-join TABLE LABELS --out FILE [options]
Write a copy of a table with the labels that people gave, and with the weights of the rows that "sample" drew. LABELS is a
filled-in table of "sample", the CSV that Label Studio exports of it, or a labels file (.prompt-confidence/labels/…).

  --out FILE             the table to write
  --force                replace FILE if it exists
  --label-column NAME    the column of the labels in LABELS, if its name does not show it
  --column ROLE=NAME     the column of TABLE for the role id or text, if its name does not show it; may be repeated
${WRITE_USAGE}${JSON_USAGE}`;

export const labelJoin = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...WRITE_OPTIONS,
      ...OUTPUT_OPTIONS,
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      'label-column': { type: 'string' },
      column: { type: 'string', multiple: true },
    },
  });
  const [table = '', labels = ''] = positional(positionals, 'TABLE', 'LABELS');
  const out = await outputFile(values.out, values.force, [table, labels]);
  const { mapping = {} } = await columnOptions({ column: values.column });
  const labelColumn = values['label-column'];
  const joined = await joinLabels({
    ...{ table, labels, out, mapping, labelColumn },
    spreadsheetSafe: values['spreadsheet-safe'],
  });
  const { rows, labelled, missing, missingShare, warnings } = joined;
  report(io, warnings, []);
  const without =
    missing === 0
      ? ''
      : `${count(missing, 'row')} that were drawn have no label: ${(100 * missingShare).toFixed(1)}% of the table.\n`;
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, out, rows, labelled, missing, missingShare, warnings }, null, 2)}\n`
      : `${oneLine(out)}: ${labelled.toLocaleString('en-US')} of ${count(rows, 'row')} labelled\n${without}`,
  );
  return DONE;
});
