/**
 * `prompt-confidence score`: scores every row of a table, and writes a meta file that records where the scores come
 * from.
 */
import { oneLine } from '../core/encode';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { JobMeter } from '../app/jobs/progress';
import { withNeutralTable } from '../app/neutral-table';
import { ClassifierCalibrator, LabelCalibrators, RAW_LABELS } from '../app/classifier-calibrator';
import { scoreTable } from '../app/score-table';
import { DEFAULT_BUCKETS } from '../core/model/buckets';
import { estimateInWords } from '../core/words/estimate';
import { progressInWords } from '../core/words/progress';
import { lowMassInWords, scoredInWords } from '../core/words/scored';
import { findClassifier } from '../store/classifiers';
import { inspectTable } from '../store/tables/inspect';
import { firstTexts } from '../store/tables/rows';
import { METHOD_PREFIXES, type MethodPrefix } from '../store/tables/score-cells';
import type { Shard } from '../store/tables/score-run';
import { hasState } from '../store/tables/scored-file';
import {
  bucketOption,
  bucketsUsage,
  outputTable,
  positional,
  WRITE_OPTIONS,
  WRITE_USAGE,
} from './calibration/options';
import { report as reportProblems } from './calibration/render';
import { command, DONE, type Io, usageError } from './command';
import { DEFAULT_CLASSIFIER, SESSION_OPTIONS, SESSION_USAGE, withSession } from './session';

const USAGE = `Usage: prompt-confidence score TABLE --out FILE [options]
Score the text of every row. FILE keeps every column of TABLE and adds logprob:LABEL for each label, label_mass,
predicted, confidence, score_warnings (why a row is to be doubted), score_error and, from an endpoint, label_bound
(labels that have an upper bound instead of a score). For labels that do not exclude each other it adds yes:LABEL in
place of scores and predictions. FILE.meta.json records where the scores come from. With a calibrator, the raw scores
are kept as raw:*, and the same calibrated columns are added as by "apply".

FILE appears when every row is scored; until then the rows are in .prompt-confidence/work/FILE.part. After Ctrl-C, a
crash or a kill the same command resumes there, provided that table, model, classifier and options are the same.

  --out FILE             the scored copy to write
  --force                replace FILE if it exists
  --restart              start over instead of resuming an interrupted run
  --text-column NAME     the column that holds the texts (default: text)
  --neutral              score the neutral texts of the classifier instead of TABLE, for
                         "calibrate --method prior-content-free --neutral FILE"
  --methods LIST         several confidence methods in one table: token,consistency,ensemble or some of them; their
                         columns begin with token/, consistency/, ensemble/; "evaluate --scores token" reads one
${bucketsUsage('buckets of the calibrated confidence, highest first, for the column bucket')}  --shard I/N            score only row I and every N-th row after it; "merge" puts the N files together
${WRITE_USAGE}${SESSION_USAGE}
  --json                 print a summary as one JSON document
`;

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...SESSION_OPTIONS,
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      'text-column': { type: 'string', default: 'text' },
      shard: { type: 'string' },
      methods: { type: 'string' },
      buckets: { type: 'string' },
      neutral: { type: 'boolean', default: false },
      ...WRITE_OPTIONS,
      json: { type: 'boolean', default: false },
    },
  });
type Values = ReturnType<typeof parse>['values'];

export const score = command(USAGE, async (argv, io) => {
  const { values, positionals } = parse(argv);
  if (values.neutral) {
    positional(positionals);
    const { classifier } = await findClassifier(values.classifier ?? DEFAULT_CLASSIFIER, process.cwd());
    return withNeutralTable(classifier, values['text-column'], (file) => scoreFile(file, values, io));
  }
  const [file = ''] = positional(positionals, 'TABLE');
  return scoreFile(file, values, io);
});

