/** `prompt-confidence classify`: the same numbers as in the editor, on a terminal. */
import { parseArgs } from 'node:util';
import { checkText } from '../core/classifier/prompt';
import { LOW_LABEL_MASS, type Score } from '../core/scoring/score';
import { command, DONE, usageError } from './command';
import { promptSha256 } from './prompt-hash';
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
  const { device } = info;
  const where =
    device.offloadedLayers > 0
      ? `${device.names.join(', ')}, ${device.offloadedLayers} of ${device.totalLayers} layers`
      : `CPU, ${device.threads} thread${device.threads === 1 ? '' : 's'}`;
  return `${classifier.name} with ${model.file} on ${where}`;
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(2).padStart(6)} %`;
}

function bar(probability: number, width = 24): string {
  return '█'.repeat(Math.round(probability * width)).padEnd(width, '·');
}

/** One text as people read it: verdict, label bars, token table, and what to be careful about. */
function report(text: string, score: Score): string {
  const width = Math.max(...score.labels.map((entry) => entry.label.length));
  const lines = [
    JSON.stringify(text),
    `  ${score.label}, combined confidence ${percent(score.confidence).trim()}`,
    ...score.labels.map(
      (entry) => `    ${entry.label.padEnd(width)}  ${bar(entry.confidence)} ${percent(entry.confidence)}`,
    ),
    `    label mass ${percent(score.labelMass).trim()}: the rest of the probability is on other answers`,
  ];
  if (score.tie) lines.push('  Note: another label is exactly as likely.');
  if (score.labelMass < LOW_LABEL_MASS)
    lines.push(
      '  Warning: the model mostly wanted to answer something else, so this is not a confident answer.',
    );
  if (score.cutTokens > 0)
    lines.push(
      `  Note: the text is too long; ${score.cutTokens} of ${score.textTokens} tokens were cut from its middle.`,
    );
  if (score.tokens !== undefined) {
    lines.push('    first token of the answer');
    lines.push('    rank  token               probability   log-prob  label');
    for (const row of score.tokens)
      lines.push(
        `    ${String(row.rank).padStart(4)}  ${JSON.stringify(row.text).padEnd(18)}  ${percent(Math.exp(row.logProb)).padStart(11)}  ${row.logProb.toFixed(4).padStart(9)}  ${row.label ?? ''}`.trimEnd(),
      );
  }
  return `${lines.join('\n')}\n`;
}
