import { parse } from 'csv-parse/sync';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../../support/paths';
import { Workbench } from './workbench';

const jsonLines = (...records: readonly unknown[]): string =>
  records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join('');

/** A sample of lm-evaluation-harness 0.4. */
const sample = (
  id: number,
  choices: readonly string[],
  logLikelihoods: readonly number[],
  target: unknown,
  more: object = {},
): object => ({
  doc_id: id,
  doc: { question: `Question ${id}?` },
  target,
  arguments: Object.fromEntries(
    choices.map((choice, k) => [`gen_args_${k}`, { arg_0: `Question ${id}?\nAnswer:`, arg_1: ` ${choice}` }]),
  ),
  resps: logLikelihoods.map((value) => [[String(value), 'False']]),
  filtered_resps: logLikelihoods.map((value) => [String(value), 'False']),
  filter: 'none',
  metrics: ['acc'],
  ...more,
});

const answer = (id: string, tokens: Readonly<Record<string, number>>): object => {
  const top = Object.entries(tokens).map(([token, p]) => ({ token, logprob: Math.log(p) }));
  return {
    id: `batch_${id}`,
    custom_id: id,
    response: {
      status_code: 200,
      body: {
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: top[0]?.token },
            logprobs: { content: [{ ...top[0], top_logprobs: top }] },
            finish_reason: 'stop',
          },
        ],
      },
    },
    error: null,
  };
};

const result = (
  test: number,
  output: unknown,
  { provider = 'openai:mini', ...more }: { provider?: string; [field: string]: unknown } = {},
): object => ({
  promptIdx: 0,
  testIdx: test,
  prompt: { raw: 'Classify: …', label: 'classify' },
  provider: { id: provider },
  vars: { text: `Text ${test}` },
  testCase: { vars: { text: `Text ${test}` }, assert: [{ type: 'equals', value: 'spam' }] },
  response: { output, logProbs: [Math.log(0.8), Math.log(0.5)] },
  success: output === 'spam',
  ...more,
});

