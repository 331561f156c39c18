/**
 * What a download would bring: size, SHA-256 and licence, requested before any byte of the file.
 */
import * as z from 'zod';
import { linkHost } from './link';
import { UserError } from '../core/user-error';
import { discard, readText, refusal, request, type RequestOptions } from './http';
import {
  canonicalAddress,
  chooseFile,
  chooseFolder,
  localFileName,
  localFolderName,
  repositoryAddress,
  type HubSource,
} from './model-address';

/** One file of a download. */
export interface RemoteFile {
  /** Path in its repository, or the last part of its address; for messages. */
  readonly name: string;
  /** The address that is recorded: hf:user/repo/file.gguf, or the URL without its query. */
  readonly source: string;
  readonly url: URL;
  /** The model's page on the hub, for messages. */
  readonly page: string | undefined;
  /** undefined if the server does not report it. */
  readonly bytes: number | undefined;
  /** Hexadecimal; undefined if none is published. */
  readonly sha256: string | undefined;
  /** The hash that git gives a small file, hexadecimal; undefined if none is published. */
  readonly gitBlob: string | undefined;
}

/** A file of a model folder, and its path there, with forward slashes. */
export interface FolderFile extends RemoteFile {
  readonly path: string;
}

interface Described {
  /** The address that the index records: hf:user/repo/file.gguf, hf:user/repo, or the URL without its query. */
  readonly source: string;
  /** Name in models/. */
  readonly file: string;
  /** As the hub names it ("apache-2.0", "gemma"); undefined where unknown, which is not "free". */
  readonly licence: string | undefined;
  /** Where the licence can be read: on the hub or at any https address; undefined for a plain URL. */
  readonly licenceUrl: string | undefined;
}

/** What a download would bring, for the question before it. */
export interface DownloadInfo extends Described {
  /** One for a language model; several for a folder of a sequence classification model. */
  readonly files: readonly Pick<RemoteFile, 'name' | 'bytes' | 'sha256' | 'gitBlob'>[];
  /** Bytes that an earlier, unfinished download has left; only the rest is fetched. */
  readonly resumeFrom: number;
}

/** A GGUF file. */
export interface FilePlan extends Described {
  readonly kind: 'file';
  readonly remote: RemoteFile;
}

/** A folder of a sequence classification model. */
export interface FolderPlan extends Described {
  readonly kind: 'folder';
  /** Small files first, then the ONNX file, then those with its weights. */
  readonly files: readonly FolderFile[];
  /** Path of the ONNX file in the folder. */
  readonly onnx: string;
}

export type Plan = FilePlan | FolderPlan;

type Ask = Pick<RequestOptions, 'signal'>;

/** GET /api/models/<repository>?blobs=true, as far as it is used. */
const Repository = z.object({
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().optional(),
      blobId: z.string().optional(),
      lfs: z.object({ sha256: z.string().optional(), size: z.number().optional() }).optional(),
    }),
  ),
  tags: z.array(z.string()).default([]),
  cardData: z
    .object({
      license: z.union([z.string(), z.array(z.string())]).optional(),
      license_name: z.string().optional(),
      license_link: z.string().optional(),
    })
    .optional(),
});
type Repository = z.infer<typeof Repository>;

/** Bytes of the hub's answer about a repository. 10,000 files take 3 MB. */
const LARGEST_ANSWER = 8 * 2 ** 20;

/** Characters of a licence's name that are shown. */
const LONGEST_LICENCE = 100;

/** Sizes and hashes from the repository's file list or, if it lacks them, from the headers of the file. */
export async function planFromHub(source: HubSource, hub: string, ask: Ask): Promise<Plan> {
  const page = `${hub}/${source.repository}`;
  const repository = await readRepository(source, hub, page, ask);
  const names = repository.siblings.map((sibling) => sibling.rfilename);
  const remoteOf = (name: string): Promise<RemoteFile> =>
    remoteFile({ ...source, file: name }, repository, page, ask);
  const licence = licenceOf(repository, page);
  const folder = chooseFolder(source, names);
  if (folder === undefined) {
    const name = chooseFile(source, names);
    const remote = await remoteOf(name);
    return { kind: 'file', source: remote.source, file: localFileName(name), remote, ...licence };
  }
  const files: FolderFile[] = [];
  for (const { remote, local } of folder.files) files.push({ ...(await remoteOf(remote)), path: local });
  return {
    kind: 'folder',
    // Another ONNX file of the same repository is another model.
    source:
      source.file === undefined
        ? repositoryAddress(source)
        : canonicalAddress({ ...source, file: source.file }),
    file: localFolderName(source.repository),
    files,
    onnx: folder.onnx,
    ...licence,
  };
}

