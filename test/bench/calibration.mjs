/**
 * Fits and metrics on 1,000,000 rows beside scikit-learn, netcal and numpy: same arrays, one thread, results compared
 * before times.
 *
 *   python3 -m venv venv && venv/bin/pip install scikit-learn netcal
 *   node test/bench/calibration.mjs [--rows 1000000] [--python venv/bin/python]
 */
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, python: { type: 'string' } },
});
const n = Number(values.rows);
const ROUNDS = 200;
/** Rounds of the bootstrap that Python repeats on the very same weights, to compare results. */
const COMPARED = 3;
const REPEATS = 3;
/** Beyond such a difference of results their times say nothing; netcal's beta stops its search earlier. */
const TOLERANCE = 1e-6;
const BETA_TOLERANCE = 1e-4;
const scratch = mkdtempSync(path.join(tmpdir(), 'prompt-confidence-bench-'));

async function core() {
  const outfile = path.join(scratch, 'core.mjs');
  await build({
    stdin: {
      contents: `
        export { seededRandom } from './src/core/random';
        export { poissonOne, standardNormal } from './src/core/metrics/random-draws';
        export { platt } from './src/core/calibration/calibrators/platt';
        export { isotonic, interpolate } from './src/core/calibration/calibrators/isotonic';
        export { beta } from './src/core/calibration/calibrators/beta';
        export { histogram, histogramOnEdges } from './src/core/calibration/calibrators/histogram';
        export { temperature } from './src/core/calibration/calibrators/temperature';
        export { logit, logSoftmax, sigmoid } from './src/core/model/numeric';
        export { confidenceOf } from './src/core/model/rows';
        export { scoreTable } from './src/core/metrics/table';
        export { bootstrap } from './src/core/metrics/bootstrap';
        export { evaluate } from './src/core/metrics/evaluate';
        export { readTable } from './src/store/tables/read-table';
      `,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

/** Best of a few runs, in seconds, with the last result. */
function timed(run, repeats = REPEATS) {
  let best = Infinity;
  let result;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const start = performance.now();
    result = run();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return { seconds: best, result };
}

try {
  const lib = await core();
  const random = lib.seededRandom(1);
  const f = Float64Array.from({ length: n }, () => 1 + 2 * lib.standardNormal(random));
  const y = Uint8Array.from(f, (x) => Number(random() < lib.sigmoid(0.7 * x - 0.3)));
  const K = 3;
  const z = lib.logSoftmax(
    Float64Array.from({ length: n * K }, () => 2 * lib.standardNormal(random)),
    K,
  );
  const truth = Int32Array.from({ length: n }, (_, i) => {
    const weights = [0, 1, 2].map((k) => Math.exp(0.6 * z[i * K + k]));
    let u = random() * (weights[0] + weights[1] + weights[2]);
    let k = 0;
    while (k < K - 1 && (u -= weights[k]) >= 0) k++;
    return k;
  });
  const grid = Float64Array.from({ length: 121 }, (_, i) => -6 + i / 10);
  for (const [name, column] of Object.entries({ f, y, z, truth, grid }))
    writeFileSync(path.join(scratch, `${name}.bin`), new Uint8Array(column.buffer));

  const sample = { f, y, weight: null };
  const onGrid = (at) => Array.from(grid, at);
  const ours = {};
  const record = (name, { seconds, result }, value) => (ours[name] = { seconds, values: value(result) });
  record(
    'platt',
    timed(() => lib.platt.fit(sample)),
    (map) => onGrid((x) => lib.sigmoid(lib.platt.apply(map, x))),
  );
  record(
    'isotonic',
    timed(() => lib.isotonic.fit(sample)),
    (map) => onGrid((x) => lib.interpolate(map.x, map.y, x)),
  );
  record(
    'temperature',
    timed(() => lib.temperature.fit({ labels: ['a', 'b', 'c'], logProbs: z, truth })),
    ({ beta }) => [beta],
  );
  record(
    'beta',
    timed(() => lib.beta.fit(sample)),
    (map) => onGrid((x) => lib.sigmoid(lib.beta.apply(map, x))),
  );
  // netcal has bins of equal width only; ours of equal mass, whose edges are fitted too, are timed on their own.
  const tenths = Array.from({ length: 9 }, (_, i) => lib.logit((i + 1) / 10));
  const onGridOf = (map) => onGrid((x) => lib.sigmoid(lib.histogram.apply(map, x)));
  record(
    'histogram',
    timed(() => lib.histogramOnEdges(sample, tenths)),
    onGridOf,
  );
  record(
    'histogram, equal mass',
    timed(() => lib.histogram.fit(sample)),
    onGridOf,
  );
  const data = { kind: 'confidence', confidence: f.map(lib.sigmoid), correct: y };
  record(
    'metrics',
    timed(() => lib.evaluate(data, { rounds: 0, nullDraws: 0 })),
    ({ ece, brier, nll, auroc }) => [ece, brier, nll, auroc].map(({ value }) => value),
  );
  const scored = () => lib.scoreTable(lib.confidenceOf(data), null, 'width', 20, undefined);
  const resampled = timed(() => lib.bootstrap(scored(), ROUNDS, 0.05, lib.seededRandom(1)), 1);
  record('bootstrap', resampled, ({ ece, brier, nll, auroc }) =>
    [ece, brier, nll, auroc].flatMap((column) => Array.from(column.subarray(0, COMPARED))),
  );
  const peak = process.resourceUsage().maxRSS / 1024;
  // The draws of the first rounds, row by row.
  const { order } = scored().ranking;
  const draws = lib.seededRandom(1);
  const weights = new Uint8Array(COMPARED * n);
  for (let round = 0; round < COMPARED; round++)
    for (const row of order) weights[round * n + row] = lib.poissonOne(draws);
  writeFileSync(path.join(scratch, 'weights.bin'), weights);

  // Apart from all the others, which start from arrays in memory.
  const csv = path.join(scratch, 'table.csv');
  const lines = Array.from(data.confidence, (p, i) => `${p},${y[i]}\n`);
  writeFileSync(csv, `confidence,correct\n${lines.join('')}`);
  const parsing = performance.now();
  await lib.readTable(csv, {});
  const parsed = (performance.now() - parsing) / 1000;

  let theirs = {};
  if (values.python !== undefined) {
    const script = path.join(import.meta.dirname, 'calibration.py');
    const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    const run = spawnSync(values.python, [script, scratch, String(ROUNDS), String(REPEATS)], {
      env: { ...process.env, ...threads },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (run.status !== 0) throw new Error('the Python side failed');
    theirs = JSON.parse(readFileSync(path.join(scratch, 'python.json'), 'utf8'));
  }
  const rows = [];
  for (const [name, own] of Object.entries(ours)) {
    const others = Object.entries(theirs[name] ?? {});
    if (others.length === 0) rows.push([name, own.seconds.toFixed(3), '', '', '', '']);
    for (const [library, other] of others) {
      const gap = Math.max(...own.values.map((value, i) => Math.abs(value - other.values[i])));
      if (!(gap <= (name === 'beta' ? BETA_TOLERANCE : TOLERANCE))) {
        console.error(`${name}: results differ from those of ${library} by ${gap}`);
        process.exitCode = 1;
      }
      const ratio = other.seconds / own.seconds;
      rows.push([
        name,
        own.seconds.toFixed(3),
        library,
        other.seconds.toFixed(3),
        ratio.toFixed(1),
        gap.toExponential(1),
      ]);
    }
  }
  console.log(`\n${n} rows, best of ${REPEATS} (bootstrap of ${ROUNDS} rounds: one run), seconds`);
  console.log(
    '| what | ours | beside | theirs | theirs / ours | largest difference |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log(
    `\npeak memory: ours ${peak.toFixed(0)} MiB${theirs.peakMiB === undefined ? '' : `, Python ${theirs.peakMiB.toFixed(0)} MiB`}`,
  );
  console.log(`reading the same rows from a CSV file: ${parsed.toFixed(2)} s`);
  console.log(
    'Ours also resamples MCE, smooth ECE, debiased L2 and AURC in the bootstrap; numpy only the four named.',
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
