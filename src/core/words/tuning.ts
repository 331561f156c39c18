/** What tuning will do and has done, in words. */
import type { CalibratorId } from '../calibration/registry';
import type { TunedFit, TunedModel } from '../comparison/tuned-against-base';
import { ASSUMED_DISAGREEMENT, type Split } from '../data/tuning-split';
import type { Proof, ProofResult } from '../model/adapter-card';
import { calibratorTitle, count as counted, interval, number } from './calibration';
import { formatBytes, formatPercent, formatTimeLeft } from './quantities';

interface Facts {
  readonly rows: Readonly<Record<Split, number>>;
  readonly leftOut: number;
  readonly isGrouped: boolean;
  readonly isGiven: boolean;
  readonly smallestDifference: number;
  readonly cut: number;
  readonly longestPrompt: number;
  readonly model: string;
}

/** One sentence a line. */
export function tuningFactsInWords({
  rows,
  leftOut,
  isGrouped,
  isGiven,
  smallestDifference,
  cut,
  longestPrompt,
  model,
}: Facts): string[] {
  const { train, validation, test } = rows;
  const how = isGiven ? 'as the column "split" says' : isGrouped ? 'by label, groups whole' : 'by label';
  return [
    `The model is ${model}.`,
    `${count(train)} rows train, ${count(validation)} validate, and ${count(test)} are held out, divided ${how}.`,
    `The hold-out can show a difference in accuracy of ${formatPercent(smallestDifference)} or more, if the two models disagree on ${formatPercent(Math.max(ASSUMED_DISAGREEMENT, smallestDifference))} of the rows.`,
    `The longest prompt has ${count(longestPrompt)} tokens.`,
    ...(cut === 0
      ? []
      : [`${count(cut)} texts are longer than the classifier takes, and are cut in the middle.`]),
    ...(leftOut === 0 ? [] : [`${count(leftOut)} rows without a text or a label are left out.`]),
  ];
}

interface Install {
  readonly folder: string;
  /** "torch 2.13.0", … */
  readonly packages: readonly string[];
  readonly freeBytes: number;
}

/** Those that do the work; the others come with them. */
const MAIN_PACKAGES = ['torch', 'transformers', 'peft', 'gguf'];

/** What would be installed, before a person agrees. */
export function installInWords({ folder, packages, freeBytes }: Install): string {
  const main = packages.filter((name) => MAIN_PACKAGES.includes(name.split(' ')[0] ?? ''));
  return `Tuning needs a trainer, which is not installed: ${main.join(', ')} and ${packages.length - main.length} packages that they need. It takes 1 to 6 GB in ${folder}, depending on the build of torch that pip finds; ${formatBytes(freeBytes)} are free there.`;
}

/** @param python of the environment that trains */
export function trainerInWords(python: string): string {
  return `The trainer is there: ${python}.`;
}

interface Estimate {
  readonly secondsPerStep: number;
  readonly steps: number;
  readonly evaluationSeconds: number;
  readonly peakBytes: number | null;
  readonly adapterBytes: number;
  readonly checkpointBytes: number;
}

/** By the pace of a few steps and of an evaluation of some rows. Training may end earlier. */
export function tuningEstimateInWords({
  secondsPerStep,
  steps,
  evaluationSeconds,
  peakBytes,
  adapterBytes,
  checkpointBytes,
}: Estimate): string {
  const memory = peakBytes === null ? '' : ` It takes ${formatBytes(peakBytes)} of memory.`;
  return `Training takes about ${formatTimeLeft(secondsPerStep * steps + evaluationSeconds)}, at the pace of a few steps and with its evaluations; it ends earlier if the validation rows gain no more. The scores of base and tuned model come on top.${memory} The adapter takes ${formatBytes(adapterBytes)} on the disk, and its checkpoints ${formatBytes(checkpointBytes)} in the cache until it is complete.`;
}

/** @param difference mean absolute difference of label probabilities */
export function baseDifferenceInWords(difference: number): string {
  return `Before training, the label probabilities differed from the engine's by ${difference.toFixed(4)} on average.`;
}

interface Point {
  readonly step: number;
  readonly epoch: number;
  readonly accuracy: number;
  readonly nll: number;
  readonly ece: number;
  readonly eceNull: { readonly mean: number };
}

