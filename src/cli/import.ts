/** `prompt-confidence import`: writes the predictions of another tool as a table. */
import { parseArgs } from 'node:util';
import { importPredictions } from '../app/import/import-predictions';
import { ORIGINS } from '../app/import/origins';
import { type Label, labelsOf as labelsOfClassifier } from '../core/classifier/definition';
import { spelledLabels } from '../core/classifier/spellings';
import { oneLine } from '../core/encode';
import { count } from '../core/words/calibration';
import { findClassifier } from '../store/classifiers';
import {
  JSON_USAGE,
  oneOf,
  OUTPUT_OPTIONS,
  outputTable,
  positional,
  WRITE_OPTIONS,
  WRITE_USAGE,
} from './calibration/options';
import { report } from './calibration/render';
import { command, DONE, usageError } from './command';

const NAMES = ORIGINS.map(({ name }) => name);

const USAGE = `Usage: prompt-confidence import FILE --out TABLE [options]
Write the predictions of another tool as a table, which "evaluate" and the panel open. FILE is read as what its records look
like:

${ORIGINS.map(({ name, title }) => `  ${name.padEnd(20)} ${title}`).join('\n')}

  --out FILE             the table to write
  --from NAME            read FILE as this origin, or not at all
  --labels A,B           the labels that answers are read for (batch); usual spellings count
  --classifier NAME      the same, with the spellings of a classifier
  --run NAME             the run to read, where FILE holds several (promptfoo)
  --join TABLE           add the texts and true labels of a table, by id, or by order if there are none
  --force                replace the table if it exists
${WRITE_USAGE}${JSON_USAGE}`;

export const importCommand = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...WRITE_OPTIONS,
      ...OUTPUT_OPTIONS,
      out: { type: 'string' },
      from: { type: 'string' },
      labels: { type: 'string' },
      classifier: { type: 'string' },
      run: { type: 'string' },
      join: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  const [file = ''] = positional(positionals, 'FILE');
  const out = await outputTable(values.out, values.force, [
    file,
    ...(values.join === undefined ? [] : [values.join]),
  ]);
  const from = values.from === undefined ? undefined : oneOf('from', values.from, NAMES);
  const origin = ORIGINS.find(({ name }) => name === from) ?? null;
  const labels = await labelsOf(values.labels, values.classifier);
  const done = await importPredictions(
    file,
    out,
    { origin, labels, run: values.run ?? null, join: values.join ?? null },
    { style: { spreadsheetSafe: values['spreadsheet-safe'] }, signal: io.signal },
  );
  report(io, done.warnings, []);
  for (const { at, reason } of done.damaged.slice(0, 10))
    io.err(`${oneLine(`${at} ${reason}; it was left out`)}\n`);
  const { rows, failed, columns, notes, damagedCount } = done;
  if (damagedCount > 10) io.err(`… and ${(damagedCount - 10).toLocaleString('en-US')} more records.\n`);
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, out, origin: done.origin.name, rows, failed, columns, notes, damagedCount, damaged: done.damaged }, null, 2)}\n`
      : `${oneLine(out)}: ${count(rows, 'row')} from ${done.origin.title}${failed === 0 ? '' : `, ${failed.toLocaleString('en-US')} without a score`}\n${notes.map((note) => `${oneLine(note)}\n`).join('')}`,
  );
  return DONE;
});

async function labelsOf(
  named: string | undefined,
  classifier: string | undefined,
): Promise<readonly Label[] | null> {
  if (named !== undefined && classifier !== undefined)
    throw usageError('--labels and --classifier name the same: give one of them.');
  if (classifier !== undefined)
    return labelsOfClassifier((await findClassifier(classifier, process.cwd())).classifier);
  if (named === undefined) return null;
  const names = named.split(',').map((name) => name.trim());
  if (names.length < 2 || names.some((name) => name === ''))
    throw usageError('--labels needs at least two labels, with commas between them.');
  if (new Set(names).size < names.length) throw usageError('--labels names a label twice.');
  return spelledLabels(names);
}
