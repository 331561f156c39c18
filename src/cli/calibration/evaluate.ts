import { inOneLine, oneLine } from '../../core/encode';
import { parseArgs } from 'node:util';
import type { Risk } from '../../core/decisions/risk';
import { compareConfidenceMethods } from '../../app/tables/compare-confidence-methods';
import { evaluateEachLabel } from '../../app/tables/evaluate-labels';
import { evaluateTable } from '../../app/tables/evaluate-table';
import { loadTable } from '../../app/tables/load-table';
import { type ColumnOptions, hasSeveralPrefixes, labelColumns } from '../../core/data/columns';
import { loadCalibrator } from '../../store/calibrators';
import { inspectTable } from '../../store/tables/inspect';
import { type LabelledTable, sliceNames } from '../../store/tables/labelled';
import { methodsReport, renderMethods } from './compare-methods';
import { command, DONE, usageError } from '../command';
import { readCosts } from './costs';
import { renderLabels } from './evaluate-labels';
import {
  bucketOption,
  bucketsUsage,
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  LABELS_OPTIONS,
  LABELS_USAGE,
  labelShareOption,
  OUTPUT_OPTIONS,
  positional,
  positiveOption,
  shareOption,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { renderEvaluation, report } from './render';
import { renderDecisions } from './render-decisions';

const USAGE = `Usage: prompt-confidence evaluate TABLE [options]
Show how far the confidence in a table can be trusted, and which thresholds to use. If the table has the scores of
several confidence methods, they are compared, unless --scores chooses one. Labels that do not exclude each other are
summed up, unless --label chooses one. For the label of --label, of any table, the threshold of its probability with the
best F1 is shown too.

  --calibrator FILE      evaluate after this calibrator
  --prevalence LABEL=X,… evaluate as if the labels had these shares: scores are shifted, rows weighted
  --slice COLUMN         a slice for each value of this column, worst first; "predicted" is the predicted label;
                         may be repeated
${bucketsUsage('confidence buckets, highest first')}  --target X             find a threshold for this target, such as .95
  --risk RISK            what the target is of: accuracy (default), precision:LABEL (of the rows called LABEL, at least
                         the target are), fpr:LABEL (of the other rows, at most the target are called LABEL), or cost
                         (a row costs at most the target on average, by --costs)
  --costs FILE           find the threshold with the lowest cost; FILE holds
                         {"wrong": 5, "review": 1}, or for "wrong" {"TRUE LABEL": {"PREDICTED LABEL": 5}}
${LABELS_USAGE}${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}`;

export const evaluate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...LABELS_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      calibrator: { type: 'string' },
      prevalence: { type: 'string' },
      slice: { type: 'string', multiple: true, default: [] },
      buckets: { type: 'string' },
      target: { type: 'string' },
      risk: { type: 'string' },
      costs: { type: 'string' },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const options = evaluateOptions(values);
  const buckets = bucketOption(values.buckets);
  const risk = riskOption(values.risk, values);
  const target =
    risk === 'cost' ? positiveOption('target', values.target) : shareOption('target', values.target);
  const { label, ...asked } = await columnOptions(values);
  const isOwn = label !== undefined && (await hasOwnLabels(file, asked));
  const ofOneMethod = [
    values.scores,
    values.calibrator,
    values.prevalence,
    values.buckets,
    values.target,
    values.risk,
    values.costs,
    values.label,
    values.labels,
    ...values.slice,
  ];
  if (ofOneMethod.every((value) => value === undefined)) {
    const { header } = await inspectTable(file);
    if (asked.on === undefined && labelColumns(header, asked.mapping).length > 0) {
      const each = await evaluateEachLabel(file, header, asked, options);
      report(
        io,
        each.warnings,
        each.labels.flatMap(({ rejected }) => rejected),
      );
      io.out(
        values.json ? `${JSON.stringify(each, null, 2)}\n` : renderLabels(inOneLine(each), oneLine(file)),
      );
      return DONE;
    }
    if (hasSeveralPrefixes(header, asked.mapping)) {
      const compared = await compareConfidenceMethods(file, asked, options);
      const document = methodsReport(compared);
      for (const { method, warnings, rejected } of document.methods)
        report(
          io,
          warnings.map(({ code, message }) => ({ code, message: `${method}: ${message}` })),
          rejected,
        );
      io.out(values.json ? `${JSON.stringify(document, null, 2)}\n` : renderMethods(inOneLine(compared)));
      return DONE;
    }
  }
  const { prevalence } = values;
  const loaded = await loadTable(file, {
    columns: isOwn ? { ...asked, label } : asked,
    calibrator: values.calibrator === undefined ? undefined : await loadCalibrator(values.calibrator),
    sharesOf:
      prevalence === undefined ? undefined : (data) => labelShareOption('prevalence', prevalence, data),
    slices: values.slice,
    labelsFrom: values.labels,
  });
  const { shown } = loaded;
  const labels = shown.data.kind === 'labels' ? shown.data.labels : null;
  if (label !== undefined && labels === null && !isOwn)
    throw usageError('--label needs a table with a score for every label.');
  const costs = values.costs === undefined ? undefined : await readCosts(values.costs, labels);
  const result = evaluateTable(loaded, {
    ...options,
    buckets,
    target,
    risk: risk === 'cost' ? costs && { kind: 'cost', costs } : risk,
    costs,
    label: labels === null ? undefined : label,
    slices: new Map(values.slice.map((name) => [name, sliceNamesOf(name, shown)])),
  });
  report(io, result.warnings, result.rejected);
  const shownResult = inOneLine(result);
  io.out(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : `${renderEvaluation(shownResult)}\n${renderDecisions(shownResult)}`,
  );
  return DONE;
});

/** Whether the labels of a table do not exclude each other, so that one of them is looked at. */
async function hasOwnLabels(file: string, { mapping }: ColumnOptions): Promise<boolean> {
  return labelColumns((await inspectTable(file)).header, mapping).length > 0;
}

/** A risk whose costs are read later, with the labels of the table. */
function riskOption(
  value: string | undefined,
  { target, costs }: { target?: string | undefined; costs?: string | undefined },
): Exclude<Risk, { kind: 'cost' }> | 'cost' | undefined {
  if (value === undefined) return undefined;
  if (target === undefined) throw usageError('--risk says what --target is of. Give --target too.');
  if (value === 'accuracy') return { kind: 'accuracy' };
  if (value === 'cost') {
    if (costs === undefined) throw usageError('--risk cost needs the costs. Give --costs too.');
    return 'cost';
  }
  const [, kind, label = ''] = /^(precision|fpr):(.+)$/su.exec(value) ?? [];
  if (kind === 'precision' || kind === 'fpr') return { kind, label };
  throw usageError(`--risk takes accuracy, precision:LABEL, fpr:LABEL or cost, not "${value}".`);
}

/** (n) The slice of each row. */
function sliceNamesOf(name: string, input: LabelledTable): readonly (string | null)[] {
  const names = sliceNames(name, input);
  if (names === null) throw usageError(`--slice ${name}: the table has no predicted labels.`);
  return names;
}
