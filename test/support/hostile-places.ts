/** What a repository can put in the place of a file that a program reads or writes there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Windows has no pipes in folders, and lets only administrators make links. */
export const CAN_BE_HOSTILE = process.platform !== 'win32';

const PLACES = {
  'a link outside': (file, outside) => symlinkSync(outside, file),
  'a dangling link': (file, outside) => symlinkSync(`${outside}.nowhere`, file),
  'a link to itself': (file) => symlinkSync(path.basename(file), file),
  'a folder': (file) => mkdirSync(file),
  'a pipe': (file) => pipe(file),
  'a link to a pipe': (file) => {
    pipe(`${file}.pipe`);
    symlinkSync(`${file}.pipe`, file);
  },
  'endless zeros': (file) => symlinkSync('/dev/zero', file),
} as const satisfies Record<string, (file: string, outside: string) => void>;

export type Hostile = keyof typeof PLACES;
export const HOSTILE = Object.keys(PLACES) as Hostile[];

/** Puts it in the place of a file. */
export function placeHostile(kind: Hostile, file: string, outside: string): void {
  PLACES[kind](file, outside);
}

/** A file outside of the repository, which no command may change. */
export function outsideFile(folder: string): string {
  const file = path.join(folder, 'outside.txt');
  writeFileSync(file, OUTSIDE);
  return file;
}

export const OUTSIDE = 'a file of the person\n'.repeat(100);

function pipe(file: string): void {
  const { status, stderr } = spawnSync('mkfifo', [file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
