/** Export and Copy: asks for the form and the place, and writes whole files only. */
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../../../core/user-error';
import type { Picture, PictureParams } from '../../../protocol/calibration-export';
import type { Analysis, Breakdown, PanelSettings, PanelState } from '../../../protocol/calibration-page';
import { writeFileAtomic } from '../../../store/atomic';
import { explainingWrite } from '../../../store/explain-write';
import { realPathOf } from '../../../store/folders';
import type { Choice, Dialogs } from '../../../editor/dialogs';
import { labelName } from '../../../core/words/calibration';
import { binsCsv, reportJson } from './data';
import { markdownReport, type ReportInput } from './markdown';
import type { Report } from '../../../protocol/calibration-worker';

/** What is exported of a panel. */
export interface ExportSource {
  /** Address of the table. */
  readonly uri: vscode.Uri;
  readonly state: PanelState;
  /** True if the file changed since the numbers were computed. */
  readonly isStale: boolean;
  /** The part of the breakdown that the main diagram is of; null for all rows. */
  readonly part: string | null;
  readonly versions: ReportInput['versions'];
  /** The document of `evaluate --json`. */
  readonly report: (settings: PanelSettings) => Promise<Report>;
  /** Null if the page no longer shows it. */
  readonly picture: (params: PictureParams) => Promise<string | null>;
}

interface FileForm {
  readonly form: 'svg' | 'png' | 'csv' | 'json' | 'md';
  /** Name of the dialog's filter. */
  readonly kind: string;
  /** Appended to the table's name. */
  readonly suffix: string;
}

/** @param part whose bins are exported; null for all rows */
const formsFor = (part: Part | null): readonly Choice<FileForm>[] => [
  {
    label: 'SVG',
    description: 'a picture for papers and pages, sharp at any size',
    value: { form: 'svg', kind: 'SVG pictures', suffix: '' },
  },
  {
    label: 'PNG',
    description: 'a picture for slides and messages',
    value: { form: 'png', kind: 'PNG pictures', suffix: '' },
  },
  {
    label: 'CSV',
    description: `the bins of the diagram${whose(part)}`,
    value: {
      form: 'csv',
      kind: 'CSV tables',
      suffix: part === null ? 'bins' : `bins-${inFileName(part.name)}`,
    },
  },
  {
    label: 'JSON',
    description: 'every number of all rows, in the format of the command line',
    value: { form: 'json', kind: 'JSON documents', suffix: 'evaluation' },
  },
  {
    label: 'Markdown Report',
    description: 'facts, numbers, bins, calibrators, warnings',
    value: { form: 'md', kind: 'Markdown documents', suffix: 'report' },
  },
];

/**
 * @param pictures those that the page shows
 * @returns the file that was written; undefined if the person cancelled
 * @throws UserError incomplete, not-trusted, own-table, picture-gone, not-writable and what `report` throws
 */
export async function exportFile(
  source: ExportSource,
  dialogs: Dialogs,
  pictures: readonly Picture[],
): Promise<string | undefined> {
  const analysis = complete(source);
  const part = partOf(source);
  const isPicture = (form: string): boolean => form === 'svg' || form === 'png';
  const chosen = await dialogs.choose({
    title: 'Export',
    placeholder: 'What to export',
    choices: formsFor(part).filter(({ value }) => pictures.length > 0 || !isPicture(value?.form ?? '')),
  });
  if (chosen === undefined || chosen === 'back') return undefined;
  const { form, kind, suffix } = chosen;
  let name = suffix;
  let data: string | Uint8Array;
  if (form === 'svg' || form === 'png') {
    const picture = await choosePicture(dialogs, pictures);
    if (picture === undefined) return undefined;
    name = picture.id === 'raw' && part !== null ? `raw-${inFileName(part.name)}` : picture.id;
    data = await pictureBytes(source.picture, { id: picture.id, format: form });
  } else data = await textOf(source, analysis, form);
  return saveExport(dialogs, { tables: [source.uri], name, form, kind, data });
}

export interface Exported {
  /** None of them is replaced. The file is named after the first, and proposed beside it. */
  readonly tables: readonly [vscode.Uri, ...vscode.Uri[]];
  /** What is added to the first table's name. */
  readonly name: string;
  /** Extension of the file, and the name of its kind. */
  readonly form: string;
  readonly kind: string;
  readonly data: string | Uint8Array;
}

/**
 * Asks for the place of a file, and writes it.
 *
 * @returns the file that was written; undefined if the person cancelled
 * @throws UserError not-trusted, own-table, not-writable
 */
