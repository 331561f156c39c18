/** Use This Threshold: writes buckets that begin at a threshold into a classifier of the table's workspace folder. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { type Bucket } from '../../core/model/buckets';
import type { CalibratorId } from '../../core/calibration/registry';
import { labelColumns } from '../../core/data/columns';
import { bucketsFrom } from '../../core/decisions/from-threshold';
import type { Classifier } from '../../core/classifier/definition';
import { UserError } from '../../core/user-error';
import { calibratorTitle, labelName } from '../../core/words/calibration';
import type { ThresholdParams } from '../../protocol/calibration-page';
import { readHeader } from '../../store/tables/inspect';
import { readScoreMeta } from '../../store/tables/score-meta';
import { changeClassifier, classifiersFor, fileOf } from '../../editor/change-classifier';
import type { UsableClassifier } from '../../editor/classifiers';
import { reportError } from '../../editor/report-error';
import type { Services } from '../../editor/services';
import { bucketsFor, readSettings } from '../../editor/settings';
import type { LocalTable } from './local-table';

/** The longest header that is read for the names of columns. */
const HEADER_BYTES = 64 * 1024;

export interface ThresholdHost {
  /** Address of the table. */
  readonly uri: vscode.Uri;
  readonly table: Pick<LocalTable, 'file'>;
  readonly services: Pick<Services, 'classifiers' | 'dialogs' | 'log'>;
}

/** Which confidences a threshold is for. */
type ThresholdOf =
  | { readonly kind: 'raw' }
  /** Calibrated by a method; nothing is saved yet. */
  | { readonly kind: 'method'; readonly method: CalibratorId }
  /** Calibrated by a saved calibrator. */
  | { readonly kind: 'saved'; readonly calibrator: string };

export interface Threshold {
  readonly threshold: number;
  readonly of: ThresholdOf;
  /** What is known of it, in words; undefined where the person sees it. */
  readonly why?: string;
}

/** Uses a threshold that was chosen in the panel. An error is told. */
export async function useThreshold(
  host: ThresholdHost,
  { threshold, method }: ThresholdParams,
): Promise<void> {
  const of: ThresholdOf = method === 'raw' ? { kind: 'raw' } : { kind: 'method', method };
  try {
    await writeThreshold(host, { threshold, of });
  } catch (error) {
    void reportError(host.services, error);
  }
}

/**
 * Asks which classifier is to have the threshold, says what will be written, and writes it; it can be undone.
 *
 * @throws UserError not-trusted, no-folder, own-labels; everything of `changeClassifier` and `readHeader`
 */
export async function writeThreshold(host: ThresholdHost, { threshold, of, why }: Threshold): Promise<void> {
  const { services } = host;
  const { dialogs } = services;
  const folder = writableFolder(host.uri);
  await refuseOwnLabels(await host.table.file());
  const entry = await chooseClassifier(host, folder);
  if (entry === undefined) return;
  const { classifier } = entry;
  const buckets = bucketsFrom(bucketsFor(classifier, host.uri), threshold);
  const file = vscode.workspace.asRelativePath(fileOf(entry, folder));
  const detail = [
    ...(why === undefined ? [] : [why]),
    bucketsInWords(buckets),
    ...(entry.kind === 'builtin'
      ? [`${classifier.name} is built in: a copy of it is written into the workspace.`]
      : []),
    calibratorNote(classifier, of),
  ];
  const answer = await dialogs.confirm(`Write these buckets into ${file}?`, detail.join('\n\n'), ['Write']);
  if (answer !== 'Write') return;
  const changed = await changeClassifier(entry, folder, 'buckets', buckets);
  tell(services, classifier.name, changed).catch((error: unknown) => reportError(services, error));
}

