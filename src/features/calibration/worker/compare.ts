/** Calibrators compared, and the one that is chosen fitted on all rows. Runs in the worker. */
import { calibrate } from '../../../core/calibration/calibrate';
import { combinationGain, gainWarnings } from '../../../core/calibration/combination-gain';
import { compareMethods, type MethodComparison } from '../../../core/calibration/compare';
import { forShares } from '../../../core/calibration/deployment';
import { recommend } from '../../../core/calibration/recommend';
import type { SavedCalibrator } from '../../../core/calibration/saved';
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
export async function compareCalibrators(
  input: LabelledTable,
  { bins, binning, table: { prevalence } }: PanelSettings,
  say: (message: string) => Promise<void>,
): Promise<{ comparison: Comparison; compared: MethodComparison['methods']; rows: Uint32Array }> {
  const { table, data, source } = input;
  refuseCalibrated(table, source.file);
  const on = data.kind;
  const compared = await compareMethods(data, {
    on,
    bins,
    binning,
    shares: prevalence === null ? undefined : sharesFor(input, prevalence),
    onMethod: (method, at, of) => say(`Comparing calibrators: ${method} (${at + 1} of ${of + 1})`),
  });
  const { methods, excluded, rows } = compared;
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
      ...(on === 'labels'
        ? priorsInWords(prevalence !== null).filter(({ method }) => !named.has(method))
        : []),
    ],
    methods: methods.map(({ method, data: scored, assessment }) => {
      const found = candidates.find((candidate) => candidate.method === method);
      return {
        method,
        diagram: diagramOf(scored, assessment),
        gap: found ? { value: found.gap, se: found.gapSe, withinOneSe: found.withinOneSe } : null,
      };
    }),
  };
  return { comparison, compared: methods, rows };
}

/** What the panel has to say about corrections of the label prior, which are fitted without true labels. */
function priorsInWords(hasShares: boolean): Comparison['excluded'] {
  return [
    {
      method: 'batch',
      reason: hasShares
        ? 'It is made for the label shares of deployment, and its numbers here are at those of this table.'
        : 'It needs the share of each label in deployment: give them under Columns….',
    },
    {
      method: 'content-free',
      reason:
        'It needs the scores of neutral texts: prompt-confidence calibrate --method prior-content-free --neutral TABLE.',
    },
  ];
}

/** The same as the command line's `calibrate` saves. A batch correction expects the shares of deployment already. */
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
    shares === undefined || method === 'batch' || calibrator.on !== 'labels' || data.kind !== 'labels'
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
