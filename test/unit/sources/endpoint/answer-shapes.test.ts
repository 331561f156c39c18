/** The answers of servers in every form that people have reported: each is read, bounded, or refused with the reason. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Classifier } from '../../../../src/core/classifier/definition';
import { classifierFrom } from '../../../../src/core/classifier/definition';
import { seededRandom } from '../../../../src/core/random';
import { UserError } from '../../../../src/core/user-error';
import type { Score } from '../../../../src/core/scoring/score';
import { EndpointSource } from '../../../../src/sources/endpoint/endpoint-source';
import { endpointFrom } from '../../../../src/sources/endpoint/settings';
import { type Failed, isFailed } from '../../../../src/sources/source';
import { FakeClock } from '../../../support/fake-clock';

type Token = readonly [text: unknown, logprob: number | null, bytes?: readonly number[]];

const ln = Math.log;
const entry = ([token, logprob, bytes]: Token): object => ({ token, logprob, ...(bytes ? { bytes } : {}) });
const place = (chosen: Token, top: readonly Token[] | null = [chosen]): object => ({
  ...entry(chosen),
  top_logprobs: top?.map(entry) ?? null,
});
interface Answer {
  readonly choices: readonly { readonly logprobs: object; readonly [field: string]: unknown }[];
}
/** The list form: the chosen token, and the list beside it. */
const chat = (...places: readonly object[]): Answer => ({
  choices: [{ index: 0, finish_reason: 'length', message: { content: '' }, logprobs: { content: places } }],
});
const list = (top: readonly Token[]): Answer => chat(place(top[0] ?? ['', 0], top));
/** The object form. */
const object = (chosen: string, logprob: number | null, top: object | null): Answer => ({
  choices: [
    { text: chosen, logprobs: { tokens: [chosen], token_logprobs: [logprob], top_logprobs: top && [top] } },
  ],
});

const CLEAN: readonly Token[] = [
  ['Yes', ln(0.7)],
  ['No', ln(0.2)],
  ['Maybe', ln(0.05)],
];

interface Read {
  readonly label: string;
  /** Of the label, within .005. */
  readonly confidence: number;
  /** Labels that are only bounded. */
  readonly bounds?: readonly string[];
  readonly notes?: readonly string[];
}
type Row = readonly [name: string, labels: readonly string[], body: object, wanted: Read | RegExp];

