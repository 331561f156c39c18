/**
 * The labels that people give: `.prompt-confidence/labels/<name>.csv` of a workspace. Decisions are only ever added, each
 * in one write to the end of the file, so that two windows can add at once; a decision that was added is on the disk.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import {
  type Decision,
  DECISION_COLUMNS,
  decisionCells,
  isDecisionHeader,
} from '../core/labelling/decisions';
import { UserError } from '../core/user-error';
import { checkOutputs, errorCode } from './atomic';
import { explainingWrite } from './explain-write';
import { checkInside } from './inside';
import { openRegular, readSmall } from './read-regular';
import { checkResourceName } from './resource-name';
import { csvLine } from './tables/csv-line';

/** Bytes of a labels file that are read: a few hundred thousand decisions. */
const LARGEST = 64 * 1024 * 1024;

/** Where a workspace keeps the labels that people give. */
export function labelsFolder(workspace: string): string {
  return path.join(workspace, '.prompt-confidence', 'labels');
}

/**
 * The file of a workspace's labels.
 *
 * @throws UserError bad-name
 */
export function labelsFile(workspace: string, name: string): string {
  checkResourceName(name, 'labels');
  return path.join(labelsFolder(workspace), `${name}.csv`);
}

/**
 * The name of the labels of a table: its path in the workspace, as far as it can name a file.
 *
 * @param table relative to the workspace
 */
export function labelsName(table: string): string {
  const name = table
    .replace(/\.csv$/iu, '')
    .split(/[\\/]/u)
    .filter((part) => part !== '.' && part !== '..' && part !== '')
    .join('-')
    .replace(/[^\p{L}\p{N} ._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(-80)
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[^\p{L}\p{N}_]+$/u, '');
  return name === '' ? 'labels' : name;
}

/**
 * SHA-256 by which a text is known: of the text without spaces around it and with \n as its line break, which survive
 * spreadsheets and other tools. Empty for an empty text.
 */
export function textSha256(text: string): string {
  const kept = text.replace(/\r\n?/gu, '\n').trim();
  return kept === '' ? '' : createHash('sha256').update(kept).digest('hex');
}

/**
 * Adds decisions to the end of a workspace's labels file. They are on the disk when this returns.
 *
 * @param workspace absolute path
 * @throws UserError not-writable, not-a-file, leads-elsewhere, labels-file-other
 */
export async function appendDecisions(
  workspace: string,
  file: string,
  decisions: readonly Decision[],
): Promise<void> {
  await explainingWrite(file, async () => {
    await checkInside(workspace, file);
    await mkdir(path.dirname(file), { recursive: true });
    await checkInside(workspace, file);
    await checkOutputs(file);
    const handle = await openToAppend(file);
    try {
      const lines = decisions.map((decision) => csvLine(decisionCells(decision), ',')).join('');
      await writeAtOnce(handle, `${await beginning(handle, file)}${lines}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncNew(path.dirname(file));
  });
}

async function openToAppend(file: string): Promise<FileHandle> {
  const noLink = (constants.O_NOFOLLOW as number | undefined) ?? 0;
  const handle = await open(file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | noLink, 0o666);
  const { nlink } = await handle.stat();
  if (nlink === 1) return handle;
  await handle.close();
  throw new UserError(
    'not-a-file',
    `${file} has a second name somewhere else, so nothing was written into it. Copy it, and put the copy in its place.`,
  );
}

/** What must stand before the first line that is added: the header of a new file, the end of a line that was cut. */
async function beginning(handle: FileHandle, file: string): Promise<string> {
  const { size } = await handle.stat();
  const header = csvLine(DECISION_COLUMNS, ',');
  if (size === 0) return header;
  const start = await readAt(handle, 0, Math.min(size, 4096));
  if (!isDecisionHeader(start.split(/[\r\n]/u)[0] ?? ''))
    throw new UserError(
      'labels-file-other',
      `${file} does not begin with the columns of a labels file (${DECISION_COLUMNS.join(', ')}), so nothing was written into it. Move it away, or choose another name.`,
    );
  return (await readAt(handle, size - 1, 1)) === '\n' ? '' : '\n';
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.toString('utf8', 0, bytesRead);
}

/** One write: the system puts it at the end of the file as it is then, whole, whoever else writes. */
async function writeAtOnce(handle: FileHandle, text: string): Promise<void> {
  const data = Buffer.from(text);
  const { bytesWritten } = await handle.write(data);
  // A disk that is full takes a part; what is cut is no decision, and the next one begins on a line of its own.
  if (bytesWritten < data.length) throw Object.assign(new Error('The disk is full.'), { code: 'ENOSPC' });
}

/** Makes the name of a new file durable. Windows cannot open a folder, and needs no such step. */
async function syncNew(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The text of a labels file, or what it begins with.
 *
 * @throws UserError no-file, not-a-file, too-large
 */
export async function readLabelsText(file: string): Promise<string> {
  const bytes = await readSmall(file, LARGEST);
  if (bytes === undefined) throw new UserError('no-file', `There is no file ${file}.`);
  return bytes.toString();
}

/** Whether a file is a labels file, and not a table that people filled in. */
export async function isLabelsFile(file: string): Promise<boolean> {
  const handle = await openRegular(file).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') throw new UserError('no-file', `There is no file ${file}.`);
    throw error;
  });
  try {
    return isDecisionHeader((await readAt(handle, 0, 4096)).split(/[\r\n]/u)[0] ?? '');
  } finally {
    await handle.close();
  }
}
