import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findLabels } from '../../../src/app/labels/find-labels';
import { importedDecisions } from '../../../src/app/labels/import-labels';
import { answersOf, type Decision } from '../../../src/core/labelling/decisions';
import { appendDecisions, labelsFile, textSha256 } from '../../../src/store/labels';

function decision(rowId: string, label: string, more: Partial<Decision> = {}): Decision {
  return {
    ...{
      rowId,
      textSha256: textSha256(`text ${rowId}`),
      kind: 'label',
      label,
      design: 'd',
      selectedBy: 'random',
    },
    ...{ probability: 0.25, isBlind: true, who: '', time: '2026-01-02T03:04:05.678Z', ...more },
  };
}

function tableOf(labels: readonly string[]): string {
  const rows = labels.map((label, i) => `${i + 1},${i + 1},text ${i + 1},${label},d,random,0.25`);
  return `position,row_id,text,label,design,selected_by,inclusion_probability\n${rows.join('\n')}\n`;
}

describe('labels that are read back', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'import-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const standing = (decisions: readonly Decision[]) =>
    answersOf(decisions).map(({ answer }) => (answer.kind === 'label' ? answer.label : answer.kind));

  it('say what the table says now, however often it was corrected', async () => {
    const file = path.join(folder, 'filled.csv');
    const known: Decision[] = [];
    for (const label of ['spam', 'spam', 'ham', 'spam']) {
      await writeFile(file, tableOf([label, 'ham']));
      known.push(...(await importedDecisions(file, known)));
      assert.deepEqual(standing(known), [label, 'ham']);
    }
    assert.equal(known.length, 4);
  });

  it('take no answer back that was given meanwhile', async () => {
    const file = path.join(folder, 'filled.csv');
    await writeFile(file, tableOf(['spam', '', '', 'ham']));
    const known = [decision('2', 'spam')];
    known.push(...(await importedDecisions(file, known)));
    assert.deepEqual(standing(known), ['spam', 'spam', 'skip', 'ham']);
  });

  it('are those of a labels file, each decision once', async () => {
    const file = labelsFile(folder, 'other');
    const time = '2026-01-02T03:04:06.000Z';
    const all = [
      decision('1', 'spam'),
      decision('1', '', { kind: 'undo', time }),
      decision('1', 'ham', { time }),
    ];
    await appendDecisions(folder, file, all);
    const known = all.slice(0, 1);
    known.push(...(await importedDecisions(file, known)));
    assert.deepEqual(known, all);
    assert.deepEqual(await importedDecisions(file, known), []);
  });

  it('are no labels of a table that shares a few of the texts', async () => {
    const file = labelsFile(folder, 'other');
    await appendDecisions(
      folder,
      file,
      ['1', '2', '3', '4'].map((id) => decision(id, 'spam')),
    );
    const table = path.join(folder, 'table.csv');
    const own = labelsFile(folder, 'table');
    await writeFile(table, 'id,text\na,text 1\nb,text 1\nc,another\n');
    assert.equal(await findLabels(table, own, {}), undefined);
    await writeFile(table, 'id,text\na,text 1\nb,text 2\nc,another\n');
    assert.equal(await findLabels(table, own, {}), file);
  });
});