const YES_NO = ['Yes', 'No'];
const NUMBERS = /no log-probabilities/;
const ONE_HOT = /a probability for the chosen token only/;
const THINKS = /thinks before it answers/;
const TOKEN_NUMBERS = /names tokens by their numbers/;
const UNDECIDED = /is ahead among the tokens that can be read/;

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'pieces of a label count beside whole spellings': [
    [
      'a piece of a label of which another spelling is whole',
      ['SPAM', 'HAM'],
      list([
        [' SP', ln(0.81)],
        [' HAM', ln(0.1)],
        [' Spam', ln(0.011)],
      ]),
      { label: 'SPAM', confidence: 0.891, bounds: ['SPAM'] },
    ],
    [
      'a piece beside the whole spelling of the same case',
      ['positive', 'negative'],
      list([
        [' neg', ln(0.5)],
        [' positive', ln(0.3)],
        [' negative', ln(0.1)],
      ]),
      { label: 'negative', confidence: 0.667, bounds: ['negative'] },
    ],
    [
      'pieces of both labels',
      ['toxic', 'harmless'],
      list([
        ['to', ln(0.6)],
        ['harm', ln(0.2)],
        ['harmless', ln(0.1)],
        ['toxic', ln(0.1)],
      ]),
      { label: 'toxic', confidence: 0.7, bounds: ['toxic', 'harmless'] },
    ],
  ],
  'the sampled token counts once': [
    [
      'twice in the list',
      YES_NO,
      list([
        ['Yes', ln(0.5)],
        ['Yes', ln(0.5)],
        ['No', ln(0.45)],
      ]),
      { label: 'Yes', confidence: 0.526 },
    ],
    [
      'twice, one of them rounded',
      YES_NO,
      list([
        [' No', -0.6931],
        [' Yes', ln(0.4)],
        [' No', -0.69],
      ]),
      { label: 'No', confidence: 0.556 },
    ],
    [
      'listed without the white space of the chosen token',
      YES_NO,
      chat(
        place(
          [' Yes', ln(0.5)],
          [
            ['Yes', ln(0.5)],
            ['No', ln(0.45)],
          ],
        ),
      ),
      { label: 'Yes', confidence: 0.526 },
    ],
    [
      'with and without white space: two tokens',
      YES_NO,
      list([
        [' Yes', ln(0.4)],
        ['Yes', ln(0.2)],
        ['No', ln(0.3)],
      ]),
      { label: 'Yes', confidence: 0.667 },
    ],
    [
      'contradicted by the list, object form',
      YES_NO,
      object('No', -0.233, { No: -8.475, Yes: -1.577 }),
      { label: 'No', confidence: 0.793, notes: ['chosen-differs'] },
    ],
    [
      'contradicted by the list, list form',
      YES_NO,
      chat(
        place(
          ['Yes', ln(0.6)],
          [
            ['Yes', ln(0.3)],
            ['No', ln(0.3)],
          ],
        ),
      ),
      { label: 'Yes', confidence: 0.667, notes: ['chosen-differs'] },
    ],
    [
      'contradicted so that both together exceed 1',
      YES_NO,
      object('No', -0.05, { No: -2, Yes: -0.2 }),
      { label: 'No', confidence: 0.951, bounds: ['Yes'], notes: ['chosen-differs'] },
    ],
    [
      'contradicted so by a list that is sure of another',
      YES_NO,
      object('Yes', ln(0.9), { Yes: ln(0.2), No: ln(0.7) }),
      { label: 'Yes', confidence: 0.9, bounds: ['No'], notes: ['chosen-differs'] },
    ],
    [
      'contradicted so by a list without it',
      YES_NO,
      chat(
        place(
          ['Yes', ln(0.9)],
          [
            ['No', ln(0.7)],
            ['Maybe', ln(0.2)],
          ],
        ),
      ),
      { label: 'Yes', confidence: 0.9, bounds: ['No'], notes: ['chosen-differs'] },
    ],
    [
      'contradicted so that what it leaves may be more',
      YES_NO,
      object('Yes', ln(0.4), { Yes: ln(0.2), No: ln(0.7) }),
      UNDECIDED,
    ],
    [
      'beside a list that exceeds 1 by itself',
      YES_NO,
      object('Yes', ln(0.9), { Yes: ln(0.6), No: ln(0.7) }),
      NUMBERS,
    ],
  ],
  'values that are no log-probabilities are refused': [
    [
      'probabilities',
      YES_NO,
      list([
        ['Yes', 0.93],
        ['No', 0.05],
      ]),
      NUMBERS,
    ],
    [
      'raw logits',
      YES_NO,
      list([
        ['Yes', 24.1],
        ['I', 23.9],
      ]),
      NUMBERS,
    ],
    [
      'raw logits below 0',
      YES_NO,
      list([
        ['Yes', -24.1],
        ['No', -24.9],
      ]),
      NUMBERS,
    ],
    ['a positive value at the end of the list', YES_NO, list([...CLEAN, ['x', 2]]), NUMBERS],
    [
      'all zero',
      YES_NO,
      list([
        ['Yes', 0],
        ['No', 0],
      ]),
      NUMBERS,
    ],
    [
      'a sum above 1',
      YES_NO,
      list([
        ['Yes', -0.1],
        ['No', -0.2],
      ]),
      NUMBERS,
    ],
    [
      'one-hot with -9999',
      YES_NO,
      list([
        ['Yes', 0],
        ['No', -9999],
      ]),
      ONE_HOT,
    ],
    [
      'one-hot with the least float',
      YES_NO,
      list([
        ['Yes', 0],
        ['No', -3.4e38],
      ]),
      ONE_HOT,
    ],
    ['one-hot with -100, object form', YES_NO, object('Yes', 0, { Yes: 0, No: -100 }), ONE_HOT],
    ['an empty list', YES_NO, chat(place(['Yes', 0], [])), ONE_HOT],
    ['no list', YES_NO, chat(place(['Yes', ln(0.8)], null)), ONE_HOT],
    ['no list, object form', YES_NO, object('Yes', ln(0.8), null), ONE_HOT],
    [
      'a placeholder does not enter a bound',
      YES_NO,
      list([
        ['Yes', ln(0.5)],
        ['Hm', ln(0.25)],
        ['No', -9999],
      ]),
      { label: 'Yes', confidence: 0.667, bounds: ['No'] },
    ],
  ],
  'tokens are read in every spelling': [
    [
      'byte-level white space',
      YES_NO,
      object(' Yes', ln(0.52), { ĠYes: ln(0.52), ĠNo: ln(0.4) }),
      { label: 'Yes', confidence: 0.565 },
    ],
    [
      'SentencePiece white space',
      YES_NO,
      list([
        ['▁No', ln(0.6)],
        ['▁Yes', ln(0.3)],
      ]),
      { label: 'No', confidence: 0.667 },
    ],
    [
      'a line break of a byte-level tokenizer',
      YES_NO,
      list([
        ['ĊYes', ln(0.6)],
        ['No', ln(0.3)],
      ]),
      { label: 'Yes', confidence: 0.667 },
    ],
    [
      'bytes beside an empty text',
      ['是', '否'],
      list([
        ['', ln(0.55), [229, 144]],
        ['是', ln(0.4)],
        ['不', ln(0.01)],
      ]),
      { label: '否', confidence: 0.587, bounds: ['否'] },
    ],
    [
      'bytes in a text',
      ['是', '否'],
      list([
        ['<0xE5>', ln(0.55)],
        ['是', ln(0.4)],
        ['不', ln(0.01)],
      ]),
      { label: '否', confidence: 0.587, bounds: ['否'] },
    ],
    [
      'bytes as OpenAI wrote them',
      ['是', '否'],
      object('bytes:\\xe5\\x90', ln(0.55), { 'bytes:\\xe5\\x90': ln(0.55), 是: ln(0.4), 不: ln(0.01) }),
      { label: '否', confidence: 0.587, bounds: ['否'] },
    ],
    [
      'the byte alphabet of a tokenizer',
      ['是', '否'],
      list([
        ['æĺ¯', ln(0.5)],
        ['åĲ¦', ln(0.25)],
      ]),
      { label: '是', confidence: 0.667 },
    ],
    [
      'UTF-8 that was read as Latin-1',
      ['négatif', 'positif'],
      list([
        [' nÃ©gatif', ln(0.5)],
        [' positif', ln(0.25)],
      ]),
      { label: 'négatif', confidence: 0.667 },
    ],
    [
      'nothing at all',
      YES_NO,
      chat(
        place(
          ['Yes', ln(0.6)],
          [
            ['', ln(0.6)],
            ['', ln(0.35)],
            ['', ln(0.01)],
          ],
        ),
      ),
      { label: 'Yes', confidence: 0.6, bounds: ['No'] },
    ],
    [
      'nothing at all, and more of it than of any label',
      YES_NO,
      list([
        ['', ln(0.5)],
        ['Yes', ln(0.3)],
        ['No', ln(0.1)],
      ]),
      UNDECIDED,
    ],
    [
      'a broken character that only one label can begin with',
      ['yes', '否'],
      list([
        ['yes', ln(0.6)],
        ['\uFFFD', ln(0.3)],
      ]),
      { label: 'yes', confidence: 0.6, bounds: ['否'] },
    ],
    [
      'a broken character that no label begins with',
      YES_NO,
      list([
        ['Yes', ln(0.6)],
        ['No', ln(0.2)],
        ['\uFFFD', ln(0.1)],
      ]),
      { label: 'Yes', confidence: 0.75 },
    ],
    [
      'a quote before the answer',
      YES_NO,
      list([
        ['"No', ln(0.6)],
        ['Yes', ln(0.2)],
        ['No', ln(0.05)],
      ]),
      { label: 'No', confidence: 0.765 },
    ],
    [
      'Markdown and a full stop',
      YES_NO,
      list([
        ['**Yes', ln(0.4)],
        [' No.', ln(0.3)],
        ['Yes', ln(0.2)],
      ]),
      { label: 'Yes', confidence: 0.667 },
    ],
    [
      'a label that itself looks like Markdown',
      ['*', '**'],
      list([
        ['**', ln(0.6)],
        ['*', ln(0.3)],
      ]),
      { label: '**', confidence: 0.667 },
    ],
  ],
  'a thought is named': [
    [
      'all tokens in the thought',
      YES_NO,
      { choices: [{ finish_reason: 'length', message: { content: '', reasoning: 'Let me see' } }] },
      THINKS,
    ],
    [
      'probabilities of the thought',
      YES_NO,
      {
        choices: [
          {
            message: { content: null, reasoning_content: 'Let' },
            logprobs: {
              content: null,
              reasoning_content: [{ token: 'Let', logprob: -0.1, top_logprobs: [] }],
            },
          },
        ],
      },
      THINKS,
    ],
    ...['<think>', '<|channel|>', '<|START_THINKING|>', '[THINK]', '<th', '<|start|>'].map((mark): Row => [
      `the mark ${mark}`,
      YES_NO,
      list([
        [mark, ln(0.9)],
        ['Yes', ln(0.05)],
      ]),
      THINKS,
    ]),
  ],
  'other forms': [
    [
      'one null entry',
      YES_NO,
      list([...CLEAN.slice(0, 2), ['Maybe', null]]),
      { label: 'Yes', confidence: 0.778 },
    ],
    [
      'a null for the chosen token',
      YES_NO,
      object('Yes', null, { Yes: ln(0.7), No: ln(0.2) }),
      { label: 'Yes', confidence: 0.778 },
    ],
    [
      'the old form of text-generation-webui',
      YES_NO,
      { choices: [{ text: ' Yes', logprobs: { top_logprobs: [{ ' Yes': ln(0.7), ' No': ln(0.2) }] } }] },
      { label: 'Yes', confidence: 0.778 },
    ],
    [
      'token numbers, object form',
      YES_NO,
      {
        choices: [
          {
            text: '9642',
            logprobs: {
              tokens: [9642],
              token_logprobs: [-0.36],
              top_logprobs: [{ 9642: -0.36, 2822: -1.6 }],
            },
          },
        ],
      },
      TOKEN_NUMBERS,
    ],
    [
      'token numbers with their name',
      YES_NO,
      object('token_id:9642', -0.36, { 'token_id:9642': -0.36, 'token_id:2822': -1.6 }),
      TOKEN_NUMBERS,
    ],
    ...[' Yes', 'Yes', ' "Yes"'].map((text): Row => [
      `token numbers as texts, beside the text ${JSON.stringify(text)}`,
      YES_NO,
      {
        choices: [
          {
            text,
            logprobs: {
              tokens: ['9642'],
              token_logprobs: [-0.36],
              top_logprobs: [{ 9642: -0.36, 2822: -1.6 }],
            },
          },
        ],
      },
      TOKEN_NUMBERS,
    ]),
    [
      'token numbers as texts, list form',
      YES_NO,
      {
        choices: [
          {
            message: { content: ' Yes' },
            logprobs: {
              content: [
                place(
                  ['9642', -0.36],
                  [
                    ['9642', -0.36],
                    ['2822', -1.6],
                  ],
                ),
              ],
            },
          },
        ],
      },
      TOKEN_NUMBERS,
    ],
    [
      'labels that are numbers, in quotes',
      ['1', '2'],
      {
        choices: [
          {
            text: '"1"',
            logprobs: {
              tokens: ['1'],
              token_logprobs: [ln(0.8)],
              top_logprobs: [{ 1: ln(0.8), 2: ln(0.2) }],
            },
          },
        ],
      },
      { label: '1', confidence: 0.8 },
    ],
    [
      'token numbers, list form',
      YES_NO,
      list([
        [9642, -0.36],
        [2822, -1.6],
      ]),
      TOKEN_NUMBERS,
    ],
    [
      'arrays of token numbers',
      YES_NO,
      {
        choices: [
          { text: '', logprobs: { tokens: [9642], token_logprobs: [-0.36], top_logprobs: [[9642, 2822]] } },
        ],
      },
      TOKEN_NUMBERS,
    ],
    ['no log-probabilities', YES_NO, { choices: [{ text: 'Yes' }] }, /shows no token probabilities/],
  ],
};