async function scoreFile(file: string, values: Values, io: Io): Promise<number> {
  const shard = shardOption(values.shard);
  // A run that was killed at its very end may have left both the table and its state; it must be completed.
  const isOurs = values.out !== undefined && (await hasState(values.out));
  const classifierFile = values.classifier?.endsWith('.json') === true ? values.classifier : undefined;
  const inputs = [file, values.calibrator, classifierFile];
  const out = await outputTable(values.out, values.force || isOurs, inputs);
  const prefixes = methodPrefixes(values.methods);
  const buckets = bucketOption(values.buckets);
  await withSession(
    values,
    io,
    async ({ sources, classifier, seed, calibrator: made, beforeMany }) => {
      const ofLabels = made instanceof LabelCalibrators;
      if (ofLabels && values.calibrator !== undefined)
        throw usageError('The calibrator of one label is applied to a scored table, with "apply".');
      const calibrator = made instanceof ClassifierCalibrator ? made : undefined;
      if (buckets !== undefined && calibrator === undefined)
        throw usageError('--buckets needs a calibrator. Name one with --calibrator FILE.');
      const { report, warnings: said } = await scoreTable(
        sources,
        {
          source: path.resolve(file),
          out: path.resolve(out),
          textColumn: values['text-column'],
          classifier,
          calibrator,
          buckets: buckets ?? classifier.buckets ?? DEFAULT_BUCKETS,
          prefixes,
          shard,
          seed,
          replace: values.force,
          restart: values.restart,
          spreadsheetSafe: values['spreadsheet-safe'],
        },
        {
          signal: io.signal,
          beforeMany,
          onEstimate: (estimate, inWords) => io.err(`${oneLine(inWords)}: ${estimateInWords(estimate)}.\n`),
          onProgress: teller(io),
        },
      );
      const warnings = [...said, ...(ofLabels ? [RAW_LABELS] : [])];
      const { failed, firstFailed, cut, calibration } = report;
      reportProblems(io, [...warnings, ...(calibration?.warnings ?? [])], calibration?.rejected ?? []);
      for (const { line, reason } of firstFailed) io.err(`line ${line}: ${oneLine(reason)}\n`);
      const more = failed - firstFailed.length;
      if (more > 0) io.err(`and ${more} more; see the column score_error\n`);
      const summary = {
        schema: 1,
        out,
        rows: report.rows,
        failed,
        firstFailed,
        cut,
        lowMass: report.lowMass ?? null,
        calibratorSha256: calibrator?.named.sha256 ?? null,
        warnings,
      };
      io.out(
        values.json
          ? `${JSON.stringify(summary, null, 2)}\n`
          : [scoredInWords(out, report, calibrator?.named.by), lowMassInWords(report) ?? '']
              .filter((line) => line !== '')
              .map((line) => `${oneLine(line)}\n`)
              .join(''),
      );
    },
    { texts: async () => firstTexts(await inspectTable(file), values['text-column']) },
  );
  return DONE;
}

/** The prefixes of "token,consistency"; null if the table is to hold the classifier's confidence method alone. */
function methodPrefixes(value: string | undefined): readonly MethodPrefix[] | null {
  if (value === undefined) return null;
  const all = Object.keys(METHOD_PREFIXES) as MethodPrefix[];
  const asked = value.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw usageError(`--methods takes a list of ${all.join(', ')}, not "${unknown}".`);
  return all.filter((prefix) => asked.includes(prefix));
}

/** "2/3" */
function shardOption(value: string | undefined): Shard | undefined {
  if (value === undefined) return undefined;
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/u.exec(value)?.map(Number) ?? [];
  if (index === undefined || of === undefined || index < 1 || index > of)
    throw usageError(`--shard must be I/N, from 1/N to N/N, not "${value}".`);
  return { index, of };
}

/** Milliseconds between two lines about the progress. */
const TELL_MS = 5000;

/** Writes the progress of a run to stderr now and then, and where it resumes. */
function teller(io: Io): (done: { readonly rows: number }, total: number) => void {
  const meter = new JobMeter(() => performance.now());
  let toldAt: number | undefined;
  return ({ rows }, total) => {
    const now = performance.now();
    const { words } = meter.at(rows, total, progressInWords);
    if (toldAt === undefined) {
      if (rows > 0) io.err(`Resuming after row ${rows.toLocaleString('en-US')}.\n`);
      toldAt = now;
    }
    if (now - toldAt < TELL_MS) return;
    toldAt = now;
    io.err(`${words}\n`);
  };
}
