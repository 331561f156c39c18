import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { calibrationCommands } from '../../../src/cli/calibration';
import { importCommand } from '../../../src/cli/import';
import { labelCommands } from '../../../src/cli/labels';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder of its own in which commands run. */
export class Workbench {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Workbench> {
    return new Workbench(await mkdtemp(path.join(tmpdir(), 'cli-')));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.at(name), content);
    return this.at(name);
  }

  /** Runs a command line given as words; words that begin with @ are files of the folder. */
  async run(...words: readonly string[]): Promise<Ran> {
    const [name = '', ...argv] = words.map((word) => (word.startsWith('@') ? this.at(word.slice(1)) : word));
    const command = { ...calibrationCommands, ...labelCommands, import: importCommand }[name];
    if (command === undefined) throw new Error(`no command ${name}`);
    let out = '';
    let err = '';
    const code = await command(argv, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      now: () => new Date('2026-01-02T03:04:05Z'),
      version: '0.0.0',
    });
    return { code, out, err };
  }
}
