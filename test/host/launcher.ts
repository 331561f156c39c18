/**
 * Stands in for the VS Code executable of @vscode/test-electron where VS Code cannot be downloaded: takes the
 * same arguments, runs the extension host under a server and the workbench in a browser, and ends with the
 * exit code of the tests.
 *
 *   node launcher.cjs <workspace folder> --extensionDevelopmentPath=… --extensionTestsPath=… [--enable-workspace-trust]
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import type { Page } from 'playwright-core';
import { openBrowser, resultsFolder, startServer, workbenchUrl } from '../support/vscode-server';
import { TEST_OUTPUT_MARK } from './print';

/** For all tests of one run together: for what hangs. */
const RUN_DEADLINE_MS = 30 * 60_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: 'string' },
      extensionTestsPath: { type: 'string' },
      'enable-workspace-trust': { type: 'boolean' },
    },
  });
  const workspace = positionals[0] ?? missing('a workspace folder');
  const extension = stringArgument(values.extensionDevelopmentPath, 'extensionDevelopmentPath');
  const tests = stringArgument(values.extensionTestsPath, 'extensionTestsPath');

  const server = await startServer({
    folder: path.dirname(workspace),
    trusted: values['enable-workspace-trust'] !== true,
    extensions: ['test/fixtures/chat-model'],
  });

  const { browser, page } = await openBrowser();
  try {
    return await runTests(page, workbenchUrl(server.port, workspace, extension, tests));
  } finally {
    await browser.close();
    server.stop();
  }
}

async function runTests(page: Page, url: string): Promise<number> {
  const log = path.join(resultsFolder(), 'host-workbench.log');
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    const text = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ');
    const mark = text.indexOf(TEST_OUTPUT_MARK);
    // The workbench is talkative: only what the tests say is shown, all of it is kept.
    if (mark >= 0) process.stdout.write(`${text.slice(mark + TEST_OUTPUT_MARK.length)}\n`);
    else appendFileSync(log, `${type}: ${stripVTControlCharacters(text)}\n`);
  });
  const exitCode = new Promise<number>((resolve, reject) => {
    setTimeout(() => {
      process.stdout.write(`the host tests did not end within ${RUN_DEADLINE_MS / 60_000} minutes\n`);
      resolve(1);
    }, RUN_DEADLINE_MS).unref();
    page.on('crash', () => resolve(1));
    page
      .exposeFunction('codeAutomationExit', resolve)
      .then(() => page.goto(url))
      .catch(reject);
  });
  const code = await exitCode;
  if (code !== 0) await page.screenshot({ path: path.join(resultsFolder(), 'host-failure.png') });
  return code;
}

function stringArgument(value: unknown, name: string): string {
  return typeof value === 'string' ? value : missing(`--${name}`);
}

function missing(what: string): never {
  throw new Error(`the launcher needs ${what}`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
