/** The section that assigns the columns: open if the person opened it, or if the table needs it. */
import type { PanelState } from '../../src/protocol/calibration-page';
import { button } from '../button';
import { columnsForm } from './columns-form';
import { type Page, type Section, section, type Shown } from './page';
import { isMappable } from './words';

export function mappingSection(page: Page): Section {
  return section(
    ({ state: { columns, settings, error, analysis }, view }) => [
      columns,
      settings.table,
      error?.code,
      analysis?.evaluation.labels,
      view.mapping,
    ],
    (shown) => content(page, shown),
  );
}

/** @param form the section that the button opens and closes */
export function columnsButton(page: Page, form: Section): HTMLElement {
  return button('Columns…', { key: 'columns', secondary: true }, () => {
    page.look({ mapping: page.shown?.view.mapping !== true });
    form.element.querySelector('h2')?.focus();
  });
}

function content(page: Page, { state, view }: Shown): Node[] {
  const { columns, settings, error } = state;
  // A table of texts has nothing to assign: it is scored first.
  const isNeeded =
    error !== null && isMappable(error.code) && (error.code !== 'no-columns' || columns?.guess !== null);
  if (columns === null || !(view.mapping || isNeeded)) return [];
  // What a person chose is never replaced.
  const guessed =
    (isNeeded || state.overview !== null) &&
    columns.guess !== null &&
    Object.keys(settings.table.mapping).length === 0;
  return [
    columnsForm({
      columns,
      table: guessed ? { ...settings.table, mapping: columns.guess ?? {} } : settings.table,
      isGuessed: guessed,
      labels: labelShares(state),
      use: (table) => {
        page.look({ mapping: false });
        page.change({ table });
      },
      close: isNeeded ? null : () => page.look({ mapping: false }),
    }),
  ];
}

function labelShares({ analysis }: PanelState): { label: string; share: number }[] | null {
  const { labelMetrics, n } = analysis?.evaluation ?? {};
  return labelMetrics?.perLabel.map(({ label, support }) => ({ label, share: support / (n ?? 1) })) ?? null;
}
