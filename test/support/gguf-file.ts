/** The parts of a real GGUF file and where they are, for tests that damage it on purpose. Reads whole, small files. */

/** A place in the file. */
export interface Span {
  readonly at: number;
  readonly bytes: number;
}

export interface GgufParts {
  /** The numbers of the header that say how many of something follow: 8 bytes each. */
  readonly counts: readonly Span[];
  /** Lengths of keys, names and texts: 8 bytes each. */
  readonly lengths: readonly Span[];
  /** Type numbers of values, elements and tensors: 4 bytes each. */
  readonly types: readonly Span[];
  /** Keys, whole: their length, characters, type and value. */
  readonly entries: readonly (Span & {
    readonly key: string;
    readonly keyAt: number;
    readonly valueAt: number;
  })[];
  /** Values of fixed size. */
  readonly numbers: readonly Span[];
  readonly tensors: readonly (Span & {
    readonly name: string;
    readonly dimensions: readonly Span[];
    readonly offset: Span;
    /** Where its data is, from the start of the file. */
    readonly dataAt: number;
  })[];
  /** First byte after the header. */
  readonly headerEnd: number;
}

const SCALAR_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const STRING = 8;
const ARRAY = 9;

export function partsOf(file: Buffer): GgufParts {
  const counts = [
    { at: 8, bytes: 8 },
    { at: 16, bytes: 8 },
  ];
  const lengths: Span[] = [];
  const types: Span[] = [];
  const numbers: Span[] = [];
  let at = 24;
  const take = (bytes: number): Span => {
    at += bytes;
    return { at: at - bytes, bytes };
  };
  const u32 = (): number => file.readUInt32LE(take(4).at);
  const u64 = (): number => Number(file.readBigUInt64LE(take(8).at));
  const text = (): string => {
    lengths.push({ at, bytes: 8 });
    const { at: start, bytes } = take(u64());
    return file.toString('utf8', start, start + bytes);
  };
  const type = (): number => {
    types.push({ at, bytes: 4 });
    return u32();
  };
  const value = (kind: number): void => {
    if (kind === STRING) text();
    else if (kind === ARRAY) {
      const element = type();
      counts.push({ at, bytes: 8 });
      const count = u64();
      const size = SCALAR_BYTES[element] ?? 0;
      if (size > 0) take(size * count);
      else for (let index = 0; index < count; index++) value(element);
    } else numbers.push(take(SCALAR_BYTES[kind] ?? 0));
  };

  const entries = Array.from({ length: Number(file.readBigUInt64LE(16)) }, () => {
    const start = at;
    const keyAt = at + 8;
    const key = text();
    const kind = type();
    const valueAt = at;
    value(kind);
    return { at: start, bytes: at - start, key, keyAt, valueAt };
  });
  const tensors = Array.from({ length: Number(file.readBigUInt64LE(8)) }, () => {
    const start = at;
    const name = text();
    const dimensions = Array.from({ length: u32() }, () => take(8));
    type();
    const offset = take(8);
    return { at: start, bytes: at - start, name, dimensions, offset };
  });
  const dataStart = aligned(at);
  return {
    counts,
    lengths,
    types,
    entries,
    numbers,
    tensors: tensors.map((tensor) => ({
      ...tensor,
      dataAt: dataStart + Number(file.readBigUInt64LE(tensor.offset.at)),
    })),
    headerEnd: at,
  };
}

/** The same file with another chat template. */
export function withChatTemplate(file: Buffer, template: string): Buffer {
  const { entries, headerEnd } = partsOf(file);
  const entry = entries.find(({ key }) => key === 'tokenizer.chat_template');
  if (entry === undefined) throw new Error('the file has no chat template');
  const text = Buffer.from(template);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const header = Buffer.concat([
    file.subarray(0, entry.valueAt),
    length,
    text,
    file.subarray(entry.at + entry.bytes, headerEnd),
  ]);
  return Buffer.concat([
    header,
    Buffer.alloc(aligned(header.length) - header.length),
    file.subarray(aligned(headerEnd)),
  ]);
}

/** Where the data begins after a header of this length. */
function aligned(length: number): number {
  return Math.ceil(length / 32) * 32;
}
