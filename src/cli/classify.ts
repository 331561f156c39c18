/** `prompt-confidence classify`: the same numbers as in the editor, on a terminal. */
import { largest } from '../core/extremes';
import { parseArgs } from 'node:util';
import { type Classified, classifyTexts } from '../app/classify';
import type { NamedCalibrator } from '../app/classifier-calibrator';
import type { CalibratedScore } from '../core/calibration/calibrated-score';
import type { ScoreOrigin } from '../core/calibration/compatibility';
import type { Classifier } from '../core/classifier/definition';
import { boundsOf, DEFAULT_BUCKETS } from '../core/model/buckets';
import { formatPercent } from '../core/words/quantities';
import type { Warning } from '../core/model/predictions';
import type { Score, TokenRow } from '../core/scoring/score';
import { decided } from '../core/scoring/decided';
import { UserError } from '../core/user-error';
import {
  ANOTHER_LIKELIER,
  bucketAndRaw,
  calibratorInWords,
  type OwnLabel,
  ownFigures,
  ownLabels,
} from '../core/words/calibrated-score';
import { oneLine, visibleToken } from '../core/encode';
import {
  agreementLines,
  blockBar,
  confidenceName,
  formatLogProb,
  labelPercent,
  outputInWords,
  scoreWarnings,
} from '../core/words/score';
import { isFailed, type SourceIdentity } from '../sources/source';
import { bucketOption, bucketsUsage } from './calibration/options';
import { command, DONE, usageError } from './command';
import { wholeNumber } from './numbers';
import { SESSION_OPTIONS, SESSION_USAGE, withSession } from './session';

const USAGE = `Usage: prompt-confidence classify TEXT… [options]
Classify texts and show the combined confidence and the token table.

${SESSION_USAGE}
  --top K                rows of the token table, 0 to 100 (default: 10)
${bucketsUsage('buckets of the calibrated confidence, highest first')}  --json                 print one JSON document
`;

export const classify = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...SESSION_OPTIONS,
      top: { type: 'string', default: '10' },
      buckets: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const topTokens = wholeNumber('top', values.top, { low: 0, high: 100 });
  const given = bucketOption(values.buckets);
  if (positionals.length === 0) throw usageError('There is nothing to classify. Give one or more texts.');
  await withSession(
    values,
    io,
    async ({ sources, classifier, seed, calibrator, beforeMany }) => {
      const buckets = given ?? classifier.buckets ?? DEFAULT_BUCKETS;
      const classified = await classifyTexts(sources, {
        classifier,
        texts: positionals,
        topTokens,
        calibrator,
        buckets,
        seed,
        beforeMany,
        readsModel: true,
        signal: io.signal,
      });
      const results = classified.results.map((result, index) => {
        if (isFailed(result)) throw new UserError('text-failed', result.reason);
        return resultOf(positionals[index] ?? '', result);
      });
      const { identity, warnings, shape } = classified;
      for (const { message } of warnings) io.err(`Warning: ${oneLine(message)}\n`);
      if (values.json)
        io.out(
          `${JSON.stringify({ ...describe(classifier, identity, classified.origin, calibrator?.all ?? [], warnings), shape, results: results.map(printed) }, null, 2)}\n`,
        );
      else {
        io.out(`${oneLine(heading(classifier, identity, calibrator?.all ?? []))}\n`);
        for (const result of results) io.out(`\n${report(result, boundsOf(buckets))}`);
      }
    },
    { texts: () => Promise.resolve(positionals) },
  );
  return DONE;
});

type Result = Score & {
  readonly text: string;
  readonly calibrated?: CalibratedScore;
  /** Of labels that do not exclude each other. */
  readonly own: readonly OwnLabel[] | null;
};

function resultOf(text: string, { score, calibrated }: Classified): Result {
  const { calibration } = calibrated ?? {};
  return {
    text,
    ...score,
    own: ownLabels({ score, calibration }),
    ...(calibration?.kind === 'calibrated' ? { calibrated: calibration.score } : {}),
  };
}

/** The document's key for the scoring mode is older than this name. It stays, because scripts read it. */
function printed({ own, ...result }: Result): object {
  if (own !== null) {
    const { text, mode, textTokens, cutTokens } = result;
    return {
      text,
      labels: own.map(printedLabel),
      method: mode,
      textTokens,
      cutTokens,
      ...warningsOf(result),
    };
  }
  const entries = Object.entries(result).map(([key, value]): [string, unknown] => [
    key === 'mode' ? 'method' : key,
    value,
  ]);
  return { ...Object.fromEntries<unknown>(entries), ...warningsOf(result) };
}

