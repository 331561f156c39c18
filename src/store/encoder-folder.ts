/** The files of a sequence classification model: a folder as transformers and optimum write it. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { withoutByteOrderMark } from '../core/data/json';
import { encoderConfig, type EncoderConfig, type HeadKind } from '../core/encoder/config';
import { encoderIdentity } from '../core/encoder/identity';
import { listed } from '../core/quote';
import { UserError } from '../core/user-error';
import { namesIn } from './folders';
import { weightFilesOf } from './onnx';
import { readSmall } from './read-regular';

export interface EncoderFolder {
  /** Absolute. */
  readonly path: string;
  readonly config: EncoderConfig;
  /** The ONNX file, relative to the folder, with forward slashes: "onnx/model.onnx". */
  readonly onnx: string;
  /** The files with weights that it names, likewise. */
  readonly weights: readonly string[];
}

/** Bytes of a tokenizer: the largest real ones have 20 million. */
const LARGEST_TOKENIZER = 64 * 2 ** 20;

const CONFIG = 'config.json';
const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json'] as const;

/** Whether a folder looks like a model of this kind. */
export async function isEncoderFolder(folder: string): Promise<boolean> {
  return (await sizeOf(path.join(folder, CONFIG))) !== undefined && (await onnxFilesIn(folder)).length > 0;
}

/**
 * Looks at a model folder. Weights are not read, except for the ONNX files where one is looked for by its hash.
 *
 * @param wanted which of several ONNX files; undefined for `model.onnx`, or the only one
 * @returns undefined where none of them is the wanted one
 * @throws UserError `encoder-files` naming what is missing, `encoder-config`, `encoder-onnx`; not-a-file, too-large
 */
export async function readEncoderFolder(
  folder: string,
  wanted?: (onnx: string) => Promise<boolean>,
): Promise<EncoderFolder | undefined> {
  const missing: string[] = [];
  for (const name of [CONFIG, ...TOKENIZER]) {
    const bytes = await sizeOf(path.join(folder, name));
    if (bytes === undefined) missing.push(name);
    else if (bytes > LARGEST_TOKENIZER)
      throw new UserError('encoder-files', `${path.join(folder, name)} is larger than any that is known.`);
  }
  const candidates = await onnxFilesIn(folder);
  if (candidates.length === 0) missing.push('model.onnx (or an .onnx file in onnx/)');
  if (missing.length > 0)
    throw new UserError(
      'encoder-files',
      `${folder} is no complete model folder. It lacks ${missing.join(', ')}.`,
    );
  const config = encoderConfig(await readConfig(path.join(folder, CONFIG)));
  const onnx = await chosenOf(folder, candidates, wanted);
  if (onnx === undefined) return undefined;
  const weights = (await weightFilesOf(path.join(folder, onnx))).map((name) =>
    path.posix.join(path.posix.dirname(onnx), name),
  );
  for (const name of weights)
    if ((await sizeOf(path.join(folder, name))) === undefined)
      throw new UserError(
        'encoder-files',
        `${folder} is no complete model folder. It lacks ${name}, which ${onnx} names.`,
      );
  return { path: folder, config, onnx, weights };
}

async function chosenOf(
  folder: string,
  candidates: readonly string[],
  wanted: ((onnx: string) => Promise<boolean>) | undefined,
): Promise<string | undefined> {
  if (wanted !== undefined) {
    for (const name of candidates) if (await wanted(path.join(folder, name))) return name;
    return undefined;
  }
  const usual = ['model.onnx', 'onnx/model.onnx'].find((name) => candidates.includes(name));
  if (usual !== undefined || candidates.length === 1) return usual ?? candidates[0];
  throw new UserError(
    'encoder-files',
    `${folder} has several ONNX files, and none is model.onnx: ${listed(candidates)}. Leave one of them there.`,
  );
}

/** The ONNX files of a folder, relative to it, those at its top first. */
async function onnxFilesIn(folder: string): Promise<string[]> {
  const isOnnx = (name: string): boolean => name.toLowerCase().endsWith('.onnx');
  const [top, inner] = await Promise.all([
    namesIn(folder).catch(() => []),
    namesIn(path.join(folder, 'onnx')).catch(() => []),
  ]);
  return [
    ...top.filter(isOnnx).sort(),
    ...inner
      .filter(isOnnx)
      .sort()
      .map((name) => `onnx/${name}`),
  ];
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

async function readConfig(file: string): Promise<unknown> {
  const text = await readSmall(file);
  try {
    return JSON.parse(withoutByteOrderMark(text?.toString() ?? ''));
  } catch (error) {
    throw new UserError('encoder-config', `${file} is not JSON.`, { cause: error });
  }
}

/** All files that scores depend on, relative to the folder. */
function filesOf({ onnx, weights }: EncoderFolder): readonly string[] {
  return [onnx, ...weights, ...TOKENIZER];
}

/**
 * The hash, in hexadecimal, that tables and calibrators are bound to.
 *
 * @param sha256 of a file of the folder
 */
export async function encoderSha256(
  folder: EncoderFolder,
  kind: HeadKind,
  labels: readonly string[],
  sha256: (file: string) => Promise<string>,
): Promise<string> {
  const parts = [];
  for (const name of filesOf(folder))
    parts.push({ name: path.posix.basename(name), sha256: await sha256(path.join(folder.path, name)) });
  return createHash('sha256')
    .update(encoderIdentity(parts, kind, labels, folder.config.positionLimit))
    .digest('hex');
}
