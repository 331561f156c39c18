/** Calibrators compared, and the one that is chosen fitted on all rows. Runs in the worker. */
import { calibrate } from '../../../core/calibration/calibrate';
import { combinationGain, gainWarnings } from '../../../core/calibration/combination-gain';
import { type CalibratorComparison, compareCalibrators } from '../../../core/calibration/compare-calibrators';
import { forShares } from '../../../core/calibration/deployment';
import { recommend } from '../../../core/calibration/recommend';
import {
  CALIBRATOR_IDS,
  type CalibratorId,
  CALIBRATORS,
  needs,
  refusal,
} from '../../../core/calibration/registry';
import type { SavedCalibrator } from '../../../core/calibration/saved';
import type { CalibrateOn } from '../../../core/model/predictions';
import { foldsInWords } from '../../../core/words/calibration';
import type { Comparison, FitParams, PanelSettings } from '../../../protocol/calibration-page';
import { describeCalibrator } from '../../../store/tables/describe-calibrator';
import { type LabelledTable, refuseCalibrated } from '../../../store/tables/labelled';
import { diagramOf } from './diagram-data';
import { sharesFor } from './load';

/**
 * @returns the comparison for the page, and what it was made from
 * @throws UserError already-calibrated, bad-split, too-few-rows
 */
export async function comparisonForPage(
  input: LabelledTable,
  { bins, binning, table: { prevalence } }: PanelSettings,
  say: (message: string) => Promise<void>,
): Promise<{ comparison: Comparison; compared: CalibratorComparison['calibrators']; rows: Uint32Array }> {
  const { table, data, source } = input;
  refuseCalibrated(table, source.file);
  const on = data.kind;
  const compared = await compareCalibrators(data, {
    on,
    bins,
    binning,
    shares: prevalence === null ? undefined : sharesFor(input, prevalence),
    onCalibrator: (method, at, of) => say(`Comparing calibrators: ${method} (${at + 1} of ${of + 1})`),
  });
  const { calibrators, excluded, rows } = compared;
  await say('Comparing calibrators: choosing');
  const { choice, verdict, reason, candidates, warnings, excluded: unfit } = recommend(data, { on });
  const named = new Set(excluded.map(({ method }) => method));
  const comparison: Comparison = {
    on,
    verdict,
    choice,
    reason,
    folds: foldsInWords(compared),
    warnings: [...warnings],
    excluded: [
      ...excluded,
      ...unfit.filter(({ method }) => !named.has(method)),
      ...needsInWords(on, prevalence !== null).filter(({ method }) => !named.has(method)),
    ],
    methods: calibrators.map(({ method, data: scored, assessment }) => {
      const found = candidates.find((candidate) => candidate.method === method);
      return {
        method,
        diagram: diagramOf(scored, assessment),
        gap: found ? { value: found.gap, se: found.gapSe, withinOneSe: found.withinOneSe } : null,
      };
    }),
  };
  return { comparison, compared: calibrators, rows };
}

/** Why calibrators that need more than labelled rows are not compared, and how they get it. */
function needsInWords(on: CalibrateOn, hasShares: boolean): Comparison['excluded'] {
  return CALIBRATOR_IDS.filter((id) => refusal(id, on) === null).flatMap((id) => {
    const reason = needInWords(id, hasShares);
    return reason === null ? [] : [{ method: id, reason }];
  });
}

function needInWords(id: CalibratorId, hasShares: boolean): string | null {
  switch (CALIBRATORS[id].needs?.what) {
    case 'shares':
      return hasShares
        ? 'It is made for the label shares of deployment, and its numbers here are at those of this table.'
        : 'It needs the share of each label in deployment: give them under Columns….';
    case 'neutral':
      return `It needs the scores of neutral texts: prompt-confidence calibrate --method ${id} --neutral TABLE.`;
    // The comparison of scoring methods has what is fitted on two of them.
    case 'agreement':
    case undefined:
      return null;
  }
}

/** The same as the command line's `calibrate` saves. What is fitted for the shares of deployment expects them already. */
export async function fitToSave(
  input: LabelledTable,
  { method, settings, version, time }: Omit<FitParams, 'file'>,
): Promise<SavedCalibrator> {
  refuseCalibrated(input.table, input.source.file);
  const { data } = input;
  const { prevalence } = settings.table;
  const shares = prevalence === null ? undefined : sharesFor(input, prevalence);
  const { report, calibrator } = calibrate(data, {
    bins: settings.bins,
    binning: settings.binning,
    method,
    on: data.kind,
    shares,
    rejected: input.table.rejected,
    warnings: input.warnings,
  });
  const warnings = method === 'combination' ? gainWarnings(combinationGain(data, report.folds.seed)) : [];
  const deployed =
    shares === undefined || needs(method, 'shares') || calibrator.on !== 'labels' || data.kind !== 'labels'
      ? calibrator
      : forShares(calibrator, data, shares);
  const { saved } = await describeCalibrator(
    { ...report, warnings: [...report.warnings, ...warnings] },
    deployed,
    input,
    { version, time: new Date(time) },
  );
  return saved;
}
