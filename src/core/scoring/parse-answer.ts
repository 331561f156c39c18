/** Finds the label that a model's written answer stands for. */
import { largest } from '../extremes';
import type { Label } from '../classifier/definition';
import { afterThought } from './thoughts';
import { WRAPPING } from './token-text';

/** "Answer:", "The sentiment is", "**Label:**" before an answer. */
const LEAD_IN =
  /^(?:(?:the|my|final|correct)\s+)*(?:\p{L}+(?:\s+\p{L}+){0,2}\s*[:=]|(?:answer|label|category|class|classification|sentiment|result|verdict)\s+is\b:?)/iu;

/** What may join two labels on a line where a model repeats the question instead of answering it. */
const BETWEEN_OPTIONS = /^[^\S\n]*["'“”‘’«»`*_/|,;]*[^\S\n]*(?:(?:or|and)\b)?[^\S\n]*["'“”‘’«»`*_]*/iu;

const WORD = /[\p{L}\p{N}\p{M}_]/u;

/**
 * The label whose spelling an answer begins with, as a word of its own; the longest spelling where several fit ("not
 * sure" before "no"). Case counts only where labels differ by nothing else. Quotes, Markdown and lead-ins ("Answer:")
 * are skipped, and so is a thought before the answer.
 *
 * @returns name of the label; null where the answer begins with none, or lists several ("yes or no")
 */
export function labelOfAnswer(answer: string, labels: readonly Label[]): string | null {
  const text = afterThought(answer)?.trim() ?? '';
  const unwrapped = text.replace(WRAPPING, '');
  // First as it stands: a label may itself look like a quote or a lead-in.
  for (const start of [text, unwrapped, unwrapped.replace(LEAD_IN, '').replace(WRAPPING, '')]) {
    const found = spellingAt(start, labels);
    if (found === undefined) continue;
    const next = spellingAt(start.slice(found.length).replace(BETWEEN_OPTIONS, ''), labels);
    return next === undefined || next.label === found.label ? found.label : null;
  }
  return null;
}

interface Found {
  readonly label: string;
  readonly length: number;
}

/** The longest spelling that a text begins with; undefined for none, and for one that two labels could claim. */
function spellingAt(text: string, labels: readonly Label[]): Found | undefined {
  const matches = labels.flatMap(({ name, spellings }) =>
    spellings.flatMap((spelling) => {
      const { length } = spelling;
      const start = text.slice(0, length);
      if (start.toLowerCase() !== spelling.toLowerCase() || !endsWord(text, length)) return [];
      return [{ label: name, length, exact: start === spelling }];
    }),
  );
  const longest = largest(matches.map(({ length }) => length));
  const best = matches.filter(({ length }) => length === longest);
  const exact = best.filter((match) => match.exact);
  const claims = exact.length > 0 ? exact : best;
  return new Set(claims.map(({ label }) => label)).size === 1 ? claims[0] : undefined;
}

/** Whether no word continues across this place of a text. */
function endsWord(text: string, at: number): boolean {
  return !(WORD.test(text.slice(at - 1, at)) && WORD.test(text.slice(at, at + 1)));
}
