/** Below: what to know of the tables, and how the numbers were made. */
import { count, labelName } from '../../src/core/words/calibration';
import { aboutComparison } from '../../src/core/words/comparison';
import { link } from '../calibration/tables';
import { h, warningIcon } from '../dom';
import { type Page, type Section, section } from './page';

export function warningSection(): Section {
  return section(
    ({ state }) => [state.view?.report.warnings],
    ({ state: { view } }) => {
      const warnings = view?.report.warnings ?? [];
      if (warnings.length === 0) return [];
      return [
        h(
          'section',
          { class: 'warnings' },
          h('h2', {}, count(warnings.length, 'warning')),
          h('ul', {}, ...warnings.map(({ message }) => h('li', {}, warningIcon(), h('span', {}, message)))),
        ),
      ];
    },
  );
}

export function aboutSection({ host }: Page): Section {
  return section(
    ({ state }) => [state.view?.report.tables, state.view?.report.seed],
    ({ state: { view } }) => {
      if (view === null) return [];
      const { tables, seed } = view.report;
      return [
        h(
          'section',
          { class: 'about' },
          h('h2', {}, 'About these numbers'),
          ...tables.map(({ name, origin }) => h('p', {}, `${labelName(name)}: ${origin}`)),
          h('p', {}, aboutComparison(seed)),
          h(
            'p',
            {},
            link('How to read a comparison', 'guide', () => host.openGuide()),
          ),
        ),
      ];
    },
  );
}
