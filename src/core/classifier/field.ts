/** Sets or removes one field of a classifier file. No other character changes. */
import { jsonPositions } from '../json-positions';
import { UserError } from '../user-error';

type Field = 'adapter' | 'buckets' | 'calibrator' | 'examples' | 'labels';

/**
 * @param text of a classifier file
 * @param given undefined removes the field
 * @throws UserError `classifier-invalid`: the text is not a JSON object
 */
export function withField(text: string, key: Field, given: string | readonly object[] | undefined): string {
  const positions = jsonPositions(text);
  if (!positions.ok || !text.trimStart().startsWith('{'))
    throw new UserError(
      'classifier-invalid',
      'The classifier file is not valid JSON, so it cannot be changed. Fix it first.',
    );
  const json = given === undefined ? undefined : inOneLine(given);
  const found = positions.valueOf(key);
  if (found === undefined) return json === undefined ? text : inserted(text, key, json);
  const { start, end } = found;
  return json === undefined ? removed(text, start, end) : `${text.slice(0, start)}${json}${text.slice(end)}`;
}

/** JSON with a space between its parts. A line break inside of a string is an escape there. */
function inOneLine(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/\n */gu, ' ');
}

/** As the last field, laid out as the fields before it are. */
function inserted(text: string, key: Field, json: string): string {
  const close = text.lastIndexOf('}');
  const before = text.slice(0, close).trimEnd();
  const isEmpty = before.endsWith('{');
  const [, space = ''] = /^\s*\{(\s*)/u.exec(text) ?? [];
  const isLoose = isEmpty || /"\s*:\s/u.test(text);
  const sameLine = isLoose ? ' ' : '';
  const gap = isEmpty ? '' : space || sameLine;
  return `${before}${isEmpty ? '' : ','}${gap}"${key}":${isLoose ? ' ' : ''}${json}${text.slice(before.length)}`;
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
