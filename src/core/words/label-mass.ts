/** From this share of the rows on, the classifier and its model do not fit each other. */
const MANY_LOW = 0.1;

/**
 * Whether so many rows have a low label mass that the classifier or its model is to be changed.
 *
 * @param lowMass rows whose label mass is below one half
 * @param rows rows with a score
 */
export function isLabelMassOftenLow(lowMass: number, rows: number): boolean {
  return lowMass > 0 && lowMass >= MANY_LOW * rows;
}

/** What a person can do about a low label mass, the likeliest remedy first. */
export const LOW_MASS_ADVICE: readonly string[] = [
  'With a base model: add answered examples to the classifier, at least one for each label.',
  'Or use an instruct model, and say in the instruction that the answer is a label and nothing else.',
  'If the model answers in other words than the labels, add these as spellings of the labels.',
];
