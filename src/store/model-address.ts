/**
 * The addresses that a person may give for a model, following node-llama-cpp:
 * `hf:user/repo`, `hf:user/repo:Q4_K_M`, `hf:user/repo/path/file.gguf[#branch]`, the address of a page or file
 * on the hub, any https URL of a .gguf file, or a file on this machine.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSafe } from '../core/loopback';
import { UserError } from '../core/user-error';

export const HUB = 'https://huggingface.co';

export interface HubSource {
  readonly kind: 'hub';
  /** "user/repo" */
  readonly repository: string;
  readonly branch: string;
  /** Path of the file in the repository; undefined if `quant` (or the hub's default) decides. */
  readonly file: string | undefined;
  /** "Q4_K_M"; undefined if not specified. */
  readonly quant: string | undefined;
}

export type ModelAddress =
  HubSource | { readonly kind: 'url'; readonly url: URL } | { readonly kind: 'file'; readonly path: string };

const NAME = /^[A-Za-z0-9][\w.-]*$/;

/** Throws UserError source-invalid or source-insecure. `hub` is the hub's base address. */
export function parseAddress(text: string, hub: string = HUB): ModelAddress {
  const source = text.trim();
  if (source === '') throw invalid(text, 'it is empty');
  if (/^hf:/i.test(source)) return parseHubAddress(source.replace(/^hf:(\/\/)?/i, ''), text);
  if (/^file:/i.test(source)) return { kind: 'file', path: fileFromUrl(source, text) };
  // One letter and a colon is a Windows drive.
  if (!/^[a-z][a-z\d+.-]+:/i.test(source)) return { kind: 'file', path: path.resolve(source) };

  const url = parseUrl(source, text);
  if (!isSafe(url)) {
    throw new UserError(
      'source-insecure',
      `${url.protocol}//${url.host} is not an address that models can be downloaded from. Use an https address ` +
        '(http only on this machine), an hf: address or a file.',
    );
  }
  if (url.username !== '' || url.password !== '') throw invalid(text, 'it contains a name or password');
  return url.origin === new URL(hub).origin ? parseHubUrl(url, text) : { kind: 'url', url };
}

/** The address that finds the same file again, for the model index. It has no query, which may contain a key. */
export function canonicalAddress(source: HubSource & { file: string }): string {
  const branch = source.branch === 'main' ? '' : `#${source.branch}`;
  return `hf:${source.repository}/${source.file}${branch}`;
}

/** The address of a repository as such. */
export function repositoryAddress({ repository, branch }: HubSource): string {
  return `hf:${repository}${branch === 'main' ? '' : `#${branch}`}`;
}

/** A name for the folder in models/ of a sequence classification model. */
export function localFolderName(repository: string): string {
  const name = repository.split('/').at(-1) ?? repository;
  // What ends so is an unfinished download.
  return safeName(name)
    .replace(/\.part$/i, '_part')
    .slice(0, 180);
}

