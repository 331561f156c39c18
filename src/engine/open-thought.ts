/**
 * Where an answer begins. Many templates end their prompt with an open thought although thinking is off, or with a
 * channel still to come: the next token would be no answer.
 */
import { THOUGHTS } from '../core/scoring/thoughts';

/** A channel that has to be opened, where the template does not show how. */
const CHANNELS: readonly (readonly [ends: RegExp, start: string])[] = [
  [/<\|start\|>assistant$/u, '<|channel|>final<|message|>'],
];

/**
 * What to append to a prompt so that the next token is the answer. The template itself says how it writes an answer,
 * in a chat that has one; a thought that it leaves open is closed as its family does.
 *
 * @param asked the rendered prompt
 * @param answered the same chat up to an answer that the template wrote; undefined if unknown
 * @returns empty if the answer comes next anyway, or nothing is known
 */
export function answerStart(asked: string, answered: string | undefined): string {
  const open = THOUGHTS.find(({ opens }) => asked.trimEnd().endsWith(opens));
  if (open === undefined) {
    const rest = restOf(answered, asked);
    // White space alone is no mark: it belongs to the answer.
    if (rest !== undefined && rest.trim() !== '') return rest;
    if (rest === '') return '';
    return CHANNELS.find(([ends]) => ends.test(asked))?.[1] ?? '';
  }
  const { opens, closes, gap } = open;
  const at = asked.lastIndexOf(opens);
  const written = asked.slice(at);
  const rest = restOf(answered, asked.slice(0, at)) ?? '';
  // The template writes an empty thought before each answer: this one ends like those.
  if (rest.startsWith(written)) return rest.slice(written.length);
  const lines = written.length - opens.length;
  const closed = lines > 0 ? `\n${closes}${gap}` : closes;
  return `${closed}${rest.trimStart()}`;
}

/** What follows the beginning of a text; undefined for another beginning. */
function restOf(text: string | undefined, beginning: string): string | undefined {
  return text?.startsWith(beginning) === true ? text.slice(beginning.length) : undefined;
}
