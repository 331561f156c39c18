/** Models and downloads in words, for lists and questions. */
import { formatBytes } from '../../core/words/quantities';
import { bytesOf, type DownloadInfo } from '../../store/download';
import type { ModelEntry } from '../../store/models';
import { HUB, parseAddress } from '../../store/model-address';
import type { UnfinishedDownload } from '../../store/unfinished';

/** Size and state, shown after the name. */
export function modelDescription(entry: ModelEntry, isChosen: boolean): string {
  const marks = [entry.missing ? 'missing' : formatBytes(entry.bytes)];
  if (isChosen) marks.push('chosen');
  return marks.join(' · ');
}

/** Licence, source and place, shown below the name. */
export function modelDetail(entry: ModelEntry): string {
  return [
    entry.licence === undefined ? 'licence unknown' : `licence ${entry.licence}`,
    entry.source ?? 'source unknown',
    ...(entry.place === 'elsewhere' ? [entry.path] : []),
  ].join(' · ');
}

/** The facts of a download, for the question before it. */
export function downloadQuestion(info: DownloadInfo, folder: string): string {
  const resumed = info.resumeFrom === 0 ? '' : ` (${formatBytes(info.resumeFrom)} already downloaded)`;
  const [only, ...more] = info.files;
  const size = bytesOf(info.files);
  return [
    `Licence: ${info.licence ?? 'unknown: read its page before you use it'}`,
    `Size: ${size === undefined ? 'unknown' : formatBytes(size)}${resumed}`,
    ...(more.length === 0 && only !== undefined
      ? [`SHA-256: ${only.sha256 ?? 'none is published, so the download cannot be verified'}`]
      : info.files.map(
          (file) =>
            `${file.name}: ${file.bytes === undefined ? 'size unknown' : formatBytes(file.bytes)}, ${hashInWords(file)}`,
        )),
    `From: ${info.source}`,
    `To: ${folder}`,
  ].join('\n');
}

function hashInWords({ sha256, gitBlob }: DownloadInfo['files'][number]): string {
  if (sha256 !== undefined) return `SHA-256 ${sha256}`;
  return gitBlob === undefined ? 'no hash is published, so it cannot be verified' : `git hash ${gitBlob}`;
}

/** The model's page on the hub; undefined for a plain URL. */
export function modelPage(source: string, hub: string = HUB): string | undefined {
  const parsed = parseAddress(source, hub);
  return parsed.kind === 'hub' ? `${hub.replace(/\/+$/, '')}/${parsed.repository}` : undefined;
}

export function unfinishedDescription(entry: UnfinishedDownload): string {
  const total = entry.total === undefined ? '' : ` of ${formatBytes(entry.total)}`;
  return `${formatBytes(entry.have)}${total} downloaded`;
}

/** Bytes of the files that this extension put on the disk. A person's own files are not counted. */
export function bytesOnDisk(
  models: readonly ModelEntry[],
  unfinished: readonly UnfinishedDownload[],
): number {
  const downloaded = models.filter((entry) => entry.place === 'cache');
  return [...downloaded.map((entry) => entry.bytes), ...unfinished.map((entry) => entry.have)].reduce(
    (sum, bytes) => sum + bytes,
    0,
  );
}
