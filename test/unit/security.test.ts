/** SECURITY.md says which test shows that an attack fails: each of them must be there under that name. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/paths';

describe('the threat model', () => {
  // The tables of attacks: three columns, the last of which names tests.
  const rows = readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8')
    .split('\n')
    .filter(
      (line) => /^\| [^|]+ \| [^|]+ \| [^|]+ \|$/u.test(line) && !/^\| (?:attack|version) /u.test(line),
    );

  it('names tests that exist', () => {
    assert.ok(rows.length >= 45, `${rows.length} attacks`);
    const missing = rows.flatMap((row) =>
      (row.split(' | ').at(-1) ?? '')
        .replace(/ \|$/u, '')
        .split('; ')
        .filter((named) => {
          const [, title = '', file = ''] = /^(.+) \(`(test\/[^`]+)`\)$/u.exec(named) ?? [];
          const source = path.join(ROOT, file);
          return (
            title === '' || !existsSync(source) || !titlesIn(readFileSync(source, 'utf8')).includes(title)
          );
        }),
    );
    assert.deepEqual(missing, []);
  });
});

/** The names that the tests of a file have in its code, one under the other. */
function titlesIn(code: string): string {
  const named = code.matchAll(/\bit\(\s*(['`])((?:(?!\1)[^\\]|\\.)*)\1/gu);
  return Array.from(named, ([, , title = '']) => title).join('\n');
}
