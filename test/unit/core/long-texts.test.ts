import assert from 'node:assert/strict';
import { withField } from '../../../src/core/classifier/field';
import { completionPrompt } from '../../../src/core/classifier/prompt';
import { plainNumber } from '../../../src/core/data/cells';
import { badJsonLine } from '../../../src/core/data/json';
import { isFormula } from '../../../src/core/formula';
import { quoted } from '../../../src/core/quote';
import { promptClassifierFrom } from '../../support/prompt-classifier';

const MEGA = 1 << 20;
const DIGITS = '1'.repeat(MEGA);
const SPACES = ' '.repeat(MEGA);
const CLASSIFIER = { version: 1, name: 'long', template: '{{text}}', labels: [{ name: 'a' }, { name: 'b' }] };

/** For what takes the square of the length: that would be minutes. */
const ENDS_MS = 5000;

/** What is done with a text of others, and what must come of it. */
const LONG: readonly (readonly [what: string, work: () => unknown, expected: unknown])[] = [
  ['digits in a cell', () => plainNumber(`${DIGITS}x`), NaN],
  ['digits in a label', () => isFormula(`-${DIGITS}x`), true],
  ['spaces in a label', () => isFormula(`${SPACES}-x`), true],
  ['spaces after a sign', () => isFormula(`-${SPACES}x`), true],
  [
    'spaces in a template',
    () =>
      completionPrompt(promptClassifierFrom({ ...CLASSIFIER, template: `{{text}}${SPACES}x` }, 'x').asks).tail
        .length,
    MEGA + 1,
  ],
  [
    'spaces in a classifier file',
    () => withField(`{"a": 1,${SPACES}\n"b": 2, "calibrator": "x"}`, 'calibrator', undefined).length,
    MEGA + 16,
  ],
  ['a string in JSON', () => badJsonLine(`"${'x'.repeat(15 * MEGA)}"`), undefined],
  ['escapes in JSON', () => badJsonLine(`"${'\\n'.repeat(7 * MEGA)}`), 1],
  ['emoji in a name', () => quoted('😀'.repeat(MEGA)).length, 2 * 40 + 3],
];

describe('a long text of others', function () {
  this.timeout(ENDS_MS);
  for (const [what, work, expected] of LONG)
    it(`is read in one pass: ${what}`, () => assert.deepEqual(work(), expected));
});