/** "after epoch 1.5: accuracy 89.2%, NLL .312, ECE .051 (chance alone: .034)" */
export function curvePointInWords({ epoch, accuracy, nll, ece, eceNull }: Point): string {
  return `after epoch ${epoch.toFixed(1)}: accuracy ${formatPercent(accuracy)}, NLL ${nll.toFixed(3)}, ECE ${ece.toFixed(3)} (chance alone: ${eceNull.mean.toFixed(3)})`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Validation rows below which a calibrator that is fitted on them is said to have few. */
const FEW_ROWS = 200;

/** What a reader must know of the calibrators that a proof compares. */
export function fitNotes(fits: Readonly<Record<TunedModel, TunedFit>>): string[] {
  return [baseFitInWords(fits.base), tunedFitInWords(fits.tuned)];
}

function baseFitInWords(fit: TunedFit): string {
  if (fit.method === null) return `The base has no calibrator. ${fit.reason}`;
  const rows = counted(fit.rows.length, 'row');
  return fit.on === 'fit'
    ? `The calibrator of the base (${calibratorTitle(fit.method)}) was fitted on ${rows} of train and validation, on which the base was not trained. The comparison of the two tables fits it on the validation rows alone, which both have.`
    : crossFitted('base', fit.method);
}

function tunedFitInWords(fit: TunedFit): string {
  if (fit.method === null) return `The tuned model has no calibrator. ${fit.reason}`;
  if (fit.on === 'held') return crossFitted('tuned model', fit.method);
  const few = fit.rows.length < FEW_ROWS ? ' These are few.' : '';
  return `The calibrator of the tuned model (${calibratorTitle(fit.method)}) was fitted on the ${counted(fit.rows.length, 'row')} of the validation.${few}`;
}

function crossFitted(model: string, method: CalibratorId): string {
  return `The calibrator of the ${model} (${calibratorTitle(method)}) was cross-fitted in the hold-out, because the other rows are too few.`;
}

/** Adapters that a hold-out scores from which on new rows are asked for. */
const MANY_CANDIDATES = 3;

export interface TuningVerdict {
  readonly title: string;
  readonly text: string;
  /** That the hold-out was used too often; null while it was not. */
  readonly warning: string | null;
}

/** The recommendation. */
export function proofVerdict({ rows, candidates, results, chosen }: Proof): TuningVerdict {
  const result = results[chosen];
  const named = result && { nll: number(result.nll.value), range: interval(result.nll) };
  return {
    title: result === undefined ? 'Nothing was compared' : ADVICE[result.model](result.calibrator !== null),
    text: `This is the simplest of ${results.length} whose NLL is within one standard error of the lowest, on ${counted(rows, 'row')} that trained neither model. No calibrator is judged on a row that it has seen. The NLL is ${named?.nll ?? '–'} (${named?.range ?? '–'}). These rows chose it, so that may be slightly too good.`,
    warning:
      candidates < MANY_CANDIDATES
        ? null
        : `This hold-out has scored ${candidates} adapters. The best of several looks better than it is, because it was chosen by these rows. Label new rows, and tune with them as the hold-out.`,
  };
}

const ADVICE: Readonly<Record<ProofResult['model'], (isCalibrated: boolean) => string>> = {
  base: (isCalibrated) => (isCalibrated ? 'Keep the base, with its calibrator' : 'Keep the base as it is'),
  tuned: (isCalibrated) =>
    isCalibrated ? 'Use the tuned model with its calibrator' : 'Use the tuned model as it is',
};

/** A result by name: "tuned, isotonic" */
function proofResultName({ model, calibrator }: Pick<ProofResult, 'model' | 'calibrator'>): string {
  return calibrator === null ? model : `${model}, ${calibratorTitle(calibrator as CalibratorId)}`;
}

export const PROOF_COLUMNS = [
  'Model',
  'Accuracy',
  'Mean confidence',
  'NLL',
  'ECE',
  'ECE if calibrated',
] as const;

/** A line for each result, numbers with their intervals. */
export function proofRows({ results }: Pick<Proof, 'results'>): string[][] {
  return results.map((result) => {
    const cell = (metric: ProofResult['nll']): string => `${number(metric.value)} (${interval(metric)})`;
    return [
      proofResultName(result),
      cell(result.accuracy),
      cell(result.meanConfidence),
      cell(result.nll),
      cell(result.ece),
      number(result.eceNull),
    ];
  });
}