describe('the answer of a server', () => {
  for (const [kind, rows] of Object.entries(ROWS))
    describe(kind, () => {
      for (const [name, labels, body, wanted] of rows)
        it(name, async () => {
          const result = await resultOf(labels, [body]);
          if (wanted instanceof RegExp) {
            assert.ok(isFailed(result), JSON.stringify(result));
            assert.match(result.reason, wanted);
          } else assertRead(result, wanted);
        });
    });

  it('is read on after white space, and after what is put around an answer', async () => {
    for (const blank of ['\n\n', ' ', '▁', 'Ċ', '"', '**', ' (']) {
      const first = place(
        [blank, ln(0.9)],
        [
          [blank, ln(0.9)],
          ['safe', ln(0.05)],
        ],
      );
      const second = place(
        ['unsafe', ln(0.8)],
        [
          ['unsafe', ln(0.8)],
          ['safe', ln(0.1)],
        ],
      );
      const result = await resultOf(['safe', 'unsafe'], [chat(first), chat(first, second)]);
      // .9 × .8 beside .05 + .9 × .1
      assertRead(result, { label: 'unsafe', confidence: 0.72 / 0.86 });
      assert.ok(!isFailed(result));
      assert.ok(Math.abs((result.labelMass ?? NaN) - 0.86) < 1e-9);
    }
  });

  it('that is white space throughout is a failure', async () => {
    const blank = place(
      ['\n', ln(0.9)],
      [
        ['\n', ln(0.9)],
        ['I', ln(0.05)],
      ],
    );
    const result = await resultOf(YES_NO, [chat(blank), chat(blank, blank, blank, blank)]);
    assert.ok(isFailed(result));
    assert.match(result.reason, /None of the labels/);
  });

  it('gives the numbers of the clean form or a refusal, whatever odd forms come together', async () => {
    const weight = fc.double({ min: 0.02, max: 1, noNaN: true });
    const distribution = fc.tuple(weight, weight, weight, weight).map(([yes, no, maybe, rest]): Token[] => {
      const total = yes + no + maybe + rest;
      const tokens: Token[] = [
        ['Yes', ln(yes / total)],
        ['No', ln(no / total)],
        ['Maybe', ln(maybe / total)],
      ];
      return tokens.sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0));
    });
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        distribution,
        fc.subarray(ODD_FORMS, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.boolean(),
        fc.constantFrom(...DELIVERIES),
        async (tokens, odd, seed, asObject, delivered) => {
          const clean = await resultOf(YES_NO, [list(tokens)]);
          assert.ok(!isFailed(clean), JSON.stringify(clean));
          const random = seededRandom(seed);
          let top = [...tokens];
          for (const { change } of odd) top = change(top, random);
          const body = asObject ? asObjectForm(top) : chat(place(top[0] ?? ['', 0], top));
          const result = await resultOf(YES_NO, [delivered(body)]);
          if (isFailed(result)) return;
          read++;
          const what = `${odd.map(({ name }) => name).join(', ')}: ${JSON.stringify([tokens, result])}`;
          assert.equal(result.label, clean.label, what);
          result.labels.forEach(({ label, logProb, confidence, isBound }, index) => {
            const truth = clean.labels[index] ?? assert.fail();
            if (isBound === true) assert.ok(logProb >= truth.logProb - 1e-8, what);
            else assert.ok(Math.abs(logProb - truth.logProb) < 0.02, what);
            // Where only the others are bounded, the winner has at least its number.
            if (label === result.label && isBound !== true)
              assert.ok(confidence <= truth.confidence + 0.01, what);
          });
        },
      ),
      { numRuns: 1000 },
    );
    assert.ok(read > 200, `only ${read} were read`);
  });
});

