import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { remedyFor } from '../../../src/cli/remedies';
import { UserError } from '../../../src/core/user-error';
import { readTuningRows, rowHash } from '../../../src/store/tables/tuning-rows';
import { temporaryFolder } from '../../support/temporary';

describe('rows for tuning', () => {
  const folder = temporaryFolder();
  const read = async (...lines: readonly string[]) => {
    const file = path.join(folder(), 'labelled.csv');
    await writeFile(file, lines.join('\n'));
    return readTuningRows(file, ['positive', 'negative'], 'text');
  };

  it('have a text, a label of the classifier and, where the table has them, a group and a split', async () => {
    const { rows, isGrouped, isSplit, leftOut } = await read(
      'text,label,group,split',
      'Good.,positive,a,train',
      'Bad.,Negative,b,TEST',
      ',positive,c,train',
      'No label.,,d,train',
    );
    assert.deepEqual(
      rows.map(({ text, label, group, split }) => [text, label, group, split]),
      [
        ['Good.', 0, 'a', 'train'],
        ['Bad.', 1, 'b', 'test'],
      ],
    );
    assert.deepEqual([isGrouped, isSplit, leftOut], [true, true, 2]);
  });

  it('may have votes of several people, or be unsure', async () => {
    const { rows } = await read(
      'text,label,soft:positive,soft:negative,unsure',
      'A.,positive,3,1,',
      'B.,negative,,,yes',
      'C.,negative,0.2,0.8,0',
    );
    assert.deepEqual(
      rows.map(({ soft }) => soft),
      [[0.75, 0.25], undefined, [0.2, 0.8]],
    );
    assert.deepEqual(
      rows.map(({ isUnsure }) => isUnsure),
      [false, true, false],
    );
  });

  for (const [what, code, says, lines] of [
    [
      'a label that the classifier lacks',
      'no-such-label',
      /line 3: the label "neutral" is none of/u,
      ['text,label', 'A.,positive', 'B.,neutral'],
    ],
    ['no column of labels', 'no-truth', /no column "label"/u, ['text,truth', 'A.,positive']],
    ['no column of texts', 'no-such-column', /no column "text"/u, ['review,label', 'A.,positive']],
    ['an unknown split', 'bad-split', /line 2: the split "dev"/u, ['text,label,split', 'A.,positive,dev']],
    [
      'votes that are none',
      'not-probabilities',
      /line 2/u,
      ['text,label,soft:positive,soft:negative', 'A.,positive,-1,2'],
    ],
    [
      'votes for some labels only',
      'no-such-column',
      /those of "?negative/u,
      ['text,label,soft:positive', 'A.,positive,1'],
    ],
    ['nothing that is labelled', 'no-usable-rows', /no row with a text and a label/u, ['text,label', 'A.,']],
  ] as const)
    it(`are refused where there is ${what}`, () => assert.rejects(read(...lines), { code, message: says }));

  it('are refused on the command line with an option that it has, or none', async () => {
    const remedy = (...lines: readonly string[]): Promise<string> =>
      read(...lines).then(
        () => assert.fail(),
        (error: unknown) => (error instanceof UserError ? remedyFor(error) : assert.fail(String(error))),
      );
    assert.match(await remedy('review,label', 'A.,positive'), /^Name .* --text-column NAME\.$/u);
    assert.equal(await remedy('text,label,soft:positive', 'A.,positive,1'), '');
  });

  it('are told again by a hash of text and label', () => {
    assert.match(rowHash('a', 'b'), /^[0-9a-f]{16}$/u);
    assert.notEqual(rowHash('a', 'b'), rowHash('ab', ''));
    assert.notEqual(rowHash('a', 'b'), rowHash('a', 'c'));
    assert.equal(rowHash('What a day!', 'b'), rowHash('  what  a\nday ', 'b'));
  });
});