function warningsOf(score: Score): object {
  return { warnings: scoreWarnings(score).map(({ kind, message }) => ({ code: kind, message })) };
}

function printedLabel({ label, output, confidence, raw, threshold, isRight, by }: OwnLabel): object {
  return {
    label,
    output,
    probability: confidence,
    ...(by === null ? {} : { raw, calibrator: by }),
    threshold,
    yes: isRight,
  };
}

function describe(
  classifier: Classifier,
  { model, device, versions }: SourceIdentity,
  origin: ScoreOrigin,
  calibrators: readonly NamedCalibrator[],
  warnings: readonly Warning[],
): object {
  const [calibrator] = calibrators;
  return {
    schema: 1,
    classifier: classifier.name,
    promptSha256: origin.promptSha256,
    ...(origin.promptAdded === undefined ? {} : { promptAdded: origin.promptAdded }),
    model: model?.kind === 'file' ? { file: model.name, sha256: model.sha256 } : model,
    device,
    versions,
    ...(calibrator === undefined
      ? {}
      : calibrator.saved.label === undefined
        ? { calibrator: { file: calibrator.file, sha256: calibrator.sha256, warnings } }
        : {
            calibrators: calibrators.map(({ file, sha256, saved: { label } }) => ({ label, file, sha256 })),
            warnings,
          }),
  };
}

function heading(
  { name }: Classifier,
  { inWords }: SourceIdentity,
  calibrators: readonly NamedCalibrator[],
): string {
  const named = calibrators.map(({ by, saved: { label } }) =>
    label === undefined
      ? `${by.name} (${calibratorInWords(by)})`
      : `${by.name} (${label}: ${calibratorInWords(by)})`,
  );
  const by = named.length === 0 ? '' : `, calibrated by ${named.join(', ')}`;
  return `${name} with ${inWords}${by}`;
}

/**
 * One text as people read it: verdict, label bars, token table and warnings.
 *
 * @param bounds where buckets begin
 */
function report(result: Result, bounds: readonly number[]): string {
  const { own } = result;
  const lines = [
    JSON.stringify(result.text),
    ...(own === null
      ? [...verdict(result, bounds), ...labelLines(result, bounds)]
      : [`  ${decided(own).label}`, ...ownLines(own, bounds)]),
    ...(result.mode === 'sampled' || result.labelMass === null
      ? []
      : [
          `    label mass ${formatPercent(result.labelMass)}: the rest of the probability is on other answers`,
        ]),
    ...agreementLines(result).map((line) => `    ${line}`),
    ...scoreWarnings(result, bounds).map(({ message }) => `  ⚠ ${message}`),
  ];
  if (result.tokens !== undefined) lines.push('    first token of the answer', ...tokenTable(result.tokens));
  return `${lines.map(oneLine).join('\n')}\n`;
}

function verdict(result: Result, bounds: readonly number[]): string[] {
  const { calibrated } = result;
  if (calibrated === undefined)
    return [`  ${result.label}, ${confidenceName(result)} ${formatPercent(result.confidence, bounds)}`];
  const confidence = formatPercent(calibrated.confidence, bounds);
  return [
    `  ${calibrated.label}, calibrated confidence ${confidence}: ${bucketAndRaw({ score: result, bounds }, calibrated)}`,
    ...(calibrated.anotherLikelier ? [`  ⚠ ${ANOTHER_LIKELIER}`] : []),
  ];
}

/** The calibrated number first if every label has one, then the raw number. */
function labelLines({ labels, calibrated }: Result, bounds: readonly number[]): string[] {
  const width = largest(labels.map(({ label }) => label.length));
  return labels.map((entry, k) => {
    const { label, confidence } = entry;
    const own = calibrated?.labels?.[k]?.confidence;
    const bar = blockBar(own ?? confidence, 24).padEnd(24);
    const raw = labelPercent(entry, labels, bounds);
    const figures =
      calibrated === undefined || own === undefined
        ? raw.padStart(7)
        : `${formatPercent(own, bounds).padStart(7)}   raw ${raw}`;
    return `    ${label.padEnd(width)}  ${bar} ${figures}   ${outputInWords(entry)}`.trimEnd();
  });
}

/** Each label by itself, in the order of the outputs. */
function ownLines(own: readonly OwnLabel[], bounds: readonly number[]): string[] {
  const width = largest(own.map(({ label }) => label.length));
  return own.map((label) =>
    `    ${label.label.padEnd(width)}  ${label.isRight ? 'yes' : 'no '}  ${blockBar(label.confidence, 24).padEnd(24)} ${ownFigures(label, bounds)}   ${outputInWords(label)}`.trimEnd(),
  );
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