describe('import', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.create();
  });
  afterEach(() => bench.remove());

  const imported = async (
    content: string | Uint8Array,
    ...options: readonly string[]
  ): Promise<{ rows: Record<string, string>[]; out: string; err: string }> => {
    await bench.write('in.json', content);
    const ran = await bench.run('import', '@in.json', '--out', '@out.csv', '--force', ...options);
    assert.equal(ran.code, 0, ran.err);
    return { rows: parse(await readFile(bench.at('out.csv'), 'utf8'), { columns: true }), ...ran };
  };
  const refused = async (content: string | Uint8Array, ...options: readonly string[]): Promise<string> => {
    await bench.write('in.json', content);
    const ran = await bench.run('import', '@in.json', '--out', '@out.csv', '--force', ...options);
    assert.equal(ran.code, 2, ran.out);
    return ran.err;
  };

  const filled = (row: Record<string, string> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== ''));

  describe('samples of lm-evaluation-harness', () => {
    const sure = [-0.1, -3];
    const records = [
      sample(0, ['no', 'yes'], sure, 0, { acc: 1 }),
      sample(1, ['no', 'yes'], sure, '1', { acc: 0 }),
      sample(2, ['no', 'yes'], [-3, -0.1], 1, { acc: 1 }),
    ];

    it('become log-likelihoods of choices with the text of the target, which evaluate reads', async () => {
      const { rows, out } = await imported(jsonLines(...records));
      assert.deepEqual(rows[1], {
        id: '1',
        text: 'Question 1?',
        label: 'yes',
        'logprob:no': '-0.1',
        'logprob:yes': '-3',
      });
      assert.match(out, /3 rows from samples of lm-evaluation-harness/);
      assert.match(
        out,
        /target is read as the number of a choice, from 0, which agrees with "acc" in 3 of 3/,
      );
      const evaluated = JSON.parse((await bench.run('evaluate', '@out.csv', '--json')).out) as {
        accuracy: { value: number };
      };
      assert.ok(Math.abs(evaluated.accuracy.value - 2 / 3) < 1e-9);
    });

    it('may be in the older form, with pairs as arguments', async () => {
      const old = {
        ...sample(0, ['a', 'b'], sure, 'b'),
        arguments: [
          ['Q', ' a'],
          ['Q', ' b'],
        ],
        filtered_resps: [
          [-0.1, false],
          [-3, false],
        ],
      };
      const { rows, out } = await imported(jsonLines(old, old));
      assert.equal(rows[0]?.label, 'b');
      assert.match(out, /read as the text of a choice/);
    });

    it('whose target could be a number or a text are read as the verdicts of the harness say', async () => {
      // The choices are numbers: "1" is the first one by its text, and the second one by its place.
      const byPlace = [0, 1].map((k) => sample(k, ['1', '2', '3'], [-0.1, -2, -3], '1', { acc: 0 }));
      assert.equal((await imported(jsonLines(...byPlace))).rows[0]?.label, '2');
      const byText = [0, 1].map((k) => sample(k, ['1', '2', '3'], [-0.1, -2, -3], '1', { acc: 1 }));
      assert.equal((await imported(jsonLines(...byText))).rows[0]?.label, '1');
    });

    it('without a target have no true label; one that is no choice is refused and named', async () => {
      const secret = [...records, sample(3, ['no', 'yes'], sure, -1), sample(4, ['no', 'yes'], sure, '')];
      const { rows, out } = await imported(jsonLines(...secret));
      assert.deepEqual(
        rows.map(({ label }) => label),
        ['no', 'yes', 'yes', '', ''],
      );
      assert.match(out, /2 of 5 samples have no target/);
      assert.match(await refused(jsonLines(...records, sample(3, ['no', 'yes'], sure, 9))), /see "9"/);
    });

    it('with other choices in each have the places of choices as labels', async () => {
      const { rows, out } = await imported(
        jsonLines(
          sample(0, ['Paris', 'Rome'], sure, 0),
          sample(1, ['red', 'blue'], sure, 1),
          sample(2, ['one', 'two', 'three'], [-1, -1, -2], 1),
        ),
      );
      assert.deepEqual(
        rows.map(({ label }) => label),
        ['A', 'B'],
      );
      assert.match(out, /labels are their places/);
      assert.match(out, /2, 3 choices. Those with 2 are read/);
    });

    /** As of winogrande: each choice stands in the context, and the same words follow. */
    const inContext = (id: number, logLikelihoods: readonly number[], more: object): object => ({
      ...sample(
        id,
        logLikelihoods.map(() => `end ${id}`),
        logLikelihoods,
        `end ${id}`,
        more,
      ),
      arguments: logLikelihoods.map((_, k) => [`Question ${id}? Option ${k}`, ` end ${id}`]),
    });

    it('whose choices are in the context have the truth that the verdicts of the harness tell', async () => {
      const likely = [-0.2, -0.3];
      const verdicts = [1, 0, 0].map((acc, k) => inContext(k, likely, { acc }));
      const { rows, out } = await imported(jsonLines(...verdicts));
      assert.deepEqual(rows[1], {
        id: '1',
        text: 'Question 1?',
        label: 'B',
        'logit:A': '-0.2',
        'logit:B': '-0.3',
      });
      assert.match(out, /written as logits, .* the choices of a sample follow different texts/);
      assert.match(out, /target of 3 of 3 samples fits several choices; "acc" tells which/);
      const evaluated = JSON.parse((await bench.run('evaluate', '@out.csv', '--json')).out) as {
        n: number;
        accuracy: { value: number };
      };
      assert.ok(Math.abs(evaluated.accuracy.value - 1 / 3) < 1e-9);
    });

    it('whose truth nothing tells have none, whatever the verdict on some of them is', async () => {
      const three = [-0.2, -0.3, -0.4];
      for (const records of [
        [0, 1].map((k) => inContext(k, three, { acc: k })),
        [0, 1].map((k) => inContext(k, [-0.2, -0.3], {})),
      ]) {
        const { rows, out } = await imported(jsonLines(...records));
        assert.deepEqual(
          rows.map(({ label }) => label),
          [undefined, undefined],
        );
        assert.match(out, /2 of 2 samples fits several choices, and nothing tells which of them is right/);
      }
    });

    it('whose targets the verdicts contradict are refused, and a few of them have no true label', async () => {
      const of = (count: number, acc: number) =>
        Array.from({ length: count }, (_, k) => sample(k, ['no', 'yes'], sure, 0, { acc }));
      assert.match(
        await refused(jsonLines(...of(10, 1), ...of(1, 0))),
        /"acc" contradicts it in 1 of 11 samples/,
      );
      const { rows, out } = await imported(jsonLines(...of(1, 0), ...of(30, 1)));
      assert.deepEqual([rows[0]?.label, rows[1]?.label], ['', 'no']);
      assert.match(out, /agrees with "acc" in 30 of 31/);
      assert.match(out, /"acc" contradicts the target in 1 of 31 samples: they have no true label/);
      assert.match(await refused(jsonLines(...of(3, 0.4))), /In 3 of 3 samples "acc" is neither 0 nor 1/);
    });

    it('that ask for each choice once more without the question have each choice once', async () => {
      const records = [0, 1].map((k) => {
        const choices = ['no', 'yes'];
        return {
          ...sample(k, choices, [...sure, -5, -6], k, { acc: 1 - k }),
          arguments: [
            ...choices.map((choice) => [`Q ${k}`, ` ${choice}`]),
            ...choices.map((choice) => ['', choice]),
          ],
        };
      });
      const { rows } = await imported(jsonLines(...records));
      assert.deepEqual(rows[1], {
        id: '1',
        text: 'Question 1?',
        label: 'yes',
        'logprob:no': '-0.1',
        'logprob:yes': '-3',
      });
    });

    it('one choice of which begins as another does are logits, for they may sum to more than 1', async () => {
      const { rows, out } = await imported(jsonLines(sample(0, ['no', 'no way'], [-0.1, -0.5], 0)));
      assert.deepEqual(rows[0]?.['logit:no way'], '-0.5');
      assert.match(out, /a choice begins as another one does/);
    });

    it('whose documents repeat a stem have the context as their text', async () => {
      const stem = [0, 1, 2].map((k) => sample(k, ['a', 'b'], sure, 0, { doc: { question: 'cause' } }));
      const { rows, out } = await imported(jsonLines(...stem));
      assert.equal(rows[1]?.text, 'Question 1?\nAnswer:');
      assert.match(out, /The text is what stands before the first choice/);
      // Several runs in one file ask each question several times.
      const { rows: twice } = await imported(jsonLines(...records, ...records));
      assert.equal(twice[4]?.text, 'Question 1?');
    });

    it('of generated text are refused with the reason', async () => {
      const generated = { ...sample(0, [], [], 'x'), arguments: [['Q', {}]], filtered_resps: ['x'] };
      assert.match(
        await refused(jsonLines(generated, generated)),
        /holds generated text, not the log-likelihoods/,
      );
    });
  });

  describe('output of a pipeline', () => {
    const both = (p: number) => [
      { label: 'POSITIVE', score: p },
      { label: 'NEGATIVE', score: 1 - p },
    ];

    it('with all scores becomes probabilities, as a document or as lines', async () => {
      const document = JSON.stringify([both(0.75), both(0.25).reverse()], null, 2);
      for (const content of [
        document,
        jsonLines(both(0.75), both(0.25).reverse()),
        JSON.stringify([both(0.75), both(0.25)]),
      ]) {
        const { rows } = await imported(content);
        assert.deepEqual(
          rows.map((row) => [row['prob:POSITIVE'], row['prob:NEGATIVE']]),
          [
            ['0.75', '0.25'],
            ['0.25', '0.75'],
          ],
        );
      }
    });

    it('with the best label only becomes a confidence; texts and true labels around it stay', async () => {
      const { rows, out } = await imported(
        jsonLines(
          { text: 'Fine.', label: 'POSITIVE', predictions: [{ label: 'POSITIVE', score: 0.9 }] },
          { text: 'Bad.', label: 'POSITIVE', predictions: [{ label: 'NEGATIVE', score: 0.7 }] },
        ),
      );
      assert.deepEqual(rows[1], {
        text: 'Bad.',
        label: 'POSITIVE',
        predicted: 'NEGATIVE',
        confidence: '0.7',
      });
      assert.match(out, /its score is taken as the confidence/);
    });

    it('of zero-shot classification has its labels apart from its scores', async () => {
      const { rows } = await imported(
        jsonLines({ sequence: 'Rain again.', labels: ['weather', 'sport'], scores: [0.9, 0.1] }),
      );
      assert.deepEqual(rows, [{ text: 'Rain again.', 'prob:weather': '0.9', 'prob:sport': '0.1' }]);
    });

    it('of labels that do not exclude each other has each by itself, and says so', async () => {
      const free = [
        { label: 'toxic', score: 0.9 },
        { label: 'insult', score: 0.8 },
      ];
      const { rows, out } = await imported(jsonLines(free, free));
      assert.deepEqual(rows, [
        { 'yes:toxic': '0.9', 'yes:insult': '0.8' },
        { 'yes:toxic': '0.9', 'yes:insult': '0.8' },
      ]);
      assert.match(
        out,
        /2 of 2 texts do not sum to 1: each is taken as the probability of its label by itself/,
      );
    });

    it('that kept only the best labels of a text is refused, not taken for labels by themselves', async () => {
      const best = (...labels: readonly string[]): object[] =>
        labels.map((label, k) => ({ label, score: k === 0 ? 0.5 : 0.3 }));
      assert.match(
        await refused(jsonLines(best('a', 'b'), best('b', 'c'), best('c', 'a'))),
        /line 1 has the scores of 2 of 3 labels; .*top_k=None/,
      );
    });

    it('with the best label among the fields of a record keeps text, id and truth', async () => {
      const { rows } = await imported(
        jsonLines(
          { id: 7, text: 'a0', label: 'POS', score: 0.9, target: 'NEG' },
          { id: 8, text: 'a1', label: 'POS', score: 0.8, target: 'POS' },
        ),
      );
      assert.deepEqual(rows[0], { id: '7', text: 'a0', label: 'NEG', predicted: 'POS', confidence: '0.9' });
    });

    it('that is rounded has sums that are not 1, which the rounding of many labels explains', async () => {
      const scores = (first: number, rest: number, decimals = 2) =>
        Array.from({ length: 20 }, (_, k) => ({
          label: `l${k}`,
          score: Number((k === 0 ? first : rest).toFixed(decimals)),
        }));
      // 0.43 + 19 × 0.03 = 1, and 0.88 + 19 × 0.01 = 1.07
      const { rows, out } = await imported(jsonLines(scores(0.43, 0.03), scores(0.88, 0.01)));
      assert.equal(rows[0]?.['prob:l0'], '0.43');
      assert.ok(Math.abs(Number(rows[1]?.['prob:l0']) - 0.88 / 1.07) < 1e-9);
      assert.match(out, /1 of 2 texts do not sum to 1 because they are rounded: they are divided/);
      // 0.9 + 19 × 0.03 = 1.47
      assert.match(
        (await imported(jsonLines(scores(0.9, 0.03), scores(0.8, 0.03)))).out,
        /by itself \(yes:LABEL\)/,
      );
      const coarse = jsonLines(scores(0.4, 0, 1), scores(0.9, 0, 1));
      assert.match(
        await refused(coarse),
        /rounded to 1 decimals, .* 1 of 2 texts .* with all of their digits/,
      );
    });

    it('that may be of one text is not taken for two', async () => {
      assert.match(await refused(JSON.stringify(both(0.9))), /seem to be those of one text/);
    });
  });

  describe('output of a batch', () => {
    const lines = jsonLines(
      answer('r1', { ' Yes': 0.7, ' yes': 0.1, No: 0.15 }),
      answer('r2', { No: 0.9, Yes: 0.05 }),
      { custom_id: 'r3', response: null, error: { code: 'expired', message: 'This request expired.' } },
    );

    it('is read as an endpoint’s answers are, all spellings of a label together, and joined by id', async () => {
      await bench.write('texts.csv', 'id,text,label\nr2,Second,no\nr1,First,yes\n');
      const { rows, out } = await imported(lines, '--labels', 'yes,no', '--join', bench.at('texts.csv'));
      const [first, second, third] = rows;
      assert.ok(Math.abs(Math.exp(Number(first?.['logprob:yes'])) - 0.8) < 1e-9);
      assert.deepEqual([first?.text, first?.label, second?.text], ['First', 'yes', 'Second']);
      assert.equal(third?.score_error, 'This request expired.');
      assert.match(out, /3 rows .*, 1 without a score/);
      assert.match(out, /joined with texts.csv by id. 1 predictions are not in it/);
    });

    it('is joined by ids without their outer spaces, and refused where no id is found', async () => {
      await bench.write('texts.csv', 'id,text\n" r2 ",Second\nr1 ,First\n,None\n,None\n');
      const { rows } = await imported(lines, '--labels', 'yes,no', '--join', bench.at('texts.csv'));
      assert.deepEqual(
        rows.map(({ text }) => text),
        ['First', 'Second', ''],
      );
      await bench.write('texts.csv', 'id,text\ndoc-1,First\ndoc-2,Second\n');
      assert.match(
        await refused(lines, '--labels', 'yes,no', '--join', bench.at('texts.csv')),
        /texts\.csv has none of the ids of the 3 predictions: its ids are like "doc-1", and theirs like "r3"/,
      );
    });

    it('needs labels, and log-probabilities', async () => {
      assert.match(await refused(lines), /labels must be named. Name them with --labels/);
      assert.match(await refused(lines, '--labels', 'yes,yes'), /names a label twice/);
      const plain = jsonLines({
        custom_id: 'r1',
        response: { body: { choices: [{ message: { content: 'Yes' }, logprobs: null }] } },
      });
      assert.match(await refused(plain, '--labels', 'yes,no'), /None of the 1 answers shows the probability/);
    });
  });

  describe('results of promptfoo', () => {
    it('become predictions with the probability of the answer', async () => {
      const document = JSON.stringify(
        { evalId: 'e', results: { version: 3, results: [result(0, 'spam'), result(1, 'ham')] } },
        null,
        2,
      );
      const { rows } = await imported(document);
      assert.deepEqual(
        rows.map(({ confidence, ...row }) => [
          row.id,
          row.text,
          row.label,
          row.predicted,
          Number(confidence).toFixed(6),
        ]),
        [
          ['0', 'Text 0', 'spam', 'spam', '0.400000'],
          ['1', 'Text 1', 'spam', 'ham', '0.400000'],
        ],
      );
    });

    it('of several runs need one to be chosen', async () => {
      const content = jsonLines(result(0, 'spam'), result(0, 'ham', { provider: 'other' }));
      assert.match(
        await refused(content),
        /holds 2 runs .* "openai:mini #1", "other #1". Choose one with --run/,
      );
      const { rows } = await imported(content, '--run', 'other #1');
      assert.deepEqual(
        rows.map(({ predicted }) => predicted),
        ['ham'],
      );
    });

    it('that say only whether they passed are right or wrong', async () => {
      const judged = { testCase: { assert: [{ type: 'llm-rubric', value: 'is spam' }] } };
      const { rows } = await imported(jsonLines(result(0, 'It is spam', { ...judged, success: true })));
      assert.equal(rows[0]?.correct, '1');
      assert.equal(rows[0].label, undefined);
    });

    it('may say how sure they are in their answer', async () => {
      const { rows } = await imported(jsonLines(result(0, '{"label": "spam", "confidence": 0.95}')));
      assert.deepEqual([rows[0]?.predicted, rows[0]?.confidence], ['spam', '0.95']);
    });

    it('state it in any notation of JSON, and one column never holds two kinds of confidence', async () => {
      const stated = (test: number, confidence: unknown) =>
        result(test, JSON.stringify({ label: 'spam', confidence }));
      const fenced = result(0, '```json\n{"label": "spam", "confidence": "0.8"}\n```');
      const { rows, out } = await imported(
        jsonLines(fenced, stated(1, 0.9), stated(2, 85), result(3, 'spam')),
      );
      assert.deepEqual(
        rows.map(({ predicted, confidence, score_error: error }) => [predicted, confidence, error]),
        [
          ['spam', '0.8', ''],
          ['spam', '0.9', ''],
          ['spam', '', 'its confidence is no number from 0 to 1'],
          ['spam', '', 'its answer states no confidence'],
        ],
      );
      assert.match(out, /2 of 4 results state none, or one that is no number from 0 to 1/);
      assert.match(
        await refused(jsonLines(stated(0, 85), stated(1, 1), stated(2, '90%'))),
        /no number from 0 to 1, such as "85"/,
      );
      const { rows: few } = await imported(jsonLines(result(0, 'ham'), result(1, 'spam'), stated(2, 0.9)));
      assert.equal(few[2]?.score_error, 'its answer states a confidence instead of its probability');
    });

    it('have the truth of a variable only if the verdicts agree with it', async () => {
      const judged = (test: number, output: string, answer: string, success: boolean, assert: object[]) => {
        const vars = { text: `Text ${test}`, answer };
        return result(test, output, { vars, testCase: { vars, assert }, success });
      };
      const contains = [{ type: 'icontains', value: '{{answer}}' }];
      const { rows: right, out } = await imported(
        jsonLines(
          judged(0, 'It is Paris', 'paris', true, contains),
          judged(1, 'Rome', 'Oslo', false, contains),
        ),
      );
      assert.deepEqual(
        right.map(({ label, correct }) => [label, correct]),
        [
          [undefined, '1'],
          [undefined, '0'],
        ],
      );
      assert.match(
        out,
        /In 1 of 2 results the variable .* does not agree with promptfoo's verdict: results are right/,
      );
      const { rows: named } = await imported(
        jsonLines(judged(0, 'Paris', 'paris', true, contains), judged(1, 'Rome', 'Oslo', false, contains)),
      );
      assert.deepEqual(
        named.map(({ label }) => label),
        ['paris', 'Oslo'],
      );
      // Without an assertion every test passes, and a template that is not filled in is no label.
      const { rows: free, out: said } = await imported(
        jsonLines(judged(0, 'Rome', 'Paris', true, []), judged(1, 'Rome', '{{ city }}', true, [])),
      );
      assert.deepEqual(
        free.map(({ label, correct }) => [label, correct]),
        [
          ['Paris', undefined],
          ['', undefined],
        ],
      );
      assert.match(said, /1 of 2 results name none, and no assertion judges them/);
    });

    it('are read without the elements that are none, which are named', async () => {
      const results = [result(0, 'spam'), { note: 'odd' }, result(1, 'ham')];
      const { rows, out } = await imported(JSON.stringify({ results: { results } }));
      assert.equal(rows.length, 2);
      assert.match(out, /no results of promptfoo were left out, by their number: "2"/);
    });

    it('without any probability are refused', async () => {
      assert.match(
        await refused(jsonLines(result(0, 'spam', { response: { output: 'spam' } }))),
        /No result has a probability/,
      );
    });
  });

  describe('records with columns', () => {
    it('keep their names, parts of lists are numbered', async () => {
      const { rows } = await imported(
        jsonLines(
          { id: 1, y_true: 'a', probs: [0.2, 0.8], meta: { user: 'u' } },
          { id: 2, y_true: null, probs: [1, 0] },
        ),
      );
      assert.deepEqual(rows[0], {
        id: '1',
        y_true: 'a',
        'probs.0': '0.2',
        'probs.1': '0.8',
        'meta.user': 'u',
      });
      assert.equal(rows[1]?.y_true, '');
    });

    it('may have the names of what every object inherits, also where a record lacks them', async () => {
      const { rows } = await imported(
        '{"id": 1, "constructor": "c", "__proto__": "p"}\n{"id": 2, "toString": "t"}\n{"id": 3, "valueOf": {"x": 1}}\n',
      );
      assert.deepEqual(
        rows.map((row) => Object.values(row)),
        [
          ['1', 'c', 'p', '', ''],
          ['2', '', '', 't', ''],
          ['3', '', '', '', '1'],
        ],
      );
    });

    it('with two values for one column are left out and named', async () => {
      const { rows, err } = await imported(
        '{"a.b": 1, "a": {"b": 2}}\n{"a": [1, 2], "a.0": 9}\n{"c": 1, "c": 2}\n{"c": 3}\n',
      );
      assert.deepEqual(rows, [{ c: '3' }]);
      assert.match(err, /line 1 has two values for the column "a\.b"; it was left out/);
      assert.match(err, /line 2 has two values for the column "a\.0"/);
      assert.match(err, /line 3 has the same name twice in one object/);
      assert.match(await refused('[{"c": 1, "c": 2}]'), /the document has the same name twice in one object/);
    });

    it('that JavaScript has no number for are missing', async () => {
      const { rows } = await imported('{"a": 1e400, "b": -Infinity, "c": "NaN"}\n');
      assert.deepEqual(rows, [{ a: '', b: '', c: 'NaN' }]);
    });

    it('that are empty have no columns', async () => {
      const { rows } = await imported('{"id": 1, "list": [], "part": {}}\n');
      assert.deepEqual(rows, [{ id: '1' }]);
      assert.match(await refused('{}\n{}\n'), /are empty: they have no columns/);
    });
  });

  describe('Parquet', () => {
    for (const compression of ['snappy', 'zstd', 'gzip', 'brotli', 'lz4', 'none'])
      it(`is read with ${compression} compression`, async () => {
        const file = path.join(ROOT, `test/fixtures/import/${compression}.parquet`);
        const { rows } = await imported(await readFile(file));
        assert.equal(rows.length, 40);
        assert.deepEqual(rows[30], {
          id: '30',
          text: 'Text 30, "quoted" – ünï',
          label: 'spam',
          'prob:spam': '0.75',
          'prob:ham': '0.25',
          'logits.0': '15',
          'logits.1': '-1',
          ok: 'true',
        });
        assert.equal(rows[1]?.label, '');
      });

    it('keeps all digits of decimals, integers and times, and has empty cells for what is no number', async () => {
      const file = path.join(ROOT, 'test/fixtures/import/exact.parquet');
      const { rows } = await imported(await readFile(file));
      assert.deepEqual(filled(rows[0]), {
        id: '12345678901234567890',
        price: '12345678901234567890.12',
        score: '99.9',
        'list.0': '1.5',
        'list.1': '12345678901234567891.00',
        'parts.q': '1.5',
        'map.a': '1.5',
        'deep.0.0.0': '[["9007199254740993",2]]',
        float: '1.5',
        'floats.0': '0.5',
        ms: '1970-01-01T00:00:00.000Z',
        us: '2023-11-14T22:13:20.123456Z',
        ns: '2023-11-14T22:13:20.123456789Z',
        day: '2024-01-01T00:00:00.000Z',
      });
      assert.deepEqual(filled(rows[1]), {
        id: '12345678901234567891',
        price: '-0.05',
        score: '-2.5',
        'deep.0.0.0': '[[1]]',
        ms: '+292278994-08-17T07:12:55.807Z',
        us: '1969-12-31T23:59:59.999999Z',
        ns: '2023-11-14T22:13:20.123Z',
        day: '-000001-12-31T00:00:00.000Z',
      });
      assert.deepEqual(filled(rows[2]), { price: '1.5', score: '0' });
    });

    it('with two columns of one name is refused', async () => {
      const file = path.join(ROOT, 'test/fixtures/import/twice.parquet');
      assert.match(await refused(await readFile(file)), /it has two columns of the name "a"/);
    });

    it('whose page says that it unpacks to a gigabyte is refused', async () => {
      const whole = await readFile(path.join(ROOT, 'test/fixtures/import/snappy.parquet'));
      // The header of the first page: its kind, then how large it is unpacked, in 7 bits a byte.
      const size = 4 + 3;
      const end = whole.findIndex((byte, at) => at >= size && byte < 0x80) + 1;
      const huge = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08]);
      const more = huge.length - (end - size);
      const made = Buffer.concat([
        whole.subarray(0, size),
        huge,
        whole.subarray(end, 100 - more),
        whole.subarray(100),
      ]);
      assert.equal(made.length, whole.length);
      await bench.write('in.parquet', made);
      const ran = await bench.run('import', '@in.parquet', '--out', '@out.csv');
      assert.equal(ran.code, 2);
      assert.match(ran.err, /in\.parquet cannot be read as Parquet: a page of it would be 1074 MB large/);
    });

    it('that is cut is refused', async () => {
      const whole = await readFile(path.join(ROOT, 'test/fixtures/import/snappy.parquet'));
      await bench.write('in.json', whole.subarray(0, 2000));
      const ran = await bench.run('import', '@in.json', '--out', '@out.csv');
      assert.equal(ran.code, 2);
      assert.match(ran.err, /in\.json cannot be read as Parquet/);
    });
  });

  describe('a file', () => {
    it('with damaged lines is read without them, and they are named by number', async () => {
      const { rows, err } = await imported(
        jsonLines({ id: 1, p: 0.5 }, '{"id": 2, "p":', { id: 3, p: '[' }, '', [1], { id: 4, p: NaN }).replace(
          '"p":null',
          '"p": NaN',
        ),
      );
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['1', '3', '4'],
      );
      assert.match(err, /line 2 is not JSON; it was left out/);
      assert.match(err, /line 5 is no object with columns/);
    });

    it('of another encoding is never read with other letters', async () => {
      const text = jsonLines({ id: 1, text: 'plain' }, { id: 2, text: 'café' }, { id: 3, text: 'plain' });
      const { rows, err } = await imported(Buffer.from(text, 'latin1'));
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['1', '3'],
      );
      assert.match(err, /line 2 is not UTF-8; it was left out/);
      const isNotUtf8 = /is not UTF-8, as JSON is\. Save it as UTF-8 and import it again\./;
      const all = jsonLines({ text: 'café' }, { text: 'naïve' });
      assert.match(await refused(Buffer.from(all, 'latin1')), isNotUtf8);
      const list = JSON.stringify([{ text: 'plain' }, { text: 'café' }], null, 1);
      assert.match(await refused(Buffer.from(list, 'latin1')), isNotUtf8);
      const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
      assert.match(await refused(utf16), /is UTF-16, but JSON is UTF-8/);
      assert.match(await refused(utf16.swap16()), /is UTF-16, but JSON is UTF-8/);
      const { rows: marked } = await imported(`\ufeff${text}`);
      assert.deepEqual(
        marked.map((row) => row.text),
        ['plain', 'café', 'plain'],
      );
    });

    it('has its lines and letters whole, wherever a chunk ends', async () => {
      const long = 'é'.repeat(300_000);
      const { rows } = await imported(
        jsonLines(...Array.from({ length: 4 }, (_, id) => ({ id, text: `${'x'.repeat(id)}${long}` }))),
      );
      assert.deepEqual(
        rows.map(({ text = '' }) => text.replace(long, '')),
        ['', 'x', 'xx', 'xxx'],
      );
    });

    it('with lines that are nested without end is read without them', async () => {
      const deep = `{"id": 2, "x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
      const { rows, err } = await imported(jsonLines({ id: 1 }, deep, { id: 3 }));
      assert.deepEqual(
        rows.map(({ id }) => id),
        ['1', '3'],
      );
      assert.match(err, /line 2 is nested too deeply/);
      assert.match(
        await refused(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
        /no kind that is known|too deeply/,
      );
    });

    it('keeps whole numbers of any length, as ids are', async () => {
      const { rows } = await imported(
        '{"id": 1234567890123456789, "p": 0.12345678901234568, "t": "no: 1234567890123456789,"}\n{"id": -98765432109876543210, "p": 1e-20, "t": "\\"12345678901234567890"}\n',
      );
      assert.deepEqual(rows, [
        { id: '1234567890123456789', p: '0.12345678901234568', t: 'no: 1234567890123456789,' },
        { id: '-98765432109876543210', p: '1e-20', t: '"12345678901234567890' },
      ]);
    });

    it('with a text of millions of characters, or cut in one, is read with the lines that are whole', async () => {
      const long = 'x'.repeat(8_388_608);
      const { rows, err } = await imported(
        `${jsonLines({ id: 1, text: long }, { id: 2, text: 'y' })}{"id": 3, "text": "${'\\"'.repeat(400_000)}`,
      );
      assert.deepEqual(
        rows.map(({ id, text = '' }) => [id, text.length]),
        [
          ['1', long.length],
          ['2', 1],
        ],
      );
      assert.match(err, /line 3 is not JSON; it was left out/);
    });

    it('of another kind is said to be that', async () => {
      const lines = jsonLines({ id: 1 }, { id: 2 });
      assert.match(await refused(gzipSync(lines)), /is compressed with gzip\. Unpack it/);
      assert.match(await refused(Buffer.from('PK\x03\x04, as .npz')), /is a zip archive/);
      assert.match(
        await refused(Buffer.from('\x93NUMPY\n\0\xff', 'latin1')),
        /holds zero bytes, .* a binary file/,
      );
      assert.match(await refused('id,text\n1,a\n'), /looks like a table \(CSV\)\. A table needs no import/);
      const latin1 = Buffer.from('id;text\r\n1;café\r\n', 'latin1');
      assert.match(await refused(latin1), /looks like a table \(CSV\)/);
      assert.match(await refused(lines.replaceAll('\n', '\r')), /carriage return \(CR\) alone/);
    });

    it('of another origin is said to be that', async () => {
      const err = await refused(jsonLines(result(0, 'spam')), '--from', 'lm-eval');
      assert.match(
        err,
        /in\.json is not samples of lm-evaluation-harness .* It looks like results of promptfoo/,
      );
      assert.match(await refused('[1, 2, 3]'), /holds records of no kind that is known/);
    });

    it('that is empty, cut, or no JSON is refused', async () => {
      assert.match(await refused(''), /is empty/);
      assert.match(await refused('[\n{"id": 1},\n{"id":'), /cut in the middle/);
      assert.match(await refused('Some words.\nMore words.\n'), /neither JSON nor JSON lines\.\n/);
    });
  });
});
