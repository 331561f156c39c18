import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Line, linesOf } from '../../../../src/app/jobs/lines';

async function cut(chunks: readonly string[], longest = 1000): Promise<Line[]> {
  async function* stream(): AsyncGenerator<string> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  const lines: Line[] = [];
  for await (const line of linesOf(stream(), longest)) lines.push(line);
  return lines;
}

describe('lines of a stream', () => {
  it('are the same however the stream is cut', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom('a', '\n', '{') })), async (chunks) => {
        const whole = chunks.join('').split('\n');
        if (whole.at(-1) === '') whole.pop();
        assert.deepEqual(
          await cut(chunks),
          whole.map((text) => ({ kind: 'line', text })),
        );
      }),
    ));

  it('end before a carriage return', async () => {
    assert.deepEqual(await cut(['a\r', '\nb']), [
      { kind: 'line', text: 'a' },
      { kind: 'line', text: 'b' },
    ]);
  });

  it('are left out where they are too long, and the next is whole again', async () => {
    assert.deepEqual(await cut(['abc', 'def', 'g\nabc\n', 'abcdef'], 5), [
      { kind: 'too-long', length: 7 },
      { kind: 'line', text: 'abc' },
      { kind: 'too-long', length: 6 },
    ]);
  });
});
