/** `prompt-confidence estimate`: how many rows really have each label, from a few labels of people. */
import { parseArgs } from 'node:util';
import { type Difference, estimateFrom, type EstimateReport } from '../../app/labels/estimate-table';
import { inOneLine } from '../../core/encode';
import type { BoundedEstimate, TableEstimate } from '../../core/labelling/estimate';
import { count } from '../../core/words/calibration';
import {
  columnOptions,
  evaluateOptions,
  JSON_USAGE,
  OUTPUT_OPTIONS,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from '../calibration/options';
import { aligned, interval, number, report } from '../calibration/render';
import { command, DONE, usageError } from '../command';

const USAGE = `Usage: prompt-confidence estimate TABLE [--labels FILE] [options]
Estimate the share of every label in a whole scored table, and how often the model is right, from the rows that people
labelled, with the help of the model's probabilities for all of them.

  --labels FILE          the labels that people gave: a filled-in table of "sample", what Label Studio exports of it, or a
                         labels file; without it, the labels of a table that "label-join" wrote
  --drawn-at-random      the labelled rows of a table without weights were drawn at random
  --slice COLUMN         estimate each value of this column, and compare it with all other rows; may be repeated
  --against TABLE        compare with another table, of other texts
  --against-labels FILE  the labels that people gave for that
  --seed N               seed of the folds (default: 0)
${TABLE_USAGE}${JSON_USAGE}`;

export const estimate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...OUTPUT_OPTIONS,
      labels: { type: 'string' },
      'drawn-at-random': { type: 'boolean', default: false },
      slice: { type: 'string', multiple: true, default: [] },
      against: { type: 'string' },
      'against-labels': { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const [table = ''] = positional(positionals, 'TABLE');
  const { against } = values;
  const labelsThere = values['against-labels'];
  if (against === undefined && labelsThere !== undefined)
    throw usageError('--against-labels are the labels of --against TABLE. Give --against too.');
  const drawnAtRandom = values['drawn-at-random'];
  const columns = await columnOptions(values);
  const result = await estimateFrom({
    ...{ table, columns, drawnAtRandom, labelsFrom: values.labels, slices: values.slice },
    seed: evaluateOptions(values).seed,
    against:
      against === undefined ? undefined : { table: against, columns, drawnAtRandom, labelsFrom: labelsThere },
  });
  report(io, result.warnings, []);
  io.out(values.json ? `${JSON.stringify(result, null, 2)}\n` : render(inOneLine(result)));
  return DONE;
});

function render(result: EstimateReport): string {
  const { people, slices, against } = result;
  return [
    renderEstimate(result),
    renderPeople(people),
    ...slices.map(
      ({ column, name, estimate: own, differences }) =>
        `\n${column} = ${name}\n${renderEstimate(own)}${renderDifferences('other rows', differences)}`,
    ),
    against === null
      ? ''
      : `\nThe other table\n${renderEstimate(against.estimate)}${renderDifferences('the other table', against.differences)}`,
  ].join('');
}

function renderEstimate(result: TableEstimate): string {
  const { n, labelled, effective, accuracy, shares, kappa } = result;
  const worth =
    Math.round(effective) === labelled ? '' : `, worth ${Math.round(effective)} drawn all at random`;
  const rows = [
    ...shares.map((share) => [`share of ${share.label}`, ...cells(share), number(share.predicted)]),
    ['accuracy', ...cells(accuracy), ''],
  ];
  const head = ['', 'estimate', '95% interval', 'labels worth', 'labels alone', '95% interval', 'predicted'];
  const bounds = [
    ...shares.map((share) => ({ name: `share of ${share.label}`, ...share })),
    { name: 'accuracy', ...accuracy },
  ].flatMap(({ name, ifNone, ifAll }) =>
    ifNone === null || ifAll === null
      ? []
      : [[name, number(ifNone.value), interval(ifNone), number(ifAll.value), interval(ifAll)]],
  );
  const bounded =
    bounds.length === 0
      ? ''
      : `\nIf none of the texts that people could not label counts, and if all do:\n${aligned([['', 'none', '95% interval', 'all', '95% interval'], ...bounds])}`;
  const agreement =
    typeof kappa?.value !== 'number'
      ? ''
      : `\nThe model agrees with people beyond chance: κ = ${number(kappa.value)} (${interval(kappa)}).\n`;
  return `${count(n, 'row')}, ${labelled.toLocaleString('en-US')} of them labelled${worth}\n\n${aligned([head, ...rows])}${bounded}${agreement}${renderConfusion(result)}`;
}

/** With more labels the matrix is wider than a terminal; --json has it. */
const MOST_LABELS = 12;

function renderConfusion({ confusion, shares }: TableEstimate): string {
  if (confusion === null || shares.length > MOST_LABELS) return '';
  const labels = shares.map(({ label }) => label);
  const rows = confusion.map((row, k) => [labels[k] ?? '', ...row.map((share) => number(share))]);
  return `\nShares of the whole table, by the labelled rows alone:\n${aligned([['people \\ model', ...labels], ...rows])}`;
}

function cells(found: BoundedEstimate): string[] {
  const worth = found.worth === null ? '' : Math.round(found.worth).toLocaleString('en-US');
  return [number(found.value), interval(found), worth, number(found.alone.value), interval(found.alone)];
}

function renderPeople(people: EstimateReport['people']): string {
  if (people.length === 0) return '';
  const rows = people.map(({ one, other, n, agreement, value, ...ends }) => [
    `${one || '(no name)'} and ${other === null ? 'the model' : other || '(no name)'}`,
    String(n),
    number(agreement),
    number(value),
    interval(ends),
  ]);
  return `\n${aligned([['', 'rows', 'agreement', 'κ', '95% interval'], ...rows])}`;
}

function renderDifferences(other: string, differences: readonly Difference[]): string {
  if (differences.length === 0) return '';
  const rows = differences.map((found) => [found.what, number(found.value), interval(found)]);
  return `\n${aligned([[`less ${other}`, 'difference', '95% interval'], ...rows])}`;
}
