import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { selectRows } from '../../core/model/rows';
import type { Warning } from '../../core/model/predictions';
import type { ColumnOptions } from '../../core/data/columns';
import { parseEvaluation } from '../../core/data/evaluation-json';
import { pairRows } from '../../core/data/pairing';
import {
  type BaselineResult,
  comparePaired,
  compareTwoSamples,
  GATE_METRICS,
  gateLimits,
  type GateMetric,
  type Limit,
  type LimitResult,
  parseGateMetric,
  type Verdict,
} from '../../core/decisions/gate';
import { evaluate } from '../../core/metrics/evaluate';
import { UserError } from '../../core/user-error';
import { errorCode } from '../../store/atomic';
import { calibratedWarnings, type LabelledTable, readLabelled } from '../../store/tables/labelled';
import { command, DONE, GATE_FAILED, usageError } from '../command';
import { namedNumber } from '../numbers';
import {
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  oneOf,
  OUTPUT_OPTIONS,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { count } from '../../core/words/calibration';
import { report } from './render';
import type { Evaluation, EvaluateOptions } from '../../core/model/evaluation';

const USAGE = `Usage: prompt-confidence gate TABLE [--max METRIC=X] [--min METRIC=X] [--baseline FILE] [options]
Check metrics against limits and a baseline. The exit status is 0 if every limit passes and no metric is worse than the
baseline. It is 1 if a limit fails, a metric is worse, or the rows are too few to decide.

  --max METRIC=X         upper limit of a metric; may be repeated
  --min METRIC=X         lower limit of a metric; may be repeated
  --baseline FILE        a table (rows with the same id are compared in pairs) or the output of evaluate --json; the
                         metrics of --max and --min are compared, or else accuracy, ECE, Brier and NLL
  --undecided pass|fail  how an undecided limit counts (default: fail)
${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}
METRIC is ${GATE_METRICS.slice(0, 9).join(', ')},
${GATE_METRICS.slice(9).join(', ')}.
`;

/**
 * What --json prints.
 *
 * @internal
 */
export interface GateReport {
  readonly schema: 1;
  /** The worst of all verdicts below. */
  readonly verdict: Verdict;
  readonly limits: readonly LimitResult[];
  readonly baseline: BaselineReport | null;
  readonly evaluation: Evaluation;
  readonly warnings: readonly Warning[];
}

interface BaselineReport {
  readonly comparison: 'paired' | 'two-sample';
  /** Rows of this table that were compared. */
  readonly n: number;
  readonly results: readonly BaselineResult[];
}

export const gate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      max: { type: 'string', multiple: true },
      min: { type: 'string', multiple: true },
      baseline: { type: 'string' },
      undecided: { type: 'string' },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const limits = [...parseLimits('max', values.max), ...parseLimits('min', values.min)];
  if (limits.length === 0 && values.baseline === undefined)
    throw usageError('There is nothing to check. Give --max, --min or --baseline.');
  const undecided = oneOf('undecided', values.undecided, ['pass', 'fail']) ?? 'fail';
  const options = evaluateOptions(values);
  const columns = columnOptions(values);
  const input = await readLabelled(file, columns);
  const other = values.baseline === undefined ? null : await readBaseline(values.baseline, columns, input);
  const { results, evaluation } = gateLimits(input.data, limits, {
    ...options,
    rejected: input.table.rejected,
    warnings: [...input.warnings, ...(await calibratedWarnings(input.table, file))],
  });
  const metrics = limits.length > 0 ? [...new Set(limits.map(({ metric }) => metric))] : usual(evaluation);
  const compared = other === null ? null : compare(input, evaluation, other, metrics, options);
  const baseline = compared?.report ?? null;
  const result: GateReport = {
    schema: 1,
    verdict: worst([...results, ...(baseline?.results ?? [])].map(({ verdict }) => verdict)),
    limits: results,
    baseline,
    evaluation,
    warnings: [...evaluation.warnings, ...(compared?.warnings ?? [])],
  };
  report(io, result.warnings, evaluation.rejected);
  io.out(values.json ? `${JSON.stringify(result, null, 2)}\n` : render(result));
  const passes = result.verdict === 'pass' || (result.verdict === 'undecided' && undecided === 'pass');
  return passes ? DONE : GATE_FAILED;
});

