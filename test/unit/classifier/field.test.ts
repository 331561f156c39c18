import assert from 'node:assert/strict';
import fc from 'fast-check';
import { builtinFile, BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import { withField } from '../../../src/core/classifier/field';
import { promptIdentity } from '../../../src/core/classifier/prompt';
import { promptClassifierFrom } from '../../support/prompt-classifier';

describe('the calibrator field of a classifier file', () => {
  const cases: [string, string, string][] = [
    ['two spaces', '{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "calibrator": "c"\n}\n'],
    ['tabs and no line end', '{\n\t"a": [1,\n2]\n}', '{\n\t"a": [1,\n2],\n\t"calibrator": "c"\n}'],
    ['CR LF', '{\r\n    "a": 1\r\n}\r\n', '{\r\n    "a": 1,\r\n    "calibrator": "c"\r\n}\r\n'],
    ['one line', '{ "a": 1 }', '{ "a": 1, "calibrator": "c" }'],
    ['one tight line', '{"a":1}', '{"a":1,"calibrator":"c"}'],
    ['a value that looks like an end', '{"a":"}"}\n', '{"a":"}","calibrator":"c"}\n'],
    ['an empty object', '{}', '{"calibrator": "c"}'],
  ];
  for (const [name, before, after] of cases)
    it(`is added last, laid out as the rest: ${name}`, () => {
      assert.equal(withField(before, 'calibrator', 'c'), after);
      assert.equal(withField(before, 'calibrator', undefined), before);
    });

  it('is set to buckets too, in one line', () => {
    const buckets = [
      { name: 'go\n', low: 0.87 },
      { name: 'stop', low: 0 },
    ];
    const text = withField('{\n  "a": 1\n}\n', 'buckets', buckets);
    assert.equal(
      text,
      '{\n  "a": 1,\n  "buckets": [ { "name": "go\\n", "low": 0.87 }, { "name": "stop", "low": 0 } ]\n}\n',
    );
    assert.deepEqual(JSON.parse(withField(text, 'buckets', buckets.slice(1))), {
      a: 1,
      buckets: buckets.slice(1),
    });
  });

  it('is replaced where it stands and removed with one comma', () => {
    const text = '{\n  "a": 1,\n  "calibrator" : "old",\n  "b": 2\n}\n';
    assert.equal(withField(text, 'calibrator', 'n"ew'), text.replace('"old"', '"n\\"ew"'));
    assert.equal(withField(text, 'calibrator', undefined), '{\n  "a": 1,\n  "b": 2\n}\n');
    assert.equal(withField('{ "calibrator": "x", "b": 2 }', 'calibrator', undefined), '{ "b": 2 }');
    assert.equal(withField('{ "calibrator": "x" }', 'calibrator', undefined), '{  }');
  });

  it('is the only thing that changes, in any file and layout', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
        fc.constantFrom(undefined, 0, 1, 2, '\t'),
        fc.string({ minLength: 1 }),
        (fields, indent, name) => {
          const others: Record<string, unknown> = { ...fields };
          delete others.calibrator;
          const text = JSON.stringify(fields, null, indent);
          const set = withField(text, 'calibrator', name);
          assert.deepEqual(JSON.parse(set), JSON.parse(JSON.stringify({ ...others, calibrator: name })));
          assert.deepEqual(
            JSON.parse(withField(set, 'calibrator', undefined)),
            JSON.parse(JSON.stringify(others)),
          );
        },
      ),
    );
  });

  it('is not written into what is no JSON object', () => {
    for (const text of ['', '{', '[]', '"x"'])
      assert.throws(() => withField(text, 'calibrator', 'c'), { code: 'classifier-invalid' });
  });

  it('of a built-in classifier goes into a file that asks the same', () => {
    for (const builtin of BUILTIN_CLASSIFIERS) {
      const text = withField(JSON.stringify(builtinFile(builtin.name), null, 2), 'calibrator', 'c');
      const copy = promptClassifierFrom(JSON.parse(text), 'copy');
      assert.equal(copy.calibrator, 'c');
      assert.equal(promptIdentity(copy.asks), promptIdentity(builtin.asks));
    }
    assert.equal(builtinFile('none'), undefined);
  });
});
