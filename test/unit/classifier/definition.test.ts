import assert from 'node:assert/strict';
import { BUILTIN_CLASSIFIERS } from '../../../src/core/classifier/builtin';
import {
  askingOf,
  calibratorsNamed,
  classifierFrom,
  classifierJsonSchema,
  classifierProblems,
  parseClassifier,
} from '../../../src/core/classifier/definition';
import { UserError } from '../../../src/core/user-error';
import { promptClassifierFrom } from '../../support/prompt-classifier';

const MINIMAL = {
  version: 1,
  name: 'spam',
  template: 'Mail: {{text}}\nSpam?',
  labels: [{ name: 'Yes' }, { name: 'No' }],
};

function refusal(file: object): string {
  try {
    classifierFrom(file, 'spam.json');
  } catch (error) {
    assert(error instanceof UserError);
    return error.message;
  }
  assert.fail('the file was accepted');
}

describe('a classifier file', () => {
  it('gets its defaults filled in', () => {
    const classifier = promptClassifierFrom(MINIMAL, 'spam.json');
    assert.deepEqual(classifier.asks.labels, [
      { name: 'Yes', spellings: ['Yes', 'yes', 'YES', 'y', 'Y'] },
      { name: 'No', spellings: ['No', 'no', 'NO', 'n', 'N'] },
    ]);
    assert.equal(classifier.asks.scoring, 'auto');
    assert.equal(classifier.asks.prompt, 'auto');
    assert.equal(classifier.asks.maxTextTokens, 1024);
  });

  it('may have buckets of its own, which must be valid', () => {
    const buckets = [
      { name: 'go', low: 0.8 },
      { name: 'stop', low: 0 },
    ];
    assert.equal(classifierFrom(MINIMAL, 'spam.json').buckets, undefined);
    assert.deepEqual(classifierFrom({ ...MINIMAL, buckets }, 'spam.json').buckets, buckets);
    assert.match(
      refusal({ ...MINIMAL, buckets: buckets.slice(0, 1) }),
      /buckets\.0\.low: Bucket 1 is the last and must start at 0/,
    );
    assert.deepEqual(
      classifierProblems({ ...MINIMAL, buckets: [{ name: '', low: 0 }] }).map(({ path }) => path),
      [['buckets', 0, 'name']],
    );
  });

  it('may add spellings', () => {
    const labels = [{ name: 'Yes', spellings: ['Sure', 'Of course'] }, { name: 'No' }];
    const [yes] = promptClassifierFrom({ ...MINIMAL, labels }, 'spam.json').asks.labels;
    assert.deepEqual(yes?.spellings, ['Yes', 'Sure', 'Of course', 'yes', 'YES', 'y', 'Y']);
  });

  it('is refused with the place and the reason', () => {
    assert.match(refusal({ ...MINIMAL, labels: [] }), /labels: a classifier needs at least two labels/);
    assert.match(refusal({ ...MINIMAL, labels: undefined }), /labels:/);
    assert.match(
      refusal({ ...MINIMAL, labels: [{ name: 'A' }, { name: 'A' }] }),
      /the label "A" occurs twice/,
    );
    assert.match(
      refusal({ ...MINIMAL, labels: [{ name: 'A' }, { name: ' ' }] }),
      /labels\.1\.name: a label needs a name/,
    );
    assert.match(
      refusal({ ...MINIMAL, labels: [{ name: 'A', spellings: [' '] }, { name: 'B' }] }),
      /labels\.0\.spellings\.0: a spelling may not be empty/,
    );
    assert.match(
      refusal({
        ...MINIMAL,
        labels: [
          { name: 'A', spellings: ['x'] },
          { name: 'B', spellings: ['x'] },
        ],
      }),
      /the spelling "x" is claimed by two labels: A and B/,
    );
    assert.match(
      refusal({ ...MINIMAL, labels: [{ name: 'A', spellings: ['B'] }, { name: 'B' }] }),
      /the spelling "B" is claimed by two labels/,
    );
    assert.match(refusal({ ...MINIMAL, template: 'no place' }), /template: write \{\{text\}\} exactly once/);
    assert.match(refusal({ ...MINIMAL, template: '{{text}}{{text}}' }), /exactly once/);
    assert.match(
      refusal({ ...MINIMAL, examples: [{ text: 'a', label: 'Maybe' }] }),
      /examples\.0\.label: "Maybe" is not one of the labels \("Yes", "No"\)/,
    );
    assert.match(refusal({ ...MINIMAL, tempalte: 'x' }), /tempalte/);
    assert.match(refusal({ ...MINIMAL, version: 2 }), /newer version/);
  });

  it('has no label that a spreadsheet would compute', () => {
    for (const name of ['=1+1', '+cmd', '-x', '@SUM(A1)', '\tx', '=HYPERLINK("https://evil.example")'])
      assert.match(
        refusal({ ...MINIMAL, labels: [{ name }, { name: 'No' }] }),
        /labels\.0\.name: a label may not begin with =, \+, -, @ or a tab/,
      );
    for (const name of ['-1', '+1.5', '-', '+', '1 = 1'])
      assert.equal(
        classifierFrom({ ...MINIMAL, labels: [{ name }, { name: 'No' }] }, 'x').labels[0]?.name,
        name,
      );
  });

  it('is refused at once where it has more labels or spellings than can be compared', () => {
    const many = (length: number) => Array.from({ length }, (_, i) => `l${i}`);
    const labels = many(80_000).map((name) => ({ name }));
    assert.match(refusal({ ...MINIMAL, labels }), /labels: a classifier has at most 1000 labels/);
    assert.match(
      refusal({ ...MINIMAL, labels: [{ name: 'A', spellings: many(200_000) }, { name: 'B' }] }),
      /labels\.0\.spellings: a label has at most 100 spellings/,
    );
    const most = { ...MINIMAL, labels: labels.slice(0, 1000) };
    assert.equal(classifierFrom(most, 'x').labels.length, 1000);
  });

  it('is refused in few words, however many problems it has', function () {
    this.timeout(5000);
    const long = 'n'.repeat(400_000);
    const spellings = Array.from({ length: 100 }, (_, i) => `s${i}`);
    const labels = Array.from({ length: 1000 }, (_, i) => ({ name: `l${i}` }));
    const many: readonly (readonly [value: object, message: RegExp])[] = [
      [{ examples: Array(500_000).fill(0) }, /examples: a classifier has at most 10000 examples/],
      [{ neutralTexts: Array(500_000).fill(0) }, /neutralTexts: a classifier has at most 1000/],
      [
        { labels, examples: Array(10_000).fill({ text: 'a', label: long }) },
        /"nnn.*…" is not one of the labels/,
      ],
      [
        { labels: ['a', 'b'].map((end) => ({ name: long + end, spellings })) },
        /is claimed by two labels: nnn/,
      ],
      [{ labels: [{ name: long }, { name: long }] }, /the label "nnn.*…" occurs twice/],
      [Object.fromEntries(labels.map(({ name }) => [name, 0])), /l99: there is no field of this name/],
      [{ [long]: 0 }, /nnn…: there is no field/],
    ];
    for (const [value, message] of many) {
      const said = refusal({ ...MINIMAL, ...value });
      assert.match(said, message);
      assert.ok(said.length < 60_000, `${message.source}: ${said.length} characters`);
    }
    assert.equal(classifierProblems({ ...MINIMAL, examples: Array(9000).fill(0) }).length, 100);
  });

  it('is refused where its prompt would fill the memory', () => {
    const labels = ['a', 'b'].map((name) => ({ name: name.repeat(1000) }));
    const template = (times: number): string => `{{text}}${'{{labels}}'.repeat(times)}`;
    assert.equal(classifierFrom({ ...MINIMAL, labels, template: template(1000) }, 'x').labels.length, 2);
    const examples = Array(1000).fill({ text: 'x', label: labels[0]?.name });
    for (const file of [{ template: template(50_000) }, { template: template(10), examples }])
      assert.match(
        refusal({ ...MINIMAL, labels, ...file }),
        /template: the prompt would have more than 4 million characters/,
      );
  });

  it('cannot name a model by a path', () => {
    for (const file of ['/etc/x.gguf', '../x.gguf', 'a\\b.gguf', 'C:\\x.gguf', 'x.bin'])
      assert.match(
        refusal({ ...MINIMAL, model: { file } }),
        /model\.file: the model is named by its file name/,
      );
    assert.match(refusal({ ...MINIMAL, model: { file: 'x.gguf', source: 'file:///x' } }), /model\.source/);
  });

  it('says where its JSON is broken', () => {
    assert.throws(() => parseClassifier('{"version": 1,', 'spam.json'), /spam\.json is not valid JSON/);
    assert.throws(() => parseClassifier('', 'spam.json'), /spam\.json is not valid JSON/);
    assert.throws(() => parseClassifier('[]', 'spam.json'), UserError);
    assert.throws(() => parseClassifier('null', 'spam.json'), UserError);
  });

  it('has a JSON schema with every field described', () => {
    const schema = classifierJsonSchema() as Record<'then' | 'else', { properties: object }>;
    assert.ok('outputs' in schema.then.properties);
    assert.ok('examples' in schema.else.properties);
    // These are reported by the extension alone, so that one mistake has one mark.
    for (const branch of [schema.then, schema.else])
      assert.doesNotMatch(JSON.stringify(branch), /"required"|"additionalProperties"/u);
  });

  it('may be of a sequence classification model, with the fields of that kind alone', () => {
    const file = {
      version: 1,
      name: 'topics',
      kind: 'encoder',
      labels: [{ name: 'sport' }, { name: 'money' }],
      model: { folder: 'topics-model', sha256: 'a'.repeat(64) },
    };
    const classifier = classifierFrom(file, 'topics.json');
    assert.deepEqual(classifier.asks, { kind: 'encoder', outputs: undefined });
    assert.equal(classifier.source.kind, 'encoder');
    assert.deepEqual(classifier.model, { file: 'topics-model', sha256: 'a'.repeat(64) });
    assert.throws(() => askingOf(classifier), { code: 'no-prompt' });
    assert.match(refusal({ ...file, template: '{{text}}' }), /template: there is no field of this name/);
    assert.match(refusal({ ...file, output: 'binary' }), /did you mean "outputs"\?/);
    assert.match(refusal({ ...file, model: { folder: 'topics-model' } }), /model\.sha256/);
    for (const folder of ['/etc', '../topics', 'a\\b', '..', '.', ''])
      assert.match(refusal({ ...file, model: { ...file.model, folder } }), /model\.folder/);
    assert.match(refusal({ ...file, labels: [{ name: 'a' }, { name: 'a' }] }), /occurs twice/);
    // The columns of a table could not tell them apart.
    assert.match(refusal({ ...file, labels: [{ name: 'a' }, { name: ' a' }] }), /occurs twice/);
    assert.match(refusal({ ...MINIMAL, source: 'encoder' }), /a source is/);
  });

  it('may have a threshold and a calibrator for each label that is right or not by itself', () => {
    const labels = [{ name: 'toxic', threshold: 0.3, calibrator: 'toxic-platt' }, { name: 'insult' }];
    const file = {
      version: 1,
      name: 'abuse',
      kind: 'encoder',
      labels,
      model: { folder: 'abuse-model', sha256: 'a'.repeat(64) },
    };
    for (const outputs of [undefined, 'multi-label'] as const) {
      const classifier = classifierFrom({ ...file, ...(outputs && { outputs }) }, 'abuse.json');
      assert.deepEqual(classifier.labels, labels);
      assert.deepEqual(calibratorsNamed(classifier), ['toxic-platt']);
    }
    assert.match(refusal({ ...file, outputs: 'single-label' }), /labels\.0: only labels that do not exclude/);
    assert.match(
      refusal({ ...file, calibrator: 'all' }),
      /calibrator: labels that do not exclude each other/,
    );
    assert.match(refusal({ ...file, labels: [{ name: 'a', threshold: 2 }, { name: 'b' }] }), /threshold/);
    assert.match(refusal({ ...file, labels: [{ name: 'a', treshold: 1 }, { name: 'b' }] }), /"threshold"\?/);
  });

  it('is built in for sentiment and for yes/no questions', () => {
    assert.deepEqual(
      BUILTIN_CLASSIFIERS.map((classifier) => classifier.name),
      ['sentiment', 'yes-no'],
    );
  });
});
