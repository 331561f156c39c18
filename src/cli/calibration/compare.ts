import { inOneLine, oneLine } from '../../core/encode';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { excerpt } from '../../core/words/score';
import {
  type ComparedTables,
  compareTables,
  DEFAULT_THRESHOLD,
  differencesCsv,
  listDifferences,
  type ListedDifference,
} from '../../app/tables/compare-tables';
import { SLICE_METRICS } from '../../core/comparison/compare-slices';
import { COMPARED_METRICS, metricOf } from '../../core/comparison/metrics';
import type { ComparisonReport, ReportedStage } from '../../core/comparison/report';
import { count, foldsInWords, labelName, signed } from '../../core/words/calibration';
import {
  aboutComparison,
  differenceInWords,
  findingInWords,
  findingWithRows,
  leftOutInWords,
  metricTitle,
  pairingInWords,
  pOf,
  recommendedInWords,
  stageTitle,
  stageWinner,
  thresholdInWords,
  unslicedInWords,
  verdictsOf,
} from '../../core/words/comparison';
import { differingInWords, markdownComparison } from '../../core/words/comparison-report';
import { writeFileAtomic } from '../../store/atomic';
import { explainingWrite } from '../../store/explain-write';
import { command, DONE, usageError } from '../command';
import { decimalNumber } from '../numbers';
import {
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  LABELS_OPTIONS,
  LABELS_USAGE,
  OUTPUT_OPTIONS,
  outputFile,
  TABLE_OPTIONS,
  TABLE_USAGE,
  WRITE_OPTIONS,
  WRITE_USAGE,
} from './options';
import { aligned, interval, number, report as sayWarnings } from './render';

const USAGE = `Usage: prompt-confidence compare TABLE TABLE… [options]
Compare the scores of several runs on the same rows: two prompts, two models, or a base and a tuned one. Rows are paired
by id, or else by text. The others are compared with the first: raw, and after calibrators that are cross-fitted on the
same folds.

  --names NAME,…         names of the runs, as many as tables (default: those of the files)
  --threshold X          count the predictions at this confidence or above (default: ${DEFAULT_THRESHOLD})
  --slice COLUMN         a comparison for each value of this column of the first table; may be repeated
  --report FILE          write a report in Markdown
  --rows FILE            write the rows on which the runs differ, worst first, as CSV
  --force                replace FILE if it exists
${WRITE_USAGE}${LABELS_USAGE}${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}`;

export const compare = command(USAGE, async (argv, io) => {
  const { values, positionals: files } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...LABELS_OPTIONS,
      ...TABLE_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      ...WRITE_OPTIONS,
      names: { type: 'string' },
      threshold: { type: 'string' },
      slice: { type: 'string', multiple: true, default: [] },
      report: { type: 'string' },
      rows: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  if (files.length < 2) throw usageError('Name at least two tables.');
  const { threshold } = values;
  const out = {
    report: await output('report', values.report, values.force, files),
    rows: await output('rows', values.rows, values.force, files),
  };
  if (out.report !== undefined && out.report === out.rows)
    throw usageError('--report and --rows name the same file.');
  const columns = await columnOptions(values);
  const compared = await compareTables({
    tables: files.map((file) => ({ file, columns })),
    labelsFrom: values.labels,
    names: values.names === undefined ? undefined : namesOf(values.names),
    ...evaluateOptions(values),
    slices: values.slice,
    threshold:
      threshold === undefined
        ? undefined
        : decimalNumber('threshold', threshold, 'a number above 0, and below 1', (x) => x > 0 && x < 1),
  });
  const { report } = compared;
  sayWarnings(io, report.warnings, []);
  for (const sentence of leftOutInWords(report)) io.err(`${oneLine(sentence)}\n`);
  if (out.report !== undefined) {
    const versions = { 'Prompt Confidence': io.version, 'Node.js': process.versions.node };
    await write(out.report, markdownComparison({ report, versions, time: io.now() }));
  }
  if (out.rows !== undefined) {
    const rows = await listDifferences(compared, compared.differing.length);
    await write(
      out.rows,
      differencesCsv(report.names, rows, { spreadsheetSafe: values['spreadsheet-safe'] }),
    );
  }
  io.out(values.json ? `${JSON.stringify(report, null, 2)}\n` : await render(compared));
  return DONE;
});

/** As in a CSV, a name with a comma is quoted. */
function namesOf(value: string): string[] {
  try {
    const [names = []]: string[][] = parse(value, { to: 1, relax_quotes: true });
    return names;
  } catch {
    throw usageError(`--names takes NAME,…, not ${value}.`);
  }
}

function output(
  option: string,
  given: string | undefined,
  force: boolean,
  files: readonly string[],
): Promise<string | undefined> {
  return given === undefined ? Promise.resolve(undefined) : outputFile(given, force, files, option);
}

function write(file: string, content: string): Promise<void> {
  return explainingWrite(file, () => writeFileAtomic(file, content));
}

/** Rows that are listed on a terminal; --rows has them all. */
const SHOWN_ROWS = 10;
/** Characters of their texts. */
const SHOWN_TEXT = 60;

async function render(compared: ComparedTables): Promise<string> {
  const report = inOneLine(compared.report);
  const rows = inOneLine(await listDifferences(compared, SHOWN_ROWS));
  const { names, stages, pairing } = report;
  const [raw] = stages;
  const verdicts = raw === undefined ? [] : verdictsOf(report, raw);
  return [
    ...verdicts.map(({ title, text }) => `${title}. ${text}\n`),
    `${pairingInWords(pairing)}\n`,
    ...stages.map((stage, at) => renderStage(report, stage, at === 0)),
    ...report.excluded.map(({ stage, reason }) => `\nNot compared: ${stageTitle(stage)}. ${reason}\n`),
    ...report.slices.map((sliced) => renderSlices(report, sliced)),
    `\n${differingInWords(names, report.differing)}\n`,
    renderRows(names, rows),
    `\n${aboutComparison(report.seed)}\n`,
  ].join('');
}

