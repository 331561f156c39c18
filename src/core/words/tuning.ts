/** What tuning will do and has done, in words. */
import { ASSUMED_DISAGREEMENT, type Split } from '../data/tuning-split';
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
    `The hold-out can show a difference in accuracy of ${formatPercent(smallestDifference)} or more, if the two models disagree on ${formatPercent(ASSUMED_DISAGREEMENT)} of the rows.`,
    `The longest prompt has ${count(longestPrompt)} tokens.`,
    ...(cut === 0
      ? []
      : [`${count(cut)} texts are longer than the classifier takes, and are cut in the middle.`]),
    ...(leftOut === 0 ? [] : [`${count(leftOut)} rows without a text or a label are left out.`]),
  ];
}

interface Estimate {
  readonly secondsPerStep: number;
  readonly steps: number;
  readonly peakBytes: number | null;
}

/** By the pace of a few steps. Evaluations come on top, and training may end earlier. */
export function tuningEstimateInWords({ secondsPerStep, steps, peakBytes }: Estimate): string {
  const memory = peakBytes === null ? '' : ` It takes ${formatBytes(peakBytes)} of memory.`;
  return `Training takes about ${formatTimeLeft(secondsPerStep * steps)}, at the pace of a few steps; it ends earlier if the validation rows gain no more.${memory}`;
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
