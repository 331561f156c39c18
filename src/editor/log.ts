/** The log of this extension, in the Output panel. */
import { inspect } from 'node:util';
import * as vscode from 'vscode';
import { logText } from '../core/encode';
import { Repeats } from '../core/repeats';

type Write = (message: string, ...details: readonly unknown[]) => void;

export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  show(): void;
  dispose(): void;
}

/**
 * Texts may hold anything, of whomever: each call makes one entry, which cannot look like two. What is said again and
 * again is counted.
 */
export function openLog(): Log {
  const channel = vscode.window.createOutputChannel('Prompt Confidence', { log: true });
  const repeats = {
    debug: new Repeats(),
    info: new Repeats(),
    warn: new Repeats(),
    error: new Repeats(),
  };
  const writing =
    (level: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (...parts) => {
      const said = parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' ');
      const written = repeats[level].say(said);
      if (written !== undefined) channel[level](logText(written));
    };
  return {
    debug: writing('debug'),
    info: writing('info'),
    warn: writing('warn'),
    error: writing('error'),
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}
