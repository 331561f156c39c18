/**
 * A real VS Code without a desktop: the server of code-server in a process of its own, its workbench in a
 * browser page. Used from inside (host tests) and from outside (end-to-end tests).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';

/** Set-up and start-up share two cores with whatever else runs: deadlines are generous, never a measurement. */
export const DEADLINE_MS = 90_000;

/** Nothing that talks to the network or covers the editor. */
const BASE_SETTINGS = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.commandCenter': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export interface ServerOptions {
  /** Everything of this run: user data and the workspace copy lie here. */
  readonly folder: string;
  readonly trusted: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Folders of the checkout that are installed as extensions beside ours. */
  readonly extensions?: readonly string[];
}

export interface VSCodeServer {
  readonly port: number;
  /** Ends the server and everything that it started, extension host and engine included. */
  stop(): void;
}

/**
 * A fresh temporary folder with a copy of a workspace of the checkout in `workspace`.
 *
 * @param isWhole with its classifiers and calibrators; without them the built-in classifiers stand, and scores stay raw
 */
export function freshFolder(sample = 'sample', isWhole = false): { folder: string; workspace: string } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'prompt-confidence-'));
  const workspace = path.join(folder, path.basename(sample));
  cpSync(path.join(projectRoot(), sample), workspace, {
    recursive: true,
    filter: (file) => isWhole || path.basename(file) !== '.prompt-confidence',
  });
  return { folder, workspace };
}

export async function startServer(options: ServerOptions): Promise<VSCodeServer> {
  const serverData = path.join(options.folder, 'server');
  // A window with a server takes settings of machine scope from the latter file, all others from the former.
  for (const scope of ['User', 'Machine']) {
    const file = path.join(serverData, 'data', scope, 'settings.json');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ ...BASE_SETTINGS, ...options.settings }, null, 2));
  }

  for (const extension of options.extensions ?? [])
    cpSync(
      path.join(projectRoot(), extension),
      path.join(serverData, 'extensions', path.basename(extension)),
      {
        recursive: true,
      },
    );

  const installed = requiredEnvironment('PROMPT_CONFIDENCE_VSCODE_SERVER');
  const child = spawn(
    path.join(installed, 'node_modules/node/bin/node'),
    [
      path.join(installed, 'node_modules/code-server/lib/vscode/out/server-main.js'),
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
      ...['--accept-server-license-terms', '--telemetry-level', 'off', '--enable-smoke-test-driver'],
      ...['--server-data-dir', serverData],
      ...(options.trusted ? ['--disable-workspace-trust'] : []),
    ],
    // A process group of its own, so that one signal reaches all of its descendants.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const stop = () => killGroup(child);
  // Outside our own group, Ctrl+C does not reach it.
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  try {
    return { port: await listeningPort(child), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** What the workbench calls its payload: where the extension under development and its tests are. */
export function workbenchUrl(
  port: number,
  workspace: string,
  extension: string,
  extensionTests?: string,
): string {
  const remote = (file: string) => `vscode-remote://127.0.0.1:${port}${file}`;
  const payload = [
    ['extensionDevelopmentPath', remote(extension)],
    ...(extensionTests === undefined ? [] : [['extensionTestsPath', remote(extensionTests)]]),
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query.toString()}`;
}

export async function openBrowser(): Promise<{ browser: Browser; page: Page }> {
  const browser = await chromium.launch({
    executablePath: requiredEnvironment('PROMPT_CONFIDENCE_CHROMIUM'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(DEADLINE_MS);
  return { browser, page };
}

/** Files may still be written while processes die: an attempt that fails is repeated. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

/** A folder under test-results/, made. */
export function resultsFolder(...parts: string[]): string {
  const folder = path.join(projectRoot(), 'test-results', ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function projectRoot(): string {
  return requiredEnvironment('PROMPT_CONFIDENCE_ROOT');
}

export function requiredEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: start the tests with node test/run.mjs`);
  return value;
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const deadline = setTimeout(() => fail('did not listen in time'), DEADLINE_MS);
    const fail = (why: string) => {
      clearTimeout(deadline);
      reject(new Error(`the VS Code server ${why}:\n${output}`));
    };
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(deadline);
      // Keep draining, or the server blocks on a full pipe.
      child.stdout?.off('data', read).resume();
      resolve(Number(port));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => fail(`did not start (${error.message})`));
    child.on('exit', (code) => fail(`ended with code ${code}`));
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
