/** Download Model: from the recommended list, an unfinished download, or an address. */
import * as vscode from 'vscode';
import { UserError } from '../../core/user-error';
import { COMMANDS } from '../../protocol/manifest';
import {
  downloadModel,
  type Downloaded,
  type DownloadInfo,
  type DownloadProgress,
} from '../../store/download';
import type { ModelEntry } from '../../store/models';
import { RECOMMENDED_MODELS } from '../../store/recommended';
import { parseAddress } from '../../store/model-address';
import { unfinishedDownloads, type UnfinishedDownload } from '../../store/unfinished';
import type { Choice, Dialogs, ReportProgress } from '../../editor/dialogs';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { useModel } from './model-setting';
import { TransferMeter } from './transfer-meter';
import { downloadQuestion, modelPage, unfinishedDescription } from './wording';

/** Base address of another hub: tests have their own. */
export interface DownloadPlace {
  readonly hub?: string | undefined;
}

const ADDRESS = { kind: 'address' } as const;
type Picked = typeof ADDRESS | { readonly kind: 'source'; readonly source: string };

export async function downloadModelByList(services: Services, place: DownloadPlace = {}): Promise<void> {
  const { models, dialogs } = services;
  try {
    const picked = await dialogs.choose({
      title: 'Download Model',
      placeholder: 'Licence and size are shown before anything is downloaded',
      choices: downloadChoices(await models.list(), await unfinishedDownloads(models.folder)),
    });
    if (picked === undefined || picked === 'back') return;
    const source = picked.kind === 'address' ? await askForAddress(dialogs, place) : picked.source;
    if (source !== undefined) await downloadAndOffer(source, services, place);
  } catch (error) {
    await reportError(services, error);
  }
}

function downloadChoices(
  present: readonly ModelEntry[],
  unfinished: readonly UnfinishedDownload[],
): Choice<Picked>[] {
  const begun = unfinished.map((entry): Choice<Picked> => ({
    icon: 'debug-continue',
    label: entry.file,
    description: unfinishedDescription(entry),
    detail: `Resume the download from ${entry.source}`,
    value: { kind: 'source', source: entry.source },
  }));
  const recommended = RECOMMENDED_MODELS.map((model): Choice<Picked> => {
    const here = present.some((entry) => entry.file === model.file && !entry.missing);
    return {
      label: model.file,
      description: here ? `${model.licence} · on this machine` : model.licence,
      detail: model.why,
      value: { kind: 'source', source: `hf:${model.repository}/${model.file}` },
    };
  });
  return [
    ...(begun.length === 0 ? [] : [{ label: 'Unfinished' }, ...begun]),
    { label: 'Recommended' },
    ...recommended,
    { label: 'Others' },
    { icon: 'link', label: 'hf: address or https URL…', value: ADDRESS },
  ];
}

async function askForAddress(dialogs: Dialogs, place: DownloadPlace): Promise<string | undefined> {
  const answer = await dialogs.ask({
    title: 'Download Model',
    prompt:
      "Address of a model's .gguf file, or of a repository on the Hugging Face hub: a language model in GGUF, or a sequence classification model in ONNX",
    placeholder: 'hf:user/repo:Q4_K_M, hf:user/repo, hf:user/repo/file.gguf or https://host/file.gguf',
    validate: (text) => addressProblem(text, place.hub),
  });
  return answer === undefined || answer === 'back' ? undefined : answer.text.trim();
}

