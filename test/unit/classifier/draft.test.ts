import assert from 'node:assert/strict';
import { diagnoseClassifier } from '../../../src/core/classifier/diagnose';
import { draftClassifier, labelsFrom, labelsProblem, nameProblem } from '../../../src/core/classifier/draft';
import { promptClassifierFrom } from '../../support/prompt-classifier';

describe('a new classifier', () => {
  for (const kind of ['question', 'few-shot'] as const)
    it(`of the kind ${kind} can be used as it is`, () => {
      const file = draftClassifier({
        name: 'urgency',
        labels: ['urgent', 'normal', 'low'],
        kind,
        question: '',
        examples: [],
      });
      const classifier = promptClassifierFrom(file, 'draft');
      assert.deepEqual(
        classifier.labels.map((label) => label.name),
        ['urgent', 'normal', 'low'],
      );
      assert.equal(classifier.asks.examples.length, kind === 'few-shot' ? 3 : 0);
      assert.equal(classifier.asks.instruction === '', kind === 'few-shot');
      assert.ok(!('$schema' in file));
    });

  it('gets a name that can be a file name everywhere', () => {
    for (const good of ['urgency', 'Größe 2', 'a.b_c-d', '日本'])
      assert.equal(nameProblem(good, []), undefined, good);
    for (const bad of [
      '',
      '  ',
      '../up',
      'a/b',
      'a\\b',
      '.hidden',
      'con',
      'NUL.txt',
      'x'.repeat(81),
      'a:b',
      'end.',
    ])
      assert.notEqual(nameProblem(bad, []), undefined, bad);
  });

  it('gets a name that no other has, in any case', () => {
    assert.match(nameProblem('Sentiment', ['sentiment']) ?? '', /already/);
  });

  it('takes labels between commas', () => {
    assert.deepEqual(labelsFrom(' a, b ,,c '), ['a', 'b', 'c']);
    assert.equal(labelsProblem('a, b'), undefined);
    assert.match(labelsProblem('a') ?? '', /at least two/);
    assert.match(labelsProblem('a, b, a') ?? '', /twice/);
  });
});

describe('the problems of a classifier file', () => {
  const good = draftClassifier({
    name: 'x',
    labels: ['a', 'b'],
    kind: 'few-shot',
    question: '',
    examples: ['Once.', 'Twice.'],
  });
  const problems = (value: unknown): string[] => {
    const text = JSON.stringify(value, null, 2);
    return diagnoseClassifier(text).map(
      ({ span, message }) => `${text.slice(span.start, span.end)} ${message}`,
    );
  };

  it('are none for a good one', () => {
    assert.deepEqual(problems(good), []);
  });

  it('stand where the JSON breaks', () => {
    const text = '{\n  "version": 1,\n  "name": "x"\n  "labels": []\n}';
    const [problem] = diagnoseClassifier(text);
    assert.equal(text.slice(problem?.span.start).startsWith('"labels"'), true);
    assert.match(problem?.message ?? '', /^Not valid JSON: A comma or } is expected/);
  });

  it('stand at their field', () => {
    assert.deepEqual(problems({ ...good, template: 'no place' }), [
      '"no place" template: write {{text}} exactly once',
    ]);
    assert.deepEqual(problems({ ...good, other: [] }), ['"other" other: there is no field of this name']);
    assert.deepEqual(problems({ ...good, labels: [{ name: 'a' }] }), [
      '"labels" labels: a classifier needs at least two labels',
      ...problems({ ...good, labels: [{ name: 'a' }] }).slice(1),
    ]);
    assert.match(
      problems({ ...good, labels: [{ name: 'a' }, { name: 'a' }] })[0] ?? '',
      /^"a" name: the label "a" occurs/,
    );
    assert.match(
      problems({ ...good, examples: [{ text: 'x', label: 'c' }] })[0] ?? '',
      /^"c" label: "c" is not one of/,
    );
  });

  it('are one for one typo, with the field that was meant', () => {
    const { labels, template, ...rest } = good;
    assert.deepEqual(problems({ ...rest, template, lables: labels }), [
      '"lables" lables: there is no field of this name; did you mean "labels"?',
    ]);
    assert.deepEqual(problems({ ...rest, labels, Template: template }), [
      '"Template" Template: there is no field of this name; did you mean "template"?',
    ]);
    assert.deepEqual(problems({ ...good, labels: [{ name: 'a', speling: ['x'] }, { name: 'b' }] }), [
      '"speling" speling: there is no field of this name; did you mean "spellings"?',
    ]);
    const mistyped = problems({ ...good, labels: [{ nme: 'a' }, { name: 'b' }] });
    assert.match(mistyped[0] ?? '', /^"nme" nme: .* did you mean "name"\?$/);
    assert.equal(mistyped.length, 1);
    const texts = ['x', 'y', 'z'];
    assert.deepEqual(problems({ ...good, examples: texts.map((text) => ({ text, label: 'c' })) }), [
      '"c" label: "c" is not one of the labels ("a", "b"); 3 examples have it',
    ]);
  });

  it('are placeholders that nobody replaced', () => {
    const draft = { name: 'x', labels: ['a', 'b'], kind: 'few-shot', question: 'Which?' } as const;
    const text = JSON.stringify(draftClassifier({ ...draft, examples: ['Once.'] }));
    const found = diagnoseClassifier(text);
    assert.deepEqual(
      found.map(({ kind, span }) => [kind, text.slice(span.start, span.end)]),
      [['placeholder', '"Replace this by a typical text for b."']],
    );
    assert.deepEqual(
      diagnoseClassifier(JSON.stringify(draftClassifier({ ...draft, examples: ['Once.', 'No.'] }))),
      [],
    );
  });

  it('are only one for a file of a newer version', () => {
    assert.match(
      problems({ ...good, version: 9, other: 1 }).join(),
      /^9 This file was written for a newer version/,
    );
  });
});
