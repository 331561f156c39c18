/** Cuts a stream into lines, whatever it contains. */

export type Line =
  | { readonly kind: 'line'; readonly text: string }
  /** A line that was longer than allowed and is left out. */
  | { readonly kind: 'too-long'; readonly length: number };

/**
 * @param chunks decoded text
 * @param longest in UTF-16 code units: no more of a line is kept in memory
 */
export async function* linesOf(chunks: AsyncIterable<string>, longest: number): AsyncGenerator<Line> {
  let text = '';
  let length = 0;
  const add = (part: string): void => {
    length += part.length;
    text = length > longest ? '' : text + part;
  };
  const take = (): Line => {
    const line: Line =
      length > longest ? { kind: 'too-long', length } : { kind: 'line', text: text.replace(/\r$/u, '') };
    text = '';
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    add(first);
    for (const part of others) {
      yield take();
      add(part);
    }
  }
  if (length > 0) yield take();
}
