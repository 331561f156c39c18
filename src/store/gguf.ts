/**
 * Reads the header of a GGUF file (github.com/ggml-org/ggml, docs/gguf.md): enough to refuse, with a clear message, a file that cannot
 * be loaded, and to describe the model.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UserError } from '../core/user-error';
import { errorCode } from './atomic';

export interface GgufInfo {
  /** File size in bytes. */
  readonly bytes: number;
  readonly version: number;
  /** "gemma3", "llama", … */
  readonly architecture: string;
  readonly name: string | undefined;
  /** "model" if the file does not specify it; "adapter" (LoRA), "mmproj" (image encoder) and others are not models. */
  readonly type: string;
  readonly licence: string | undefined;
  /** Context length that the model was trained with, in tokens. */
  readonly contextLength: number | undefined;
  /** Transformer layers. */
  readonly blockCount: number | undefined;
  readonly hasChatTemplate: boolean;
}

/**
 * Refuses, each with a UserError that says why: a missing path (gguf-missing), a folder (gguf-folder), an empty
 * file (gguf-empty), something else named .gguf (gguf-magic), a version that the engine cannot read
 * (gguf-version), a header that ends early or is invalid (gguf-header), an encoder, which cannot answer
 * (gguf-encoder), and weights that end before the last tensor does (gguf-truncated). Reads the header only: some megabytes, most of it the vocabulary. Whatever the file
 * holds, it takes at most 64 MB, and other work of this thread has its turn after some milliseconds.
 */
export async function checkGguf(file: string): Promise<GgufInfo> {
  const bytes = await sizeOf(file);
  const handle = await openForReading(file);
  try {
    const header = await readHeader(handle, file, bytes);
    if (header.end > bytes) {
      throw new UserError(
        'gguf-truncated',
        `${file} is truncated: it has ${grouped(bytes)} of at least ${grouped(header.end)} bytes. ` +
          'Download or copy it again.',
      );
    }
    return describe(header, file, bytes);
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  if (found.isDirectory()) {
    throw new UserError('gguf-folder', `${file} is a folder. Choose a .gguf file in it.`);
  }
  if (!found.isFile()) throw new UserError('gguf-unreadable', `${file} is not a regular file.`);
  if (found.size === 0) {
    throw new UserError('gguf-empty', `${file} is empty. Download or copy it again.`);
  }
  return found.size;
}

function openForReading(file: string): Promise<FileHandle> {
  return open(file, 'r').catch((error: unknown) => {
    throw unreadable(file, error);
  });
}

function unreadable(file: string, error: unknown): UserError {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new UserError('gguf-missing', `There is no file ${file}. Choose another model or download it.`, {
      cause: error,
    });
  }
  return new UserError(
    'gguf-unreadable',
    `${file} cannot be read (${code ?? String(error)}). Check its permissions.`,
    { cause: error },
  );
}

type Value = string | number | boolean | undefined;

interface Header {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, Value>;
  readonly tensorCount: number;
  /** First byte after the last tensor's data. */
  readonly end: number;
}

const FIRST_READ = 1 << 20;
/** A vocabulary of 262,144 tokens with its merges takes 15 MB. */
const LARGEST_HEADER = 64 << 20;
/** Real models have fewer than 100. */
const MOST_KEYS = 10_000;
/** Real models have some thousands. */
const MOST_TENSORS = 100_000;
/** Bytes of a text that are kept: of names they are all, and of a chat template only its presence counts. */
const LONGEST_TEXT = 1024;
/** Elements of lists that are read before other work has its turn: a few milliseconds. */
const STEPS_OF_A_TURN = 20_000;
/** A key with its value, or a tensor, in such steps. */
const STEPS_OF_AN_ENTRY = 40;

/** Reads ever more from the start until the header is complete: the header does not state its own length. */
async function readHeader(handle: FileHandle, file: string, bytes: number): Promise<Header> {
  for (let wanted = Math.min(FIRST_READ, bytes); ;) {
    const start = await readStart(handle, wanted);
    if (start.length < wanted) throw beyondEnd(file);
    try {
      return await parseHeader(start, file, bytes);
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error;
      if (error.bytes > LARGEST_HEADER) throw brokenHeader(file, 'its header is implausibly large');
      wanted = Math.min(Math.max(error.bytes, start.length * 4), bytes);
    }
  }
}

