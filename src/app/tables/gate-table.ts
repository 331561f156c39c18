/** Checks the metrics of a table against limits and a baseline. */
import { leftOut } from '../../core/data/table';
import path from 'node:path';
import type { ColumnOptions } from '../../core/data/columns';
import { parseEvaluation } from '../../core/data/evaluation-json';
import type { Acceptable, Doubt } from '../../core/data/doubts';
import { pairedWithItself, sharedRows } from '../../core/data/pairing';
import {
  type BaselineResult,
  comparePaired,
  compareTwoSamples,
  gateLimits,
  type GateMetric,
  type Limit,
  type LimitResult,
  type Margins,
  parseGateMetric,
  type Verdict,
} from '../../core/decisions/gate';
import { estimateTable, MOST_MISSING, type TableEstimate } from '../../core/labelling/estimate';
import {
  gateAccuracy,
  gateShares,
  type ShareLimit,
  type ShareResult,
} from '../../core/labelling/gate-shares';
import { evaluate } from '../../core/metrics/evaluate';
import type { EvaluateOptions, Evaluation } from '../../core/model/evaluation';
import type { Warning } from '../../core/model/predictions';
import { rowsWhere, selectRows } from '../../core/model/rows';
import { listed } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { count } from '../../core/words/calibration';
import { errorCode } from '../../store/atomic';
import { openRegular, readSmall } from '../../store/read-regular';
import { drawnTable } from '../labels/estimate-table';
import { calibratedWarnings, type LabelledTable, readLabelled } from '../../store/tables/labelled';

type Binned = Pick<EvaluateOptions, 'bins' | 'binning' | 'seed'>;

export interface GateOrder extends Binned {
  readonly columns: ColumnOptions;
  readonly limits: readonly Limit[];
  /** Limits on the shares of labels in the whole table, as they are estimated from its labelled rows. */
  readonly shares?: readonly ShareLimit[] | undefined;
  /** A file with the labels that people gave, in place of those of the table. */
  readonly labelsFrom?: string | undefined;
  /**
   * Path of a table, or of the JSON of an evaluation. The metrics of the limits are compared, or the usual ones if
   * there are no limits. Undefined: there is nothing to compare with.
   */
  readonly baseline: string | undefined;
  /** By how much a metric may be worse than the baseline, if that must be shown; these metrics are compared too. */
  readonly margins?: Margins | undefined;
  /** Doubts about the tables that a person accepts. */
  readonly accept?: readonly Acceptable[] | undefined;
}

