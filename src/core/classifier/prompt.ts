/**
 * From a classifier to the prompt, still as text: what stands before and after the text to classify.
 * Tokens come later, in the engine, because only the model knows them.
 */
import { UserError } from '../user-error';
import { LABELS_PLACEHOLDER, TEXT_PLACEHOLDER, type Classifier } from './definition';

/** The fields of a classifier that make its prompt. */
export type PromptClassifier = Pick<
  Classifier,
  'instruction' | 'template' | 'examples' | 'labels' | 'prompt'
>;

/** A prompt for a base model: `head + text + tail`, continued by an answer. */
export interface CompletionPrompt {
  readonly head: string;
  readonly tail: string;
  /** What joins tail and answer: a space, or nothing after a line break. */
  readonly answerPrefix: '' | ' ';
}

/** One message of a chat. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

interface Template {
  readonly before: string;
  readonly after: string;
}

function splitTemplate(classifier: PromptClassifier): Template {
  const [before = '', after = ''] = classifier.template.split(TEXT_PLACEHOLDER);
  return { before: withLabels(before, classifier), after: withLabels(after, classifier) };
}

/** The names of the labels, in their order, where the classifier asks for them. */
function withLabels(text: string, { labels }: PromptClassifier): string {
  return text.replaceAll(LABELS_PLACEHOLDER, () => labels.map(({ name }) => name).join(', '));
}

/** How an example spells its answer: the name of its label. */
function answerOf(classifier: PromptClassifier, label: string): string {
  return classifier.labels.find((entry) => entry.name === label)?.spellings[0] ?? label;
}

/**
 * The prompt for a model without a chat template. Trailing spaces of the template move into the answer, because
 * " positive" is one token after "Sentiment:", while "Sentiment: " followed by "positive" is another, rarer path.
 */
export function completionPrompt(classifier: PromptClassifier): CompletionPrompt {
  const { before, after } = splitTemplate(classifier);
  const tail = after.replace(/[ \t]+$/, '');
  const answerPrefix = tail.endsWith('\n') ? '' : ' ';
  const instruction =
    classifier.instruction === '' ? '' : `${withLabels(classifier.instruction, classifier)}\n\n`;
  const examples = classifier.examples.map(
    (example) => `${before}${example.text}${tail}${answerPrefix}${answerOf(classifier, example.label)}\n`,
  );
  return { head: `${instruction}${examples.join('')}${before}`, tail, answerPrefix };
}

/**
 * The messages for a chat model. The last one holds {@link marker} where the text goes.
 *
 * @param marker a string that occurs nowhere else in the classifier
 */
export function chatMessages(classifier: PromptClassifier, marker: string): ChatMessage[] {
  const { before, after } = splitTemplate(classifier);
  const question = (text: string): ChatMessage => ({
    role: 'user',
    content: `${before}${text}${after.trimEnd()}`,
  });
  return [
    ...(classifier.instruction === ''
      ? []
      : [{ role: 'system' as const, content: withLabels(classifier.instruction, classifier) }]),
    ...classifier.examples.flatMap((example) => [
      question(example.text),
      { role: 'assistant' as const, content: answerOf(classifier, example.label) },
    ]),
    question(marker),
  ];
}

/**
 * Everything about a classifier that changes what the model is asked or how its answer is read, in one string.
 * Its hash binds scores and calibrators to the prompt; the name and description do not count.
 */
export function promptIdentity(
  classifier: PromptClassifier & Pick<Classifier, 'scoring' | 'maxTextTokens'>,
): string {
  return JSON.stringify([
    classifier.instruction,
    classifier.template,
    classifier.examples.map((example) => [example.text, example.label]),
    classifier.labels.map((label) => [label.name, label.spellings]),
    classifier.prompt,
    classifier.scoring,
    classifier.maxTextTokens,
  ]);
}

/**
 * Refuses what cannot be classified, with the reason.
 *
 * @throws UserError `text-empty`, `text-binary`
 */
export function checkText(text: string): void {
  if (text.trim() === '') throw new UserError('text-empty', 'There is no text here to classify.');
  if (text.includes('\0'))
    throw new UserError('text-binary', 'This looks like binary data, not text: it contains NUL characters.');
}
