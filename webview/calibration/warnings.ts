/** What to know before the numbers, under the title: label mass that is low, and all warnings with their number. */
import { isLabelMassOftenLow, LOW_MASS_ADVICE } from '../../src/core/words/label-mass';
import { count } from '../../src/core/words/calibration';
import { formatRowShare } from '../../src/core/words/quantities';
import type { Warning } from '../../src/core/model/predictions';
import { h, warningIcon } from '../dom';
import { isDoubt, warningLine } from './doubts';
import { type Page, type Section, section, type Shown } from './page';

export function warningSection(page: Page): Section {
  return section(
    ({ state: { analysis, overview, settings } }) => [
      analysis?.evaluation.warnings,
      analysis?.lowMass,
      overview,
      settings.table,
    ],
    (shown) => {
      const { warnings, rows, lowMass } = known(shown);
      const isMuch = isLabelMassOftenLow(lowMass, rows);
      const listed = warnings.filter(
        (warning) => !isDoubt(warning) && !(isMuch && warning.code === 'low-label-mass'),
      );
      return [
        ...(isMuch ? [lowMassBanner(lowMass, rows)] : []),
        ...(listed.length === 0
          ? []
          : [
              h(
                'section',
                { class: 'warnings' },
                h('h2', {}, count(listed.length, 'warning')),
                h('ul', {}, ...listed.map((warning, i) => warningLine(page, warning, `warning-${i}`))),
              ),
            ]),
      ];
    },
  );
}

function known({ state: { analysis, overview } }: Shown): {
  readonly warnings: readonly Warning[];
  readonly rows: number;
  readonly lowMass: number;
} {
  if (analysis !== null) {
    const { warnings, n } = analysis.evaluation;
    return { warnings, rows: n, lowMass: analysis.lowMass };
  }
  return overview ?? { warnings: [], rows: 0, lowMass: 0 };
}

function lowMassBanner(lowMass: number, rows: number): HTMLElement {
  return h(
    'section',
    { class: 'warnings doubts' },
    h(
      'h2',
      {},
      warningIcon(),
      `Low label mass in ${lowMass.toLocaleString('en-US')} of ${count(rows, 'row')} (${formatRowShare(lowMass / rows)})`,
    ),
    h(
      'p',
      {},
      'The model tends to answer something else than a label there, so these confidences mean little. What helps:',
    ),
    h('ul', { class: 'advice' }, ...LOW_MASS_ADVICE.map((sentence) => h('li', {}, sentence))),
  );
}
