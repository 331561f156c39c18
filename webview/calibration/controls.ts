/** The controls at the head of the page: which rows are evaluated, and how diagrams are drawn. */
import { count } from '../../src/core/words/calibration';
import { BIN_COUNTS, binsOf } from '../../src/protocol/calibration-page';
import { h, replaceContent } from '../dom';
import { checkbox, radios, select } from './choices';
import type { Page, Section, Shown } from './page';
import { viewChoice } from './parts';

/** @param columnsButton opens the form of the columns */
export function controlSection(page: Page, columnsButton: () => HTMLElement): Section {
  const element = h('div', { class: 'controls' });
  return {
    element,
    dependsOn: ({ state: { settings, columns, analysis }, view }) => [
      settings,
      columns?.header,
      analysis === null,
      analysis?.evaluation.n,
      view.band,
      view.withCurve,
    ],
    draw: (shown) => {
      element.hidden = shown.state.analysis === null;
      replaceContent(element, ...content(page, shown), columnsButton());
    },
  };
}

function content(page: Page, { state, view }: Shown): Node[] {
  const { settings, analysis } = state;
  const counts = [...new Set([...BIN_COUNTS, ...(settings.bins === null ? [] : [settings.bins])])];
  const rows = analysis?.evaluation.n ?? 0;
  return [
    viewChoice(state, (wanted) => {
      page.look({ part: null, chosen: null });
      page.change({ view: wanted });
    }),
    select(
      'Bins',
      'bins',
      [
        { value: 0, text: `${binsOf({ bins: null }, rows)}, for ${count(rows, 'row')}` },
        ...counts.sort((a, b) => a - b).map((value) => ({ value, text: String(value) })),
      ],
      settings.bins ?? 0,
      (bins) => page.change({ bins: bins === 0 ? null : bins }),
    ),
    radios(
      'of equal',
      'binning',
      [
        { value: 'width', text: 'width' },
        { value: 'mass', text: 'mass' },
      ],
      settings.binning,
      (binning) => page.change({ binning }),
    ),
    radios(
      'Bars',
      'band',
      [
        { value: 'consistency', text: 'if calibrated' },
        { value: 'wilson', text: 'interval of accuracy' },
      ],
      view.band,
      (band) => page.look({ band }),
    ),
    checkbox('Smooth curve', 'curve', view.withCurve, (withCurve) => page.look({ withCurve })),
  ];
}