async function readStart(handle: FileHandle, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** The given bytes end before the header does; at least `bytes` are needed. */
class NeedsMore extends Error {
  constructor(readonly bytes: number) {
    super();
  }
}

/** Bytes of a fixed-size metadata value by its type number; 8 is a string and 9 an array. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0: 1, // uint8
  1: 1, // int8
  2: 2, // uint16
  3: 2, // int16
  4: 4, // uint32
  5: 4, // int32
  6: 4, // float32
  7: 1, // bool
  10: 8, // uint64
  11: 8, // int64
  12: 8, // float64
};
const STRING = 8;
const ARRAY = 9;

/** [elements a block, bytes a block] by ggml's tensor type number (the gguf package's GGML_QUANT_SIZES). */
const TENSOR_BLOCKS: Readonly<Record<number, readonly [number, number]>> = {
  0: [1, 4], // F32
  1: [1, 2], // F16
  2: [32, 18], // Q4_0
  3: [32, 20], // Q4_1
  6: [32, 22], // Q5_0
  7: [32, 24], // Q5_1
  8: [32, 34], // Q8_0
  9: [32, 40], // Q8_1
  10: [256, 84], // Q2_K
  11: [256, 110], // Q3_K
  12: [256, 144], // Q4_K
  13: [256, 176], // Q5_K
  14: [256, 210], // Q6_K
  15: [256, 292], // Q8_K
  16: [256, 66], // IQ2_XXS
  17: [256, 74], // IQ2_XS
  18: [256, 98], // IQ3_XXS
  19: [256, 50], // IQ1_S
  20: [32, 18], // IQ4_NL
  21: [256, 110], // IQ3_S
  22: [256, 82], // IQ2_S
  23: [256, 136], // IQ4_XS
  24: [1, 1], // I8
  25: [1, 2], // I16
  26: [1, 4], // I32
  27: [1, 8], // I64
  28: [1, 8], // F64
  29: [256, 56], // IQ1_M
  30: [1, 2], // BF16
  34: [256, 54], // TQ1_0
  35: [256, 66], // TQ2_0
  39: [32, 17], // MXFP4
  40: [64, 36], // NVFP4
  41: [128, 18], // Q1_0
};

const DEFAULT_ALIGNMENT = 32;

/** Little-endian reads that move forward and throw NeedsMore at the end of the data. */
class Cursor {
  private readonly view: DataView;
  private offset = 0;
  private steps = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
    private readonly fileBytes: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.offset;
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** Counts, lengths and offsets: values beyond 2^53 are invalid, and stay too large as a float. */
  u64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  /** The beginning of a text that is longer than any should be. */
  text(): string {
    const length = this.u64();
    const start = this.skip(length);
    const kept = Math.min(length, LONGEST_TEXT);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, kept).toString('utf8');
  }

  /** Counts what there may be many of; now and then other work has its turn. */
  step(count = 1): Promise<void> | undefined {
    this.steps += count;
    if (this.steps < STEPS_OF_A_TURN) return undefined;
    this.steps = 0;
    return nextTurn();
  }

  /** A number of the kinds that this file cares about, true or false, a string, or undefined (skipped). */
  async value(type: number): Promise<Value> {
    switch (type) {
      case 4:
        return this.u32();
      case 10:
        return this.u64();
      case 7:
        return this.view.getUint8(this.skip(1)) !== 0;
      case STRING:
        return this.text();
      case ARRAY:
        await this.skipArray();
        return undefined;
      default:
        this.skip(this.scalarBytes(type));
        return undefined;
    }
  }

  private async skipArray(depth = 0): Promise<void> {
    const type = this.u32();
    const count = this.u64();
    if (type !== STRING && type !== ARRAY) {
      this.skip(this.scalarBytes(type) * count);
      return;
    }
    if (depth > 8) throw brokenHeader(this.file, 'its metadata is nested too deeply');
    // Every element takes its length (or its type and count) at the least: checked first, or a false count of
    // 2^60 would keep this loop going.
    if (this.offset + count * 8 > this.fileBytes) throw beyondEnd(this.file);
    for (let index = 0; index < count; index++) {
      if (type === STRING) this.skip(this.u64());
      else await this.skipArray(depth + 1);
      const turn = this.step();
      // To wait for nothing, eight million times, is what would take long.
      if (turn !== undefined) await turn;
    }
  }

  private scalarBytes(type: number): number {
    const bytes = SCALAR_BYTES[type];
    if (bytes === undefined) throw brokenHeader(this.file, `it has metadata of an unknown type (${type})`);
    return bytes;
  }

  /** Skips `length` bytes and returns where they start. */
  private skip(length: number): number {
    const start = this.offset;
    const next = start + length;
    if (next > this.fileBytes) throw beyondEnd(this.file);
    if (next > this.bytes.length) throw new NeedsMore(next);
    this.offset = next;
    return start;
  }
}

async function parseHeader(start: Uint8Array, file: string, fileBytes: number): Promise<Header> {
  checkMagic(start, file);
  const cursor = new Cursor(start, file, fileBytes);
  cursor.u32();
  const version = cursor.u32();
  checkVersion(version, file);
  const tensorCount = cursor.u64();
  const metadataCount = cursor.u64();
  if (tensorCount > MOST_TENSORS) throw brokenHeader(file, `it has ${grouped(tensorCount)} tensors`);
  if (metadataCount > MOST_KEYS) throw brokenHeader(file, `it has ${grouped(metadataCount)} metadata keys`);

  const metadata = new Map<string, Value>();
  for (let index = 0; index < metadataCount; index++) {
    metadata.set(cursor.text(), await cursor.value(cursor.u32()));
    await cursor.step(STEPS_OF_AN_ENTRY);
  }

  let dataBytes = 0;
  for (let index = 0; index < tensorCount; index++) {
    dataBytes = Math.max(dataBytes, readTensorEnd(cursor, file));
    await cursor.step(STEPS_OF_AN_ENTRY);
  }

  const declared = metadata.get('general.alignment');
  const alignment = typeof declared === 'number' && declared > 0 ? declared : DEFAULT_ALIGNMENT;
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  return { version, metadata, tensorCount, end: tensorCount === 0 ? cursor.position : dataStart + dataBytes };
}

