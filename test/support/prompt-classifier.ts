import { askingOf, classifierFrom, type PromptClassifier } from '../../src/core/classifier/definition';

/** A classifier of a language model, from a value that is its file. */
export function promptClassifierFrom(file: unknown, where: string): PromptClassifier {
  const classifier = classifierFrom(file, where);
  return { ...classifier, asks: askingOf(classifier) };
}
