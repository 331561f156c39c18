/**
 * Saved calibrators: `.prompt-confidence/calibrators/<name>.json` of a workspace, or any file on the command line.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseSavedCalibrator, type SavedCalibrator } from '../core/calibration/saved';
import { badJsonLine } from '../core/data/json';
import { UserError } from '../core/user-error';
import { writeFileAtomic } from './atomic';
import { explainingWrite } from './explain-write';
import { readSmall } from './read-regular';
import { checkResourceName } from './resource-name';
import { systemErrorInWords } from './system-error';

export interface LoadedCalibrator {
  readonly file: string;
  /** SHA-256 of the file's bytes, lower-case hex; calibrated rows have it as `calibrator_sha256`. */
  readonly sha256: string;
  readonly saved: SavedCalibrator;
}

/**
 * The file of a workspace's calibrator.
 *
 * @throws UserError bad-name
 */
export function calibratorFile(workspace: string, name: string): string {
  return path.join(calibratorFolder(workspace), calibratorFileName(name));
}

/** @throws UserError bad-name */
export function calibratorFileName(name: string): string {
  checkResourceName(name, 'a calibrator');
  return `${name}.json`;
}

/** Where a workspace keeps its calibrators. */
export function calibratorFolder(workspace: string): string {
  return path.join(workspace, '.prompt-confidence', 'calibrators');
}

/**
 * Writes a calibrator, whole or not at all, and replaces an older one.
 *
 * @returns the SHA-256 of the file
 * @throws UserError not-writable, not-a-file
 */
export async function saveCalibrator(file: string, saved: SavedCalibrator): Promise<string> {
  const text = `${JSON.stringify(saved, null, 2)}\n`;
  await explainingWrite(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, text);
  });
  return sha256(text);
}

/** How the file of a calibrator is read and named. */
export interface CalibratorReading {
  /** The file as it is shown to people; absent: its path. */
  readonly shown?: string;
  /** Undefined where there is no such file; absent: from this machine's disk. */
  readonly bytes?: () => Promise<Uint8Array | undefined>;
}

/** @throws UserError calibrator-missing, calibrator-unreadable, and everything of `parseSavedCalibrator` */
export async function loadCalibrator(
  file: string,
  { shown = file, bytes = () => readSmall(file) }: CalibratorReading = {},
): Promise<LoadedCalibrator> {
  const content = await bytes().catch((error: unknown) => {
    if (error instanceof UserError)
      throw new UserError('calibrator-unreadable', error.message, { cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      'calibrator-unreadable',
      systemErrorInWords(error) ?? `${shown} cannot be read: ${reason}`,
      { cause: error },
    );
  });
  if (content === undefined) throw new UserError('calibrator-missing', `There is no file ${shown}.`);
  const text = new TextDecoder().decode(content);
  try {
    return { file, sha256: sha256(content), saved: parseSavedCalibrator(text) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const line = badJsonLine(text);
    const where = line === undefined ? shown : `${shown}, line ${line}`;
    throw new UserError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
