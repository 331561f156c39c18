/** The problems in the text of a classifier file, with their positions. */
import { jsonPositions, type Span } from '../json-positions';
import { shortened } from '../quote';
import { type Classifier, classifierProblems, newerVersion, parseClassifier } from './definition';
import { isPlaceholder } from './draft';

export interface LocatedProblem {
  readonly span: Span;
  readonly message: string;
  /**
   * syntax: it is not JSON. field: a field is missing or wrong. placeholder: it can be used, but the model takes a
   * placeholder for an example.
   */
  readonly kind: 'syntax' | 'field' | 'placeholder';
}

/** All problems of a classifier file, or only the first syntax error if it is not JSON. */
export function diagnoseClassifier(text: string): LocatedProblem[] {
  const positions = jsonPositions(text);
  if (!positions.ok)
    return [{ kind: 'syntax', span: positions.span, message: `Not valid JSON: ${positions.message}.` }];
  const value: unknown = JSON.parse(text);
  const newer = newerVersion(value, 'This file');
  if (newer !== undefined) return [{ kind: 'field', span: positions.find(['version']), message: newer }];
  const problems = classifierProblems(value);
  if (problems.length === 0)
    return placeholders(parseClassifier(text, 'This file')).map((at) => ({
      kind: 'placeholder',
      span: positions.find(['examples', at, 'text']),
      message:
        'This is a placeholder. Replace it by a real text of this label: the model takes it for an example.',
    }));
  return problems.map(({ path, message, isUnknown }) => {
    const field = path.findLast((part) => typeof part === 'string');
    return {
      kind: 'field',
      span: isUnknown ? positions.findKey(path) : positions.find(path),
      message: field === undefined ? message : `${shortened(field)}: ${message}`,
    };
  });
}

/** The places of the examples that nobody has written yet. */
function placeholders({ asks }: Classifier): number[] {
  if (asks.kind !== 'prompt') return [];
  return asks.examples.flatMap(({ text }, at) => (isPlaceholder(text) ? [at] : []));
}