/** The problem of an address while it is typed; undefined if it can be tried. */
function addressProblem(text: string, hub?: string): string | undefined {
  try {
    return parseAddress(text, hub).kind === 'file'
      ? 'Start with hf: or https://. For a file on this machine, use Choose Model… instead.'
      : undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/**
 * Downloads a model with question and progress, and offers to use it.
 *
 * @internal
 */
export async function downloadAndOffer(
  source: string,
  services: Services,
  place: DownloadPlace = {},
): Promise<void> {
  const { dialogs, modelsChanged } = services;
  const again = (): Promise<void> => downloadAndOffer(source, services, place);
  let result: { found: Downloaded; asked: boolean };
  try {
    result = await dialogs.progress(`Downloading ${nameOf(source)}`, (report, signal) =>
      download(source, services, place, report, signal),
    );
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'download-cancelled'))
      return reportError(services, error, { retry: again });
    if ((await dialogs.tell('info', error.message, ['Resume'])) === 'Resume') await again();
    return;
  }
  modelsChanged.fire();
  const { found, asked } = result;
  const sha256 = found.kind === 'file' ? found.entry.sha256 : undefined;
  const said = asked
    ? `${found.entry.file} was downloaded${sha256 === undefined ? '' : ` (SHA-256 ${sha256.slice(0, 12)}…)`}.`
    : `${found.entry.file} is already on this machine.`;
  const use = found.kind === 'file' ? 'Use This Model' : 'New Classifier…';
  if ((await dialogs.tell('info', said, [use])) !== use) return;
  if (found.kind === 'file') await useModel(found.entry, services);
  // It classifies by its own labels, so a classifier is what it is used by.
  else await vscode.commands.executeCommand(COMMANDS.newClassifier);
}

/** Milliseconds between two updates of the words, also while nothing arrives and the rate falls. */
const REPORT_MS = 300;

async function download(
  source: string,
  { models, dialogs }: Pick<Services, 'models' | 'dialogs'>,
  place: DownloadPlace,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<{ found: Downloaded; asked: boolean }> {
  const meter = new TransferMeter();
  let asked = false;
  let latest: DownloadProgress | undefined;
  let percent = 0;
  const show = (): void => {
    if (latest === undefined) return;
    // The bar cannot go back, and the check that follows has no bar of its own.
    const before = percent;
    if (latest.phase === 'downloading') percent = Math.max(percent, percentOf(latest));
    report(meter.describe(latest, performance.now()), percent - before);
  };
  const onProgress = (progress: DownloadProgress): void => {
    const turn = progress.phase !== latest?.phase || progress.done === progress.total;
    latest = progress;
    if (turn) show();
  };
  const confirm = (info: DownloadInfo): Promise<boolean> => {
    asked = true;
    return confirmDownload(info, models.folder, dialogs, place);
  };
  report('asking for size and licence');
  const timer = setInterval(show, REPORT_MS);
  try {
    const found = await downloadModel(models, { source, confirm, onProgress, signal, hub: place.hub });
    return { found, asked };
  } finally {
    clearInterval(timer);
  }
}

function percentOf({ done, total }: DownloadProgress): number {
  return total === undefined || total === 0 ? 0 : (done / total) * 100;
}

const DOWNLOAD = 'Download';

/** Asks, with licence, size and hash, before the first byte. Opening the model's page returns to the question. */
async function confirmDownload(
  info: DownloadInfo,
  folder: string,
  dialogs: Dialogs,
  place: DownloadPlace,
): Promise<boolean> {
  const page = modelPage(info.source, place.hub);
  const links = new Map<string, string>();
  if (page !== undefined) links.set(`Open the Model's Page (${new URL(page).host})`, page);
  if (info.licenceUrl !== undefined && info.licenceUrl !== page)
    links.set(`Read the Licence (${new URL(info.licenceUrl).host})`, info.licenceUrl);
  for (;;) {
    const verb = info.resumeFrom > 0 ? 'Resume downloading' : 'Download';
    const answer = await dialogs.confirm(`${verb} ${info.file}?`, downloadQuestion(info, folder), [
      DOWNLOAD,
      ...links.keys(),
    ]);
    const link = answer === undefined ? undefined : links.get(answer);
    if (link === undefined) return answer === DOWNLOAD;
    await dialogs.openLink(link);
  }
}

/** The last part of an address, for a title. */
function nameOf(source: string): string {
  return (
    source
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? source
  );
}
