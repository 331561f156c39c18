/** What every calibrator does for a table, as the command line says it, and how pages show it. */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';

const CLI = path.resolve(import.meta.dirname, '..', 'dist', 'cli.mjs');

/** What a command prints; its warnings go to the terminal. */
export function cli(args) {
  return execFileSync(process.execPath, [CLI, ...args], {
    ...{ encoding: 'utf8', maxBuffer: 2 ** 28 },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** A calibrator of one method, cross-fitted; `after` is null, and `problem` says why, where it cannot be fitted. */
export function calibrated(table, scratch, ...method) {
  const out = path.join(scratch, 'calibrator.json');
  const args = ['calibrate', table, '--out', out, '--force', '--json', '--method', ...method];
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : { after: null, problem: stderr.trim() };
}

/**
 * Raw, and every calibrator that the recommendation compares.
 *
 * @param scratch a folder
 * @returns `raw`: its evaluation; `methods`: [name, what {@link calibrated} gives]; `recommendation`
 */
export function crossFitted(table, scratch) {
  const { recommendation } = calibrated(table, scratch, 'auto');
  const compared = [...recommendation.candidates, ...recommendation.excluded].map(({ method }) => method);
  return {
    raw: JSON.parse(cli(['evaluate', table, '--json'])),
    methods: compared
      .filter((method) => method !== 'raw')
      .map((method) => [method, calibrated(table, scratch, method)]),
    recommendation,
  };
}

/** A line for raw and one for each method. */
export function crossFittedTable({ raw, methods }) {
  const rows = [['raw', { after: raw }], ...methods].map(([name, { after: evaluation, problem }]) => {
    if (evaluation === null) return [name, problem, '', '', '', '', ''];
    const { accuracy, meanConfidence, ece, eceNull, labelMetrics } = evaluation;
    return [
      name,
      withInterval(accuracy),
      withInterval(meanConfidence),
      withInterval(labelMetrics.nll),
      withInterval(labelMetrics.brier),
      withInterval(ece),
      `${eceNull.mean.toFixed(3)} (p = ${eceNull.p.toFixed(3)})`,
    ];
  });
  return markdown(
    ['', 'accuracy', 'mean confidence', 'NLL', 'Brier', 'ECE, 20 bins', 'ECE if calibrated'],
    rows,
  );
}

export function markdown(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function withInterval({ value, low, high }) {
  return low === null ? value.toFixed(3) : `${value.toFixed(3)} (${low.toFixed(3)} – ${high.toFixed(3)})`;
}
