/** The prompts under which answers are drawn. */
import { LABELS_PLACEHOLDER, type Classifier } from '../classifier/definition';
import { seededRandom, shuffle } from '../random';

export interface PromptVariant {
  readonly classifier: Classifier;
  /** Answers to draw under it, at least 1. */
  readonly samples: number;
}

/**
 * How a classifier's answers are spread over prompts. Permuted: as many prompts as there are answers, as far as there
 * are so many orders of its examples and, where the prompt lists them, its labels; the first is the classifier as it
 * stands. They are the same for every text, so that each prompt is evaluated once.
 *
 * Plain resampling of one prompt only adds noise to the token probability where the answer is one token: n_k / N
 * estimates that very number. Permuting shows how far the answer hangs on the order of things that should not matter.
 */
export function variantsOf(classifier: Classifier, seed: number): PromptVariant[] {
  const { samples, variants } = classifier.consistency;
  if (variants === 'plain') return [{ classifier, samples }];
  const prompts = permutations(classifier, samples, seed);
  return prompts.map((prompt, index) => ({
    classifier: prompt,
    samples: Math.ceil((samples - index) / prompts.length),
  }));
}

/** Different orders, at most `count`. */
function permutations(classifier: Classifier, count: number, seed: number): Classifier[] {
  const listsLabels = [classifier.instruction, classifier.template].some((text) =>
    text.includes(LABELS_PLACEHOLDER),
  );
  const random = seededRandom(seed);
  const found = new Map([[orderOf(classifier), classifier]]);
  const orders =
    factorial(classifier.examples.length) * (listsLabels ? factorial(classifier.labels.length) : 1);
  // Equal examples make fewer orders than their number says, so the tries are bounded.
  for (let tries = 0; found.size < Math.min(count, orders) && tries < 50 * count; tries++) {
    const examples = [...classifier.examples];
    const labels = [...classifier.labels];
    shuffle(examples, random);
    if (listsLabels) shuffle(labels, random);
    const permuted = { ...classifier, examples, labels };
    const order = orderOf(permuted);
    if (!found.has(order)) found.set(order, permuted);
  }
  return [...found.values()];
}

function orderOf({ examples, labels }: Classifier): string {
  return JSON.stringify([examples.map(({ text, label }) => [text, label]), labels.map(({ name }) => name)]);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