export async function saveExport(
  dialogs: Dialogs,
  { tables, name, form, kind, data }: Exported,
): Promise<string | undefined> {
  const [uri] = tables;
  const base = path.basename(uri.fsPath, path.extname(uri.fsPath));
  // In an untrusted workspace there may be a link that leads anywhere.
  const isBeside = vscode.workspace.isTrusted && uri.scheme === 'file';
  const folder = isBeside ? path.dirname(uri.fsPath) : os.homedir();
  const file = await dialogs.chooseNewFile('Export', path.join(folder, `${base}-${name}.${form}`), {
    [kind]: [form],
  });
  if (file === undefined) return undefined;
  // The person chose this file, so a link leads where they want it, but not around these checks.
  const real = await realPathOf(file);
  for (const place of [file, real]) checkPlace(place, tables);
  await explainingWrite(file, () => writeFileAtomic(real, data));
  return file;
}

/** @throws UserError incomplete */
export async function copyText(source: ExportSource, dialogs: Dialogs): Promise<void> {
  const analysis = complete(source);
  const part = partOf(source);
  const form = await dialogs.choose<'md' | 'csv'>({
    title: 'Copy',
    placeholder: 'What to copy to the clipboard',
    choices: [
      { label: 'Report as Markdown', value: 'md' },
      { label: `Bins of the diagram${whose(part)} as CSV`, value: 'csv' },
    ],
  });
  if (form === undefined || form === 'back') return;
  await dialogs.copy(await textOf(source, analysis, form));
  void dialogs.tell(
    'info',
    `Copied ${form === 'md' ? 'the report' : `the bins${whose(part)}`} to the clipboard.`,
  );
}

async function textOf(
  source: ExportSource,
  analysis: Analysis,
  form: 'csv' | 'json' | 'md',
): Promise<string> {
  const { state, versions, report } = source;
  const part = partOf(source);
  switch (form) {
    case 'csv':
      return binsCsv(part?.diagram ?? analysis, part?.name ?? null);
    case 'json':
      return reportJson(await report(analysis.settings), state.comparison);
    case 'md':
      return markdownReport({ state: { ...state, analysis }, part, versions, time: new Date() });
  }
}

type Part = Breakdown['parts'][number];

/** @throws UserError incomplete: the page shows a part that no longer exists */
function partOf({ part, state }: ExportSource): Part | null {
  if (part === null) return null;
  return state.breakdown?.parts.find(({ name }) => name === part) ?? refuseIncomplete();
}

function whose(part: Part | null): string {
  return part === null ? '' : ` of ${labelName(part.name)}`;
}

/** A foreign name as a part of a file's name: letters, digits and a few other characters, not too long. */
function inFileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 40);
}

function complete({ isStale, state: { analysis, busy, error } }: ExportSource): Analysis {
  const isComplete = error === null && busy === null && !isStale;
  return isComplete && analysis !== null && !analysis.preliminary ? analysis : refuseIncomplete();
}

function refuseIncomplete(): never {
  throw new UserError(
    'incomplete',
    'The numbers of the table are not complete. Wait until they are computed, and try again.',
  );
}

export async function choosePicture(
  dialogs: Dialogs,
  pictures: readonly Picture[],
): Promise<Picture | undefined> {
  const [only] = pictures;
  if (pictures.length === 1) return only;
  const chosen = await dialogs.choose({
    title: 'Export',
    placeholder: 'Which picture',
    choices: pictures.map((picture) => ({ label: picture.title, value: picture })),
  });
  return chosen === 'back' ? undefined : chosen;
}

/**
 * @param picture asks the page
 * @throws UserError picture-gone
 */
export async function pictureBytes(
  picture: ExportSource['picture'],
  params: PictureParams,
): Promise<string | Uint8Array> {
  const data = await picture(params);
  if (data === null)
    throw new UserError('picture-gone', 'The panel no longer shows this picture. Export again.');
  return params.format === 'svg' ? data : Buffer.from(data, 'base64');
}

function checkPlace(file: string, tables: Exported['tables']): void {
  if (tables.some(({ fsPath }) => fsPath === file))
    throw new UserError(
      'own-table',
      'This would replace a table that the numbers are from. Choose another name and export again.',
    );
  const isInside = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file)) !== undefined;
  if (isInside && !vscode.workspace.isTrusted)
    throw new UserError(
      'not-trusted',
      'The file would be written into the workspace, which is in Restricted Mode. Choose a folder outside of it, or trust it first (Workspaces: Manage Workspace Trust).',
    );
}
