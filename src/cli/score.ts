/** `prompt-confidence score`: the scores of every row of a table, with a file beside it that says where they come from. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Warning } from '../core/calibration/types';
import type { ContextShape } from '../protocol/engine';
import { writeFileAtomic } from '../store/atomic';
import { inspectTable, type TableFile } from '../store/tables/inspect';
import { SCORE_META_VERSION, scoreMetaFile, type ScoreMeta } from '../store/tables/score-meta';
import { type ScoreReport, writeScored } from '../store/tables/write-scored';
import { outputFile, positional } from './calibration/options';
import { report as reportProblems } from './calibration/render';
import type { ScoreCalibrator } from './calibrator';
import { command, DONE } from './command';
import { promptSha256 } from '../store/prompt-hash';
import { SESSION_OPTIONS, SESSION_USAGE, withSession, type Session } from './session';

const USAGE = `Usage: prompt-confidence score TABLE --out FILE [options]
Score the text of every row. FILE keeps every column of TABLE and adds logprob:LABEL for each label,
label_mass, predicted, confidence and score_error; FILE.meta.json says where the scores come from. With a calibrator
they are kept as raw:*, and the calibrated columns are added that "apply" would add.

  --out FILE             the scored copy
  --force                replace FILE if it exists
  --text-column NAME     the column that holds the texts (default: text)
${SESSION_USAGE}
  --json                 a summary as one JSON document on standard output
`;

export const score = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...SESSION_OPTIONS,
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      'text-column': { type: 'string', default: 'text' },
      json: { type: 'boolean', default: false },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const out = await outputFile(values.out, values.force, [file]);
  const source = await inspectTable(file);
  await withSession(values, io, async (session) => {
    const { classifier, engine, calibrator } = session;
    let warnings: readonly Warning[] = [];
    const started = performance.now();
    const meta = scoreMetaFile(out);
    let shape: ContextShape | undefined;
    let mode: string = classifier.scoring;
    let shownAt = 0;
    const report = await writeScored(source, out, {
      textColumn: values['text-column'],
      labels: classifier.labels.map((label) => label.name),
      calibrator: calibrator?.copy,
      score: async (texts) => {
        if (texts.length === 0) return [];
        const result = await engine.score({ classifier, texts, topTokens: 0 }, io.signal);
        shape = result.shape;
        const [first] = result.scores;
        mode = first?.method ?? mode;
        if (calibrator && first) warnings = calibrator.check(first);
        return result.scores;
      },
      onProgress: (rows) => {
        if (performance.now() - shownAt < 1000) return;
        shownAt = performance.now();
        const rate = rows / ((shownAt - started) / 1000);
        io.err(`${rows} rows, ${rate.toFixed(1)} a second\n`);
      },
      // The provenance of older scores must never stand beside these.
      beforeReplace: () => rm(meta, { force: true }),
    });
    // Old provenance must never stand beside new scores: gone before, written after.
    await rm(scoreMetaFile(out), { force: true });
    await writeFileAtomic(
      scoreMetaFile(out),
      `${JSON.stringify(metaOf(session, source, shape, mode), null, 2)}\n`,
    );
    const { calibration } = report;
    reportProblems(io, [...warnings, ...(calibration?.warnings ?? [])], calibration?.rejected ?? []);
    for (const { line, reason } of report.failed.slice(0, 20)) io.err(`line ${line}: ${reason}\n`);
    if (report.failed.length > 20)
      io.err(`and ${report.failed.length - 20} more; see the column score_error\n`);
    if (values.json)
      io.out(
        `${JSON.stringify({ schema: 1, out, ...report, calibratorSha256: calibrator?.sha256 ?? null, warnings }, null, 2)}\n`,
      );
    else
      io.out(
        `${report.rows} rows in ${out}, ${report.failed.length} without a score, ${report.cut} with a text that was cut to fit${calibratedInWords(report, calibrator)}\n`,
      );
  });
  return DONE;
});

/** Everything that the scores depend on. No time and no duration: the same run gives the same file. */
function metaOf(
  { classifier, model, modelSha256, info, calibrator }: Session,
  source: TableFile,
  shape: ContextShape | undefined,
  mode: string,
): ScoreMeta {
  return {
    schema: SCORE_META_VERSION,
    model: { kind: 'file', name: model.file, sha256: modelSha256 },
    promptSha256: promptSha256(classifier),
    labels: classifier.labels.map((label) => label.name),
    scoring: { '': { method: 'token-probability', mode } },
    backend: info.device.backend,
    classifier: classifier.name,
    context: shape ?? null,
    device: { names: info.device.names, offloadedLayers: info.device.offloadedLayers },
    versions: info.versions,
    source: { name: path.basename(source.file), sha256: source.sha256 },
    calibrator:
      calibrator === undefined ? null : { file: path.basename(calibrator.file), sha256: calibrator.sha256 },
  };
}

function calibratedInWords({ calibration }: ScoreReport, calibrator: ScoreCalibrator | undefined): string {
  if (calibration === null || calibrator === undefined) return '';
  return `; ${calibration.calibrated} calibrated by ${path.basename(calibrator.file)}`;
}
