/** The problems in the text of a classifier file, with their positions. */
import { jsonPositions, type Span } from '../json-positions';
import { shortened } from '../quote';
import { classifierProblems, newerVersion } from './definition';

export interface LocatedProblem {
  readonly span: Span;
  readonly message: string;
}

/** All problems of a classifier file, or only the first syntax error if it is not JSON. */
export function diagnoseClassifier(text: string): LocatedProblem[] {
  const positions = jsonPositions(text);
  if (!positions.ok) return [{ span: positions.span, message: `Not valid JSON: ${positions.message}.` }];
  const value: unknown = JSON.parse(text);
  const newer = newerVersion(value, 'This file');
  if (newer !== undefined) return [{ span: positions.find(['version']), message: newer }];
  return classifierProblems(value).map(({ path, message }) => {
    const field = path.findLast((part) => typeof part === 'string');
    return {
      span: positions.find(path),
      message: field === undefined ? message : `${shortened(field)}: ${message}`,
    };
  });
}
