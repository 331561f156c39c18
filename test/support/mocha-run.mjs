/**
 * Runs one suite of compiled tests in this process and writes its counts, what failed and what took longest.
 *
 *   node test/support/mocha-run.mjs <folder under dist-test> <result file> [--timeout ms] [--grep pattern] [--part I/N]
 */
import Mocha from 'mocha';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    timeout: { type: 'string', default: '20000' },
    grep: { type: 'string' },
    part: { type: 'string', default: '1/1' },
  },
});
const [suite, resultFile] = positionals;
const [part, parts] = values.part.split('/').map(Number);
const folder = path.resolve('dist-test', suite);
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.mjs'))
      .sort()
      .filter((_, index) => index % parts === part - 1)
      .map((file) => path.join(folder, file))
  : [];

const mocha = new Mocha({
  timeout: Number(values.timeout),
  forbidOnly: process.env.CI === 'true',
  reporter: 'dot',
});
if (values.grep !== undefined) mocha.grep(values.grep);
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const durations = [];
const runner = mocha.run(() => {
  const slowest = durations.sort((a, b) => b.seconds - a.seconds).slice(0, 20);
  writeFileSync(resultFile, JSON.stringify({ ...counts, failures, slowest }, null, 2));
  process.exit(counts.failed > 0 || files.length === 0 ? 1 : 0);
});
runner.on('pass', (test) => {
  counts.passed++;
  durations.push({ seconds: test.duration / 1000, test: test.fullTitle() });
});
runner.on('hook end', (hook) => {
  durations.push({ seconds: hook.duration / 1000, test: `${hook.parent.fullTitle()} ${hook.title}` });
});
runner.on('fail', (test, error) => {
  counts.failed++;
  failures.push(`${test.fullTitle()}: ${error.message}`);
});
runner.on('pending', () => counts.skipped++);
