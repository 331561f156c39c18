/** The rows on which the runs differ, worst first. */
import { count, labelName, number } from '../../src/core/words/calibration';
import { differingInWords } from '../../src/core/words/comparison-report';
import type { ListedDifferences } from '../../src/protocol/comparison-page';
import { button } from '../button';
import { link, table, textCell } from '../calibration/tables';
import { h } from '../dom';
import { type Page, type Section, section } from './page';

export function rowSection(page: Page): Section {
  return section(
    ({ state, rows }) => [state.view?.rows, state.view?.report.differing, rows],
    ({ state: { view }, rows: more }) => {
      if (view === null) return [];
      const { report } = view;
      const rows = more ?? view.rows;
      const { lost, gained, 'both-wrong': bothWrong } = report.differing;
      const total = lost + gained + bothWrong;
      const left = total - rows.length;
      return [
        h(
          'section',
          { class: 'chosen-rows' },
          h('h2', {}, `${count(total, 'row')} on which the runs differ`),
          h('p', {}, differingInWords(report.names, report.differing)),
          ...(total === 0
            ? []
            : [
                h(
                  'p',
                  { class: 'quiet' },
                  'Worst first: the rows that were lost, by the confidence of the mistake; then those that all get wrong in different ways; then the rows that were gained. Raw scores. Press a line number to see the row in the text editor.',
                ),
                rowsTable(report.names, rows, page),
              ]),
          ...(left > 0
            ? [
                button(
                  `List ${count(Math.min(left, rows.length), 'More Row')}`,
                  { key: 'more-rows', secondary: true },
                  () => {
                    void page.host.rows({ limit: 2 * rows.length }).then((listed) => {
                      if (listed !== null) page.list(listed);
                      page.announce(
                        listed === null
                          ? 'The rows could not be listed. Compare again.'
                          : `${count(listed.length, 'row')} listed.`,
                      );
                    });
                  },
                ),
              ]
            : []),
        ),
      ];
    },
  );
}

const CHANGES = { lost: '▼ lost', 'both-wrong': '✗ both wrong', gained: '▲ gained' } as const;

function rowsTable(names: readonly string[], rows: ListedDifferences, page: Page): HTMLElement {
  const hasText = rows.some(({ text }) => text !== null);
  const named = rows.some(({ runs }) => runs.some(({ predicted }) => predicted !== null));
  return table(
    'Rows on which the runs differ, worst first',
    [
      { name: 'Change' },
      ...names.flatMap((name) => [
        ...(named ? [{ name: `Predicted by ${labelName(name)}` }] : [{ name: labelName(name) }]),
        { name: 'Confidence', isNumber: true },
        { name: 'Line', isNumber: true },
      ]),
      { name: 'Truth' },
      ...(hasText ? [{ name: 'Text' }] : []),
    ],
    rows.map(({ change, truth, text, runs }, at) => [
      CHANGES[change],
      ...runs.flatMap(({ line, predicted, confidence, correct }, run) => [
        `${correct ? '✓' : '✗'}\u00a0${named ? labelName(predicted) : correct ? 'correct' : 'wrong'}`,
        number(confidence),
        link(
          String(line),
          `row-${at}-${run}`,
          () => page.host.reveal({ table: run, line }),
          `Line ${line} of ${labelName(names[run] ?? '')}: show in the text editor`,
        ),
      ]),
      labelName(truth),
      ...(hasText ? [textCell(text, at)] : []),
    ]),
  );
}
