/**
 * A program that does long work as a test wishes, and says how far it is in JSON lines (src/app/jobs/program.ts).
 * Its one argument is the order of test/support/scripted-job.ts.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';

const order = JSON.parse(process.argv[2]);
const { checkpoint, steps, holdAt, crashAt, mode, port } = order;
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** A connection that ends with this process, however that ends: the test hears it. */
function present(name) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(name, () => resolve(socket)));
  });
}

function startChild() {
  const ignoreTerm = mode === 'stubborn' ? `process.on('SIGTERM', () => undefined);` : '';
  const code = `${ignoreTerm} const s = require('node:net').connect(${port}, '127.0.0.1', () => s.write('child'));`;
  spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
}

function writeGarbage() {
  process.stdout.write('not JSON\n{"type": "progress"}\n[1]\n{"type": "news"}\nnull\n\n');
  process.stdout.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  process.stdout.write(`${'x'.repeat(34 << 20)}\n`);
  say({ type: 'log', message: 'told' });
  process.stderr.write('complained\n');
}

const begun = existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0;
const socket = port === undefined ? undefined : await present('program');
if (mode === 'stubborn') process.on('SIGTERM', () => undefined);
if (mode === 'outlives' || mode === 'stubborn') process.stdin.unref();
else process.stdin.resume().on('end', () => process.exit(1));
if (port !== undefined && mode !== 'outlives') startChild();
if (mode === 'garbage') writeGarbage();
if (mode === 'fails') {
  say({ type: 'failure', message: 'There is not enough memory.' });
  process.exit(1);
}

for (let step = begun; step < steps; step++) {
  // Only where it did not begin there: a resumed program passes.
  if (step === holdAt && begun < holdAt) await new Promise(() => setInterval(() => undefined, 1 << 30));
  if (step === crashAt && begun < crashAt) {
    process.stderr.write('out of memory\n');
    process.exit(3);
  }
  writeFileSync(checkpoint, String(step + 1));
  say({ type: 'progress', done: step + 1, total: steps, words: `step ${step + 1}` });
}
if (mode !== 'silent') say({ type: 'result', value: { begun, steps } });
socket?.destroy();
process.stdin.destroy();
