import { inOneLine } from '../../core/encode';
import { parseArgs } from 'node:util';
import { gateTable, type GateReport } from '../../app/tables/gate-table';
import { ACCEPTABLE } from '../../core/data/doubts';
import {
  GATE_METRICS,
  type Limit,
  type Margins,
  parseGateMetric,
  type Verdict,
} from '../../core/decisions/gate';
import { type ShareLimit, shareMetric } from '../../core/labelling/gate-shares';
import { count, rowsInWords } from '../../core/words/calibration';
import { command, DONE, GATE_FAILED, usageError } from '../command';
import { namedNumber } from '../numbers';
import {
  acceptOption,
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  LABELS_OPTIONS,
  LABELS_USAGE,
  oneOf,
  OUTPUT_OPTIONS,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { remedyForGate } from '../remedies';
import { report } from './render';

/** Doubts about how a table was read, which a person can know better. */
const READINGS = ['other-meaning', 'other-labels'] as const;

const USAGE = `Usage: prompt-confidence gate TABLE [--max METRIC=X] [--min METRIC=X] [--baseline FILE] [options]
Check metrics against limits and a baseline. The exit status is 0 if every limit passes and no metric is worse than the
baseline. It is 1 if a limit fails, a metric is worse, or the rows are too few to decide.

  --max METRIC=X         upper limit of a metric; may be repeated
  --min METRIC=X         lower limit of a metric; may be repeated
  --baseline FILE        a table (rows with the same id, or else the same text, are compared in pairs) or the output of
                         evaluate --json; the metrics of --max and --min are compared, or else accuracy, ECE, Brier
                         and NLL
  --margin METRIC=X      a metric must be shown not to be worse than the baseline by more than X; without it, it must
                         only not be shown to be worse; may be repeated
  --accept DOUBT         decide although a column seems to mean something else than its name says (other-meaning), or labels
                         seem to be written in different ways (other-labels); may be repeated
  --undecided pass|fail  whether an undecided gate passes (default: fail)
${LABELS_USAGE}${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}
METRIC is ${GATE_METRICS.slice(0, 9).join(', ')},
${GATE_METRICS.slice(9).join(', ')},
or share:LABEL, the share of a label in the whole table as "estimate" finds it.
`;

export const gate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...LABELS_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      max: { type: 'string', multiple: true },
      min: { type: 'string', multiple: true },
      baseline: { type: 'string' },
      margin: { type: 'string', multiple: true },
      undecided: { type: 'string' },
      accept: { type: 'string', multiple: true, default: [] },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const both = [...parseLimits('max', values.max), ...parseLimits('min', values.min)];
  const limits = both.filter((limit) => !isShareLimit(limit));
  const shares = both.filter(isShareLimit);
  if (both.length === 0 && values.baseline === undefined)
    throw usageError('There is nothing to check. Give --max, --min or --baseline.');
  const margins = parseMargins(values.margin);
  if (values.margin !== undefined && values.baseline === undefined)
    throw usageError('--margin compares with a baseline. Give --baseline too.');
  const undecided = oneOf('undecided', values.undecided, ['pass', 'fail']) ?? 'fail';
  const accept = acceptOption(values.accept, READINGS);
  const options = evaluateOptions(values);
  const columns = await columnOptions(values);
  const { baseline } = values;
  const result = await gateTable(file, {
    ...options,
    ...{ columns, limits, shares, baseline, margins, accept },
    labelsFrom: values.labels,
  });
  report(io, result.warnings, result.evaluation.rejected);
  for (const code of ACCEPTABLE)
    if (!accept.includes(code) && result.warnings.some((warning) => warning.code === code))
      io.err(`${remedyForGate(code)}\n`);
  io.out(values.json ? `${JSON.stringify(result, null, 2)}\n` : render(inOneLine(result)));
  const passes = result.verdict === 'pass' || (result.verdict === 'undecided' && undecided === 'pass');
  return passes ? DONE : GATE_FAILED;
});

function isShareLimit(limit: Limit | ShareLimit): limit is ShareLimit {
  return shareMetric(limit.metric) !== undefined;
}

function parseLimits(bound: Limit['bound'], entries: readonly string[] = []): (Limit | ShareLimit)[] {
  return entries.map((entry): Limit | ShareLimit => {
    const named = namedNumber(entry);
    if (named === undefined) throw usageError(`--${bound} takes METRIC=X with a number X, not "${entry}".`);
    return { bound, metric: shareMetric(named.name) ?? parseGateMetric(named.name), limit: named.value };
  });
}

function parseMargins(entries: readonly string[] = []): Margins {
  return Object.fromEntries(
    entries.map((entry) => {
      const named = namedNumber(entry);
      if (named === undefined || named.value < 0)
        throw usageError(`--margin takes METRIC=X with a number X of at least 0, not "${entry}".`);
      return [parseGateMetric(named.name), named.value];
    }),
  );
}

function render({ verdict, limits, baseline, evaluation }: GateReport): string {
  const lines = [...limits, ...(baseline?.results ?? [])].map(
    (result) => `${MARKS[result.verdict]} ${result.message}`,
  );
  const rows = rowsInWords(evaluation);
  const how =
    baseline === null
      ? ''
      : `, compared with the baseline as ${baseline.comparison === 'paired' ? `${count(baseline.n, 'pair')} of rows` : 'separate samples'}`;
  return `${lines.join('\n')}\n${verdict} (${rows}${how})\n`;
}

const MARKS: Record<Verdict, string> = { pass: '✓', fail: '✗', undecided: '?' };