function parseLimits(bound: Limit['bound'], entries: readonly string[] = []): Limit[] {
  return entries.map((entry) => {
    const named = namedNumber(entry);
    if (named === undefined) throw usageError(`--${bound} takes METRIC=X with a number X, not "${entry}".`);
    return { bound, metric: parseGateMetric(named.name), limit: named.value };
  });
}

function usual({ kind }: Evaluation): readonly GateMetric[] {
  return kind === 'labels'
    ? ['accuracy', 'ece', 'labelBrier', 'labelNll']
    : ['accuracy', 'ece', 'brier', 'nll'];
}

function worst(verdicts: readonly Verdict[]): Verdict {
  return (['fail', 'undecided'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'pass';
}

/** What the table is compared with: another table, or the evaluation of one. */
type Baseline = { readonly name: string } & (
  { readonly evaluation: Evaluation } | { readonly input: LabelledTable }
);

async function readBaseline(
  file: string,
  columns: ColumnOptions,
  { data }: LabelledTable,
): Promise<Baseline> {
  const name = path.basename(file);
  if (await holdsJson(file)) return { name, evaluation: parseEvaluation(await readFile(file, 'utf8'), name) };
  return { name, input: await readLabelled(file, { ...columns, on: data.kind }) };
}

interface Compared {
  readonly report: BaselineReport;
  readonly warnings: readonly Warning[];
}

function compare(
  input: LabelledTable,
  evaluation: Evaluation,
  baseline: Baseline,
  metrics: readonly GateMetric[],
  options: EvaluateOptions,
): Compared {
  const { name } = baseline;
  if ('evaluation' in baseline)
    return {
      report: twoSamples(evaluation, baseline.evaluation, metrics),
      warnings: binningWarning(evaluation, baseline.evaluation, name),
    };
  const other = baseline.input;
  const pairs = pairRows(input.table, other.table);
  const warnings = other.warnings.map(({ code, message }) => ({ code, message: `${name}: ${message}` }));
  if (pairs === null) {
    warnings.push({
      code: 'unpaired',
      message:
        `${name} has other rows than this table (by id and true label), so the two are compared as ` +
        `separate samples.`,
    });
    return { report: twoSamples(evaluation, evaluate(other.data, options), metrics), warnings };
  }
  const n = pairs.left.length;
  if (n < input.table.n || n < other.table.n)
    warnings.push({
      code: 'partly-paired',
      message:
        `${count(n, 'row')} of ${input.table.n} here and ${other.table.n} in ${name} could be paired; the others are ` +
        `not compared.`,
    });
  const current = selectRows(input.data, pairs.left);
  const results = comparePaired(current, selectRows(other.data, pairs.right), metrics, options);
  return { report: { comparison: 'paired', n, results }, warnings };
}

function twoSamples(
  current: Evaluation,
  baseline: Evaluation,
  metrics: readonly GateMetric[],
): BaselineReport {
  return {
    comparison: 'two-sample',
    n: current.n,
    results: compareTwoSamples(current, baseline, metrics),
  };
}

/** Calibration errors in different bins cannot be compared. */
function binningWarning(current: Evaluation, baseline: Evaluation, name: string): Warning[] {
  const { kind, count: bins } = baseline.binning;
  if (kind === current.binning.kind && bins === current.binning.count) return [];
  return [
    {
      code: 'other-bins',
      message: `${name} was evaluated in ${bins} bins of equal ${kind}; use --bins ${bins} --binning ${kind} to compare ECE.`,
    },
  ];
}

async function holdsJson(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(64) });
      return /^\s*\{/u.test(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new UserError('no-file', `There is no file ${file}.`);
    throw error;
  }
}

function render({ verdict, limits, baseline, evaluation }: GateReport): string {
  const lines = [...limits, ...(baseline?.results ?? [])].map(
    (result) => `${MARKS[result.verdict]} ${result.message}`,
  );
  const rows = count(evaluation.n, 'row');
  const how =
    baseline === null
      ? ''
      : `, compared with the baseline as ${baseline.comparison === 'paired' ? `${count(baseline.n, 'pair')} of rows` : 'separate samples'}`;
  return `${lines.join('\n')}\n${verdict} (${rows}${how})\n`;
}

const MARKS: Record<Verdict, string> = { pass: '✓', fail: '✗', undecided: '?' };
