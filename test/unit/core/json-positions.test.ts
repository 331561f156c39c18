import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonPositions, type JsonPath } from '../../../src/core/json-positions';

function at(text: string, path: JsonPath): string {
  const positions = jsonPositions(text);
  assert.ok(positions.ok);
  const { start, end } = positions.find(path);
  return text.slice(start, end);
}

/** What JSON is made of: put together at random, it is JSON surprisingly often. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  'u',
  '0',
  '1',
  'e',
  '-',
  '+',
  '.',
  ' ',
  '\n',
  '\t',
  'true',
];

describe('positions in JSON', () => {
  const text = '{ "a": "x", "list": [1, { "b": true }], "empty": [] }';

  it('are those of the value where it is short', () => {
    assert.equal(at(text, ['a']), '"x"');
    assert.equal(at(text, ['list', 0]), '1');
    assert.equal(at(text, ['list', 1, 'b']), 'true');
    assert.equal(at(text, ['empty']), '[]');
  });

  it('are those of the key where the value is long', () => {
    assert.equal(at(text, ['list']), '"list"');
    assert.equal(at(text, ['list', 1]), '{');
  });

  it('are those of what should hold a missing field', () => {
    assert.equal(at(text, ['none']), '{');
    assert.equal(at(text, ['list', 7]), '"list"');
    assert.equal(at(text, []), '{');
  });

  const broken: readonly (readonly [string, number, RegExp])[] = [
    ['{ "a": 1, }', 10, /comma before the closing/],
    ['[1, 2', 4, /comma or \]/],
    ['{ a: 1 }', 2, /field name/],
    ['{ "a" 1 }', 6, /colon/],
    ['{ "a": tru }', 7, /value is expected/],
    ['{ "a": "x\n" }', 7, /does not end/],
    ['{} {}', 3, /after the end/],
    ['', 0, /file ends/],
    ['[01]', 2, /comma or \]/],
  ];
  for (const [source, offset, message] of broken)
    it(`lie at the fault of ${JSON.stringify(source)}`, () => {
      const positions = jsonPositions(source);
      assert.ok(!positions.ok);
      assert.equal(positions.span.start, Math.min(offset, Math.max(0, source.length - 1)));
      assert.match(positions.message, message);
    });

  it('take what JSON.parse takes, and nothing else', () => {
    const agrees = (source: string): void => {
      let parses = true;
      try {
        JSON.parse(source);
      } catch {
        parses = false;
      }
      assert.equal(jsonPositions(source).ok, parses, source);
    };
    fc.assert(fc.property(fc.json(), agrees));
    fc.assert(
      fc.property(fc.json(), fc.nat(), (source, cut) => agrees(source.slice(0, cut % (source.length + 1)))),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES)), (parts) => agrees(parts.join(''))),
      { numRuns: 2000 },
    );
  });

  it('do not overflow on deep nesting', () => {
    assert.equal(jsonPositions('['.repeat(100_000)).ok, false);
  });
});
