/** The report of a comparison as Markdown. Only its date changes from run to run. */
import { COMPARED_METRICS, metricOf } from '../comparison/metrics';
import type { ComparisonReport, ReportedStage } from '../comparison/report';
import { SLICE_METRICS } from '../comparison/compare-slices';
import { codeSpan, markdownList, markdownSentence, markdownTable } from '../markdown';
import { count, foldsInWords, interval, labelName, number, nullInWords } from './calibration';
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
  testInWords,
  thresholdInWords,
  unslicedInWords,
  verdictsOf,
} from './comparison';

export interface ComparisonReportInput {
  readonly report: ComparisonReport;
  /** Versions by program. */
  readonly versions: Readonly<Record<string, string>>;
  readonly time: Date;
}

export function markdownComparison({ report, versions, time }: ComparisonReportInput): string {
  const { names, stages, seed } = report;
  const made = Object.entries(versions).map(([program, version]) => `${program} ${version}`);
  const parts = [
    `# Comparison of ${names.map(name).join(', ')}`,
    `${time.toISOString().slice(0, 10)}.`,
    ...stages.slice(0, 1).flatMap((stage) => verdicts(report, stage)),
    markdownList([
      markdownSentence(pairingInWords(report.pairing)),
      ...leftOutInWords(report).map(markdownSentence),
      ...report.tables.map(
        (table) =>
          `${name(table.name)}: ${codeSpan(table.file)}, SHA-256 \`${table.sha256}\`. ${markdownSentence(table.origin)}`,
      ),
    ]),
    ...stages.flatMap((stage, at) => stageParts(report, stage, at === 0)),
    ...report.excluded.map(
      ({ stage, reason }) => `Not compared: ${stageTitle(stage)}. ${markdownSentence(reason)}`,
    ),
    ...report.slices.flatMap((sliced) => sliceParts(report, sliced)),
    ...differing(report),
    ...(report.warnings.length === 0
      ? []
      : ['## Warnings', markdownList(report.warnings.map(({ message }) => markdownSentence(message)))]),
    '## About these numbers',
    `${aboutComparison(seed)} prompt-confidence compare gives the same numbers.`,
    `Made with ${made.join(', ')}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function verdicts(report: ComparisonReport, stage: ReportedStage): string[] {
  return verdictsOf(report, stage).map(
    ({ title, text }) => `**${markdownSentence(title)}.** ${markdownSentence(text)}`,
  );
}

function stageParts(report: ComparisonReport, stage: ReportedStage, isFirst: boolean): string[] {
  const { folds, names, recommended } = report;
  const winner = stageWinner(report, stage);
  return [
    `## ${stageTitle(stage.stage)}`,
    ...(stage.stage === 'raw' || folds === null ? [] : [foldsInWords(folds)]),
    ...(stage.stage === 'recommended'
      ? [markdownSentence(recommendedInWords(names, recommended, folds))]
      : []),
    ...(isFirst ? [] : verdicts(report, stage)),
    metricsTable(report, stage),
    `At a confidence of ${thresholdInWords(report.threshold)} or above:`,
    thresholdTable(report, stage),
    ...(winner === undefined ? [] : [markdownSentence(winner)]),
  ];
}

function metricsTable(
  { names, on, threshold, pairing }: ComparisonReport,
  { runs, differences }: ReportedStage,
): string {
  const others = names.slice(1);
  return markdownTable(
    [
      'Metric',
      ...names.map((run) => `>${name(run)}`),
      ...others.flatMap((run) => [`>${name(run)} less ${name(names[0] ?? '')}`, '>p', 'Test', 'Finding']),
    ],
    [
      ...COMPARED_METRICS.map((metric) => [
        metricTitle(metric, on, threshold),
        ...runs.map((run) => {
          const found = metricOf(run, metric);
          return `${number(found.value)} (${interval(found) || '–'})`;
        }),
        ...differences.flatMap((all) => {
          const difference = all.find((entry) => entry.metric === metric);
          if (difference === undefined) return ['–', '–', '', ''];
          return [
            differenceInWords(difference),
            pOf(difference),
            testInWords(difference.test),
            findingWithRows(difference, pairing.compared),
          ];
        }),
      ]),
      [
        'ECE if calibrated',
        ...runs.map(({ evaluation }) => nullInWords(evaluation.eceNull)),
        ...others.flatMap(() => ['', '', '', '']),
      ],
    ],
  );
}

