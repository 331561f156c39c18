/** The section that explains why there are no numbers, or only earlier ones, and what to do. */
import type { PanelState } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import { readSoButton } from './doubts';
import { type Page, type Section, section } from './page';
import { isMappable, remedy } from './words';

/** @param columnsButton opens the form of the columns */
export function problemSection(page: Page, columnsButton: () => HTMLElement): Section {
  const { host } = page;
  return section(
    ({ state: { error, analysis, columns } }) => [error, analysis === null, columns === null],
    ({ state }) => content(state),
  );

  function content({ error, analysis, columns }: PanelState): Node[] {
    if (error === null) return [];
    // A table of texts: scoring it comes first.
    const isUnscored = error.code === 'no-columns' && columns !== null && columns.guess === null;
    const again = button(
      'Compute Again',
      { key: 'retry', secondary: isMappable(error.code) || error.code === 'several-methods' },
      () => host.retry(),
    );
    const text = button('Open as Text', { key: 'text', secondary: true }, () => host.openText());
    const outdated = isMappable(error.code)
      ? 'The numbers below are the earlier ones.'
      : 'The numbers below are those of the file before it changed.';
    const mapped = columns !== null && error.code !== 'no-file' && (isUnscored || !isMappable(error.code));
    const advice = [
      isUnscored ? SCORE_FIRST : remedy(error.code),
      ...(analysis === null ? [] : [outdated]),
    ].filter((part) => part !== '');
    return [
      h(
        'section',
        { class: 'problem' },
        isUnscored
          ? h('h2', {}, 'This table holds no predictions yet')
          : h('h2', {}, warningIcon(), errorTitle(error.code)),
        h('p', {}, error.message),
        ...advice.map((part) => h('p', { class: 'quiet' }, part)),
        h(
          'div',
          { class: 'buttons' },
          ...(isUnscored
            ? [
                button('Score This Table…', { key: 'score-table' }, () => host.scoreTable()),
                button('Label Rows…', { key: 'label-rows-of-texts', secondary: true }, () =>
                  host.labelRows(),
                ),
              ]
            : []),
          ...(error.instead === undefined
            ? []
            : [readSoButton(page, error.code, error.instead, 'read-so-error')]),
          again,
          ...(error.code === 'no-file' ? [] : [text]),
          ...(mapped ? [columnsButton()] : []),
        ),
      ),
    ];
  }
}

const SCORE_FIRST =
  'Score its texts with a classifier: a copy with predictions is written beside the table. If a column holds predictions already, assign it (Columns…).';

function errorTitle(code: string): string {
  if (code === 'several-methods') return 'Choose a confidence method';
  if (code === 'no-file') return 'The file is gone';
  if (code === 'cancelled') return 'Cancelled';
  return 'This table cannot be used as it is';
}
