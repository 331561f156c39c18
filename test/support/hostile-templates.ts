/** Chat templates that want more than a model should get, and what they come to. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../src/core/user-error';
import type { PromptClassifier } from '../../src/core/classifier/definition';
import type { EngineClient } from '../../src/sources/engine-client';
import { cpu, scoreAll } from './engine';
import { withChatTemplate } from './gguf-file';
import { fixture } from './paths';

/** A loop that doubles `ns.s`, so often. */
const doubling = (times: number, how: string, start = '"ab"'): string =>
  `{% set ns = namespace(s=${start}) %}{% for i in range(${times}) %}{% set ns.s = ${how} %}{% endfor %}`;
/** Loops in each other, 1,000 times each. */
const nested = (depth: number, body: string): string =>
  '{% for i in range(1000) %}'.repeat(depth) + body + '{% endfor %}'.repeat(depth);

/** The interpreter refuses them. */
const REFUSED: readonly [what: string, template: string][] = [
  ['a list of a billion numbers', '{% for i in range(1000000000) %}x{% endfor %}'],
  ['a text that doubles', `${doubling(40, 'ns.s + ns.s')}{{ ns.s }}`],
  ['more text than any prompt', '{% for i in range(10000) %}{{ messages }}{% endfor %}'],
  [
    'a long preface',
    `${'A word. '.repeat(3000)}{% for message in messages %}{{ message.content }}{% endfor %}`,
  ],
  ['a macro that calls itself', '{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}'],
  ['brackets in brackets', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`],
  ['a list that holds itself', '{% set ns = namespace(a=1) %}{% set ns.me = ns %}{{ ns.me|tojson }}'],
  ['a question that is not there', 'Hello'],
  ['a message without end', `{{ raise_exception("${'x'.repeat(200_000)}") }}`],
  ['the constructor of a function', '{{ messages.constructor.constructor("return process")().exit() }}'],
];

/** Nothing but the end of the process stops them. */
const ENDED: readonly [what: string, template: string][] = [
  ['loops for ever', nested(6, '')],
  ['a list that doubles', `${doubling(40, 'ns.s + ns.s', '[1, 2]')}{{ ns.s|length }}`],
  ['a text that doubles and is made flat', `${doubling(28, '(ns.s + ns.s)|upper')}{{ ns.s|length }}`],
];

/** Either, by machine and version. */
const OTHERS: readonly [what: string, template: string][] = [
  [
    'a text that grows tenfold',
    `${doubling(12, 'ns.s|replace("a", "aaaaaaaaaa")', '"aa"')}{{ ns.s|length }}`,
  ],
  ['a list that falls', '{{ range(0, -2000000000, -1)|length }}'],
  ['a list that stands still', '{{ range(0, 10, 0) }}'],
  ['a list up to a word', '{{ range("x") }}'],
  ['a list up to infinity', '{{ range(10 ** 400) }}'],
  ['a list in tiny steps', '{{ range(0, 1, 0.0000000001)|length }}'],
  ['range under another name', '{% set r = range %}{{ r(1000000000)|length }}'],
  ['range in a macro', '{% macro f() %}{{ range(1000000000)|length }}{% endmacro %}{{ f() }}'],
  ['ten thousand loops of ten thousand', '{% for i in range(10000) %}'.repeat(4) + '{% endfor %}'.repeat(4)],
  ['loops that keep a list', `{% set ns = namespace(s=[]) %}${nested(4, '{% set ns.s = ns.s + [i] %}')}`],
  [
    'loops that keep a text',
    `{% set ns = namespace(s="") %}${nested(4, '{% set ns.s = ns.s ~ "xxxxxxxxxx" %}')}`,
  ],
  ['loops that write', nested(4, 'x')],
  ['loops that write the messages', nested(3, '{{ messages }}')],
  ['a list in a list in a list', `${doubling(40, '[ns.s, ns.s, ns.s]', '[1]')}{{ ns.s|tojson }}`],
  ['an indent of half a gigabyte', '{{ ("a\\nb"|indent(500000000))|length }}'],
  ['an indent of more', '{{ ("a\\nb\\nc\\nd"|indent(2000000000))|length }}'],
  ['JSON indented by half a gigabyte', '{{ messages|tojson(indent=500000000)|length }}'],
  ['a text that doubles and is in capitals', `${doubling(30, '(ns.s + ns.s)|title')}{{ ns.s|length }}`],
  ['a text that doubles and is trimmed', `${doubling(30, '(ns.s + ns.s)|trim')}{{ ns.s|length }}`],
  ['a text that is joined', `${doubling(30, '[ns.s, ns.s]|join(ns.s)')}{{ ns.s|length }}`],
  ['a text that is split', `${doubling(24, 'ns.s + ns.s')}{{ ns.s.split("a")|length }}`],
  ['a text that is listed', `${doubling(24, 'ns.s + ns.s')}{{ ns.s|list|length }}`],
  ['a text that is sorted', `${doubling(22, 'ns.s + ns.s', '[2, 1]')}{{ ns.s|sort|length }}`],
  ['a text that is turned round', `${doubling(26, 'ns.s + ns.s')}{{ ns.s[::-1]|length }}`],
  ['a text whose parts replace it', `${doubling(20, 'ns.s|replace("", ns.s)')}{{ ns.s|length }}`],
  [
    'a map that grows',
    `${doubling(24, 'ns.s + ns.s', '[messages[0]]')}{{ ns.s|map(attribute="content")|list }}`,
  ],
  [
    'groups that grow',
    `${doubling(22, 'ns.s + ns.s', '[messages[0]]')}{{ ns.s|selectattr("role")|list|length }}`,
  ],
  [
    'two macros that call each other',
    '{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}',
  ],
  ['a deep condition', '{% if true %}'.repeat(50_000) + '{% endif %}'.repeat(50_000)],
  ['a deep list', `{{ ${'['.repeat(50_000)}${']'.repeat(50_000)} }}`],
  ['a long sum', `{{ 1${' + 1'.repeat(200_000)} }}`],
  ['a long row of filters', `{{ "a"${'|upper'.repeat(200_000)} }}`],
  ['four megabytes of template', '{{ messages }}'.repeat(300_000)],
  ['four megabytes of text', 'x'.repeat(4_000_000)],
  ['an open block', '{% for i in messages %}'],
  ['an unknown block', '{% include "/etc/passwd" %}'],
  ['nothing', ''],
  ['the question twice', '{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}'],
];

export interface HostileTemplate {
  readonly what: string;
  readonly template: string;
}
const named = ([what, template]: readonly [string, string]): HostileTemplate => ({ what, template });
export const REFUSED_TEMPLATES = REFUSED.map(named);
export const ENDED_TEMPLATES = ENDED.map(named);
export const HOSTILE_TEMPLATES = [...REFUSED, ...ENDED, ...OTHERS].map(named);

/** Expects a clear error about the template; returns its code. */
export function assertClear(error: unknown): string {
  assert.ok(error instanceof UserError, String(error));
  assert.match(error.code, /^chat-template(-slow)?$/, error.message);
  assert.ok(error.message.length < 600, 'the message is short');
  return error.code;
}

/**
 * Classifies with a model that has this template, and expects a clear error.
 *
 * @param folder for the model's file
 * @returns code of the error
 */
export async function codeOf(
  { template }: HostileTemplate,
  engine: EngineClient,
  classifier: PromptClassifier,
  folder: string,
): Promise<string> {
  const file = path.join(folder, 'hostile.gguf');
  await engine.stop();
  await writeFile(file, withChatTemplate(await readFile(fixture('tiny-chat.gguf')), template));
  await engine.use(cpu(file));
  const error: unknown = await scoreAll(engine, classifier, ['I love it', 'I hate it']).then(
    () => assert.fail('it was used'),
    (reason: unknown) => reason,
  );
  return assertClear(error);
}
