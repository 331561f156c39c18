/** Small templates, each with one trait of published ones. */
import assert from 'node:assert/strict';
import { classifierFrom } from '../../../src/core/classifier/definition';
import { PROMPT_DATE } from '../../../src/core/classifier/prompt';
import { chatPrompt, defaultTemplate } from '../../../src/engine/chat-template';
import { formatDate } from '../../../src/engine/strftime';
import { boundPrompt, promptSha256 } from '../../../src/store/prompt-hash';

const MESSAGES = [
  { role: 'system' as const, content: 'Answer Yes or No.' },
  { role: 'user' as const, content: 'Is ice cold?' },
];
const prompt = (template: string) => chatPrompt(template, MESSAGES, { bos: '<s>', eos: '</s>' });

/** Turns as many models have them: what an answer begins with, what a prompt ends with, and what precedes an old answer. */
const turns = (asked: string, answered = '<|im_start|>assistant\n'): string =>
  `{% for m in messages %}{% if m.role == "assistant" %}${answered}{{ m.content }}{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}${asked}{% endif %}`;

describe('a chat template', () => {
  describe('that asks for the date', () => {
    const DATED: readonly (readonly [what: string, template: string, text: string])[] = [
      [
        'as Llama 3.2 does',
        '{% if not date_string is defined %}{% if strftime_now is defined %}{% set date_string = strftime_now("%d %b %Y") %}{% else %}{% set date_string = "1 Jan 2000" %}{% endif %}{% endif %}Today: {{ date_string }}',
        'Today: 26 Jul 2024',
      ],
      ['as gpt-oss does', 'Current date: {{ strftime_now("%Y-%m-%d") }}', 'Current date: 2024-07-26'],
      ['in words', '{{ strftime_now("%A, %B %-d, %Y at %H:%M") }}', 'Friday, July 26, 2024 at 00:00'],
      ['in a macro', '{% macro day() %}{{ strftime_now("%y/%m/%d") }}{% endmacro %}{{ day() }}', '24/07/26'],
    ];
    for (const [what, template, text] of DATED)
      it(`${what}: it is always the same`, () => {
        const { text: rendered, date } = prompt(template);
        assert.equal(rendered, text);
        assert.equal(date, PROMPT_DATE);
      });

    for (const [what, template] of [
      ['never', '{{ messages[0].content }}'],
      ['only for tools', '{% if tools %}{{ strftime_now("%Y") }}{% endif %}x'],
      ['only where it is given', '{% if date_string is defined %}{{ date_string }}{% endif %}x'],
    ] as const)
      it(`${what}: no date is part of the prompt`, () => {
        assert.equal(prompt(template).date, undefined);
      });

    it('gets directives as Python writes them', () => {
      for (const [format, text] of [
        ['%d/%m/%Y', '05/01/2025'],
        ['%-d.%-m.%y', '5.1.25'],
        ['%e %b', ' 5 Jan'],
        ['%a %j %p %I', 'Sun 005 AM 12'],
        ['100%% %Q', '100% %Q'],
      ] as const)
        assert.equal(formatDate('2025-01-05', format), text);
    });
  });

  describe('that leaves a thought open', () => {
    const OPEN: readonly (readonly [family: string, template: string, start: string])[] = [
      ['R1 distillations', turns('<A><think>\n', '<A>'), '\n</think>\n\n'],
      [
        'MiniMax and StepFun',
        turns('<|im_start|>assistant\n<think>\n', '<|im_start|>assistant\n<think>\n\n</think>\n\n'),
        '\n</think>\n\n',
      ],
      [
        'Nemotron',
        turns('<|im_start|>assistant\n<think>', '<|im_start|>assistant\n<think></think>'),
        '</think>',
      ],
      ['one whose old answers have no thought', turns('<|im_start|>assistant\n<think>'), '</think>'],
      [
        'Cohere',
        turns('<|CHATBOT_TOKEN|><|START_THINKING|>', '<|CHATBOT_TOKEN|><|START_RESPONSE|>'),
        '<|END_THINKING|><|START_RESPONSE|>',
      ],
      [
        'Apriel',
        turns('<|assistant|>\nHere are my reasoning steps:\n', '<|assistant|>\n'),
        '\n[BEGIN FINAL RESPONSE]\n',
      ],
      ['Magistral', turns('[/INST][THINK]', '[/INST]'), '[/THINK]'],
      ['Seed', turns('<bot><seed:think>', '<bot>'), '</seed:think>'],
      [
        'gpt-oss',
        turns('<|start|>assistant', '<|start|>assistant<|channel|>final<|message|>'),
        '<|channel|>final<|message|>',
      ],
      [
        'gpt-oss without old answers',
        '{{ messages[1].content }}<|start|>assistant',
        '<|channel|>final<|message|>',
      ],
      [
        'a channel of Cohere',
        turns('<|CHATBOT_TOKEN|>', '<|CHATBOT_TOKEN|><|START_RESPONSE|>'),
        '<|START_RESPONSE|>',
      ],
      ['a role that is still to come', turns('', '<role>assistant</role>'), '<role>assistant</role>'],
      ['an empty thought before old answers', turns('<A>', '<A><think></think>'), '<think></think>'],
    ];
    for (const [family, template, start] of OPEN)
      it(`is continued to the answer: ${family}`, () => {
        const { text, answerStart } = prompt(template);
        assert.equal(answerStart, start);
        assert.ok(text.endsWith(start));
        assert.ok(text.includes('Is ice cold?'));
      });

    const CLOSED: readonly (readonly [what: string, template: string, mayThink: boolean])[] = [
      ['an answer comes next', turns('<|im_start|>assistant\n'), false],
      ['white space belongs to the answer', turns('[/INST]', '[/INST] '), false],
      [
        'thinking is off by itself',
        turns('<|im_start|>assistant\n{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}'),
        false,
      ],
      ['a family that is not known', turns('<A>{# <ponder> reasoning </ponder> #}', '<A>'), true],
      ['thoughts that nothing opens', turns('<A>{% if tools %}<think>{% endif %}', '<A>'), true],
      ['old answers begin otherwise', turns('<B>', '<A>'), false],
    ];
    for (const [what, template, mayThink] of CLOSED)
      it(`stays as it is: ${what}`, () => {
        const rendered = prompt(template);
        assert.equal(rendered.answerStart, '');
        assert.equal(rendered.mayThink, mayThink);
      });
  });

  describe('as transformers renders it', () => {
    const TRAITS: readonly (readonly [what: string, template: string, text: string])[] = [
      ['tools are null', '{{ tools is none }} {{ tools is defined }}', 'true true'],
      [
        'documents are null',
        '{% if documents is not none %}{{ documents|length }}{% else %}-{% endif %}',
        '-',
      ],
      ['tools and documents together', '{{ (tools or documents) is none }}', 'true'],
      ['whole numbers as keys', '{% set month = {1: "January", 2: "February"} %}{{ month[2] }}', 'February'],
      [
        'whole numbers as keys, computed',
        '{% set d = {0: "a", 1: "b"} %}{% for i in range(2) %}{{ d[i] }}{% endfor %}',
        'ab',
      ],
      ['a key that is not there', '{% set d = {1: "a"} %}{{ d[7] is defined }}', 'false'],
      [
        'lists by number, and texts',
        '{{ [1, 2, 3][-1] }}{{ "abc"[1] }}{{ messages[-1]["content"] }}',
        '3bIs ice cold?',
      ],
      ['a dictionary in a dictionary', '{% set d = {"a": {1: [5, 6]}} %}{{ d["a"][1][0] }}', '5'],
    ];
    for (const [what, template, text] of TRAITS)
      it(what, () => {
        assert.equal(prompt(template).text, text);
      });

    it('is the default one of several', () => {
      assert.equal(defaultTemplate('plain'), 'plain');
      assert.equal(defaultTemplate({ default: 'plain', tool_use: 'tools' }), 'plain');
      assert.equal(defaultTemplate({ tool_use: 'tools' }), undefined);
      assert.equal(defaultTemplate(undefined), undefined);
    });
  });
});

