/** Sets or removes the calibrator of a classifier file. No other character changes. */
import { jsonPositions } from '../json-positions';
import { UserError } from '../user-error';

const KEY = 'calibrator';

/**
 * @param text of a classifier file
 * @param name undefined removes the calibrator
 * @throws UserError `classifier-invalid`: the text is not a JSON object
 */
export function withCalibrator(text: string, name: string | undefined): string {
  const positions = jsonPositions(text);
  if (!positions.ok || !text.trimStart().startsWith('{'))
    throw new UserError(
      'classifier-invalid',
      'The classifier file is not valid JSON, so it cannot be changed. Fix it first.',
    );
  const value: unknown = JSON.parse(text);
  const isThere = typeof value === 'object' && value !== null && KEY in value;
  if (!isThere) return name === undefined ? text : inserted(text, JSON.stringify(name));
  const { start, end } = positions.find([KEY]);
  return name === undefined
    ? removed(text, start, end)
    : `${text.slice(0, start)}${JSON.stringify(name)}${text.slice(end)}`;
}

/** As the last field, laid out as the fields before it are. */
function inserted(text: string, value: string): string {
  const close = text.lastIndexOf('}');
  const before = text.slice(0, close).trimEnd();
  const isEmpty = before.endsWith('{');
  const [, space = ''] = /^\s*\{(\s*)/u.exec(text) ?? [];
  const isLoose = isEmpty || /"\s*:\s/u.test(text);
  const sameLine = isLoose ? ' ' : '';
  const gap = isEmpty ? '' : space || sameLine;
  return `${before}${isEmpty ? '' : ','}${gap}"${KEY}":${isLoose ? ' ' : ''}${value}${text.slice(before.length)}`;
}

/** With its key and one comma. */
function removed(text: string, start: number, end: number): string {
  const [key = ''] = /"[^"]*"\s*:\s*$/u.exec(text.slice(0, start)) ?? [];
  const before = text.slice(0, start - key.length);
  const after = text.slice(end);
  const trimmed = before.trimEnd();
  if (trimmed.endsWith(',')) return trimmed.slice(0, -1).trimEnd() + after;
  return before + after.replace(/^\s*,\s*/u, '');
}
