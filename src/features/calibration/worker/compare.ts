/** Compares calibrators, and fits the chosen one on all rows. Runs in the worker. */
import { compareOnTable } from '../../../app/tables/compare-calibrators';
import { fitOnTable } from '../../../app/tables/fit-calibrator';
import type { CalibratorComparison } from '../../../core/calibration/compare-calibrators';
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
import { binsOf, type Comparison, type PanelSettings } from '../../../protocol/calibration-page';
import type { LabelledTable } from '../../../store/tables/labelled';
import { diagramOf } from './diagram-data';
import { sharesFor } from './load';
import type { FitParams } from '../../../protocol/calibration-worker';

/**
 * @returns the comparison for the page, and the data that it was made from
 * @throws UserError as `compareOnTable`
 */
export async function comparisonForPage(
  input: LabelledTable,
  settings: PanelSettings,
  say: (message: string) => Promise<void>,
): Promise<{ comparison: Comparison; compared: CalibratorComparison['calibrators']; rows: Uint32Array }> {
  const {
    binning,
    table: { prevalence },
  } = settings;
  const bins = binsOf(settings, input.table.n);
  const { comparison: compared, recommendation } = await compareOnTable(
    input,
    {
      bins,
      binning,
      shares: prevalence === null ? undefined : sharesFor(input.data, prevalence),
      onCalibrator: (method, at, of) => say(`Comparing calibrators: ${method} (${at + 1} of ${of + 1})`),
    },
    () => say('Comparing calibrators: choosing'),
  );
  const { on, calibrators, excluded, rows } = compared;
  const { choice, verdict, reason, candidates, warnings, excluded: unfit } = recommendation;
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

/** Why calibrators that need more than labelled rows are not compared, and what the person can do. */
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
        ? 'It is fitted for the label shares in use, but its numbers here are at the label shares of this table.'
        : 'It needs the label shares in use. Press Columns… to enter them.';
    case 'neutral':
      return 'It needs the scores of neutral texts. Only the command line reads them.';
    // The comparison of confidence methods shows what is fitted on two of them.
    case 'agreement':
    case undefined:
      return null;
  }
}

/** Fits a calibrator for the label shares in use. Those that are not fitted for these shares are shifted to them. */
export async function fitToSave(
  input: LabelledTable,
  { method, settings, accept, version, time }: Omit<FitParams, 'file'>,
): Promise<SavedCalibrator> {
  const { prevalence } = settings.table;
  const shares = prevalence === null ? undefined : sharesFor(input.data, prevalence);
  const { saved } = await fitOnTable(input, {
    // The file does not say in which bins it was measured: unless they were chosen, they are those of the command line.
    bins: settings.bins ?? undefined,
    binning: settings.binning,
    method,
    shares,
    deployed: needs(method, 'shares') ? undefined : shares,
    accept,
    made: { version, time: new Date(time) },
  });
  return saved;
}
