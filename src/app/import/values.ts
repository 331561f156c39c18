/** Parts of records that nobody has checked. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of a record by the first of several names that it has. */
export function fieldOf(record: unknown, ...names: readonly string[]): unknown {
  if (!isFields(record)) return undefined;
  const name = names.find((one) => Object.hasOwn(record, one) && record[one] !== null);
  return name === undefined ? undefined : record[name];
}

/** A text, number or boolean as the cell of a table; undefined for anything else. */
export function cellOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return undefined;
}

/** The names that fields with a text to be classified have. */
export const TEXT_FIELDS = [
  'text',
  'sentence',
  'input',
  'question',
  'query',
  'content',
  'message',
  'review',
  'body',
  'prompt',
] as const;

/** The first text of a record under one of the names, with its name. */
export function textOf(
  record: unknown,
  names: readonly string[] = TEXT_FIELDS,
): { name: string; text: string } | undefined {
  for (const name of names) {
    const text = fieldOf(record, name);
    if (typeof text === 'string' && text.trim() !== '') return { name, text };
  }
  return undefined;
}

/** The names that fields with a true label have. */
export const TRUTH_FIELDS = [
  'label',
  'expected',
  'target',
  'gold',
  'truth',
  'answer',
  'true_label',
  'y_true',
] as const;
