/** A prompt as people read it. */
import type { Classifier } from '../classifier/definition';
import { visibleName, visibleToken } from '../encode';
import type { PromptToken, ShownPrompt, TokenPrompt } from '../scoring/shown-prompt';
import { variantsOf } from '../scoring/variants';
import { count } from './calibration';

/** Around a special token: what stands in the text of a classifier cannot be taken for one. */
const [OPEN, CLOSE] = ['⟦', '⟧'];

const RULE = '─'.repeat(60);

/**
 * @param by what gets it, in words: "gemma-3-270m.gguf on CPU"
 * @returns a text of several lines. The prompt itself is exact: nothing in it is escaped.
 */
export function promptInWords(
  prompt: ShownPrompt,
  classifier: Pick<Classifier, 'name' | 'method' | 'consistency' | 'asks'>,
  by: string,
): string {
  const name = visibleName(classifier.name);
  const lines =
    prompt.kind === 'tokens'
      ? tokenLines(prompt, name, by)
      : [
          `The request of "${name}" to ${visibleName(by)}. The key is not shown; nothing was sent.`,
          RULE,
          prompt.to,
          '',
          JSON.stringify(prompt.body, null, 2),
          RULE,
        ];
  return `${[...lines, ...samplingLines(classifier)].join('\n')}\n`;
}

function tokenLines(prompt: TokenPrompt, name: string, by: string): string[] {
  const { template, pieces, tokens, textTokens, cutTokens, mode, labels } = prompt;
  const how =
    template === 'chat' ? 'through the chat template of the model' : 'as plain text, without a chat template';
  return [
    `The prompt of "${name}" for ${visibleName(by)}: ${count(tokens, 'token')}, ${how}.`,
    `${OPEN}…${CLOSE} is one special token. The answer begins right after the last character.`,
    ...(cutTokens === 0
      ? []
      : [
          `The text is too long: ${cutTokens} of its ${count(textTokens, 'token')} were cut from its middle.`,
        ]),
    RULE,
    pieces.map(({ text, isSpecial }) => (isSpecial ? `${OPEN}${text}${CLOSE}` : text)).join(''),
    RULE,
    mode === 'first-token'
      ? 'The first token of the answer is read. These count, one spelling a line:'
      : 'Whole spellings are read, token by token. These count, one a line:',
    ...labels.flatMap(({ label, spellings }) => [
      '',
      visibleName(label),
      ...spellings.map((path) => `  ${path.map(tokenInWords).join(' | ')}`),
    ]),
  ];
}

function tokenInWords({ id, text }: PromptToken): string {
  return `${visibleToken(text)} (${id})`;
}

/** How the prompt is used by methods that sample. */
function samplingLines(classifier: Parameters<typeof promptInWords>[1]): string[] {
  const { method, consistency } = classifier;
  if (method === 'token-probability') return [];
  const prompts = variantsOf(classifier, 0).length;
  const answers = count(consistency.samples, 'answer');
  return [
    '',
    prompts === 1
      ? `${answers} are sampled under this prompt.`
      : `${answers} are sampled under ${prompts} prompts. This is the first; the others have the examples or labels in another order.`,
  ];
}
