/** What labels of people tell about a whole table, in words. */
import type { BoundedEstimate } from '../labelling/estimate';
import type { Kappa } from '../labelling/kappa';
import { count, interval, labelName, number } from './calibration';

/** An estimate as the words need it. */
type Estimate = Pick<BoundedEstimate, 'value' | 'low' | 'high' | 'worth'> & {
  readonly ifNone: { readonly value: number } | null;
  readonly ifAll: { readonly value: number } | null;
};

export interface SharesInWords {
  readonly n: number;
  readonly labelled: number;
  readonly effective: number;
  readonly missing: number;
  readonly missingShare: number;
  readonly accuracy: Estimate;
  readonly shares: readonly (Estimate & { readonly label: string; readonly predicted: number })[];
  readonly kappa: Kappa | null;
  readonly confusion: readonly (readonly number[])[] | null;
}

/** "Your 100 labels are worth 230": what the model's probabilities add. Undefined where they add nothing. */
export function worthInWords({ shares, labelled }: SharesInWords): string | undefined {
  const gains = shares.flatMap(({ label, worth }) =>
    worth === null || Math.round(worth) <= labelled ? [] : [{ label, worth: Math.round(worth) }],
  );
  const [most] = gains.toSorted((one, other) => other.worth - one.worth);
  if (most === undefined) return undefined;
  const all = gains.length === shares.length && gains.every(({ worth }) => worth === most.worth);
  const of = all ? 'the shares' : `the share of ${labelName(most.label)}`;
  return `For ${of}, your ${count(labelled, 'label')} are worth ${most.worth.toLocaleString('en-US')}: the model’s calibrated probabilities for all rows help.`;
}

/** How many labels there are, and what they are worth by their design. */
export function labelledInWords({ n, labelled, effective }: SharesInWords): string {
  const worth =
    Math.round(effective) === labelled ? '' : `, worth ${Math.round(effective)} drawn all at random`;
  return `${labelled.toLocaleString('en-US')} of ${count(n, 'row')} are labelled${worth}.`;
}

/** The model against people, to be pasted into a report. */
export function auditInWords(report: SharesInWords, table: string): string {
  const { n, labelled, missing, missingShare, accuracy, shares, kappa } = report;
  const confused = confusedInWords(report);
  const sentences = [
    `People labelled ${count(labelled, 'text')} of ${table} (${count(n, 'row')}), drawn at random with known probabilities.`,
    ...(missing === 0
      ? []
      : [
          `${count(missing, 'drawn text')} could not be labelled (${(100 * missingShare).toFixed(1)}% of the table), and the numbers are of the others.`,
        ]),
    `The model is right for ${estimateInWords(accuracy)} of the texts.`,
    ...boundsInWords('it would be', accuracy),
    ...(typeof kappa?.value === 'number'
      ? [
          `It agrees with people on ${number(kappa.agreement)} of the labelled texts; beyond chance, κ = ${number(kappa.value)}${inBrackets(kappa)}.`,
        ]
      : []),
    ...(confused === undefined ? [] : [confused]),
    ...shares.map(
      (share) =>
        `The share of ${labelName(share.label)} is ${estimateInWords(share)}; the model’s predictions count ${number(share.predicted)}.`,
    ),
  ];
  return sentences.join(' ');
}

/** Pairs of labels that are named. */
const MOST_PAIRS = 3;

/** Which labels the model takes for which, commonest first; undefined where it is wrong about no labelled text. */
function confusedInWords({ shares, confusion }: SharesInWords): string | undefined {
  const nameOf = (label: number): string => labelName(shares[label]?.label ?? '');
  const pairs = (confusion ?? [])
    .flatMap((row, truth) => row.map((share, predicted) => ({ truth, predicted, share })))
    .filter(({ truth, predicted, share }) => truth !== predicted && share > 0)
    .sort((one, other) => other.share - one.share)
    .slice(0, MOST_PAIRS);
  if (pairs.length === 0) return undefined;
  const words = pairs.map(
    ({ truth, predicted, share }) =>
      `${nameOf(truth)} for ${nameOf(predicted)} in ${number(share)} of the texts`,
  );
  return `By the labelled texts alone, it takes ${words.join(', ')}.`;
}

function estimateInWords(estimate: Estimate): string {
  return `${number(estimate.value)}${inBrackets(estimate)}`;
}

function inBrackets(ends: Pick<Estimate, 'low' | 'high'>): string {
  const words = interval(ends);
  return words === '' ? '' : ` (95% interval ${words})`;
}

function boundsInWords(what: string, { ifNone, ifAll }: Estimate): string[] {
  return ifNone === null || ifAll === null
    ? []
    : [
        `If all texts without a label were wrong, ${what} ${number(ifNone.value)}; if all were right, ${number(ifAll.value)}.`,
      ];
}
