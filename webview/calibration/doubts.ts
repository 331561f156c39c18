/** Reasons to conclude nothing from the table yet, above its numbers, each with the way out that a click can take. */
import { ACCEPTABLE } from '../../src/core/data/doubts';
import type { Warning } from '../../src/core/model/predictions';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import { type Page, type Section, section } from './page';

export function doubtSection(page: Page): Section {
  return section(
    ({ state: { analysis, settings } }) => [analysis?.evaluation.warnings, settings.table],
    ({ state: { analysis } }) => {
      const doubts = analysis?.evaluation.warnings.filter(isDoubt) ?? [];
      return doubts.length === 0
        ? []
        : [
            h(
              'section',
              { class: 'warnings doubts' },
              h('h2', {}, 'Check the table first'),
              h('ul', {}, ...doubts.map((doubt, i) => warningLine(page, doubt, `read-so-${i}`))),
            ),
          ];
    },
  );
}

export function isDoubt({ code }: Warning): boolean {
  return (ACCEPTABLE as readonly string[]).includes(code);
}

/** A warning, with a button that reads the table in the way that would fit better, where one is known. */
export function warningLine(page: Page, { code, message, instead }: Warning, key: string): HTMLElement {
  return h(
    'li',
    {},
    warningIcon(),
    h(
      'div',
      {},
      h('p', {}, message),
      instead === undefined ? undefined : readSoButton(page, code, instead, key),
    ),
  );
}

/** @param code of the warning or error that knows the mapping */
export function readSoButton(
  page: Page,
  code: string,
  instead: Readonly<Record<string, string>>,
  key: string,
): HTMLElement {
  return button(READINGS[code] ?? 'Read the Table So', { key, secondary: true }, () => {
    const table = page.shown?.state.settings.table;
    if (table !== undefined) page.change({ table: { ...table, mapping: { ...table.mapping, ...instead } } });
  });
}

/** What a button says that reads a table in another way, where that way has a name. */
const READINGS: Readonly<Partial<Record<string, string>>> = {
  'already-calibrated': 'Use Its Raw Columns',
  'calibrated-table': 'Use Its Raw Columns',
  'in-sample': 'Use Its Raw Columns',
  'weight-by-name': 'Use No Weights',
  'group-by-name': 'Use No Groups',
  'split-by-name': 'Use No Split',
};
