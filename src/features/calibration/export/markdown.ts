/** The calibration report: everything that the panel shows, as Markdown. Only its date changes from run to run. */
import {
  aboutNumbers,
  binRange,
  cheapestInWords,
  CORRECTNESS,
  count,
  gapInWords,
  headlineRows,
  interval,
  labelName,
  calibratorTitle,
  nullInWords,
  number,
  numberBelow,
  recommendationTitle,
  correctRowsInWords,
  signed,
  verdict,
} from '../../../core/words/calibration';
import {
  codeSpan,
  markdownList as list,
  markdownSentence,
  markdownTable as table,
} from '../../../core/markdown';
import type { Decided } from '../../../protocol/calibration-decisions';
import type {
  Analysis,
  Breakdown,
  Comparison,
  Diagram,
  PanelState,
} from '../../../protocol/calibration-page';
import type { Evaluation } from '../../../core/model/evaluation';

export interface ReportInput {
  /** The state with complete numbers. */
  readonly state: PanelState & { readonly analysis: Analysis };
  /** The part that the main diagram shows; null for all rows. */
  readonly part: Breakdown['parts'][number] | null;
  /** Versions by program. */
  readonly versions: Readonly<Record<string, string>>;
  readonly time: Date;
}

/** Number of rejected rows that are listed, few enough to be read. */
const LISTED_REJECTED = 20;

/** Paragraphs and tables of one section; none if it has no content. */
type Section = (input: ReportInput) => readonly string[];

const SECTIONS: readonly Section[] = [
  head,
  facts,
  headline,
  bins,
  breakdown,
  comparison,
  decisions,
  progression,
  warnings,
  rejected,
  about,
];

export function markdownReport(input: ReportInput): string {
  return `${SECTIONS.flatMap((section) => section(input)).join('\n\n')}\n`;
}

function head({ state, time }: ReportInput): string[] {
  const date = time.toISOString().slice(0, 10);
  return [`# Calibration of ${codeSpan(labelName(state.name))}`, `${date}.`];
}

function facts({ state: { analysis } }: ReportInput): string[] {
  const { evaluation, origin, sha256 } = analysis;
  const { labels, kind, binning } = evaluation;
  const said = verdict(evaluation, CORRECTNESS);
  const { prefix, mapping, prevalence } = analysis.settings.table;
  const columns = Object.entries(mapping);
  return [
    ...(said === undefined ? [] : [`**${said.title}.** ${said.text}`]),
    list([
      correctRowsInWords(evaluation),
      kind === 'labels' && labels !== null
        ? `Labels: ${labels.map(label).join(', ')}`
        : 'Confidence against correct',
      ...(prefix === null ? [] : [`Scores of the confidence method ${label(prefix)}`]),
      ...(columns.length === 0
        ? []
        : [
            `Columns: ${columns.map(([role, name]) => `${label(role)} is ${name === '' ? 'left out' : label(name)}`).join(', ')}`,
          ]),
      ...(prevalence === null
        ? []
        : [
            `Evaluated as if the labels had these shares: ${prevalence.map((part) => `${label(part.label)} ${number(part.share)}`).join(', ')}`,
          ]),
      `${count(binning.count, 'bin')} of equal ${binning.kind}`,
      markdownSentence(origin),
      `SHA-256 of the table: \`${sha256}\``,
    ]),
  ];
}

function headline({ state: { analysis } }: ReportInput): string[] {
  return [
    '## Headline numbers',
    table(
      ['Metric', '>Value', '>95% interval', 'Remark'],
      headlineRows(analysis.evaluation, false, CORRECTNESS),
    ),
  ];
}

function bins({ state: { analysis } }: ReportInput): string[] {
  const { evaluation, consistency } = analysis;
  return ['## Bins of confidence', binTable(evaluation.bins, consistency)];
}

function binTable(rows: Evaluation['bins'], consistency: Diagram['consistency']): string {
  return table(
    [
      'Bin',
      '>Rows',
      '>Mean confidence',
      '>Accuracy',
      '>95% interval',
      '>Accuracy if calibrated, 95 of 100',
      '>Gap',
    ],
    rows.map((bin, index) => [
      binRange(bin),
      bin.count.toLocaleString('en-US'),
      number(bin.meanConfidence),
      number(bin.accuracy),
      interval({ low: bin.accuracyLow, high: bin.accuracyHigh }),
      interval(consistency[index] ?? { low: null, high: null }) || '–',
      signed(bin.accuracy - bin.meanConfidence),
    ]),
  );
}

/** The parts that the panel shows, each in a line. */
function breakdown({ state: { breakdown: shown }, part }: ReportInput): string[] {
  if (shown === null || shown.view.by === 'all') return [];
  const { view, parts, minimumRows, tooSmallCount } = shown;
  const by = {
    predicted: 'By predicted label',
    label: 'P(label) of each label',
    column: `By ${view.by === 'column' ? label(view.column) : ''}`,
  };
  return [
    `## ${by[view.by]}`,
    ...(parts.length === 0
      ? []
      : [
          table(
            [
              view.by === 'column' ? 'Value' : 'Label',
              '>Rows',
              view.by === 'label' ? '>Mean P(label)' : '>Mean confidence',
              view.by === 'label' ? '>Share of rows' : '>Accuracy',
              '>95% interval',
              '>ECE',
            ],
            parts.map(({ name, diagram: { evaluation } }) => [
              label(name),
              evaluation.n.toLocaleString('en-US'),
              number(evaluation.meanConfidence.value),
              number(evaluation.accuracy.value),
              interval(evaluation.accuracy) || '–',
              `${number(evaluation.ece.value)} (${number(evaluation.eceNull.mean)} if calibrated)`,
            ]),
          ),
        ]),
    ...(tooSmallCount === 0
      ? []
      : [
          `Left out, because they have fewer than ${count(minimumRows, 'row')}: ${count(tooSmallCount, 'part')}.`,
        ]),
    ...(part === null
      ? []
      : [
          `### Bins of ${label(part.name)}`,
          binTable(part.diagram.evaluation.bins, part.diagram.consistency),
        ]),
  ];
}

