import { ACCEPTABLE } from '../../core/data/doubts';
import { inOneLine, oneLine } from '../../core/encode';
import { parseArgs } from 'node:util';
import { calibrateTable, readNeutralScores } from '../../app/tables/fit-calibrator';
import { progressionOnTable } from '../../app/tables/progression';
import type { CalibrationReport } from '../../core/calibration/calibrate';
import type { Progression } from '../../core/calibration/progression';
import type { Recommendation } from '../../core/calibration/recommend';
import {
  CALIBRATOR_IDS,
  type CalibratorId,
  calibratorKind,
  CANDIDATE_IDS,
  idsThatNeed,
} from '../../core/calibration/registry';
import type { Evaluation } from '../../core/model/evaluation';
import { saveCalibrator } from '../../store/calibrators';
import { readLabelled } from '../../store/tables/labelled';
import { command, DONE, usageError } from '../command';
import {
  acceptOption,
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  labelShareOption,
  LABELS_OPTIONS,
  LABELS_USAGE,
  oneOf,
  OUTPUT_OPTIONS,
  outputFile,
  positional,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import {
  renderCalibration,
  renderEvaluation,
  renderProgression,
  renderRecommendation,
  report as reportProblems,
} from './render';

const METHODS = ['auto', ...CALIBRATOR_IDS] as const;

/** Ids for the right column of the usage, in as many lines as they take. */
function listed(ids: readonly CalibratorId[]): string {
  return ids.join(', ').replace(/(.{50,80}) /g, `$1\n${' '.repeat(25)}`);
}

const [withAgreement, withShares, withNeutral] = [
  idsThatNeed('agreement'),
  idsThatNeed('shares'),
  idsThatNeed('neutral'),
];

const USAGE = `Usage: prompt-confidence calibrate TABLE --method METHOD --out FILE [options]
Fit a calibrator, evaluate it on rows that it did not see, and save it.

  --method METHOD        ${listed([...CANDIDATE_IDS, ...withShares, ...withNeutral])};
                         ${listed(withAgreement)}, on the columns token/… and consistency/…;
                         or auto: the recommended calibrator; nothing is saved if none is better than raw
  --shares LABEL=X,…     for ${listed(withShares)}: the expected share of each label, or "uniform"
  --neutral TABLE        for ${listed(withNeutral)}: the scores of neutral texts ("N/A", …)
  --prevalence LABEL=X,… the label shares where the calibrator will be used, if they differ from TABLE's
  --progression          show whether more labelled rows would help
  --accept DOUBT         fit although more than 5% of the labelled rows could not be read (unused-rows), no row has one of
                         the labels (missing-label), a column seems to mean something else than its name says
                         (other-meaning), or labels seem to be written in different ways (other-labels); may be repeated
  --out FILE             the calibrator file to write
  --force                replace FILE if it exists
${LABELS_USAGE}${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}`;

/** What --json prints. If auto finds nothing to save, the method and everything that depends on it is null. */
export type CalibrateReport = (
  | CalibrationReport
  | (Pick<CalibrationReport, 'on' | 'before' | 'warnings'> &
      Record<'method' | 'folds' | 'after' | 'inSample', null>)
) & {
  /** With --method auto. */
  readonly recommendation: Recommendation | null;
  /** With --progression. */
  readonly progression: Progression | null;
};

export const calibrate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...LABELS_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      method: { type: 'string' },
      shares: { type: 'string' },
      neutral: { type: 'string' },
      prevalence: { type: 'string' },
      progression: { type: 'boolean', default: false },
      accept: { type: 'string', multiple: true, default: [] },
      out: { type: 'string' },
      force: { type: 'boolean' },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const asked = oneOf('method', values.method, METHODS);
  if (asked === undefined) throw usageError(`--method is missing. Choose one of ${METHODS.join(', ')}.`);
  const kind = asked === 'auto' ? undefined : calibratorKind(asked);
  const need = kind?.needs?.what;
  if (values.shares !== undefined && need !== 'shares')
    throw usageError(`--shares is only for --method ${listed(withShares)}.`);
  if ((values.neutral !== undefined) !== (need === 'neutral'))
    throw usageError(`--method ${listed(withNeutral)} and --neutral TABLE must be used together.`);
  if (values.prevalence !== undefined && kind?.shape === 'labels' && kind.rows !== 'labelled')
    throw usageError(
      '--prevalence is only for calibrators that are fitted on true labels. Use --shares for the expected shares.',
    );
  const accept = acceptOption(values.accept, ACCEPTABLE);
  const out = await outputFile(values.out, values.force === true, [file, values.neutral, values.labels]);
  const columns = { ...(await columnOptions(values)), combine: need === 'agreement' };
  const input = await readLabelled(file, columns, [], values.labels);
  const { data } = input;
  const { bins, binning, seed } = evaluateOptions(values);
  const given = {
    seed,
    shares: values.shares === undefined ? undefined : labelShareOption('shares', values.shares, data),
    neutral: values.neutral === undefined ? undefined : await readNeutralScores(values.neutral, input),
  };
  const deployed =
    values.prevalence === undefined ? undefined : labelShareOption('prevalence', values.prevalence, data);
  const made = { version: io.version, time: io.now() };
  const fitted = await calibrateTable(input, {
    method: asked,
    ...given,
    bins,
    binning,
    deployed,
    accept,
    made,
  });
  const { recommendation } = fitted;
  if (fitted.saved === null) {
    const { before } = fitted;
    reportProblems(io, [...before.warnings, ...fitted.recommendation.warnings], before.rejected);
    io.out(
      values.json
        ? printed(nothingSaved(before, fitted.recommendation))
        : `${renderEvaluation(inOneLine(before))}\n${renderRecommendation(inOneLine(fitted.recommendation))}Nothing is saved.\n`,
    );
    return DONE;
  }
  const { saved, report: whole, gain } = fitted;
  await saveCalibrator(out, saved);
  const progression = values.progression
    ? progressionOnTable(input, { ...given, method: whole.method })
    : null;
  reportProblems(io, [...whole.before.warnings, ...whole.warnings], whole.before.rejected);
  const json: CalibrateReport = { ...whole, recommendation, progression };
  io.out(
    values.json
      ? printed(json)
      : [
          renderCalibration(inOneLine(whole), oneLine(out)),
          gain?.beats === true ? `\n${oneLine(gain.message)}\n` : '',
          recommendation === null ? '' : `\n${renderRecommendation(inOneLine(recommendation))}`,
          progression === null ? '' : `\n${renderProgression(inOneLine(progression))}`,
        ].join(''),
  );
  return DONE;
});

function printed(json: CalibrateReport): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

function nothingSaved(before: Evaluation, recommendation: Recommendation): CalibrateReport {
  return {
    method: null,
    on: recommendation.on,
    folds: null,
    before,
    after: null,
    inSample: null,
    warnings: recommendation.warnings,
    recommendation,
    progression: null,
  };
}
