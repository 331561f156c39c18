/**
 * A trainer without Python. It behaves as the file `mode` in its work folder says, and otherwise as the real one does
 * (training/prompt_confidence_training/__main__.py): a checkpoint after every step, an adapter and a result at the end.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [, , adapter, flag, , command, , input, , work] = process.argv;
if (flag === '-c') {
  // It has the packages of the lock.
  const lock = readFileSync(
    path.join(process.env.PROMPT_CONFIDENCE_ROOT, 'training/lock/linux-x64.txt'),
    'utf8',
  );
  const versions = ['torch', 'transformers', 'peft', 'gguf', 'numpy'].map(
    (name) => new RegExp(`^${name}==(.*)$`, 'm').exec(lock)[1],
  );
  process.stdout.write(JSON.stringify(versions));
  process.exit(0);
}
const folder = path.dirname(input);
const modeFile = path.join(folder, 'mode');
const mode = existsSync(modeFile) ? readFileSync(modeFile, 'utf8') : '';
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
process.stdin.resume().on('end', () => process.exit(0));

const lines = readFileSync(input, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));
const test = lines.slice(1).filter(({ split }) => split === 'test');
const STEPS = 6;
const point = (step) => ({
  step,
  epoch: step / 2,
  loss: step === 0 ? null : 0.5,
  accuracy: 0.5 + step / 20,
  nll: 0.7 - step / 20,
  ece: 0.1,
  eceNull: { mean: 0.05, q95: 0.09 },
});

mkdirSync(work, { recursive: true });
say({ type: 'progress', done: 0, total: 1, words: 'loading the model' });
if (mode === 'memory') {
  say({ type: 'failure', message: 'There is not enough memory to train on a single text.' });
  process.exit(1);
}
if (mode === 'full') {
  say({ type: 'failure', message: 'No space left on device: /cache/state.pt.tmp.' });
  process.exit(1);
}
if (command === 'estimate') {
  say({
    type: 'result',
    value: {
      threads: 1,
      secondsPerStep: 0.5,
      evaluationSeconds: 2,
      steps: STEPS,
      share: 0.95,
      peakBytes: 1e9,
      adapterBytes: 15e6,
      checkpointBytes: 150e6,
    },
  });
} else {
  const checkpoint = path.join(work, 'state.pt');
  const begun = existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0;
  if (mode === 'rubbish') {
    process.stdout.write('Traceback (most recent call last):\n\u0000\u0001 {"type": "result"\n');
    say({ type: 'result', value: { adapter: 5 } });
  } else {
    for (let step = 0; step < begun; step += 2) say({ type: 'point', value: point(step) });
    for (let step = begun; step < STEPS; step++) {
      if (mode === 'dies' && step === 3 && begun < 3) process.kill(process.pid, 'SIGKILL');
      if (mode === 'holds' && step === 3 && begun < 3)
        await new Promise(() => setInterval(() => undefined, 1 << 30));
      writeFileSync(checkpoint, String(step + 1));
      if (step % 2 === 0) say({ type: 'point', value: point(step) });
      say({ type: 'progress', done: step + 1, total: STEPS, words: `epoch ${(step + 1) / 2} of 3` });
    }
    copyFileSync(adapter, path.join(work, 'adapter.gguf'));
    const half = test.map(() => [0.5, 0.5]);
    say({
      type: 'result',
      value: {
        chosenStep: 4,
        sameBits: true,
        baseDifference: 0.004,
        curve: Array.from({ length: STEPS / 2 + 1 }, (_, at) => point(2 * at)),
        mcDropout: { mean: half, epistemic: test.map(() => 0.01), aleatoric: test.map(() => 0.6) },
        versions: { torch: '2', begun: String(begun) },
      },
    });
  }
}
process.stdin.destroy();