/** Where the tensor's data ends, in bytes from the start of the data; for an unknown type, where it starts. */
function readTensorEnd(cursor: Cursor, file: string): number {
  cursor.text();
  const dimensions = cursor.u32();
  if (dimensions > 8) throw brokenHeader(file, `it has a tensor of ${dimensions} dimensions`);
  let elements = 1;
  for (let dimension = 0; dimension < dimensions; dimension++) elements *= cursor.u64();
  const block = TENSOR_BLOCKS[cursor.u32()];
  const start = cursor.u64();
  return block === undefined ? start : start + Math.ceil(elements / block[0]) * block[1];
}

/** Bytes of a file that {@link checkMagic} needs. */
export const MAGIC_BYTES = 64;

/**
 * Refuses what is no GGUF file, by its first bytes.
 *
 * @param start {@link MAGIC_BYTES}, or all that there are
 * @throws UserError gguf-magic
 */
export function checkMagic(start: Uint8Array, file: string): void {
  const magic = Buffer.from(start.subarray(0, 4)).toString('latin1');
  if (magic === 'GGUF') return;
  const text = Buffer.from(start.subarray(0, MAGIC_BYTES)).toString('latin1').trimStart().toLowerCase();
  const what = ['lmgg', 'tjgg', 'fmgg', 'algg'].includes(magic)
    ? 'is a model in a format older than GGUF, which no current engine reads. Look for a GGUF version of it'
    : text.startsWith('version https://git-lfs')
      ? 'is a Git LFS pointer, not the model itself. Download the file from its web page, or run git lfs pull'
      : text.startsWith('<')
        ? 'is a web page, not a model. Download the file itself, not the page about it'
        : 'is not a GGUF model, despite its name (it does not start with "GGUF"). Choose another file';
  throw new UserError('gguf-magic', `${file} ${what}.`);
}

function checkVersion(version: number, file: string): void {
  if (version === 2 || version === 3) return;
  const why =
    version === 0
      ? 'claims to be GGUF version 0, which does not exist. Download or copy it again'
      : (version & 0xffff) === 0
        ? 'is a GGUF for big-endian machines. Look for a little-endian one'
        : version === 1
          ? 'is GGUF version 1, which current engines no longer read. Look for a newer conversion'
          : `is GGUF version ${version}; versions 2 and 3 can be read. Update Prompt Confidence or choose another file`;
  throw new UserError('gguf-version', `${file} ${why}.`);
}

/** The architectures of llama.cpp that read a whole text and write none. */
const ENCODERS: ReadonlySet<string> = new Set([
  ...['bert', 'modern-bert', 'neo-bert', 'eurobert', 'nomic-bert', 'nomic-bert-moe'],
  ...['jina-bert-v2', 'jina-bert-v3', 't5encoder'],
]);

function describe(header: Header, file: string, bytes: number): GgufInfo {
  const text = (key: string) => {
    const value = header.metadata.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const count = (key: string) => {
    const value = header.metadata.get(key);
    return typeof value === 'number' ? value : undefined;
  };
  const architecture = text('general.architecture');
  if (architecture === undefined) throw brokenHeader(file, 'it does not name its architecture');
  const type = text('general.type') ?? 'model';
  if (ENCODERS.has(architecture))
    throw new UserError(
      'gguf-encoder',
      `${file} is an encoder (${architecture}), not a language model, so it cannot be asked. As a classifier it would give wrong probabilities in this format: llama.cpp's converter drops the pooler of BERT, and the activation of its head is not that of every model. Use the folder of the original model with config.json, tokenizer.json, tokenizer_config.json and model.onnx.`,
    );
  if (header.tensorCount === 0) throw brokenHeader(file, 'it has no weights (a vocabulary only)');
  return {
    bytes,
    version: header.version,
    architecture,
    name: text('general.name'),
    type,
    licence: text('general.license'),
    contextLength: count(`${architecture}.context_length`),
    blockCount: count(`${architecture}.block_count`),
    hasChatTemplate: ['', '.default'].some((name) => text(`tokenizer.chat_template${name}`) !== undefined),
  };
}

function beyondEnd(file: string): UserError {
  return brokenHeader(file, 'its header points past the end of the file, which was probably cut short');
}

function brokenHeader(file: string, why: string): UserError {
  return new UserError(
    'gguf-header',
    `${file} cannot be used as a model: ${why}. If it should be one, download or copy it again.`,
  );
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