/** With all characters replaced that a file system may refuse. */
function safeName(name: string): string {
  return name
    .replace(/[\u0000-\u001f\u007f<>:"|?*]/g, '_')
    .replace(/^[.\s]+/, '')
    .replace(/^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i, '_$1');
}

/**
 * A name for the file in models/: the last part of `remotePath`, with all characters that a file system may refuse
 * replaced. Throws UserError source-not-gguf if it is not a .gguf file, model-split for a model in pieces.
 */
export function localFileName(remotePath: string): string {
  const last = remotePath.split(/[/\\]/).at(-1) ?? '';
  const name = safeName(last);
  const stem = name.replace(/\.gguf$/i, '');
  if (stem === name || stem === '') {
    throw new UserError(
      'source-not-gguf',
      `"${last}" is not a .gguf file. Give the address of the model file itself.`,
    );
  }
  if (/-\d{5}-of-\d{5}$/.test(stem)) {
    throw new UserError(
      'model-split',
      `${name} is one piece of a model that is split into several files. Choose a smaller quantisation that is ` +
        'one file, or merge the pieces with llama-gguf-split --merge and choose the result.',
    );
  }
  return `${stem.slice(0, 180)}.gguf`;
}

/**
 * The .gguf file among a repository's `files` that the source refers to. Without file or quant: the only one,
 * otherwise the Q4_K_M one, as the hub itself chooses. Throws UserError source-not-found or source-ambiguous,
 * which lists the files.
 */
export function chooseFile(source: HubSource, files: readonly string[]): string {
  const { file, quant, repository } = source;
  if (file !== undefined) {
    if (files.includes(file)) return file;
    throw new UserError(
      'source-not-found',
      `hf:${repository} has no file ${file}.${offer(source, models(files))}`,
    );
  }
  const all = models(files);
  if (all.length === 0) {
    throw new UserError(
      'source-not-found',
      `hf:${repository} has no .gguf file. Look for a GGUF conversion of the model (often "<name>-GGUF"). A sequence classification model is needed in ONNX: look for a repository with onnx/model.onnx, or export it with Optimum.`,
    );
  }
  const [only] = all;
  if (quant === undefined && only !== undefined && all.length === 1) return only;
  const wanted = quant ?? 'Q4_K_M';
  const matching = all.filter((name) => hasQuant(name, wanted));
  const [first] = matching;
  if (first !== undefined && matching.length === 1) return first;
  if (matching.length > 1) {
    throw new UserError(
      'source-ambiguous',
      `hf:${repository} has ${matching.length} files for ${wanted}.${offer(source, matching)}`,
    );
  }
  throw quant === undefined
    ? new UserError('source-ambiguous', `hf:${repository} has ${all.length} models.${offer(source, all)}`)
    : new UserError('source-not-found', `hf:${repository} has no file for ${quant}.${offer(source, all)}`);
}

/** A file in its repository, and its path in the model folder. */
interface ChosenFile {
  readonly remote: string;
  readonly local: string;
}

const SMALL_FILES = ['config.json', 'tokenizer_config.json', 'tokenizer.json'] as const;

/**
 * The files of a sequence classification model among a repository's `files`; undefined if the source is not one. Optimum
 * writes its small files beside the ONNX file or at the top.
 *
 * @throws UserError source-not-found naming what it lacks, source-ambiguous with the ONNX files
 */
export function chooseFolder(
  source: HubSource,
  files: readonly string[],
): { readonly onnx: string; readonly files: readonly ChosenFile[] } | undefined {
  const { file, quant, repository } = source;
  const candidates = files.filter((name) => /^(?:onnx\/)?[\w.-]+\.onnx$/i.test(name));
  const isAsked = file?.toLowerCase().endsWith('.onnx') === true;
  const isOnly = file === undefined && quant === undefined && models(files).length === 0;
  if (!isAsked && !(isOnly && candidates.length > 0)) return undefined;
  const usual = ['model.onnx', 'onnx/model.onnx'].find((name) => candidates.includes(name));
  const onnx = file ?? usual ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (onnx === undefined)
    throw new UserError(
      'source-ambiguous',
      `hf:${repository} has ${candidates.length} ONNX files.${offer(source, candidates)}`,
    );
  if (!candidates.includes(onnx))
    throw new UserError(
      'source-not-found',
      `hf:${repository} has no ONNX file ${onnx} at its top or in onnx/.${offer(source, candidates)}`,
    );
  const folder = onnx.startsWith('onnx/') ? 'onnx/' : '';
  const small = SMALL_FILES.map((local) => ({
    local,
    remote: [`${folder}${local}`, local].find((name) => files.includes(name)),
  }));
  const missing = small.filter(({ remote }) => remote === undefined).map(({ local }) => local);
  if (missing.length > 0)
    throw new UserError(
      'source-not-found',
      `hf:${repository} is no complete sequence classification model: it lacks ${missing.join(', ')}.`,
    );
  // Weights that do not fit into one file: model.onnx_data, model.onnx.data.
  const weights = files.filter((name) => name.startsWith(`${onnx}_`) || name.startsWith(`${onnx}.`));
  return {
    onnx,
    files: [
      ...small.map(({ local, remote = local }) => ({ local, remote })),
      ...[onnx, ...weights.filter((name) => /^(?:onnx\/)?[\w.-]+$/.test(name))].map((name) => ({
        local: name,
        remote: name,
      })),
    ],
  };
}

function models(files: readonly string[]): string[] {
  return files.filter((name) => /\.gguf$/i.test(name) && !/(^|\/)mmproj/i.test(name));
}

/** "model-q4_k_m.gguf" has Q4_K_M; not Q4_K, nor does "model-IQ4_XS.gguf" have Q4_XS. */
function hasQuant(file: string, quant: string): boolean {
  const escaped = quant.replace(/[^\w]/g, '\\$&');
  return new RegExp(`(^|[^a-z0-9])${escaped}([^a-z0-9_]|$)`, 'i').test(path.posix.basename(file));
}

function offer(source: HubSource, files: readonly string[]): string {
  if (files.length === 0) return '';
  const shown = files.slice(0, 30).map((file) => `\n  ${canonicalAddress({ ...source, file })}`);
  const rest = files.length > shown.length ? `\n  … and ${files.length - shown.length} more` : '';
  return ` Choose one of:${shown.join('')}${rest}`;
}

function parseHubAddress(address: string, text: string): HubSource {
  const [location = '', branch = 'main', ...more] = address.split('#');
  const [user = '', named = '', ...rest] = location.split('/');
  const [repo = '', quant, ...extra] = named.split(':');
  if (!NAME.test(user) || !NAME.test(repo) || extra.length > 0 || more.length > 0) {
    throw invalid(text, 'a hub address is hf:user/repo:quantisation or hf:user/repo/file.gguf');
  }
  const file = rest.length === 0 ? undefined : rest.join('/');
  if (file !== undefined && (quant !== undefined || !isInside(file))) {
    throw invalid(text, 'after the repository comes either :quantisation or /file.gguf');
  }
  if (!/^\w[\w./-]*$/.test(branch) || !isInside(branch)) throw invalid(text, 'the branch after # is invalid');
  const asked = quant === undefined || quant === '' || quant.toLowerCase() === 'latest' ? undefined : quant;
  return { kind: 'hub', repository: `${user}/${repo}`, branch, file, quant: asked };
}

/** A repository's page, or a file in it (/resolve/ downloads it, /blob/ shows it). */
function parseHubUrl(url: URL, text: string): HubSource {
  const [user = '', repo = '', verb, branch = 'main', ...rest] = url.pathname
    .split('/')
    .slice(1)
    .map((part) => decode(part, text));
  const plain = verb === undefined || verb === '' || (verb === 'tree' && rest.length === 0);
  if (!plain && (rest.length === 0 || !['resolve', 'blob', 'raw'].includes(verb))) {
    throw invalid(text, "on the Hugging Face hub, only a repository's page or a file in it can be used");
  }
  const file = rest.length === 0 ? '' : `/${rest.join('/')}`;
  return parseHubAddress(`${user}/${repo}${file}#${branch}`, text);
}

function isInside(relative: string): boolean {
  return relative.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function fileFromUrl(source: string, text: string): string {
  try {
    return fileURLToPath(source);
  } catch {
    throw invalid(text, 'it is not the address of a file on this machine');
  }
}

function parseUrl(source: string, text: string): URL {
  try {
    return new URL(source);
  } catch {
    throw invalid(text, 'it is not an address');
  }
}

function decode(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(text, 'it has a broken % sequence');
  }
}

function invalid(text: string, why: string): UserError {
  return new UserError(
    'source-invalid',
    `"${text}" cannot be used as a model's address: ${why}. ` +
      'Examples: hf:user/repo:Q4_K_M, hf:user/repo/file.gguf, https://host/file.gguf, /folder/file.gguf.',
  );
}
