/**
 * Builds the prompt of a classifier as text: what comes before and after the text to classify.
 * Tokens come later, in the engine, because only the model knows them.
 */
import { UserError } from '../user-error';
import { LABELS_PLACEHOLDER, TEXT_PLACEHOLDER, type Asking } from './definition';

/** What makes a prompt. */
export type PromptParts = Pick<Asking, 'instruction' | 'template' | 'examples' | 'labels' | 'prompt'>;

/** A prompt for a base model: `head + text + tail`, continued by an answer. */
export interface CompletionPrompt {
  readonly head: string;
  readonly tail: string;
  /** What joins tail and answer: a space, or nothing after a line break. */
  readonly answerPrefix: '' | ' ';
}

/**
 * The day that every chat template is told if it asks for today's date. With the real one, scores would change overnight.
 * It is the date that templates of Llama 3 use by themselves where they are told none.
 */
export const PROMPT_DATE = '2024-07-26';

/** One message of a chat. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

interface Template {
  readonly before: string;
  readonly after: string;
}

function splitTemplate(asking: PromptParts): Template {
  const [before = '', after = ''] = asking.template.split(TEXT_PLACEHOLDER);
  return { before: withLabels(before, asking), after: withLabels(after, asking) };
}

/** Replaces the placeholder of the labels by their names, in order. */
function withLabels(text: string, { labels }: PromptParts): string {
  return text.replaceAll(LABELS_PLACEHOLDER, () => labels.map(({ name }) => name).join(', '));
}

/** How an example spells its answer: the name of its label. */
function answerOf(asking: PromptParts, label: string): string {
  return asking.labels.find((entry) => entry.name === label)?.spellings[0] ?? label;
}

/**
 * The prompt for a model without a chat template. Trailing spaces of the template move into the answer, because
 * " positive" is one token after "Sentiment:", while "Sentiment: " followed by "positive" is another, rarer path.
 */
export function completionPrompt(asking: PromptParts): CompletionPrompt {
  const { before, after } = splitTemplate(asking);
  const tail = after.slice(0, lengthWithoutSpaces(after));
  const answerPrefix = tail.endsWith('\n') ? '' : ' ';
  const instruction = asking.instruction === '' ? '' : `${withLabels(asking.instruction, asking)}\n\n`;
  const examples = asking.examples.map(
    (example) => `${before}${example.text}${tail}${answerPrefix}${answerOf(asking, example.label)}\n`,
  );
  return { head: `${instruction}${examples.join('')}${before}`, tail, answerPrefix };
}

/** Without the spaces and tabs at the end. A regular expression would look at each of a million spaces from each of them. */
function lengthWithoutSpaces(text: string): number {
  let { length } = text;
  while (length > 0 && ' \t'.includes(text.charAt(length - 1))) length--;
  return length;
}

/**
 * The messages for a chat model. The last one holds {@link marker} where the text goes.
 *
 * @param marker a string that occurs nowhere else in the classifier
 */
export function chatMessages(asking: PromptParts, marker: string): ChatMessage[] {
  const { before, after } = splitTemplate(asking);
  const question = (text: string): ChatMessage => ({
    role: 'user',
    content: `${before}${text}${after.trimEnd()}`,
  });
  return [
    ...(asking.instruction === ''
      ? []
      : [{ role: 'system' as const, content: withLabels(asking.instruction, asking) }]),
    ...asking.examples.flatMap((example) => [
      question(example.text),
      { role: 'assistant' as const, content: answerOf(asking, example.label) },
    ]),
    question(marker),
  ];
}

/**
 * Everything about a classifier that changes what the model is asked or how its answer is read, in one string.
 * Its hash binds scores and calibrators to the prompt; the name and description do not count.
 */
export function promptIdentity(asking: PromptParts & Pick<Asking, 'scoring' | 'maxTextTokens'>): string {
  return JSON.stringify([
    asking.instruction,
    asking.template,
    asking.examples.map((example) => [example.text, example.label]),
    asking.labels.map((label) => [label.name, label.spellings]),
    asking.prompt,
    asking.scoring,
    asking.maxTextTokens,
  ]);
}

/**
 * Refuses a text that cannot be classified.
 *
 * @throws UserError `text-empty`, `text-binary`
 */
export function checkText(text: string): void {
  const problem = textProblem(text);
  if (problem !== undefined) throw problem;
}

/** Why a text cannot be classified, whatever the model; undefined if it can. */
export function textProblem(text: string): UserError | undefined {
  if (text.trim() === '') return new UserError('text-empty', 'There is no text here to classify.');
  if (text.includes('\0'))
    return new UserError('text-binary', 'This looks like binary data, not text: it contains NUL characters.');
  return undefined;
}
