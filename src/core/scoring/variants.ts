/** The prompts under which answers are sampled. */
import { type Asking, askingOf, type Classifier, LABELS_PLACEHOLDER } from '../classifier/definition';
import { seededRandom, shuffle } from '../random';

export interface PromptVariant {
  readonly asks: Asking;
  /** Answers to sample under it, at least 1. */
  readonly samples: number;
}

/**
 * How a classifier's answers are spread over prompts. Permuted: as many prompts as there are answers, as far as there
 * are so many orders of its examples and, where the prompt lists them, its labels; the first is the classifier as it
 * stands. They are the same for every text, so that each prompt is evaluated once.
 *
 * Plain resampling of one prompt only adds noise to the token probability where the answer is one token: n_k / N
 * estimates that very number. Permuting shows how much the answer depends on an order that should not matter.
 */
export function variantsOf(
  classifier: Pick<Classifier, 'name' | 'asks' | 'consistency'>,
  seed: number,
): PromptVariant[] {
  const asks = askingOf(classifier);
  const { samples, variants } = classifier.consistency;
  if (variants === 'plain') return [{ asks, samples }];
  const prompts = permutations(asks, samples, seed);
  return prompts.map((prompt, index) => ({
    asks: prompt,
    samples: Math.ceil((samples - index) / prompts.length),
  }));
}

/** Different orders, at most `count`. */
function permutations(asks: Asking, count: number, seed: number): Asking[] {
  const listsLabels = [asks.instruction, asks.template].some((text) => text.includes(LABELS_PLACEHOLDER));
  const random = seededRandom(seed);
  const found = new Map([[orderOf(asks), asks]]);
  const orders = factorial(asks.examples.length) * (listsLabels ? factorial(asks.labels.length) : 1);
  // Equal examples have fewer different orders than their number suggests, so the tries are bounded.
  for (let tries = 0; found.size < Math.min(count, orders) && tries < 50 * count; tries++) {
    const examples = [...asks.examples];
    const labels = [...asks.labels];
    shuffle(examples, random);
    if (listsLabels) shuffle(labels, random);
    const permuted = { ...asks, examples, labels };
    const order = orderOf(permuted);
    if (!found.has(order)) found.set(order, permuted);
  }
  return [...found.values()];
}

function orderOf({ examples, labels }: Asking): string {
  return JSON.stringify([examples.map(({ text, label }) => [text, label]), labels.map(({ name }) => name)]);
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
