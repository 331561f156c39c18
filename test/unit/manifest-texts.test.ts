import assert from 'node:assert/strict';
import manifest from '../../package.json';
import texts from '../../package.nls.json';

/** How the manifest refers to a text. */
const KEY = /^%(.+)%$/u;

describe('the texts of the manifest', () => {
  const used = stringsOf(manifest).flatMap((text) => KEY.exec(text)?.[1] ?? []);

  it('are all there, and none is left over', () => {
    assert.deepEqual([...new Set(used)].sort(), Object.keys(texts).sort());
  });

  it('stand in package.nls.json and nowhere else', () => {
    const { displayName, description, capabilities, contributes } = manifest;
    const inline = [
      ...[displayName, description],
      ...textsIn(capabilities, ['description']),
      ...textsIn(contributes, [
        ...['title', 'category', 'name', 'displayName', 'contextualTitle', 'altText'],
        ...['description', 'markdownDescription', 'enumDescriptions'],
      ]),
    ].filter((text) => !KEY.test(text));
    assert.deepEqual(inline, []);
  });

  it('are not empty, and hold no space at their ends', () => {
    for (const [key, text] of Object.entries(texts)) assert.ok(text !== '' && text === text.trim(), key);
  });
});

/** Every string in a JSON value. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

/** Every string under one of these names; buckets have names of their own among the defaults. */
function textsIn(value: unknown, names: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, entry]: [string, unknown]) => {
    if (name === 'default') return [];
    const isText = typeof entry === 'string' || (Array.isArray(entry) && name === 'enumDescriptions');
    return names.includes(name) && isText ? stringsOf(entry) : textsIn(entry, names);
  });
}
