/** Which label is looked at, where labels do not exclude each other: a list that is there whatever is shown of the table. */
import { labelName } from '../../src/core/words/calibration';
import { labelChoices } from '../../src/protocol/calibration-page';
import { select } from './choices';
import { type Page, type Section, section } from './page';

export function labelSection(page: Page): Section {
  return section(
    ({ state: { columns, settings } }) => [columns?.header, settings.table],
    ({ state: { columns, settings } }) => {
      const { table } = settings;
      if (columns === null || table.label === null) return [];
      const labels = labelChoices(columns.header, table);
      return [
        select(
          'Label, by itself',
          'label',
          labels.map((label) => ({ value: label, text: labelName(label) })),
          table.label,
          (label) => {
            // Parts and rows that were looked at are those of the other label, and so are shares of labels.
            page.look({ part: null, chosen: null });
            page.change({ table: { ...table, label, prevalence: null } });
          },
        ),
      ];
    },
  );
}
