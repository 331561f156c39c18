/**
 * The spellings of a label. A model may answer "Yes", "yes", "YES", "y" or "Y"; all of them mean the same,
 * so their probabilities are added.
 */

/** Answers that people and models shorten to one letter. Other initials are too often the start of another word. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['yes', 'y'],
  ['no', 'n'],
]);

/** The forms of one name, most faithful first: as written, lower, UPPER, Capitalised, then one-letter forms. */
function defaultForms(name: string): string[] {
  const lower = name.toLowerCase();
  const upper = name.toUpperCase();
  const [first = '', ...rest] = lower;
  const letter = ABBREVIATIONS.get(lower);
  return [
    name,
    lower,
    upper,
    first.toUpperCase() + rest.join(''),
    ...(letter === undefined ? [] : [letter, letter.toUpperCase()]),
  ];
}

/**
 * Every spelling of every label, in label order. The name comes first, then what the file adds, then the default
 * forms. A default form that another label also has (labels "US" and "us") belongs to neither unless it is written
 * down; what is written down for two labels was refused when the file was read.
 */
export function spellingsOf(
  labels: readonly { readonly name: string; readonly spellings?: readonly string[] | undefined }[],
): string[][] {
  const written = labels.map((label) => [label.name, ...(label.spellings ?? [])].map((text) => text.trim()));
  const defaults = labels.map((label) => defaultForms(label.name.trim()));
  // The label that alone has a form; null where several have it.
  const owners = new Map<string, number | null>();
  for (const forms of [written, defaults])
    for (const [index, own] of forms.entries())
      for (const form of own)
        owners.set(form, !owners.has(form) || owners.get(form) === index ? index : null);
  return labels.map((_, index) => {
    const free = (defaults[index] ?? []).filter((form) => owners.get(form) === index);
    return [...new Set([...(written[index] ?? []), ...free])];
  });
}

/** Labels that are named alone, with the default spellings of each, in order. */
export function spelledLabels(names: readonly string[]): { name: string; spellings: string[] }[] {
  const spellings = spellingsOf(names.map((name) => ({ name })));
  return names.map((name, k) => ({ name, spellings: spellings[k] ?? [] }));
}
