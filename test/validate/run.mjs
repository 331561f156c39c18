/**
 * Checks the statistics on simulated truth, and that the unit tests catch planted mistakes; seeded. Takes hours of
 * processor time, on all cores.
 *
 *   node test/validate/run.mjs [--quick]    writes docs/validation.md (not with --quick)
 */
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

const root = path.resolve(import.meta.dirname, '../..');
const isQuick = process.argv.includes('--quick');
const scratch = mkdtempSync(path.join(tmpdir(), 'prompt-confidence-validate-'));
const bundle = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

/** One planted mistake: a change of one source file that the unit tests must notice. */
const MUTANTS = [
  {
    name: 'a group is divided between folds',
    file: 'src/core/model/folds.ts',
    from: 'for (const row of rows) folds[row] = fold;',
    to: 'rows.forEach((row, i) => (folds[row] = (fold + i) % used));',
  },
  {
    name: "vector's penalty is chosen on the rows that it is fitted on",
    file: 'src/core/calibration/calibrators/vector.ts',
    from: 'rowsWhere(n, (i) => folds[i] === fold),',
    to: 'rowsWhere(n, (i) => folds[i] !== fold),',
  },
  {
    name: 'the calibrator of a fold is fitted on all rows',
    file: 'src/core/calibration/cross-fit.ts',
    from: 'fit(selectRows(data, split.trainRows(fold)))',
    to: 'fit(data)',
  },
  {
    name: 'a label prior is fitted on all rows',
    file: 'src/core/calibration/calibrate.ts',
    from: 'const fit = (train: PredictionData) => fitCalibrator(train, options).calibrator;',
    to: "const fit = (train: PredictionData) => fitCalibrator(options.method === 'prior-batch' ? known : train, options).calibrator;",
  },
  {
    name: 'ranks are pooled over folds',
    file: 'src/core/metrics/ranking.ts',
    from: 'const state = fold === null ? first : states[fold[rank] ?? 0];',
    to: 'const state = first;',
  },
  {
    name: 'bins are closed on the left',
    file: 'src/core/metrics/bins.ts',
    from: 'while (bin > 0 && value <= (edges[bin] ?? 0)) bin--;',
    to: 'bin = Math.min(count - 1, Math.floor(value * count));',
  },
  {
    name: 'the bootstrap ignores groups',
    file: 'src/core/metrics/bootstrap.ts',
    from: 'group === null ? poissonOne(random)',
    to: 'group !== undefined ? poissonOne(random)',
  },
];

function plant({ file, from, to }) {
  const target = path.join(root, file);
  // Read here: esbuild never asks for a file that was moved, and nothing would be planted.
  const source = readFileSync(target, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${file} no longer holds: ${from}`);
  return {
    name: 'plant',
    setup(context) {
      context.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
        loaded === target ? { contents: source.replace(from, () => to), loader: 'ts' } : undefined,
      );
    },
  };
}

/** Number of unit tests of the core that fail with the mistake in. */
async function failuresWith(mutant, index) {
  const out = path.join(scratch, `mutant-${index}`);
  const folders = ['calibration', 'metrics'].map((name) => `test/unit/${name}`);
  const entryPoints = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${file}`),
  );
  await build({
    ...bundle,
    entryPoints,
    outdir: out,
    outbase: 'test/unit',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['mocha', 'fast-check'],
    plugins: [plant(mutant)],
  });
  symlinkSync(path.join(root, 'node_modules'), path.join(out, 'node_modules'));
  const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js');
  const run = spawnSync(
    process.execPath,
    [mocha, '--timeout', '60000', '--reporter', 'json', `${out}/**/*.cjs`],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  return JSON.parse(run.stdout).failures.map(({ fullTitle }) => fullTitle);
}

async function mutants() {
  const lines = [];
  for (const [index, mutant] of MUTANTS.entries()) {
    const failures = await failuresWith(mutant, index);
    lines.push({ cells: [mutant.name, failures[0] ?? 'nothing'], misses: failures.length === 0 });
  }
  return {
    title: 'Planted mistakes',
    text: 'Each mistake is put into the source on its own. Required: a unit test fails.',
    head: ['mistake', 'first test that fails'],
    lines,
  };
}

/**
 * All simulations, on as many threads as there are cores. What each task computed is kept in test/validate/kept until the
 * report is written, so that a run which was stopped goes on where it was, on another machine too once it is committed;
 * changed statistics begin anew.
 */
async function simulated(scale) {
  const outfile = path.join(scratch, 'tasks.mjs');
  await build({ ...bundle, entryPoints: ['test/validate/tasks.ts'], outfile, format: 'esm' });
  const { href } = pathToFileURL(outfile);
  const { TASKS, sectionsOf } = await import(href);
  const kept = keptResults(
    createHash('sha256').update(readFileSync(outfile)).update(String(scale)).digest('hex'),
  );
  const code = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(href)}).then(({ compute }) => {
      parentPort.on('message', (task) => parentPort.postMessage({ task, computed: compute(task, ${scale}) }));
      parentPort.postMessage(null);
    });`;
  const computed = Array.from({ length: TASKS }, (_, task) => kept.read(task));
  const left = [...computed.keys()].filter((task) => computed[task] === undefined);
  let done = TASKS - left.length;
  const thread = (resolve, reject) => {
    const worker = new Worker(code, { eval: true });
    worker.on('error', reject);
    worker.on('message', (result) => {
      if (result !== null) {
        computed[result.task] = result.computed;
        kept.write(result.task, result.computed);
        process.stderr.write(`${++done} of ${TASKS}: ${JSON.stringify(result.computed)}\n`);
      }
      const task = left.shift();
      if (task === undefined) void worker.terminate().then(resolve);
      else worker.postMessage(task);
    });
  };
  await Promise.all(Array.from({ length: availableParallelism() }, () => new Promise(thread)));
  return { sections: sectionsOf(computed), forget: kept.forget };
}

function keptResults(key) {
  const folder = path.join(root, 'test/validate/kept', key.slice(0, 16));
  const fileOf = (task) => path.join(folder, `${task}.json`);
  mkdirSync(folder, { recursive: true });
  return {
    read: (task) => (existsSync(fileOf(task)) ? JSON.parse(readFileSync(fileOf(task), 'utf8')) : undefined),
    write(task, computed) {
      writeFileSync(`${fileOf(task)}.part`, JSON.stringify(computed));
      renameSync(`${fileOf(task)}.part`, fileOf(task));
    },
    forget: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function render(sections) {
  const parts = sections.map(({ title, text, head, lines }) =>
    [
      `## ${title}`,
      '',
      text,
      '',
      `| ${[...head, ''].join(' | ')} |`,
      `|${' --- |'.repeat(head.length + 1)}`,
      ...lines.map(({ cells, misses }) => `| ${[...cells, misses ? '**misses**' : ''].join(' | ')} |`),
    ].join('\n'),
  );
  return `# Validation of the statistics\n\nWritten by \`npm run validate\` (seeded). It checks the intervals, the null and the recommendation on data whose truth is known. A line that misses its requirement is marked.\n\n${parts.join('\n\n')}\n`;
}

try {
  const { sections, forget } = await simulated(isQuick ? 0.02 : 1);
  const report = render([...sections, await mutants()]);
  process.stdout.write(report);
  if (!isQuick) {
    mkdirSync(path.join(root, 'docs'), { recursive: true });
    writeFileSync(path.join(root, 'docs/validation.md'), report);
  }
  forget();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
