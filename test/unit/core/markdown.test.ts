import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codeBlock, codeSpan } from '../../../src/core/markdown';

/** Reads a code span as CommonMark does: a fence, up to the next fence of exactly its length. */
function readSpan(markdown: string): string {
  const fence = /^`+/.exec(markdown)?.[0] ?? assert.fail('no fence');
  const end = [...markdown.matchAll(/`+/g)].find((run) => run.index > 0 && run[0] === fence);
  assert.ok(end, `not closed: ${markdown}`);
  assert.equal(end.index + fence.length, markdown.length, `closed too early: ${markdown}`);
  const content = markdown.slice(fence.length, end.index);
  return /^ .* $/.test(content) && content.trim() !== '' ? content.slice(1, -1) : content;
}

describe('foreign text in Markdown', () => {
  const nasty = [
    '`',
    '``',
    '` `',
    ' `a',
    '```\n<img src=x onerror=alert(1)>',
    '[x](command:evil)',
    'a|b',
    '\\',
    '\\`',
    '$(alert)',
    '**b**',
  ];

  it('cannot leave its code span', () => {
    for (const text of nasty) assert.equal(readSpan(codeSpan(text)), text.replace(/\n/g, ' '));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', ' ', 'a', '|', '\\', '<') }), (text) => {
        const read = readSpan(codeSpan(text));
        assert.equal(read, text.trim() === '' ? '(empty)' : text);
      }),
    );
  });

  it('cannot leave its code block', () => {
    const block = codeBlock([...nasty, '````', '~~~', 'last']).split('\n');
    const fence = block[0]?.replace('text', '') ?? '';
    assert.deepEqual(
      block.map((line, index) => [line.trim() === fence, index]).filter(([closes]) => closes),
      [[true, block.length - 1]],
    );
    assert.ok(
      block.every((line, index) => index === 0 || index === block.length - 1 || !line.includes(fence)),
    );
    assert.equal(block.length, nasty.length + 5);
  });
});
