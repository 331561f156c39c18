/** `prompt-confidence score`: the scores of every row of a table, with a file beside it that says where they come from. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Warning } from '../core/calibration/types';
import { RowRate, rowsInWords } from '../core/row-rate';
import { measureJitter } from '../sources/jitter';
import { scoreCells } from '../store/tables/score-cells';
import { inspectTable, type TableFile } from '../store/tables/inspect';
import { countRows } from '../store/tables/rows';
import { SCORE_META_VERSION } from '../store/tables/score-meta';
import type { ScoreRun, Shard } from '../store/tables/score-run';
import { promptSha256 } from '../store/prompt-hash';
import { discardUnfinished, whileAlone } from '../store/tables/scored-file';
import { RowCalibrator } from '../store/tables/write-calibrated';
import { scoredHeader, writeScored } from '../store/tables/write-scored';
import { outputFile, positional } from './calibration/options';
import { report } from './calibration/render';
import { command, DONE, usageError } from './command';
import { SESSION_OPTIONS, SESSION_USAGE, withSession, type Session } from './session';

const USAGE = `Usage: prompt-confidence score TABLE --out FILE [options]
Score the text of every row. FILE keeps every column of TABLE and adds logprob:LABEL for each label,
label_mass, predicted, confidence and score_error; FILE.meta.json says where the scores come from. With a calibrator
they are kept as raw:*, and beside them stand the columns that "apply" adds.

FILE appears when every row is scored; until then the rows are in FILE.part. After Ctrl-C, a crash or a kill the same
command goes on from there, provided that table, model, classifier and options are the same.

  --out FILE             the scored copy
  --force                replace FILE if it exists
  --restart              forget what an interrupted run has scored
  --text-column NAME     the column that holds the texts (default: text)
  --shard I/N            only row I and every N-th after it; merge puts the N files together
${SESSION_USAGE}
  --json                 a summary as one JSON document on standard output
`;

/** Milliseconds between two lines about how far it is. */
const TELL_MS = 5000;

export const score = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...SESSION_OPTIONS,
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      restart: { type: 'boolean', default: false },
      'text-column': { type: 'string', default: 'text' },
      shard: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const shard = shardOption(values.shard);
  const out = await outputFile(values.out, values.force, [file]);
  const source = await inspectTable(path.resolve(file));
  const rows = await countRows(source);
  await withSession(values, io, async (session) => {
    const { run, doubts } = await runOf(session, source, rows, values['text-column'], shard, io.signal);
    if (values.restart) await whileAlone(out, () => discardUnfinished(out));
    const { header, cells } = scoreCells(run.labels, 'token-probability', null);
    const columns = header.slice(0, -1);
    const { calibrator } = session;
    const rowCalibrator =
      calibrator &&
      new RowCalibrator(scoredHeader(source, columns), path.basename(source.file), calibrator.copy);
    const pace = new RowRate();
    let toldAt: number | undefined;
    const done = await writeScored(source, out, {
      run,
      columns,
      calibrator: rowCalibrator,
      score: async (texts) => {
        const { scores } = await session.engine.score(
          { classifier: session.classifier, texts, topTokens: 0 },
          io.signal,
        );
        return scores.map((entry) => ({ cells: cells(entry).slice(0, -1), cut: entry.cutTokens > 0 }));
      },
      replace: values.force,
      onProgress: ({ rows: scored }, total) => {
        const now = performance.now();
        if (toldAt === undefined && scored > 0)
          io.err(`Going on behind row ${scored.toLocaleString('en-US')}.\n`);
        pace.add(scored, now);
        toldAt ??= now;
        if (now - toldAt < TELL_MS) return;
        toldAt = now;
        io.err(`${rowsInWords(scored, total, pace.perSecond)}\n`);
      },
    });
    for (const { line, reason } of done.firstFailed) io.err(`line ${line}: ${reason}\n`);
    const more = done.failed - done.firstFailed.length;
    if (more > 0) io.err(`and ${more} more; see the column score_error\n`);
    // Of this run: what an earlier one that was cut short could not calibrate, it has said itself.
    const calibration = rowCalibrator?.report();
    const warnings = [...doubts, ...(calibration?.warnings ?? [])];
    report(io, warnings, calibration?.rejected ?? []);
    const by = calibrator === undefined ? '' : `, calibrated by ${path.basename(calibrator.file)}`;
    io.out(
      values.json
        ? `${JSON.stringify({ schema: 1, out, ...done, calibratorSha256: calibrator?.sha256 ?? null, warnings }, null, 2)}\n`
        : `${done.rows} rows in ${out}${by}, ${done.failed} without a score, ${done.cut} with a text that was cut to fit\n`,
    );
  });
  return DONE;
});

/** "2/3" */
function shardOption(value: string | undefined): Shard | undefined {
  if (value === undefined) return undefined;
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/u.exec(value)?.map(Number) ?? [];
  if (index === undefined || of === undefined || index < 1 || index > of)
    throw usageError(`--shard is I/N, from 1/N to N/N, not "${value}".`);
  return { index, of };
}

/**
 * Everything that the scores depend on, and what is doubtful about calibrating them.
 *
 * @throws UserError calibrator-mismatch
 */
async function runOf(
  { engine, classifier, model, modelSha256, info, calibrator }: Session,
  source: TableFile,
  rows: number,
  textColumn: string,
  shard: Shard | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly run: ScoreRun; readonly doubts: readonly Warning[] }> {
  const ask = (texts: readonly string[]) => engine.score({ classifier, texts, topTokens: 0 }, signal);
  const { scores, shape } = await ask(['.']);
  const [first] = scores;
  const doubts = calibrator && first ? calibrator.check(first) : [];
  const run: ScoreRun = {
    schema: SCORE_META_VERSION,
    model: { kind: 'file', name: model.file, sha256: modelSha256 },
    promptSha256: promptSha256(classifier),
    labels: classifier.labels.map((label) => label.name),
    scoring: {
      '': { method: 'token-probability', mode: first?.method ?? classifier.scoring },
    },
    backend: info.device.backend,
    jitter:
      info.device.backend === 'cpu' ? 0 : await measureJitter(async (texts) => (await ask(texts)).scores),
    classifier: classifier.name,
    context: shape,
    devices: info.device.names,
    offloadedLayers: info.device.offloadedLayers,
    versions: info.versions,
    source: { name: path.basename(source.file), sha256: source.sha256, rows },
    textColumn,
    ...(shard === undefined ? {} : { shard }),
    ...(calibrator === undefined
      ? {}
      : { calibrator: { file: path.basename(calibrator.file), sha256: calibrator.sha256 } }),
  };
  return { run, doubts };
}
