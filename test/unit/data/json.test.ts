import assert from 'node:assert/strict';
import fc from 'fast-check';
import { badJsonLine } from '../../../src/core/data/json';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the line where JSON goes wrong', () => {
  it('is that of the first wrong character', () => {
    assert.equal(badJsonLine('{\n  "a": 1,\n  "b": oops\n}'), 3);
    assert.equal(badJsonLine('{\n  "a": 1\n  "b": 2\n}'), 3);
    assert.equal(badJsonLine('{\n  "a": [1, 2\n}\n'), 3);
    assert.equal(badJsonLine('{"a": 1}\n\n}'), 3);
    assert.equal(badJsonLine('{"a": "b\n"}'), 1);
    assert.equal(badJsonLine('{\n"a": NaN}'), 2);
    assert.equal(badJsonLine(''), 1);
  });

  it('is none exactly where JSON.parse agrees', () => {
    const json = fc
      .json()
      .chain((text) =>
        fc
          .tuple(fc.nat(text.length), fc.constantFrom('', ',', '}', ']', '"', ':', '0', '\n', '\\', 'x'))
          .map(([at, extra]) => text.slice(0, at) + extra + text.slice(at + (extra === '' ? 1 : 0))),
      );
    fc.assert(
      fc.property(fc.oneof(fc.json(), json, fc.string()), (text) => {
        assert.equal(badJsonLine(text) === undefined, parses(text), text);
      }),
      { numRuns: 2000 },
    );
  });
});
