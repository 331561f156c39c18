/** A new classifier file from a few answers. */
import {
  CLASSIFIER_VERSION,
  classifierProblems,
  LABELS_PLACEHOLDER,
  TEXT_PLACEHOLDER,
  type ClassifierFile,
} from './definition';

/** question: an instruction, for chat models. few-shot: answered examples, which base models need. */
export type DraftKind = 'question' | 'few-shot';

export interface Draft {
  readonly name: string;
  readonly labels: readonly string[];
  readonly kind: DraftKind;
  /** What the model should decide; empty for a question about the labels alone. */
  readonly question: string;
  /** A text for each label, in their order; few-shot only. An empty or missing one becomes a placeholder. */
  readonly examples: readonly string[];
}

/** The problem of a name for a new classifier, which is also its file's name; undefined for a valid one. */
export function nameProblem(text: string, taken: readonly string[]): string | undefined {
  const name = text.trim();
  if (name === '') return 'Enter a name.';
  if (name.length > 80) return 'Use at most 80 characters.';
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}\p{M} ._-]*$/u.test(name) || name.endsWith('.'))
    return 'Use letters, digits, spaces, dots, - and _: the file is named after it.';
  if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name))
    return 'Windows does not allow a file of this name.';
  // Many file systems do not tell case apart.
  if (taken.some((other) => other.toLowerCase() === name.toLowerCase()))
    return `There is a classifier named "${name}" already.`;
  return undefined;
}

/** "positive, negative" -> the labels. */
export function labelsFrom(text: string): string[] {
  return text
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
}

/** The problem of the labels as they were typed; undefined for valid ones. */
export function labelsProblem(text: string): string | undefined {
  const labels = labelsFrom(text);
  if (labels.length < 2) return 'Enter at least two labels, separated by commas.';
  return classifierProblems(
    draftClassifier({ name: 'draft', labels, kind: 'question', question: '', examples: [] }),
  )[0]?.message;
}

/** What stands for an example until somebody writes one. A model would take it for a text of that label. */
function placeholder(label: string): string {
  return `${PLACEHOLDER} ${label}.`;
}

const PLACEHOLDER = 'Replace this by a typical text for';

/** Whether the text of an example is one that nobody has replaced. */
export function isPlaceholder(text: string): boolean {
  return text.trimStart().startsWith(PLACEHOLDER);
}

export function draftClassifier({ name, labels, kind, question, examples }: Draft): ClassifierFile {
  const asked = question.trim();
  const common = {
    version: CLASSIFIER_VERSION,
    name: name.trim(),
    description: '',
  } as const;
  if (kind === 'question')
    return {
      ...common,
      instruction:
        asked === ''
          ? `Which of these describes the text best: ${LABELS_PLACEHOLDER}? Answer with one of them and nothing else.`
          : `${asked} Answer with one of these and nothing else: ${LABELS_PLACEHOLDER}.`,
      template: `Text: ${TEXT_PLACEHOLDER}\nAnswer:`,
      labels: labels.map((label) => ({ name: label })),
    };
  return {
    ...common,
    // A base model that reads its choices beside each question keeps to them: label mass 87%, and 4% without them (measured).
    template: `Text: ${TEXT_PLACEHOLDER}\nQuestion: ${asked === '' ? 'Which label fits best?' : asked} Answer with ${LABELS_PLACEHOLDER}.\nAnswer:`,
    examples: labels.map((label, at) => {
      const text = examples[at]?.trim() ?? '';
      return { text: text === '' ? placeholder(label) : text, label };
    }),
    labels: labels.map((label) => ({ name: label })),
  };
}
