/**
 * Saved calibrators: `.prompt-confidence/calibrators/<name>.json` of a workspace, or any file on the command line.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSavedCalibrator, type SavedCalibrator } from '../core/calibration/saved';
import { badJsonLine } from '../core/data/json';
import { UserError } from '../core/user-error';
import { errorCode, writeFileAtomic } from './atomic';

export interface LoadedCalibrator {
  readonly file: string;
  /** SHA-256 of the file's bytes, lower-case hex; calibrated rows have it as `calibrator_sha256`. */
  readonly sha256: string;
  readonly saved: SavedCalibrator;
}

/** Names that are valid file names on every platform. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,78}[\p{L}\p{N}_-])?$/u;

/**
 * The file of a workspace's calibrator.
 *
 * @throws UserError bad-name
 */
export function calibratorFile(workspace: string, name: string): string {
  return path.join(folderOf(workspace), calibratorFileName(name));
}

/** @throws UserError bad-name */
export function calibratorFileName(name: string): string {
  if (!NAME.test(name))
    throw new UserError(
      'bad-name',
      `"${name}" cannot name a calibrator: use up to 80 letters, digits, spaces, dots, hyphens or underscores, ` +
        `beginning with a letter or a digit.`,
    );
  return `${name}.json`;
}

function folderOf(workspace: string): string {
  return path.join(workspace, '.prompt-confidence', 'calibrators');
}

/**
 * Writes a calibrator, whole or not at all, and replaces an older one.
 *
 * @returns the SHA-256 of the file
 */
export async function saveCalibrator(file: string, saved: SavedCalibrator): Promise<string> {
  const text = `${JSON.stringify(saved, null, 2)}\n`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, text);
  return sha256(text);
}

/** @throws UserError no-file, calibrator-not-json, calibrator-newer, calibrator-invalid */
export async function loadCalibrator(file: string): Promise<LoadedCalibrator> {
  const bytes = await readCalibrator(file);
  try {
    return calibratorFrom(file, bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const line = badJsonLine(bytes.toString('utf8'));
    const where = line === undefined ? file : `${file}, line ${line}`;
    throw new UserError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

/**
 * Parses the file of a calibrator.
 *
 * @throws UserError everything of `parseSavedCalibrator`
 */
export function calibratorFrom(file: string, bytes: Uint8Array): LoadedCalibrator {
  return { file, sha256: sha256(bytes), saved: parseSavedCalibrator(new TextDecoder().decode(bytes)) };
}

async function readCalibrator(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new UserError('no-file', `There is no file ${file}.`);
    if (errorCode(error) === 'EISDIR')
      throw new UserError('no-file', `${file} is a folder, not a calibrator.`);
    throw error;
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