async function tell(
  { dialogs }: Pick<Services, 'dialogs'>,
  name: string,
  changed: Awaited<ReturnType<typeof changeClassifier>>,
): Promise<void> {
  const message = `The classifier ${name} now has these buckets.`;
  const chosen = await dialogs.tell('info', message, ['Undo', 'Open Classifier']);
  if (chosen === 'Undo') await changed.undo();
  else if (chosen === 'Open Classifier') await vscode.window.showTextDocument(changed.uri);
}

/** @throws UserError not-trusted, no-folder */
function writableFolder(table: vscode.Uri): vscode.Uri {
  const folder = vscode.workspace.getWorkspaceFolder(table);
  if (folder === undefined)
    throw new UserError(
      'no-folder',
      'A threshold is written into a classifier of the workspace folder of its table, but this table is in no workspace folder. Open its folder (File: Open Folder) and try again.',
    );
  if (!vscode.workspace.isTrusted)
    throw new UserError(
      'not-trusted',
      'A threshold is written into a classifier file, and the workspace is in Restricted Mode. Trust it first (Workspaces: Manage Workspace Trust).',
    );
  return folder.uri;
}

/** @throws UserError own-labels: buckets say what to do with the one label of a text */
async function refuseOwnLabels(file: string): Promise<void> {
  const { header } = await readHeader(file, HEADER_BYTES);
  if (labelColumns(header).length === 0) return;
  throw new UserError(
    'own-labels',
    'The labels of this table do not exclude each other, and their classifier has no buckets. Each label has a threshold of its own: from which probability on it is right. Write it into the classifier file, as "threshold" beside the label.',
  );
}

/** The classifier that scored the table comes first where it is known, else the one that is in use. */
async function chooseClassifier(
  { uri, table, services: { classifiers, dialogs } }: ThresholdHost,
  folder: vscode.Uri,
): Promise<UsableClassifier | undefined> {
  const usable = await classifiersFor(classifiers, folder);
  const scoredBy = classifierIn(await readScoreMeta(await table.file()));
  const active = scoredBy ?? readSettings(uri).classifier;
  const chosen = await dialogs.choose({
    title: 'Use This Threshold',
    placeholder: 'Classifier whose buckets begin at it',
    choices: usable.map((entry) => ({
      label: entry.classifier.name,
      description: [
        ...(entry.classifier.name === scoredBy ? ['scored this table'] : []),
        ...(entry.kind === 'builtin' ? ['built in: a copy is written into the workspace'] : []),
      ].join(', '),
      value: entry,
      active: entry.classifier.name === active,
    })),
  });
  return chosen === 'back' ? undefined : chosen;
}

/** The name of the classifier that scored a table; undefined where the table does not record it. */
function classifierIn(meta: unknown): string | undefined {
  return z.looseObject({ classifier: z.string() }).safeParse(meta).data?.classifier;
}

/** A line for each bucket. */
function bucketsInWords(buckets: readonly Bucket[]): string {
  return buckets
    .map(({ name, low }, at) => {
      const above = buckets[at - 1]?.low;
      return `${labelName(name)}: ${above === undefined ? `${low} or higher` : `${low} to below ${above}`}`;
    })
    .join('\n');
}

/** What must be so for the threshold to hold. */
function calibratorNote({ calibrator }: Classifier, of: ThresholdOf): string {
  const now =
    calibrator === undefined
      ? 'The classifier names no calibrator'
      : `The classifier uses the calibrator ${calibrator}`;
  switch (of.kind) {
    case 'raw':
      return `The threshold is for raw confidences. ${now}. Buckets are shown for calibrated confidences.`;
    case 'method':
      return `The threshold is for confidences calibrated by ${calibratorTitle(of.method)}. ${now}: save that calibrator and use it for the classifier, or the threshold means something else.`;
    case 'saved':
      return of.calibrator === calibrator
        ? `The threshold is for confidences calibrated by ${calibrator}, which the classifier uses.`
        : `The threshold is for confidences calibrated by ${of.calibrator}. ${now}: use that calibrator for the classifier, or the threshold means something else.`;
  }
}
