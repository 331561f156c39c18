/** Small GGUF files, valid unless asked otherwise. */
export interface GgufSpec {
  readonly version?: number;
  readonly metadata?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly tensors?: readonly { name: string; dims: readonly number[]; type: number; offset: number }[];
  readonly dataBytes?: number;
}

const METADATA = {
  'general.architecture': 'tiny',
  'general.name': 'Tiny Test',
  'general.license': 'mit',
  'tiny.context_length': 512,
  'tiny.block_count': 2,
  'tokenizer.chat_template': '{{ messages }}',
  'tokenizer.ggml.tokens': ['a', 'b', 'ü'],
};

/** One Q4_K tensor of 512 elements: 288 bytes. */
const TENSORS = [{ name: 'token_embd.weight', dims: [256, 2], type: 12, offset: 0 }];

export function gguf({
  version = 3,
  metadata = METADATA,
  tensors = TENSORS,
  dataBytes = 288,
}: GgufSpec = {}): Buffer {
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(version),
    u64(tensors.length),
    u64(Object.keys(metadata).length),
    ...Object.entries(metadata).flatMap(([key, value]) => [text(key), typed(value)]),
    ...tensors.flatMap(({ name, dims, type, offset }) => [
      text(name),
      u32(dims.length),
      ...dims.map(u64),
      u32(type),
      u64(offset),
    ]),
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, Buffer.alloc(dataBytes, 7)]);
}

/** A GGUF of about `bytes` bytes, most of them weights (F32). */
export function ggufOfSize(bytes: number): Buffer {
  const elements = Math.ceil(bytes / 4);
  const tensors = [{ name: 'w', dims: [elements], type: 0, offset: 0 }];
  const file = gguf({ tensors, dataBytes: elements * 4 });
  // Not all the same, so that a piece in the wrong place shows in the hash.
  for (let at = file.length - elements * 4; at + 4 <= file.length; at += 4) file.writeUInt32LE(at, at);
  return file;
}

function typed(value: string | number | boolean | readonly string[]): Buffer {
  if (typeof value === 'string') return Buffer.concat([u32(8), text(value)]);
  if (typeof value === 'number') return Buffer.concat([u32(4), u32(value)]);
  if (typeof value === 'boolean') return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
  return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map(text)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}
