/**
 * Reads an ONNX file as far as it says which other files hold its weights (github.com/onnx/onnx, onnx.proto). ONNX Runtime
 * reads these files too, so they are part of the model.
 */
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../core/quote';
import { UserError } from '../core/user-error';
import { openRegular } from './read-regular';

type Message = 'model' | 'graph' | 'function' | 'node' | 'attribute' | 'sparse';

/** The fields of each message in which tensors lie, by their numbers: weights, constants, and those of inner graphs. */
const HOLDS: Readonly<Record<Message, Readonly<Partial<Record<number, Message | 'tensor'>>>>> = {
  model: { 7: 'graph', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};
/** No graph lies deeper in others. */
const DEEPEST = 100;

/** Numbers of fields of a tensor, and of its entries about files. */
const EXTERNAL_DATA = 13;
const KEY = 1;
const VALUE = 2;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** What people put in the place of an ONNX file, by its first bytes. */
const OTHERS: readonly (readonly [string, readonly number[]])[] = [
  [
    'a PyTorch checkpoint (a zip file), which can hold programs and is never loaded',
    [0x50, 0x4b, 0x03, 0x04],
  ],
  ['a Python pickle, which can hold programs and is never loaded', [0x80]],
  ['a GGUF file', [0x47, 0x47, 0x55, 0x46]],
  ['a pointer of Git LFS, not the file itself', [...Buffer.from('version https://git-lfs')]],
  ['a web page or another text', [0x3c]],
];

/** A name in a file is no longer than this. */
const LONGEST_NAME = 1000;

interface Field {
  readonly number: number;
  /** Of the content of a field of the wire type BYTES; empty for others. */
  readonly start: number;
  readonly end: number;
}

/**
 * The names of the files with weights, relative to the folder of the ONNX file; empty where all weights are in it.
 *
 * @throws UserError `encoder-onnx` for what is no ONNX file, or one that names files outside of its folder; not-a-file
 */
export async function weightFilesOf(file: string): Promise<readonly string[]> {
  const handle = await openRegular(file);
  try {
    const { size } = await handle.stat();
    const reader = new Reader(handle, file);
    checkOnnxStart(await reader.bytes(0, Math.min(size, ONNX_START)), file);
    const found = new Set<string>();
    for await (const tensor of tensorsIn(reader, 'model', { start: 0, end: size })) {
      const location = await locationOf(reader, tensor);
      if (location !== undefined) found.add(location);
    }
    for (const name of found)
      if (name !== path.basename(name) || name.includes('\\') || name === '..')
        throw new UserError(
          'encoder-onnx',
          `${file} names weights outside of its folder (${quoted(name)}), so it is not loaded.`,
        );
    return [...found].sort();
  } finally {
    await handle.close();
  }
}

/** Bytes by which {@link checkOnnxStart} knows other files. */
export const ONNX_START = 32;

/**
 * @param start the first bytes of a file
 * @throws UserError `encoder-onnx` for what is no ONNX file
 */
export function checkOnnxStart(start: Uint8Array, file: string): void {
  const other =
    start.length === 0
      ? 'empty'
      : OTHERS.find(([, magic]) => magic.every((byte, at) => start[at] === byte))?.[0];
  if (other !== undefined)
    throw new UserError('encoder-onnx', `${file} is no ONNX file: it is ${other}. Export the model to ONNX.`);
}

async function* tensorsIn(
  reader: Reader,
  message: Message,
  { start, end }: Pick<Field, 'start' | 'end'>,
  depth = 0,
): AsyncGenerator<Field> {
  if (depth > DEEPEST) throw reader.broken();
  for await (const field of reader.fields(start, end)) {
    const held = HOLDS[message][field.number];
    if (held === 'tensor') yield field;
    else if (held !== undefined) yield* tensorsIn(reader, held, field, depth + 1);
  }
}

async function locationOf(reader: Reader, tensor: Field): Promise<string | undefined> {
  for await (const entry of reader.fields(tensor.start, tensor.end)) {
    if (entry.number !== EXTERNAL_DATA) continue;
    const texts = new Map<number, string>();
    for await (const { number, start, end } of reader.fields(entry.start, entry.end)) {
      if (end - start > LONGEST_NAME) throw reader.broken();
      texts.set(number, (await reader.bytes(start, end - start)).toString());
    }
    if (texts.get(KEY) === 'location') return texts.get(VALUE);
  }
  return undefined;
}

const WINDOW = 64 * 1024;

/** Reads here and there in a file: weights are skipped, not read. */
class Reader {
  private window = Buffer.alloc(0);
  private windowStart = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
  ) {}

  broken(): UserError {
    return new UserError('encoder-onnx', `${this.file} is no ONNX file, or it is damaged. Get it again.`);
  }

  /** Fewer bytes than asked for at the end of the file. */
  async bytes(start: number, length: number): Promise<Buffer> {
    if (start < this.windowStart || start + length > this.windowStart + this.window.length) {
      const window = Buffer.alloc(Math.max(WINDOW, length));
      const { bytesRead } = await this.handle.read(window, 0, window.length, start);
      this.window = window.subarray(0, bytesRead);
      this.windowStart = start;
    }
    const at = start - this.windowStart;
    return this.window.subarray(at, at + length);
  }

  /** The fields of a message. */
  async *fields(start: number, end: number): AsyncGenerator<Field> {
    let at = start;
    while (at < end) {
      const [tag, afterTag] = await this.varint(at, end);
      // Of a tag that is longer than 32 bits protocol buffers drop what is above them.
      const [number, wire] = [Math.floor((tag % 2 ** 32) / 8), tag % 8];
      if (wire === BYTES) {
        const [length, content] = await this.varint(afterTag, end);
        at = content + length;
        if (at > end) throw this.broken();
        yield { number, start: content, end: at };
      } else if (wire === VARINT) {
        [, at] = await this.varint(afterTag, end);
        yield { number, start: at, end: at };
      } else if (wire === FIXED64 || wire === FIXED32) {
        at = afterTag + (wire === FIXED64 ? 8 : 4);
        if (at > end) throw this.broken();
        yield { number, start: at, end: at };
      } else throw this.broken();
    }
  }

  /** A whole number, and where the next thing begins. Beyond 2^53 its last digits are wrong, which no length is. */
  private async varint(start: number, end: number): Promise<readonly [number, number]> {
    const bytes = await this.bytes(start, 10);
    let value = 0;
    for (let k = 0; k < bytes.length && start + k < end; k++) {
      const byte = bytes[k] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * k);
      if (byte < 0x80) return [value, start + k + 1];
    }
    throw this.broken();
  }
}
