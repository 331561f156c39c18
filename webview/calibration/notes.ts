/** The end of the page: rows that were not used, the source of the numbers, and the link to the guide. */
import { aboutNumbers, count } from '../../src/core/words/calibration';
import type { Analysis } from '../../src/protocol/calibration-page';
import { h } from '../dom';
import { type Page, type Section, section } from './page';
import { link } from './tables';

export function notesSection({ host }: Page): Section {
  return section(
    ({ state }) => [state.analysis],
    ({ state: { analysis } }) =>
      analysis === null
        ? []
        : [
            ...rejectedPart(analysis, (line) => host.reveal({ line })),
            ...aboutPart(analysis, () => host.openGuide()),
          ],
  );
}

function rejectedPart(
  { evaluation: { rejected }, rejectedCount }: Analysis,
  onReveal: (line: number) => void,
): Node[] {
  if (rejectedCount === 0) return [];
  const more = rejectedCount - rejected.length;
  return [
    h(
      'section',
      { class: 'rejected' },
      h('h2', {}, `${count(rejectedCount, 'row')} not used`),
      h(
        'ul',
        {},
        ...rejected.map(({ line, reason }) =>
          h(
            'li',
            {},
            link(`Line ${line}`, `rejected-${line}`, () => onReveal(line)),
            `: ${reason}`,
          ),
        ),
        ...(more > 0 ? [h('li', {}, `and ${count(more, 'more row')}`)] : []),
      ),
    ),
  ];
}

function aboutPart({ evaluation, origin, preliminary }: Analysis, onGuide: () => void): Node[] {
  if (preliminary) return [];
  return [
    h(
      'section',
      { class: 'about' },
      h('h2', {}, 'About these numbers'),
      h('p', {}, origin),
      h('p', {}, aboutNumbers(evaluation)),
      h('p', {}, link('How to read this panel', 'guide', onGuide)),
    ),
  ];
}