/** The document of `gate --json`. */
export interface GateReport {
  readonly schema: 1;
  /** The worst of all verdicts below. */
  readonly verdict: Verdict;
  readonly limits: readonly (LimitResult | ShareResult)[];
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

/** @throws UserError everything of `readLabelled`, `gateLimits`, `comparePaired` and `parseEvaluation`; no-file, not-a-file, too-large */
export async function gateTable(file: string, order: GateOrder): Promise<GateReport> {
  const { columns, limits, bins, binning, seed, margins = {}, accept = [], shares = [] } = order;
  const options: Binned = { bins, binning, seed };
  const input = await readLabelled(file, columns, [], order.labelsFrom);
  const other = order.baseline === undefined ? null : await readBaseline(order.baseline, columns, input);
  const { results, evaluation } = gateLimits(input.data, limits, {
    ...options,
    ...leftOut(input.table),
    warnings: [...input.warnings, ...(await calibratedWarnings(input.table, file))],
  });
  const chosen = [...limits.map(({ metric }) => metric), ...Object.keys(margins).map(parseGateMetric)];
  const open = ({ doubts }: LabelledTable): Doubt[] => doubts.filter(({ code }) => !accept.includes(code));
  const doubts = open(input);
  const ofBoth = [...doubts, ...(other !== null && 'input' in other ? open(other.input) : [])];
  const metrics = chosen.length > 0 ? [...new Set(chosen)] : usual(evaluation);
  const compared = other === null ? null : compare(input, evaluation, other, { metrics, margins, options });
  const baseline =
    compared === null
      ? null
      : { ...compared.report, results: compared.report.results.map(undecidedBy(ofBoth)) };
  const estimated = await estimateFor(file, order, input);
  const held = [
    ...(estimated === null ? results : withMissing(results, estimated)).map(undecidedBy(doubts)),
    ...(estimated === null ? [] : gateShares(estimated, shares)).map(undecidedBy(doubts)),
  ];
  return {
    schema: 1,
    verdict: worst([...held, ...(baseline?.results ?? [])].map(({ verdict }) => verdict)),
    limits: held,
    baseline,
    evaluation,
    warnings: [...evaluation.warnings, ...(compared?.warnings ?? [])],
  };
}

/** Whether rows that people could not label leave more open than a gate may overlook. */
function isMuchMissing({ missing }: LabelledTable): boolean {
  return missing !== null && missing.share > MOST_MISSING;
}

/** What the labelled rows tell about the whole table; null where no limit needs it. */
async function estimateFor(
  file: string,
  { columns, shares = [], labelsFrom, seed }: GateOrder,
  input: LabelledTable,
): Promise<TableEstimate | null> {
  if (shares.length === 0 && !isMuchMissing(input)) return null;
  const { data, drawn, table } = await drawnTable(
    { table: file, columns, labelsFrom, drawnAtRandom: false },
    [],
  );
  return estimateTable(data, drawn, { seed, rows: rowsWhere(table.n, () => true) });
}

/** Where much is missing, a limit on accuracy must hold whatever it is, and of other metrics nobody knows. */
function withMissing(results: readonly LimitResult[], estimated: TableEstimate): readonly LimitResult[] {
  if (estimated.missingShare <= MOST_MISSING) return results;
  const percent = `${(100 * estimated.missingShare).toFixed(1)}%`;
  return results.map((result): LimitResult => {
    const { metric, bound, limit } = result;
    if (metric === 'accuracy') return gateAccuracy(estimated, [{ metric, bound, limit }])[0] ?? result;
    return {
      ...result,
      verdict: 'undecided',
      neededRows: null,
      message: `${metric} ${bound === 'max' ? '≤' : '≥'} ${limit} is undecided: people could not label ${percent} of the table, and nothing tells what ${metric} would be with those rows.`,
    };
  });
}

/** Decides nothing about a table that cannot be trusted to stand for what it was made from. */
function undecidedBy(doubts: readonly Doubt[]) {
  return <T extends { readonly metric: string; readonly verdict: Verdict; readonly message: string }>(
    result: T,
  ): T => {
    const [doubt] = doubts;
    return doubt === undefined
      ? result
      : { ...result, verdict: 'undecided', message: `${result.metric} is undecided. ${doubt.message}` };
  };
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
  const json = await readJson(file);
  if (json !== undefined) return { name, evaluation: parseEvaluation(json, name) };
  return { name, input: await readLabelled(file, { ...columns, on: data.kind }) };
}

interface Question {
  readonly metrics: readonly GateMetric[];
  readonly margins: Margins;
  readonly options: Binned;
}

interface Compared {
  readonly report: BaselineReport;
  readonly warnings: readonly Warning[];
}

function compare(
  input: LabelledTable,
  evaluation: Evaluation,
  baseline: Baseline,
  { metrics, margins, options }: Question,
): Compared {
  const { name } = baseline;
  if ('evaluation' in baseline) {
    checkSameLabels(evaluation, baseline.evaluation, name);
    return {
      report: twoSamples(evaluation, baseline.evaluation, metrics, margins),
      warnings: binningWarning(evaluation, baseline.evaluation, name),
    };
  }
  const other = baseline.input;
  const isSameFile = input.source.sha256 === other.source.sha256;
  const pairs = isSameFile ? pairedWithItself(input.table) : sharedRows([input.table, other.table]);
  const warnings = other.warnings.map(({ code, message }) => ({ code, message: `${name}: ${message}` }));
  const [left, right] = pairs?.rows ?? [];
  // Few common rows are two samples that overlap.
  const isPaired = left !== undefined && 2 * left.length >= Math.min(input.table.n, other.table.n);
  if (right === undefined || !isPaired) {
    const haveNone = (key: 'id' | 'text'): boolean =>
      input.table[key] === undefined || other.table[key] === undefined;
    warnings.push({
      code: 'unpaired',
      message:
        haveNone('id') && haveNone('text')
          ? `Rows can only be paired by a column "id" or "text", which not both tables have, so ${name} is compared as a separate sample.`
          : `${name} has other rows than this table (by id or text, and true label), so the two are compared as separate samples.`,
    });
    return { report: twoSamples(evaluation, evaluate(other.data, options), metrics, margins), warnings };
  }
  const n = left.length;
  if (n < input.table.n || n < other.table.n)
    warnings.push({
      code: 'partly-paired',
      message:
        `${count(n, 'row')} of ${input.table.n} here and ${other.table.n} in ${name} could be paired; the others are ` +
        `not compared.`,
    });
  const current = selectRows(input.data, left);
  const results = comparePaired(current, selectRows(other.data, right), metrics, {
    ...options,
    margins,
  });
  return { report: { comparison: 'paired', n, results }, warnings };
}

function twoSamples(
  current: Evaluation,
  baseline: Evaluation,
  metrics: readonly GateMetric[],
  margins: Margins,
): BaselineReport {
  return {
    comparison: 'two-sample',
    n: current.n,
    results: compareTwoSamples(current, baseline, metrics, margins),
  };
}

/** @throws UserError labels-differ: above all, where labels do not exclude each other and another one was evaluated */
function checkSameLabels({ labels }: Evaluation, baseline: Evaluation, name: string): void {
  if (labels === null || baseline.labels === null) return;
  const others: ReadonlySet<string> = new Set(baseline.labels);
  if (labels.length === others.size && labels.every((label) => others.has(label))) return;
  throw new UserError(
    'labels-differ',
    `${name} is of the labels ${listed(baseline.labels)}, and this table of ${listed(labels)}, so they cannot be compared.`,
  );
}

/** Calibration errors in different bins cannot be compared. */
function binningWarning(current: Evaluation, baseline: Evaluation, name: string): Warning[] {
  const { kind, count: bins } = baseline.binning;
  if (kind === current.binning.kind && bins === current.binning.count) return [];
  return [
    {
      code: 'other-bins',
      message: `${name} was evaluated in ${bins} bins of equal ${kind}; evaluate this table in the same bins to compare ECE.`,
    },
  ];
}

/** The JSON of an evaluation names each rejected row, up to 10,000: more than other small files hold. */
const LARGEST_EVALUATION = 16 * 1024 * 1024;

/** @returns undefined if it holds no JSON */
async function readJson(file: string): Promise<string | undefined> {
  const handle = await openRegular(file).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') throw new UserError('no-file', `There is no file ${file}.`);
    throw error;
  });
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(64) });
    if (!/^\s*\{/u.test(buffer.toString('utf8', 0, bytesRead))) return undefined;
  } finally {
    await handle.close();
  }
  return (await readSmall(file, LARGEST_EVALUATION))?.toString();
}
