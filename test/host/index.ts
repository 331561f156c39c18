/**
 * What VS Code loads as `extensionTestsPath`: runs the compiled host tests inside the extension host.
 * PROMPT_CONFIDENCE_HOST_SUITE picks them: `restricted` runs in an untrusted workspace, `bench` measures.
 */
import Mocha from 'mocha';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEADLINE_MS, requiredEnvironment } from '../support/vscode-server';
import { print } from './print';

export async function run(): Promise<void> {
  const files = testFiles(requiredEnvironment('PROMPT_CONFIDENCE_HOST_SUITE'));
  if (files.length === 0) throw new Error('there is no host test');
  const counts = await runFiles(files);
  writeFileSync(requiredEnvironment('PROMPT_CONFIDENCE_HOST_RESULT'), JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} host tests failed`);
}

/** The tests of a suite lie in the folder of its name; those of `trusted` directly here. */
function testFiles(suite: string): string[] {
  const suiteOf = (file: string): string => (file.includes(path.sep) ? path.dirname(file) : 'trusted');
  return readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.cjs') && suiteOf(file) === suite)
    .sort()
    .map((file) => path.join(__dirname, file));
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  readonly failures: string[];
  readonly durations: { readonly seconds: number; readonly test: string }[];
}

function runFiles(files: readonly string[]): Promise<Counts> {
  const mocha = new Mocha({ timeout: 2 * DEADLINE_MS, reporter: 'spec', color: false });
  Mocha.reporters.Base.consoleLog = print;
  for (const file of files) mocha.addFile(file);
  const counts: Counts = { passed: 0, failed: 0, skipped: 0, failures: [], durations: [] };
  const silent = new Set(files);
  return new Promise((resolve) => {
    const runner = mocha.run(() => {
      for (const file of silent) {
        counts.failures.push(`no test of ${path.relative(__dirname, file)} ran`);
        counts.failed++;
      }
      resolve(counts);
    });
    runner.on('pass', (test) => {
      counts.passed++;
      counts.durations.push({ seconds: (test.duration ?? 0) / 1000, test: test.fullTitle() });
    });
    runner.on('hook end', (hook) => {
      counts.durations.push({ seconds: (hook.duration ?? 0) / 1000, test: hook.fullTitle() });
    });
    runner.on('fail', (test, error: Error) => {
      counts.failed++;
      counts.failures.push(`${test.fullTitle()}: ${error.message}`);
    });
    runner.on('pending', () => counts.skipped++);
    runner.on('test end', (test) => {
      if (test.file !== undefined) silent.delete(test.file);
    });
  });
}