function comparison({ state: { comparison: compared, comparisonError } }: ReportInput): string[] {
  const heading = '## Calibrators';
  if (comparisonError !== null) return [heading, markdownSentence(comparisonError.message)];
  if (compared === null) return [heading, 'Calibrators were not compared.'];
  const { verdict: outcome, choice, reason, folds, excluded } = compared;
  const candidates = new Set(compared.methods.map(({ method }) => method));
  return [
    heading,
    `**${recommendationTitle(outcome, choice)}.** ${markdownSentence(reason)} ${folds}`,
    table(
      ['Calibrator', '>NLL', '>Brier', '>ECE', '>ECE if calibrated', '>Accuracy', '>Above the best NLL'],
      compared.methods.map((entry) => comparedRow(entry, choice)),
    ),
    ...excluded.map(
      ({ method, reason: why }) =>
        `${candidates.has(method) ? 'Not a candidate' : 'Not compared'}: ${calibratorTitle(method)}. ${markdownSentence(why)}`,
    ),
    ...compared.warnings.map(({ message }) => `Warning: ${markdownSentence(message)}`),
  ];
}

function comparedRow(
  { method, diagram: { evaluation }, gap }: Comparison['methods'][number],
  choice: Comparison['choice'],
): string[] {
  const { nll, brier } = evaluation.labelMetrics ?? evaluation;
  const cell = (metric: typeof nll): string => `${number(metric.value)} (${interval(metric) || '–'})`;
  return [
    `${calibratorTitle(method)}${method === choice ? ' (recommended)' : ''}`,
    cell(nll),
    cell(brier),
    cell(evaluation.ece),
    nullInWords(evaluation.eceNull),
    cell(evaluation.accuracy),
    gapInWords(gap),
  ];
}

/** Decisions, raw and with the recommended calibrator. */
function decisions({
  state: {
    decisions: { report },
    comparison: compared,
  },
}: ReportInput): string[] {
  if (report === null) return [];
  const { question, n, isTestPart, methods } = report;
  const shown = methods.filter(({ method }) => method === 'raw' || method === compared?.choice);
  return [
    '## Decisions',
    `On ${count(n, 'row')}${isTestPart ? ' that are marked test' : ''}.`,
    ...shown.flatMap(({ method, buckets, threshold, costs }) => [
      `### ${calibratorTitle(method)}`,
      table(
        ['Bucket', '>From', '>Rows', '>Mean confidence', '>Accuracy', '>95% interval', '>Gap'],
        buckets.map(({ name, low, high, rows, meanConfidence, accuracy, accuracyLow, accuracyHigh }) => [
          label(name),
          number(low),
          rows.toLocaleString('en-US'),
          numberBelow(meanConfidence, high),
          number(accuracy),
          interval({ low: accuracyLow, high: accuracyHigh }) || '–',
          accuracy === null || meanConfidence === null ? '–' : signed(accuracy - meanConfidence),
        ]),
      ),
      `Target accuracy ${number(question.target)}: ${markdownSentence(threshold.message)}`,
      ...(costs === null ? [] : [costSentence(costs)]),
    ]),
  ];
}

function costSentence({ threshold, scored }: NonNullable<Decided['costs']>): string {
  const rule = cheapestInWords(threshold);
  if (scored === null) return rule;
  const { cost, reviewAll, automaticAll } = scored;
  const sure = interval(scored);
  return `${rule} It costs ${number(cost)}${sure === '' ? '' : ` (95% interval ${sure})`} a row (${number(reviewAll)} if all are reviewed, ${number(automaticAll)} if none is).`;
}

/** Whether more labelled rows would help each calibrator. */
function progression({ state: { progression: shown } }: ReportInput): string[] {
  if (shown.methods === null) return [];
  return [
    '## Would more labelled rows help?',
    list(
      shown.methods.map(({ method, message }) => `${calibratorTitle(method)}: ${markdownSentence(message)}`),
    ),
  ];
}

function warnings({ state: { analysis } }: ReportInput): string[] {
  const said = analysis.evaluation.warnings;
  return said.length === 0 ? [] : ['## Warnings', list(said.map(({ message }) => markdownSentence(message)))];
}

function rejected({ state: { analysis } }: ReportInput): string[] {
  const { rejectedCount, evaluation } = analysis;
  if (rejectedCount === 0) return [];
  const listed = evaluation.rejected.slice(0, LISTED_REJECTED);
  const more = rejectedCount - listed.length;
  return [
    '## Rows not used',
    list([
      ...listed.map(({ line, reason }) => `Line ${line}: ${markdownSentence(reason)}`),
      ...(more > 0 ? [`and ${count(more, 'more row')}`] : []),
    ]),
  ];
}

function about({ state: { analysis }, versions }: ReportInput): string[] {
  const made = Object.entries(versions).map(([program, version]) => `${program} ${version}`);
  return ['## About these numbers', aboutNumbers(analysis.evaluation), `Made with ${made.join(', ')}.`];
}

/** A foreign name on one line, without invisible characters, cut if it is long; nothing in it is Markdown. */
function label(name: string): string {
  return codeSpan(labelName(name));
}
