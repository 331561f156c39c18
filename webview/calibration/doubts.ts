/** Reasons to conclude nothing from the table yet, above its numbers, each with the way out that a click can take. */
import { ACCEPTABLE } from '../../src/core/data/doubts';
import type { Warning } from '../../src/core/model/predictions';
import { button } from '../button';
import { h, warningIcon } from '../dom';
import { type Page, type Section, section } from './page';

export function doubtSection(page: Page): Section {
  return section(
    ({ state: { analysis, settings } }) => [analysis?.evaluation.warnings, settings.table],
    ({ state: { analysis, settings } }) => {
      const doubts = analysis?.evaluation.warnings.filter(isDoubt) ?? [];
      const readSo = (instead: NonNullable<Warning['instead']>): void =>
        page.change({ table: { ...settings.table, mapping: { ...settings.table.mapping, ...instead } } });
      return doubts.length === 0
        ? []
        : [
            h(
              'section',
              { class: 'warnings doubts' },
              h('h2', {}, 'Check the table first'),
              h('ul', {}, ...doubts.map((doubt, i) => doubtLine(doubt, `read-so-${i}`, readSo))),
            ),
          ];
    },
  );
}

export function isDoubt({ code }: Warning): boolean {
  return (ACCEPTABLE as readonly string[]).includes(code);
}

function doubtLine(
  { message, instead }: Warning,
  key: string,
  readSo: (instead: NonNullable<Warning['instead']>) => void,
): HTMLElement {
  return h(
    'li',
    {},
    warningIcon(),
    h(
      'div',
      {},
      h('p', {}, message),
      instead === undefined
        ? undefined
        : button('Read the Table So', { key, secondary: true }, () => readSo(instead)),
    ),
  );
}
