/** The built-in classifiers. */
import { askingOf, classifierFrom, type PromptClassifier } from './definition';

/** Few-shot, so that a base model without any instruction tuning can do it. */
const sentiment = {
  version: 1,
  name: 'sentiment',
  description: 'Is a review positive or negative? Works with base models too.',
  template: 'Review: {{text}}\nSentiment:',
  examples: [
    { text: 'An absolute masterpiece, I loved every minute.', label: 'positive' },
    { text: 'Dull, lifeless and far too long.', label: 'negative' },
    { text: 'What a waste of time, terrible acting.', label: 'negative' },
    { text: 'Brilliant fun for the whole family.', label: 'positive' },
  ],
  labels: [{ name: 'positive' }, { name: 'negative' }],
  maxTextTokens: 256,
};

const yesNo = {
  version: 1,
  name: 'yes-no',
  description: 'Answers the yes/no question that the text asks.',
  instruction: 'Answer the question with Yes or No only.',
  template: 'Question: {{text}}\nAnswer:',
  examples: [
    { text: 'Is ice frozen water?', label: 'Yes' },
    { text: 'Do fish live in trees?', label: 'No' },
    { text: 'Is the sun smaller than the moon?', label: 'No' },
    { text: 'Can birds lay eggs?', label: 'Yes' },
  ],
  labels: [{ name: 'Yes' }, { name: 'No' }],
  maxTextTokens: 256,
};

const FILES = [sentiment, yesNo];

export const BUILTIN_CLASSIFIERS: readonly PromptClassifier[] = FILES.map((file) => {
  const classifier = classifierFrom(file, `built-in classifier ${file.name}`);
  return { ...classifier, asks: askingOf(classifier) };
});

/** A built-in classifier in the form of a classifier file; undefined if none has that name. */
export function builtinFile(name: string): object | undefined {
  return FILES.find((file) => file.name === name);
}