describe('the prompt hash', () => {
  const classifier = classifierFrom(
    { version: 1, name: 'a', template: '{{text}}', labels: [{ name: 'Yes' }, { name: 'No' }] },
    'test',
  );
  const shape = {
    prompt: 'chat' as const,
    sequences: 1,
    contextTokens: 64,
    batchTokens: 512,
    prefixTokens: 8,
    padding: 4,
    flashAttention: true,
    swaFullCache: false,
  };

  it('is that of the classifier where the template adds nothing', () => {
    const own = promptSha256(classifier, undefined);
    assert.deepEqual(boundPrompt(classifier, shape), { promptSha256: own });
    assert.deepEqual(boundPrompt(classifier, null), { promptSha256: own });
  });

  it('depends on the date, and on what closes a thought', () => {
    const added = [
      {},
      { promptDate: PROMPT_DATE },
      { promptDate: '2025-01-01' },
      { answerStart: '</think>' },
      { promptDate: PROMPT_DATE, answerStart: '</think>' },
    ];
    const bound = added.map((extra) => boundPrompt(classifier, { ...shape, ...extra }));
    assert.equal(new Set(bound.map((entry) => entry.promptSha256)).size, added.length);
    assert.deepEqual(bound[1]?.promptAdded, { promptDate: PROMPT_DATE });
  });
});
