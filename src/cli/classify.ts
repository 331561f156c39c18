/** `prompt-confidence classify`: the same numbers as in the editor, on a terminal. */
import { parseArgs } from 'node:util';
import { checkText } from '../core/classifier/prompt';
import { deviceInWords } from '../core/device-words';
import { blockBar, formatLogProb, formatPercent, scoreWarnings, visibleToken } from '../core/presentation';
import type { Score, TokenRow } from '../core/scoring/score';
import { command, DONE, usageError } from './command';
import { promptSha256 } from '../store/prompt-hash';
import { SESSION_OPTIONS, SESSION_USAGE, wholeNumber, withSession, type Session } from './session';

const USAGE = `Usage: prompt-confidence classify TEXT… [options]
Classify texts and show the token distribution and the combined confidence.

${SESSION_USAGE}
  --top K                rows of the token table, 0 to 100 (default: 10)
  --json                 one JSON document on standard output
`;

export const classify = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...SESSION_OPTIONS,
      top: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  const topTokens = wholeNumber('--top', values.top);
  if (topTokens > 100) throw usageError('--top is at most 100.');
  if (positionals.length === 0) throw usageError('Nothing to classify. Give one or more texts.');
  for (const text of positionals) checkText(text);
  await withSession(values, io, async (session) => {
    const { classifier, engine } = session;
    const { scores, shape } = await engine.score({ classifier, texts: positionals, topTokens }, io.signal);
    const results = scores.map((score, index) => ({ text: positionals[index] ?? '', ...score }));
    if (values.json) io.out(`${JSON.stringify({ ...describe(session), shape, results }, null, 2)}\n`);
    else {
      io.out(`${heading(session)}\n`);
      for (const result of results) io.out(`\n${report(result.text, result)}`);
    }
  });
  return DONE;
});

function describe({ classifier, model, modelSha256, info }: Session): object {
  return {
    schema: 1,
    classifier: classifier.name,
    promptSha256: promptSha256(classifier),
    model: { file: model.file, sha256: modelSha256 },
    device: info.device,
    versions: info.versions,
  };
}

function heading({ classifier, model, info }: Session): string {
  return `${classifier.name} with ${model.file} on ${deviceInWords(info.device)}`;
}

/** One text as people read it: verdict, label bars, token table, and what to be careful about. */
function report(text: string, score: Score): string {
  const width = Math.max(...score.labels.map((entry) => entry.label.length));
  const lines = [
    JSON.stringify(text),
    `  ${score.label}, combined confidence ${formatPercent(score.confidence)}`,
    ...score.labels.map(
      ({ label, confidence }) =>
        `    ${label.padEnd(width)}  ${blockBar(confidence, 24).padEnd(24)} ${formatPercent(confidence).padStart(7)}`,
    ),
    `    label mass ${formatPercent(score.labelMass)}: the rest of the probability is on other answers`,
    ...scoreWarnings(score).map(({ message }) => `  ⚠ ${message}`),
  ];
  if (score.tokens !== undefined) lines.push('    first token of the answer', ...tokenTable(score.tokens));
  return `${lines.join('\n')}\n`;
}

function tokenTable(tokens: readonly TokenRow[]): string[] {
  const rows = tokens.map((row) => [
    String(row.rank),
    visibleToken(row.text),
    formatPercent(Math.exp(row.logProb)),
    formatLogProb(row.logProb),
    row.label ?? '',
  ]);
  const table = [['rank', 'token', 'probability', 'log-prob', 'label'], ...rows];
  const widths = [4, 18, 11, 9, 0];
  const leftAligned = new Set([1, 4]);
  return table.map((cells) =>
    `    ${cells.map((cell, at) => (leftAligned.has(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`.trimEnd(),
  );
}
