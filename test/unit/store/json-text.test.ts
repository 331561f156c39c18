import fc from 'fast-check';
import assert from 'node:assert/strict';
import { parsedJson } from '../../../src/store/records/json-text';

describe('JSON text', () => {
  it('is read as JSON.parse does, where that loses nothing', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.integer({ min: 0, max: 40 }), (json, cut) => {
        // Whole numbers of so many digits are texts.
        fc.pre(!/(?<![\d.])\d{16}/.test(json));
        assert.deepEqual(parsedJson(json), { value: JSON.parse(json) as unknown });
        const part = json.slice(0, cut);
        let value: unknown;
        try {
          value = JSON.parse(part);
        } catch {
          assert.equal(parsedJson(part), undefined);
          return;
        }
        assert.deepEqual(parsedJson(part), { value });
      }),
    );
  });

  it('may hold what Python writes, outside of strings', () => {
    const text =
      '{"NaN": NaN, "b": [-Infinity, Infinity], "c": "NaN, -Infinity, \\"1e400", "d": 1e400, "e": -1E+999}';
    assert.deepEqual(parsedJson(text), {
      value: { NaN: null, b: [null, null], c: 'NaN, -Infinity, "1e400', d: null, e: null },
    });
    for (const damaged of ['5Infinity', 'NaNa', '[-NaN]', '-', '{"a": -}', '1-2', '{"a": 1e}', 'Infinit'])
      assert.equal(parsedJson(damaged), undefined, damaged);
  });

  it('keeps whole numbers of any length as texts, and only those', () => {
    const digits = '9'.repeat(400);
    assert.deepEqual(
      parsedJson(`[9007199254740991, 9007199254740993, -9007199254740993, ${digits}, 1e300, 0.1]`),
      {
        value: [9007199254740991, '9007199254740993', '-9007199254740993', digits, 1e300, 0.1],
      },
    );
  });

  it('with a name twice in one object is a problem, not the last of its values', () => {
    for (const text of ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "\\u0061": NaN}}]'])
      assert.deepEqual(parsedJson(text), { problem: 'has the same name twice in one object' });
    assert.deepEqual(parsedJson('{"a": {"a": 1}, "b": ["a:", {"a": 2}]}'), {
      value: { a: { a: 1 }, b: ['a:', { a: 2 }] },
    });
  });

  it('of any length and depth is read in a time that grows with it, whether it is whole or not', () => {
    const long = 'x'.repeat(9_000_000);
    assert.deepEqual(parsedJson(`{"a": "${long}", "b": NaN}`), { value: { a: long, b: null } });
    for (const damaged of [
      `{"a": "${'\\"'.repeat(2_000_000)}`,
      `{"a": ${'9'.repeat(2_000_000)}`,
      '-'.repeat(2_000_000),
    ])
      assert.equal(parsedJson(damaged), undefined);
    assert.ok(parsedJson(`${'['.repeat(500_000)}${']'.repeat(500_000)}`));
  });
});
