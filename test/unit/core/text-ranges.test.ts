import assert from 'node:assert/strict';
import fc from 'fast-check';
import { moveRange, trimRange, type TextChange, type TextRange } from '../../../src/core/text-ranges';

const range = (startLine: number, start: number, endLine: number, end: number): TextRange => ({
  start: { line: startLine, character: start },
  end: { line: endLine, character: end },
});
const change = (where: TextRange, text: string): TextChange => ({ range: where, text });

describe('a range that follows edits', () => {
  const classified = range(2, 4, 2, 10);

  it('stays where edits come after it, also right at its end', () => {
    assert.deepEqual(
      moveRange(classified, [change(range(2, 10, 2, 10), 'x'), change(range(3, 0, 4, 0), '')]),
      classified,
    );
  });

  it('moves with edits before it, also right at its start', () => {
    assert.deepEqual(moveRange(classified, [change(range(2, 4, 2, 4), 'xy')]), range(2, 6, 2, 12));
    assert.deepEqual(moveRange(classified, [change(range(0, 0, 0, 0), 'a\r\nb\n')]), range(4, 4, 4, 10));
    assert.deepEqual(moveRange(classified, [change(range(0, 0, 1, 0), '')]), range(1, 4, 1, 10));
    assert.deepEqual(moveRange(classified, [change(range(1, 3, 2, 2), '')]), range(1, 5, 1, 11));
  });

  it('is lost where an edit reaches into it', () => {
    for (const inside of [range(2, 5, 2, 5), range(2, 0, 2, 5), range(2, 9, 3, 0), range(0, 0, 9, 0)])
      assert.equal(moveRange(classified, [change(inside, '')]), undefined);
  });

  it('comes out where its text is, whatever is edited around it', () => {
    const line = fc.stringMatching(/^[a-z]{0,4}$/);
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 4 }),
        fc.array(line, { maxLength: 4 }),
        fc.array(line, { maxLength: 3 }),
        (before, inserted, after) => {
          const head = before.join('\n');
          const start = positionAt(head, head.length);
          const text = `${head}TARGET${after.join('\n')}`;
          const found = range(start.line, start.character, start.line, start.character + 6);
          const replaced = {
            start: { line: 0, character: 0 },
            end: positionAt(head, Math.floor(head.length / 2)),
          };
          const moved = moveRange(found, [change(replaced, inserted.join('\n'))]);
          const edited = inserted.join('\n') + text.slice(Math.floor(head.length / 2));
          const at = positionAt(edited, edited.indexOf('TARGET'));
          assert.deepEqual(moved?.start, at);
        },
      ),
    );
  });
});

describe('a range without white space at its ends', () => {
  it('starts and ends with its text', () => {
    assert.deepEqual(trimRange(range(1, 5, 3, 0), '  one\n two \n'), range(1, 7, 2, 4));
    assert.deepEqual(trimRange(range(1, 5, 1, 8), 'one'), range(1, 5, 1, 8));
    assert.deepEqual(trimRange(range(0, 3, 2, 0), '\r\n one\r\n'), range(1, 1, 1, 4));
  });

  it('is nothing where there is nothing else', () => {
    assert.equal(trimRange(range(0, 0, 2, 0), ' \n\t\n'), undefined);
  });
});

function positionAt(text: string, offset: number): { line: number; character: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}
