import { parseArgs } from 'node:util';
import { applyCalibrator, type LabelCalibrator } from '../../core/calibration/calibrator';
import { atShares, sharesWarnings } from '../../core/calibration/deployment';
import type { PredictionData, Warning } from '../../core/model/predictions';
import { decide } from '../../core/decisions/decisions';
import { evaluateReport } from '../../core/decisions/report';
import { UNWEIGHTED_THRESHOLD } from '../../core/decisions/threshold';
import { evaluate as evaluateData } from '../../core/metrics/evaluate';
import { hasSeveralMethods } from '../../core/data/columns';
import { inspectTable } from '../../store/tables/inspect';
import { type LoadedCalibrator, loadCalibrator } from '../../store/calibrators';
import {
  calibratedWarnings,
  type LabelledTable,
  PREDICTED,
  readLabelled,
  refuseCalibrated,
  sliceNames,
} from '../../store/tables/labelled';
import { calibratorColumns, checkBinding } from './binding';
import { compareMethods, renderMethods } from './compare-methods';
import { command, DONE, usageError } from '../command';
import { readCosts } from './costs';
import {
  bucketOption,
  bucketsUsage,
  columnOptions,
  EVALUATE_OPTIONS,
  EVALUATE_USAGE,
  evaluateOptions,
  JSON_USAGE,
  labelShareOption,
  OUTPUT_OPTIONS,
  positional,
  shareOption,
  TABLE_OPTIONS,
  TABLE_USAGE,
} from './options';
import { renderEvaluation, report } from './render';
import { renderDecisions } from './render-decisions';
import type { Prevalence } from '../../core/model/label-shares';

const USAGE = `Usage: prompt-confidence evaluate TABLE [options]
How far the confidence in a table can be trusted, and what to decide by it. Of a table that was scored by several
methods, and without --scores, all of them are compared.

  --calibrator FILE      after this calibrator
  --prevalence LABEL=X,… as it would be where the labels have these shares: scores are shifted, rows weighted
  --slice COLUMN         by the values of this column, worst first; "predicted" is the predicted label; repeatable
${bucketsUsage('ranges of confidence, highest first')}  --target X             the confidence from which on decisions are right in X (.95, say) of cases
  --costs FILE           the confidence from which on deciding is cheaper than review; FILE holds
                         {"wrong": 5, "review": 1}, or for "wrong" {"TRUE LABEL": {"PREDICTED LABEL": 5}}
  --label LABEL          from which probability on a row should count as LABEL, for the best F1
${TABLE_USAGE}${EVALUATE_USAGE}${JSON_USAGE}`;

export const evaluate = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...TABLE_OPTIONS,
      ...EVALUATE_OPTIONS,
      ...OUTPUT_OPTIONS,
      calibrator: { type: 'string' },
      prevalence: { type: 'string' },
      slice: { type: 'string', multiple: true, default: [] },
      buckets: { type: 'string' },
      target: { type: 'string' },
      costs: { type: 'string' },
      label: { type: 'string' },
    },
  });
  const [file = ''] = positional(positionals, 'TABLE');
  const options = evaluateOptions(values);
  const buckets = bucketOption(values.buckets);
  const target = shareOption('target', values.target);
  const asked = columnOptions(values);
  const ofOneMethod = [
    values.scores,
    values.calibrator,
    values.prevalence,
    values.buckets,
    values.target,
    values.costs,
    values.label,
    ...values.slice,
  ];
  if (ofOneMethod.every((value) => value === undefined)) {
    const { header } = await inspectTable(file);
    if (hasSeveralMethods(header, asked.mapping)) {
      const compared = await compareMethods(file, asked, options);
      for (const { method, warnings, rejected } of compared.methods)
        report(
          io,
          warnings.map(({ code, message }) => ({ code, message: `${method}: ${message}` })),
          rejected,
        );
      io.out(values.json ? `${JSON.stringify(compared, null, 2)}\n` : renderMethods(compared));
      return DONE;
    }
  }
  const loaded = values.calibrator === undefined ? null : await loadCalibrator(values.calibrator);
  const input = await readLabelled(
    file,
    loaded === null ? asked : calibratorColumns(loaded, asked),
    values.slice.filter((name) => name !== PREDICTED),
  );
  const { table } = input;
  if (loaded !== null) refuseCalibrated(table, file);
  const origin =
    loaded === null
      ? await calibratedWarnings(table, file)
      : await checkBinding(loaded, input.source, table.columns.method);
  const { data, prevalence, warnings } = prepared(input.data, loaded, values.prevalence);
  if (values.label !== undefined && data.kind !== 'labels')
    throw usageError('--label needs a score for every label.');
  if (target !== undefined && data.weight !== undefined) warnings.push(UNWEIGHTED_THRESHOLD);
  const evaluation = evaluateData(data, {
    ...options,
    warnings: [...input.warnings, ...origin, ...warnings],
    rejected: table.rejected,
  });
  const decisions = decide(data, {
    ...options,
    buckets,
    target,
    costs:
      values.costs === undefined
        ? undefined
        : await readCosts(values.costs, data.kind === 'labels' ? data.labels : null),
    label: values.label,
    slices: new Map(values.slice.map((name) => [name, sliceNamesOf(name, { ...input, data })])),
  });
  const result = evaluateReport(evaluation, decisions, table.lines, prevalence);
  report(io, result.warnings, result.rejected);
  io.out(
    values.json
      ? `${JSON.stringify(result, null, 2)}\n`
      : `${renderEvaluation(result)}\n${renderDecisions(result)}`,
  );
  return DONE;
});

/** (n) the slice of each row. */
function sliceNamesOf(name: string, input: LabelledTable): readonly (string | null)[] {
  const names = sliceNames(name, input);
  if (names === null) throw usageError(`--slice ${name}: the table does not say what was predicted.`);
  return names;
}

/** The data as they are evaluated: calibrated, and moved to the label shares of deployment. */
function prepared(
  data: PredictionData,
  loaded: LoadedCalibrator | null,
  shares: string | undefined,
): { data: PredictionData; prevalence: Prevalence | null; warnings: Warning[] } {
  const calibrator = loaded?.saved.calibrator;
  if (shares === undefined) {
    const prevalence = (calibrator?.on === 'labels' ? calibrator.prevalence : undefined) ?? null;
    return {
      data: calibrator === undefined ? data : applyCalibrator(calibrator, data),
      prevalence,
      warnings:
        prevalence === null || data.kind !== 'labels' ? [] : sharesWarnings(data, prevalence.deployed),
    };
  }
  const deployed = labelShareOption('prevalence', shares, data);
  if (data.kind !== 'labels' || calibrator?.on === 'confidence')
    throw usageError('--prevalence needs a score for every label.');
  const {
    prevalence,
    data: moved,
    warnings,
  } = atShares(
    data,
    deployed,
    loaded === null || calibrator === undefined
      ? undefined
      : { calibrator, fitted: fittedShares(calibrator, loaded.saved.classCounts) },
  );
  return { data: moved, prevalence, warnings: [...warnings] };
}

/** (K) label shares that a calibrator was fitted under. */
function fittedShares(
  { labels, prevalence }: LabelCalibrator,
  counts: LoadedCalibrator['saved']['classCounts'],
): readonly number[] {
  if (prevalence !== undefined) return prevalence.fitted;
  const total = Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
  return labels.map((label) => (counts?.[label] ?? 0) / total);
}