function renderStage(report: ComparisonReport, stage: ReportedStage, isFirst: boolean): string {
  const { names, on, threshold, pairing, folds, recommended } = report;
  const { runs, differences } = stage;
  const table = COMPARED_METRICS.map((metric) => [
    metricTitle(metric, on, threshold),
    ...runs.flatMap((run) => {
      const found = metricOf(run, metric);
      return [number(found.value), interval(found)];
    }),
    ...differences.flatMap((all) => {
      const difference = all.find((entry) => entry.metric === metric);
      return difference === undefined
        ? ['', '', '']
        : [differenceInWords(difference), pOf(difference), findingWithRows(difference, pairing.compared)];
    }),
  ]);
  const head = [
    '',
    ...names.flatMap((name) => [labelName(name), '95%']),
    ...names
      .slice(1)
      .flatMap((name) => [`${labelName(name)} less ${labelName(names[0] ?? '')}`, 'p', 'finding']),
  ];
  const winner = stageWinner(report, stage);
  return [
    `\n${stageTitle(stage.stage)}\n`,
    stage.stage === 'raw' || folds === null ? '' : `${foldsInWords(folds)}\n`,
    stage.stage === 'recommended' ? `${recommendedInWords(names, recommended, folds)}\n` : '',
    ...(isFirst ? [] : verdictsOf(report, stage).map(({ title }) => `${title}.\n`)),
    aligned([head, ...table]),
    ...runs.map(
      ({ evaluation: { eceNull } }, at) =>
        `${labelName(names[at] ?? '')}: if calibrated, ECE would be ${number(eceNull.mean)} on average, and up to ${number(eceNull.q95)} in 95 of 100 tables.\n`,
    ),
    renderThreshold(report, stage),
    winner === undefined ? '' : `${winner}\n`,
  ].join('');
}

/** What a business reads: how many predictions are sure enough, how many are right, and what changes. */
function renderThreshold({ names, threshold }: ComparisonReport, { runs }: ReportedStage): string {
  const [first] = runs;
  const change = (now: number, then = 0): string =>
    now === then ? '±0' : `${now > then ? '+' : '−'}${Math.abs(now - then).toLocaleString('en-US')}`;
  const rows = runs.map(({ high }, at) => [
    labelName(names[at] ?? ''),
    high.rows.toLocaleString('en-US'),
    at === 0 ? '' : change(high.rows, first?.high.rows),
    number(high.accuracy.value),
    interval(high.accuracy),
    high.errors.toLocaleString('en-US'),
    at === 0 ? '' : change(high.errors, first?.high.errors),
  ]);
  const head = [
    `at ${thresholdInWords(threshold)} or above`,
    ...['predictions', 'change', 'accuracy', '95%', 'errors', 'change'],
  ];
  return `\n${aligned([head, ...rows])}`;
}

function renderSlices(
  { names, on, threshold }: ComparisonReport,
  sliced: ComparisonReport['slices'][number],
): string {
  const { column, slices, minimumRows, tooSmallCount } = sliced;
  const head = [
    labelName(column),
    'rows',
    ...SLICE_METRICS.flatMap((metric) =>
      names
        .slice(1)
        .flatMap((name) => [`${metricTitle(metric, on, threshold)}, ${labelName(name)}`, 'finding']),
    ),
  ];
  const rows = slices.map((slice) => [
    labelName(slice.name),
    slice.rows.toLocaleString('en-US'),
    ...SLICE_METRICS.flatMap((metric) =>
      slice.differences.flatMap((all) => {
        const difference = all.find((entry) => entry.metric === metric);
        return difference === undefined
          ? ['', '']
          : [difference.value === null ? '–' : signed(difference.value), findingInWords(difference)];
      }),
    ),
  ]);
  const small =
    tooSmallCount === 0
      ? ''
      : `Left out, because they have fewer than ${minimumRows} rows: ${count(tooSmallCount, 'value')}.\n`;
  const others = unslicedInWords(sliced).map((sentence) => `${sentence}\n`);
  return `\nBy ${labelName(column)}, differences from ${labelName(names[0] ?? '')}, corrected over all of them\n${rows.length === 0 ? '' : aligned([head, ...rows])}${[small, ...others].join('')}`;
}

const CHANGES: Readonly<Record<ListedDifference['change'], string>> = {
  lost: 'lost',
  'both-wrong': 'both wrong',
  gained: 'gained',
};

function renderRows(names: readonly string[], rows: readonly ListedDifference[]): string {
  if (rows.length === 0) return '';
  const head = [
    'worst first',
    ...names.flatMap((name) => [`line in ${labelName(name)}`, 'predicted', 'confidence']),
    'truth',
    ...(rows.some(({ text }) => text !== null) ? ['text'] : []),
  ];
  const lines = rows.map(({ change, truth, text, runs }) => [
    CHANGES[change],
    ...runs.flatMap(({ line, predicted, confidence }) => [
      String(line),
      labelName(predicted),
      number(confidence),
    ]),
    labelName(truth),
    ...(text === null ? [] : [labelName(excerpt(text, SHOWN_TEXT))]),
  ]);
  return aligned([head, ...lines]);
}