interface OddForm {
  readonly name: string;
  readonly change: (top: readonly Token[], random: () => number) => Token[];
}

/** What servers do to a list, one thing each. The first token stays the chosen one. */
const ODD_FORMS: OddForm[] = [
  { name: 'white space', change: (top) => top.map(([text, p]) => [` ${String(text)}`, p]) },
  { name: 'Ġ', change: (top) => top.map(([text, p]) => [`Ġ${String(text).trim()}`, p]) },
  { name: '▁', change: (top) => top.map(([text, p]) => [`▁${String(text).trim()}`, p]) },
  { name: 'quotes', change: (top) => top.map(([text, p]) => [`"${String(text).trim()}`, p]) },
  { name: 'capitals', change: (top) => top.map(([text, p]) => [String(text).toUpperCase(), p]) },
  { name: 'small letters', change: (top) => top.map(([text, p]) => [String(text).toLowerCase(), p]) },
  { name: 'a full stop', change: (top) => top.map(([text, p]) => [`${String(text)}.`, p]) },
  { name: 'the chosen token twice', change: (top) => [...top, ...top.slice(0, 1)] },
  { name: 'a null', change: (top) => [...top, ['Hm', null]] },
  { name: 'a placeholder', change: (top) => [...top, ['Hm', -9999]] },
  {
    name: 'a placeholder for a label',
    change: (top) => top.map((token, at) => (at === 1 ? [token[0], -9999] : token)),
  },
  { name: 'no texts', change: (top) => top.map((token, at) => (at === 0 ? token : ['', token[1]])) },
  { name: 'a broken character', change: (top) => [...top, ['\uFFFD', ln(0.005)]] },
  {
    name: 'bytes for a text',
    change: (top) => top.map(([text, p]) => ['', p, [...Buffer.from(String(text))]]),
  },
  { name: 'pieces', change: (top) => top.map(([text, p]) => [String(text).slice(0, -1), p]) },
  { name: 'logits', change: (top) => top.map(([text, p]) => [text, (p ?? 0) + 20]) },
  { name: 'one-hot', change: (top) => top.map(([text], at) => [text, at === 0 ? 0 : -9999]) },
  { name: 'numbers', change: (top) => top.map(([, p], at) => [`token_id:${at}`, p]) },
  {
    name: 'another order',
    change: ([first, ...rest], random) =>
      first === undefined
        ? []
        : [
            first,
            ...rest
              .map((token) => ({ token, at: random() }))
              .sort((a, b) => a.at - b.at)
              .map(({ token }) => token),
          ],
  },
];

