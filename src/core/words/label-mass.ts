/** What a person can do about a low label mass, the likeliest remedy first. */
export const LOW_MASS_ADVICE: readonly string[] = [
  'With a base model: add answered examples to the classifier, at least one for each label.',
  'Or use an instruct model, and say in the instruction that the answer is a label and nothing else.',
  'If the model answers in other words than the labels, add these as spellings of the labels.',
];
