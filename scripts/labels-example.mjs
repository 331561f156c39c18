/**
 * The worked example of docs/labels.md: 100 labels on the film reviews, taken from what people said of them. Writes the
 * part of the page below its marker; everything there is what the command line prints, or computed here.
 *
 *   node scripts/labels-example.mjs     needs dist/ (npm run build)
 */
import { build } from 'esbuild';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const CLI = path.join(ROOT, 'dist', 'cli.mjs');
const TABLE = path.join(ROOT, 'docs', 'real-data', 'reviews.csv');
const PAGE = path.join(ROOT, 'docs', 'labels.md');
const MARKER = '<!-- Everything below is written by scripts/labels-example.mjs. -->\n';
const DRAWS = 250;

const scratch = mkdtempSync(path.join(tmpdir(), 'labels-example-'));
try {
  const example = `${session()}\n${await repeated()}`;
  const [above] = readFileSync(PAGE, 'utf8').split(MARKER);
  writeFileSync(PAGE, `${above}${MARKER}\n${example}`);
} finally {
  rmSync(scratch, { recursive: true });
}

/** The commands of one labelling, with what they print. */
function session() {
  const lines = readFileSync(TABLE, 'utf8').trimEnd().split('\n');
  const truth = new Map(lines.slice(1).map((line) => line.split(',').slice(0, 2)));
  const unlabelled = lines.map((line, at) => {
    const [id, , ...rest] = line.split(',');
    return [at === 0 ? 'id' : id, ...rest].join(',');
  });
  writeFileSync(path.join(scratch, 'reviews.csv'), `${unlabelled.join('\n')}\n`);
  const drawn = shown('sample reviews.csv --rows 100 --out to-label.csv');
  const [header, ...rows] = readFileSync(path.join(scratch, 'to-label.csv'), 'utf8').trimEnd().split('\n');
  const names = header.split(',');
  const filled = rows.map((row) => {
    const cells = row.split(',');
    cells[names.indexOf('label')] = truth.get(cells[names.indexOf('row_id')]) ?? '';
    return cells.join(',');
  });
  writeFileSync(path.join(scratch, 'labels.csv'), `${[header, ...filled].join('\n')}\n`);
  const said = [...truth.values()];
  const counts = [...new Set(said)].map(
    (label) => `${said.filter((other) => other === label).length.toLocaleString('en-US')} ${label}`,
  );
  return [
    'Somebody has 2,000 reviews, a model and no labels. 100 rows are drawn:\n',
    drawn,
    'They fill in the column `label` of `to-label.csv` and save it as `labels.csv`; here the labels are what the raters of the reviews said. How many are really positive, and how often is the model right?\n',
    shown('estimate reviews.csv --labels labels.csv'),
    `What the raters said of all 2,000: ${counts.join(', ')}; the model is right in 53.8% of them. A calibrator from the same labels, and a threshold for its confidence:\n`,
    shown('calibrate reviews.csv --labels labels.csv --method bias-temperature --out c.json', 7),
    shown(
      'evaluate reviews.csv --labels labels.csv --calibrator c.json --target .8',
      0,
      /threshold|target/iu,
    ),
    'And a gate on the share, for a build that must not run on lopsided data:\n',
    shown('gate reviews.csv --labels labels.csv --min share:positive=.3'),
  ].join('\n');
}

/** A command and what it prints to stdout, warnings left out. */
function shown(command, most = Infinity, only = undefined) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, ...command.split(' ')], {
    cwd: scratch,
    encoding: 'utf8',
  });
  if (status === 2 || status === null) throw new Error(`${command}: ${stderr}`);
  const all = stdout.trimEnd().split('\n');
  const chosen = only === undefined ? all.slice(0, most) : all.filter((line) => only.test(line));
  const cut = chosen.length < all.length ? '\n…' : '';
  return `\`\`\`\n$ prompt-confidence ${command}\n${chosen.join('\n')}${cut}\n\`\`\`\n`;
}

/** The same again and again with other draws: what the intervals are worth. */
async function repeated() {
  const outfile = path.join(scratch, 'repeated.mjs');
  const contents = `
    import { drawDesign } from './src/core/labelling/design';
    import { estimateTable, NOT_DRAWN } from './src/core/labelling/estimate';
    import { confidenceOf } from './src/core/model/rows';
    import { readTable } from './src/store/tables/read-table';
    export async function run(file, draws) {
      const { table } = await readTable(file, { truth: 'optional' });
      const { data, n } = table;
      const { confidence, predicted, correct } = confidenceOf(data);
      const positive = data.labels.indexOf('positive');
      const truth = data.truth.reduce((sum, label) => sum + Number(label === positive), 0) / n;
      const right = correct.reduce((sum, y) => sum + y, 0) / n;
      const lines = [];
      for (const kind of ['random', 'stratified'])
        for (const size of [50, 100, 200]) {
          const found = Array.from({ length: draws }, (_, seed) => {
            const { queue } = drawDesign({ kind, size, seed, n, scores: { confidence, predicted } });
            const answer = new Int32Array(n).fill(NOT_DRAWN);
            const weight = new Float64Array(n);
            for (const { row, probability } of queue) {
              answer[row] = data.truth[row];
              weight[row] = 1 / probability;
            }
            const { shares, accuracy } = estimateTable(data, { answer, weight }, { seed });
            return { share: shares[positive], accuracy };
          });
          lines.push({ kind, size, truth, right, found });
        }
      return lines;
    }`;
  await build({
    stdin: { contents, resolveDir: ROOT, loader: 'js' },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'warning', absWorkingDir: ROOT },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
  const { run } = await import(pathToFileURL(outfile).href);
  const lines = await run(TABLE, DRAWS);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const short = (value) => value.toFixed(3).replace(/^0/u, '');
  const of = (estimates, truth) => {
    const error = Math.sqrt(mean(estimates.map(({ value }) => (value - truth) ** 2)));
    return `${short(error)} / ${short(mean(estimates.map(({ low, high }) => high - low)))}`;
  };
  const held = (estimates, truth) =>
    `${(100 * mean(estimates.map(({ low, high }) => Number(low <= truth && truth <= high)))).toFixed(0)}%`;
  const rows = lines.map(({ kind, size, truth, right, found }) => {
    const shares = found.map(({ share }) => share);
    const worths = shares.flatMap(({ worth }) => worth ?? []);
    return [
      kind,
      size,
      of(shares, truth),
      of(
        shares.map(({ alone }) => alone),
        truth,
      ),
      Math.round(mean(worths)),
      held(shares, truth),
      of(
        found.map(({ accuracy }) => accuracy),
        right,
      ),
      held(
        found.map(({ accuracy }) => accuracy),
        right,
      ),
    ];
  });
  const [{ truth }] = lines;
  const head = ['design', 'labels', 'share', 'share, labels alone', 'worth', 'held', 'accuracy', 'held'];
  const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  return `The same with ${DRAWS} draws. The true share of "positive" is ${short(truth)}, and a count of predictions says ${short(predictedShare())}. Root mean square error / mean width of the 95% interval, how many labels alone would have told as much, and how many intervals hold the truth:\n\n${table}\n`;
}

function predictedShare() {
  const out = execFileSync(process.execPath, [CLI, 'estimate', TABLE, '--json'], { encoding: 'utf8' });
  return JSON.parse(out).shares.find(({ label }) => label === 'positive').predicted;
}
