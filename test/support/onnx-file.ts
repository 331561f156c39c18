/** Tiny ONNX files, written by hand (github.com/onnx/onnx, onnx.proto): a graph that gives something else than asked for. */

/** A field that holds bytes: of a message, or a text. */
export function field(number: number, content: readonly number[] | string): number[] {
  const bytes = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

function numberField(number: number, value: number): number[] {
  return [...varint(number * 8), ...varint(value)];
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [0x80 | (value & 0x7f), ...varint(Math.floor(value / 0x80))];
}

/** The numbers of ONNX for types of elements. */
const TYPES = { float: 1, int64: 7 };

interface Place {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  /** Texts are sizes that are open; absent: even how many there are is open. */
  readonly shape?: readonly (number | string)[];
}

function place({ name, type, shape }: Place): number[] {
  const sizes = shape?.flatMap((size) =>
    field(1, typeof size === 'number' ? numberField(1, size) : field(2, size)),
  );
  const tensor = [...numberField(1, TYPES[type]), ...(sizes === undefined ? [] : field(2, sizes))];
  return [...field(1, name), ...field(2, field(1, tensor))];
}

/**
 * A model that gives its token ids as its outputs: as numbers of the type of `output`, or with one more dimension.
 *
 * @param input of the name input_ids
 * @param output of the name logits
 */
export function idsAsLogits(
  input: Pick<Place, 'shape'>,
  output: Pick<Place, 'type' | 'shape'>,
  { deeper = false } = {},
): Buffer {
  const node = (kind: string, from: string, to: string, attribute: number[] = []): number[] =>
    field(1, [...field(1, from), ...field(2, to), ...field(4, kind), ...attribute]);
  const to = field(5, [...field(1, 'to'), ...numberField(3, TYPES[output.type]), ...numberField(20, 2)]);
  const axes = field(5, [...field(1, 'axes'), ...numberField(8, 2), ...numberField(20, 7)]);
  const graph = [
    ...node('Cast', 'input_ids', deeper ? 'numbers' : 'logits', to),
    ...(deeper ? node('Unsqueeze', 'numbers', 'logits', axes) : []),
    ...field(2, 'ids'),
    ...field(11, place({ name: 'input_ids', type: 'int64', ...input })),
    ...field(12, place({ name: 'logits', ...output })),
  ];
  // The last version in which the axes are an attribute.
  return Buffer.from([...numberField(1, 6), ...field(7, graph), ...field(8, numberField(2, 11))]);
}
