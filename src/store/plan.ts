/**
 * What a download would bring: size, SHA-256 and licence, requested before any byte of the file.
 */
import * as z from 'zod';
import { linkHost } from './link';
import { UserError } from '../core/user-error';
import { discard, readText, refusal, request, type RequestOptions } from './http';
import { canonicalAddress, chooseFile, localFileName, type HubSource } from './model-address';

export interface DownloadInfo {
  /** The address that the index records: hf:user/repo/file.gguf, or the URL without its query. */
  readonly source: string;
  /** Name in models/. */
  readonly file: string;
  /** undefined if the server does not report it. */
  readonly bytes: number | undefined;
  /** Hexadecimal; undefined if none is published. */
  readonly sha256: string | undefined;
  /** Whether the downloaded bytes will be checked against a published SHA-256. */
  readonly verified: boolean;
  /** As the hub names it ("apache-2.0", "gemma"); undefined where unknown, which is not "free". */
  readonly licence: string | undefined;
  /** Where the licence can be read: on the hub or at any https address; undefined for a plain URL. */
  readonly licenceUrl: string | undefined;
  /** Bytes that an earlier, unfinished download has left; only the rest is fetched. */
  readonly resumeFrom: number;
}

/** A DownloadInfo without the state of the disk, and where its bytes come from. */
export interface Plan extends Omit<DownloadInfo, 'resumeFrom'> {
  readonly url: URL;
  /** The model's page on the hub, for messages. */
  readonly page: string | undefined;
}

type Ask = Pick<RequestOptions, 'signal'>;

/** GET /api/models/<repository>?blobs=true, as far as it is used. */
const Repository = z.object({
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.number().optional(),
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

/** Size and hash from the repository's file list or, if it lacks them, from the headers of the file. */
export async function planFromHub(source: HubSource, hub: string, ask: Ask): Promise<Plan> {
  const page = `${hub}/${source.repository}`;
  const repository = await readRepository(source, hub, page, ask);
  const remote = chooseFile(
    source,
    repository.siblings.map((sibling) => sibling.rfilename),
  );
  const file = localFileName(remote);
  const encoded = remote.split('/').map(encodeURIComponent).join('/');
  const url = new URL(`${page}/resolve/${encodeURIComponent(source.branch)}/${encoded}`);
  const linked = await readLinked(url, `${remote} in hf:${source.repository}`, page, ask);
  const listed = repository.siblings.find((sibling) => sibling.rfilename === remote);
  const sha256 = listed?.lfs?.sha256?.toLowerCase() ?? linked.sha256;
  return {
    source: canonicalAddress({ ...source, file: remote }),
    file,
    url,
    page,
    bytes: listed?.lfs?.size ?? listed?.size ?? linked.bytes,
    sha256,
    verified: sha256 !== undefined,
    ...licenceOf(repository, page),
  };
}

/** Any https address: the size from a HEAD request where the server answers one; no hash, no licence. */
export async function planFromUrl(url: URL, ask: Ask): Promise<Plan> {
  const file = localFileName(decodePath(url));
  const response = await request(url, { ...ask, method: 'HEAD' });
  await discard(response);
  // Some servers refuse HEAD in one way or another and still give the file; only a clear no is taken as one.
  if ([401, 404, 410].includes(response.status)) throw refusal(response, url.host + url.pathname);
  return {
    source: url.origin + url.pathname,
    file,
    url,
    page: undefined,
    bytes: response.ok ? count(response.headers.get('content-length')) : undefined,
    sha256: undefined,
    verified: false,
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
