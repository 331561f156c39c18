/** Evaluates a table whose labels do not exclude each other: each label by itself, and their means. */
import path from 'node:path';
import { type ColumnOptions, labelColumns } from '../../core/data/columns';
import { evaluateLabels, type LabelEvaluation, type LabelsOptions } from '../../core/metrics/labels';
import type { RejectedRow, Warning } from '../../core/model/predictions';
import { listed, quoted } from '../../core/quote';
import { UserError } from '../../core/user-error';
import { calibratedWarnings, type LabelledTable, readLabelled } from '../../store/tables/labelled';

/** What `evaluate --json` prints of such a table. */
export interface LabelsReport extends Omit<ReturnType<typeof evaluateLabels>, 'labels'> {
  readonly schema: 1;
  readonly kind: 'multi-label';
  readonly labels: readonly (LabelEvaluation & {
    /** Rows without this label's truth. */
    readonly nUnlabelled: number;
    readonly rejected: readonly RejectedRow[];
  })[];
}

/**
 * @param header of the table
 * @throws UserError everything of `readLabelled`; no-truth
 */
export async function evaluateEachLabel(
  file: string,
  header: readonly string[],
  columns: ColumnOptions,
  options: LabelsOptions,
): Promise<LabelsReport> {
  const all = labelColumns(header, columns.mapping);
  const known = all.filter(({ truth }) => truth !== undefined).map(({ label }) => label);
  const unknown = all.filter(({ truth }) => truth === undefined).map(({ label }) => label);
  if (known.length === 0)
    throw new UserError(
      'no-truth',
      `${path.basename(file)} does not say which labels are right: add a column ${quoted(`label:${unknown[0] ?? ''}`)} with 1 or 0, empty where nobody knows, and one for each other label.`,
    );
  const inputs: { readonly label: string; readonly input: LabelledTable; readonly said: Warning[] }[] = [];
  const unused: Warning[] = [];
  for (const label of known)
    try {
      const input = await readLabelled(file, { ...columns, on: undefined, label });
      inputs.push({ label, input, said: await calibratedWarnings(input.table, file) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { code, data } = error;
      const message = `${label}: ${error.message}`;
      // Nobody has labelled it yet, which says nothing about the others.
      if (code !== 'no-truth' || known.length === 1)
        throw new UserError(code, message, { data, cause: error });
      unused.push({ code, message });
    }
  const [first] = unused;
  if (inputs.length === 0 && first !== undefined) throw new UserError('no-truth', first.message);
  const tables = inputs.flatMap(({ label, input: { data, table } }) =>
    data.kind === 'labels' ? [{ label, data, lines: table.lines }] : [],
  );
  const { labels, warnings, ...evaluation } = evaluateLabels(tables, options);
  return {
    schema: 1,
    kind: 'multi-label',
    ...evaluation,
    labels: labels.map((label, at) => ({
      ...label,
      nUnlabelled: inputs[at]?.input.table.unlabelled ?? 0,
      rejected: inputs[at]?.input.table.rejected ?? [],
    })),
    warnings: [
      ...(unknown.length === 0
        ? []
        : [
            {
              code: 'no-truth',
              message: `The table does not say where ${listed(unknown)} ${unknown.length === 1 ? 'is' : 'are'} right, so ${unknown.length === 1 ? 'it is' : 'they are'} left out: a column ${quoted(`label:${unknown[0] ?? ''}`)} with 1 or 0 would say it.`,
            },
          ]),
      ...unused,
      ...together(
        inputs.map(({ label, input, said }) => ({ label, warnings: [...input.warnings, ...said] })),
      ),
      ...warnings,
    ],
  };
}

/** What is said of every label once, and the rest with the name of its label. */
function together(
  each: readonly { readonly label: string; readonly warnings: readonly Warning[] }[],
): Warning[] {
  const [first] = each;
  const isSaid = (warnings: readonly Warning[], { message }: Warning): boolean =>
    warnings.some((other) => other.message === message);
  const common =
    each.length === 1
      ? []
      : (first?.warnings ?? []).filter((own) => each.every(({ warnings }) => isSaid(warnings, own)));
  return [
    ...common,
    ...each.flatMap(({ label, warnings }) =>
      warnings
        .filter((own) => !isSaid(common, own))
        .map((own) => ({ ...own, message: `${label}: ${own.message}` })),
    ),
  ];
}