async function remoteFile(
  source: HubSource & { readonly file: string },
  { siblings }: Repository,
  page: string,
  ask: Ask,
): Promise<RemoteFile> {
  const { file, repository, branch } = source;
  const encoded = file.split('/').map(encodeURIComponent).join('/');
  const url = new URL(`${page}/resolve/${encodeURIComponent(branch)}/${encoded}`);
  const listed = siblings.find((sibling) => sibling.rfilename === file);
  const linked = await readLinked(url, `${file} in hf:${repository}`, page, ask);
  const sha256 = listed?.lfs?.sha256?.toLowerCase() ?? linked.sha256;
  return {
    name: file,
    source: canonicalAddress(source),
    url,
    page,
    bytes: listed?.lfs?.size ?? listed?.size ?? linked.bytes,
    sha256,
    gitBlob: sha256 === undefined ? gitHash(listed?.blobId) : undefined,
  };
}

function gitHash(blob: string | undefined): string | undefined {
  return blob !== undefined && /^[\da-f]{40}$/i.test(blob) ? blob.toLowerCase() : undefined;
}

/** Any https address of a GGUF file: the size from a HEAD request where the server answers one; no hash, no licence. */
export async function planFromUrl(url: URL, ask: Ask): Promise<Plan> {
  const file = localFileName(decodePath(url));
  const response = await request(url, { ...ask, method: 'HEAD' });
  await discard(response);
  // Some servers refuse HEAD in one way or another and still give the file; only a clear no is taken as one.
  if ([401, 404, 410].includes(response.status)) throw refusal(response, url.host + url.pathname);
  const source = url.origin + url.pathname;
  const bytes = response.ok ? count(response.headers.get('content-length')) : undefined;
  return {
    kind: 'file',
    source,
    file,
    remote: { name: file, source, url, page: undefined, bytes, sha256: undefined, gitBlob: undefined },
    licence: undefined,
    licenceUrl: undefined,
  };
}

async function readRepository(source: HubSource, hub: string, page: string, ask: Ask): Promise<Repository> {
  const revision = source.branch === 'main' ? '' : `/revision/${encodeURIComponent(source.branch)}`;
  const url = new URL(`${hub}/api/models/${source.repository}${revision}?blobs=true`);
  const response = await request(url, ask);
  if (!response.ok) {
    await discard(response);
    throw refusal(response, `repository hf:${source.repository}`, page);
  }
  return parseRepository(await readText(response, LARGEST_ANSWER), source);
}

function parseRepository(answer: string | undefined, { repository }: HubSource): Repository {
  const bad = (why: string, cause?: unknown): UserError =>
    new UserError(
      'download-answer',
      `The hub's answer about hf:${repository} ${why}. Give the https address of the model file itself, or try again later.`,
      { cause },
    );
  if (answer === undefined) throw bad(`is larger than ${LARGEST_ANSWER / 2 ** 20} MB`);
  try {
    return Repository.parse(JSON.parse(answer));
  } catch (error) {
    throw bad('cannot be read', error);
  }
}

/** x-linked-size and x-linked-etag (the SHA-256 of a large file), which the hub sends with its redirect. */
async function readLinked(
  url: URL,
  what: string,
  page: string,
  ask: Ask,
): Promise<{ bytes: number | undefined; sha256: string | undefined }> {
  const response = await request(url, {
    ...ask,
    method: 'HEAD',
    isEnough: (found) => found.headers.has('x-linked-etag'),
  });
  await discard(response);
  if (response.status >= 400 && response.status !== 405) throw refusal(response, what, page);
  const etag = /^(?:W\/)?"?([\da-f]{64})"?$/i.exec(response.headers.get('x-linked-etag') ?? '');
  return { bytes: count(response.headers.get('x-linked-size')), sha256: etag?.[1]?.toLowerCase() };
}

function licenceOf(repository: Repository, page: string): Pick<Plan, 'licence' | 'licenceUrl'> {
  const { cardData, tags } = repository;
  const declared = Array.isArray(cardData?.license) ? cardData.license.join(', ') : cardData?.license;
  const tagged = tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
  const named = declared === 'other' ? (cardData?.license_name ?? declared) : declared;
  return {
    licence: onOneLine(named ?? tagged),
    licenceUrl: licenceLink(cardData?.license_link, `${page}/blob/main/`) ?? page,
  };
}

/** Where the author of a model says that its licence is; undefined for what a browser should not be sent to. */
function licenceLink(link: string | undefined, base: string): string | undefined {
  if (link === undefined || !URL.canParse(link, base)) return undefined;
  const { href, origin } = new URL(link, base);
  return origin === new URL(base).origin || linkHost(href) !== undefined ? href : undefined;
}

/** The author's words, short and without line breaks: they stand beside facts. */
function onOneLine(text: string | undefined): string | undefined {
  return text?.replace(/[\p{C}\s]+/gu, ' ').slice(0, LONGEST_LICENCE);
}

function decodePath(url: URL): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    return url.pathname;
  }
}

function count(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}