/** What a business reads: how many predictions are sure enough, how many of them are right, and what changes. */
function thresholdTable({ names, pairing }: ComparisonReport, { runs }: ReportedStage): string {
  const [first] = runs;
  const change = (now: number, then: number | undefined, at: number): string =>
    at === 0 || then === undefined
      ? ''
      : ` (${now - then > 0 ? '+' : now < then ? '−' : '±'}${Math.abs(now - then).toLocaleString('en-US')})`;
  return markdownTable(
    ['Run', `>Predictions of ${pairing.compared.toLocaleString('en-US')}`, '>Accuracy of those', '>Errors'],
    runs.map(({ high }, at) => [
      name(names[at] ?? ''),
      `${high.rows.toLocaleString('en-US')}${change(high.rows, first?.high.rows, at)}`,
      `${number(high.accuracy.value)} (${interval(high.accuracy) || '–'})`,
      `${high.errors.toLocaleString('en-US')}${change(high.errors, first?.high.errors, at)}`,
    ]),
  );
}

function sliceParts(
  { names, on, threshold }: ComparisonReport,
  sliced: ComparisonReport['slices'][number],
): string[] {
  const { column, slices, minimumRows, tooSmallCount } = sliced;
  return [
    `## By ${name(column)}`,
    ...(slices.length === 0
      ? []
      : [
          markdownTable(
            [
              'Value',
              '>Rows',
              ...SLICE_METRICS.flatMap((metric) => [
                ...names.map((run) => `>${metricTitle(metric, on, threshold)}, ${name(run)}`),
                ...names.slice(1).map((run) => `>${name(run)} less ${name(names[0] ?? '')}`),
              ]),
            ],
            slices.map((slice) => [
              name(slice.name),
              slice.rows.toLocaleString('en-US'),
              ...SLICE_METRICS.flatMap((metric) => [
                ...slice.runs.map((run) => number(metricOf(run, metric).value)),
                ...slice.differences.map((all) => {
                  const difference = all.find((entry) => entry.metric === metric);
                  return difference === undefined
                    ? '–'
                    : `${differenceInWords(difference)}, ${findingInWords(difference)}`;
                }),
              ]),
            ]),
          ),
          'What is shown is after Holm’s correction over all of these.',
        ]),
    ...(tooSmallCount === 0
      ? []
      : [
          `Left out, because they have fewer than ${count(minimumRows, 'row')}: ${count(tooSmallCount, 'value')}.`,
        ]),
    ...unslicedInWords(sliced).map(markdownSentence),
  ];
}

function differing({ names, differing: rows }: ComparisonReport): string[] {
  return ['## Rows that differ', differingInWords(names, rows)].map((part, at) =>
    at === 0 ? part : markdownSentence(part),
  );
}

/** How many rows changed, and which way. */
export function differingInWords(
  names: readonly string[],
  { lost, 'both-wrong': bothWrong, gained }: ComparisonReport['differing'],
): string {
  const [first = '', second = ''] = names.map((each) => labelName(each));
  // Of several runs, others may be right where one is wrong.
  const [onlyFirst, onlyOther] =
    names.length === 2
      ? [`only ${first} is right`, `only ${second} is right`]
      : [`${first} is right and another run is wrong`, `${first} is wrong and another run is right`];
  return `${count(lost, 'row')} where ${onlyFirst}, ${count(gained, 'row')} where ${onlyOther}, and ${count(bothWrong, 'row')} that all get wrong in different ways.`;
}

/** A foreign name on one line; nothing in it is Markdown. */
function name(text: string): string {
  return codeSpan(labelName(text));
}