/** How servers send an answer. */
const DELIVERIES: readonly ((answer: Answer) => string)[] = [
  (answer) => JSON.stringify(answer),
  (answer) => `\n${JSON.stringify(answer, null, 2)}\n`,
  ({ choices }) =>
    JSON.stringify({
      id: 'x',
      usage: null,
      choices: choices.map((choice) => ({
        ...choice,
        logprobs: { refusal: null, text_offset: [0], ...choice.logprobs },
        stop_reason: null,
      })),
      timings: {},
    }),
  ({ choices }) => {
    const pieces = [
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null },
      ...choices.map((choice) => ({ index: 0, ...choice })),
      { index: 0, delta: {}, logprobs: null, finish_reason: 'length' },
    ];
    return `${pieces.map((piece) => `data: ${JSON.stringify({ choices: [piece] })}\n\n`).join('')}data: [DONE]\n`;
  },
];

function asObjectForm(top: readonly Token[]): Answer {
  return object(
    String(top[0]?.[0]),
    top[0]?.[1] ?? null,
    Object.fromEntries(top.map(([text, logprob]) => [String(text), logprob])),
  );
}

function assertRead(result: Score | Failed, { label, confidence, bounds = [], notes }: Read): void {
  assert.ok(!isFailed(result), JSON.stringify(result));
  assert.equal(result.label, label);
  assert.ok(Math.abs(result.confidence - confidence) < 0.005, `${result.confidence} is not ${confidence}`);
  assert.deepEqual(
    result.labels.filter(({ isBound }) => isBound === true).map((entry) => entry.label),
    bounds,
  );
  assert.deepEqual(result.notes, notes);
}

/** The score of a text, or why there is none, from a server that sends these answers one after another. */
async function resultOf(
  labels: readonly string[],
  bodies: readonly (object | string)[],
): Promise<Score | Failed> {
  const { fetch } = globalThis;
  let request = 0;
  globalThis.fetch = () => {
    const body = bodies[Math.min(request++, bodies.length - 1)];
    return Promise.resolve(new Response(typeof body === 'string' ? body : JSON.stringify(body)));
  };
  try {
    const endpoint = endpointFrom({ name: 'test', url: 'http://127.0.0.1:9/v1', api: 'chat', model: 'tiny' });
    const source = new EndpointSource(endpoint, {
      key: () => undefined,
      clock: new FakeClock(),
      random: () => 0.5,
    });
    assert.ok(source.score);
    const { scores } = await source.score({
      classifier: classifierOf(labels),
      texts: ['Nice.'],
      topTokens: 5,
    });
    return scores[0] ?? assert.fail();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { reason: error.message };
  } finally {
    globalThis.fetch = fetch;
  }
}

function classifierOf(labels: readonly string[]): Classifier {
  return classifierFrom(
    { version: 1, name: 'shapes', template: '{{text}}', labels: labels.map((name) => ({ name })) },
    'test',
  );
}
