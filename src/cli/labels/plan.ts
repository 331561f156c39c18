/** `prompt-confidence plan`: how many labels a purpose needs, before there are any. */
import { parseArgs } from 'node:util';
import { fewestForTarget, labelsForGate, labelsForWidth } from '../../core/labelling/plan';
import { JSON_USAGE, OUTPUT_OPTIONS, positional, shareOption } from '../calibration/options';
import { command, DONE, usageError } from '../command';
import { namedNumber } from '../numbers';

const USAGE = `Usage: prompt-confidence plan [--width W] [--gate METRIC=X --expect Y] [--target X]
Say how many labels are needed, of rows that are drawn all at random and without help of the model's probabilities, which
can only lower the number.

  --width W              for a 95% interval of this width, .06 for ± 3 points
  --share X              the share that is expected there (default: .5, the worst case)
  --gate METRIC=X        for a gate to pass: a limit of accuracy or of share:LABEL
  --expect Y             the value of that metric that is expected
  --power P              how often the gate passes then (default: .8)
  --target X             for a threshold with this accuracy: the fewest labelled rows at or above it
${JSON_USAGE}`;

export const plan = command(USAGE, async (argv, io) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...OUTPUT_OPTIONS,
      width: { type: 'string' },
      share: { type: 'string' },
      gate: { type: 'string' },
      expect: { type: 'string' },
      power: { type: 'string' },
      target: { type: 'string' },
    },
  });
  positional(positionals);
  const width = shareOption('width', values.width);
  const share = shareOption('share', values.share) ?? 0.5;
  const target = shareOption('target', values.target);
  const gate = gateOption(values);
  if (width === undefined && gate === undefined && target === undefined)
    throw usageError('There is nothing to plan. Give --width, --gate or --target.');
  const answers = [
    ...(width === undefined ? [] : [forWidth(width, share)]),
    ...(gate === undefined ? [] : [forGate(gate)]),
    ...(target === undefined ? [] : [forTarget(target)]),
  ];
  io.out(
    values.json
      ? `${JSON.stringify({ schema: 1, plans: answers }, null, 2)}\n`
      : answers.map(({ message }) => `${message}\n`).join(''),
  );
  return Promise.resolve(DONE);
});

interface Answer {
  readonly purpose: 'width' | 'gate' | 'target';
  /** Null where no number of labels helps, or more than a million are needed. */
  readonly labels: number | null;
  readonly message: string;
}

function forWidth(width: number, share: number): Answer {
  const labels = labelsForWidth(width, share);
  return {
    purpose: 'width',
    labels,
    message: `${inWords(labels)} for a 95% interval that is ${width} wide, at a share of ${share}.`,
  };
}

interface PlannedGate {
  readonly metric: string;
  readonly limit: number;
  readonly expected: number;
  readonly power: number;
}

function gateOption(values: {
  readonly gate?: string | undefined;
  readonly expect?: string | undefined;
  readonly power?: string | undefined;
}): PlannedGate | undefined {
  if (values.gate === undefined) {
    if (values.expect !== undefined || values.power !== undefined)
      throw usageError('--expect and --power are about a gate. Give --gate too.');
    return undefined;
  }
  const named = namedNumber(values.gate);
  if (named === undefined || !(named.value > 0 && named.value < 1))
    throw usageError(`--gate takes METRIC=X with X between 0 and 1, not "${values.gate}".`);
  if (named.name !== 'accuracy' && !/^share:./su.test(named.name))
    throw usageError(`--gate plans accuracy or share:LABEL, not "${named.name}".`);
  const expected = shareOption('expect', values.expect);
  if (expected === undefined) throw usageError('--gate needs the value that is expected. Give --expect Y.');
  return {
    metric: named.name,
    limit: named.value,
    expected,
    power: shareOption('power', values.power) ?? 0.8,
  };
}

function forGate({ metric, limit, expected, power }: PlannedGate): Answer {
  const bound = metric !== 'accuracy' && expected < limit ? 'max' : 'min';
  const labels = labelsForGate(bound, { limit, expected, power });
  const gate = `${metric} ${bound === 'min' ? '≥' : '≤'} ${limit}`;
  return {
    purpose: 'gate',
    labels,
    message:
      labels === null
        ? `No practical number of labels lets ${gate} pass if the true value is ${expected}.`
        : `${inWords(labels)} for ${gate} to pass in ${Math.round(100 * power)}% of samples, if the true value is ${expected}.`,
  };
}

function forTarget(target: number): Answer {
  const labels = fewestForTarget(target);
  return {
    purpose: 'target',
    labels,
    message: `At least ${labels} labelled rows at or above a threshold, all of them right, for a target accuracy of ${target}.`,
  };
}

function inWords(labels: number | null): string {
  return labels === null ? 'More than a million labels' : `${labels.toLocaleString('en-US')} labels`;
}
