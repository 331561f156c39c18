/**
 * Runs one suite of compiled tests in this process and writes its counts.
 *
 *   node test/support/mocha-run.mjs <folder under dist-test> <result file> [--timeout ms] [--grep pattern]
 */
import Mocha from 'mocha';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { timeout: { type: 'string', default: '20000' }, grep: { type: 'string' } },
});
const [suite, resultFile] = positionals;
const folder = path.resolve('dist-test', suite);
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.cjs'))
      .sort()
      .map((file) => path.join(folder, file))
  : [];

const mocha = new Mocha({
  timeout: Number(values.timeout),
  forbidOnly: process.env.CI === 'true',
  reporter: 'dot',
});
if (values.grep !== undefined) mocha.grep(values.grep);
for (const file of files) mocha.addFile(file);
const counts = { passed: 0, failed: 0, skipped: 0 };
const runner = mocha.run(() => {
  writeFileSync(resultFile, JSON.stringify(counts));
  process.exit(counts.failed > 0 || files.length === 0 ? 1 : 0);
});
runner.on('pass', () => counts.passed++);
runner.on('fail', () => counts.failed++);
runner.on('pending', () => counts.skipped++);
