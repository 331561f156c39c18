import assert from 'node:assert/strict';
import { loadForPage } from '../../../src/features/calibration/worker/load';
import { AS_FOUND, type TableOptions } from '../../../src/protocol/calibration-page';
import { appendDecisions, labelsFile, textSha256 } from '../../../src/store/labels';
import { Workbench } from '../cli/workbench';

const ROWS = 6;

describe('the truth of a calibration panel', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
    const rows = (truth: (row: number) => string) =>
      Array.from({ length: ROWS }, (_, i) => `text ${i},${truth(i)}.8,.2`).join('\n');
    await bench.write('plain.csv', `text,prob:ham,prob:spam\n${rows(() => '')}\n`);
    await bench.write('own.csv', `text,label,prob:ham,prob:spam\n${rows(() => 'ham,')}\n`);
  });
  after(() => bench.remove());

  const place = (name: string): string => labelsFile(bench.folder, name);
  const give = (name: string, kind: 'label' | 'unsure', rows: number): Promise<unknown> =>
    appendDecisions(
      bench.folder,
      place(name),
      Array.from({ length: rows }, (_, i) => ({
        ...{ rowId: '', textSha256: textSha256(`text ${i}`), kind, label: kind === 'label' ? 'spam' : '' },
        ...{ design: 'd1', selectedBy: 'random', probability: 0.5, isBlind: true, who: '' },
        time: '2026-01-02T03:04:05.000Z',
      })),
    );
  const load = (name: string, labels: string | null, truth: TableOptions['truth'] = null) =>
    loadForPage({
      file: bench.at(name),
      options: { ...AS_FOUND, truth },
      labels: labels === null ? null : place(labels),
    });

  it('is that of the table, else that of people, unless one of the two is chosen', async () => {
    await give('given', 'label', 4);
    const truthOf = async (...asked: Parameters<typeof load>) => {
      const { input, labelsFrom } = await load(...asked);
      assert.ok(input.data.kind === 'labels');
      const { truth, labels } = input.data;
      return [labelsFrom, Array.from(truth, (at) => labels[at]).join(' ')];
    };
    const ofTable = [undefined, Array.from({ length: ROWS }, () => 'ham').join(' ')];
    const ofPeople = [place('given'), 'spam spam spam spam'];
    assert.deepEqual(await truthOf('plain.csv', 'given'), ofPeople);
    assert.deepEqual(await truthOf('plain.csv', 'given', 'people'), ofPeople);
    assert.deepEqual(await truthOf('own.csv', 'given'), ofTable);
    assert.deepEqual(await truthOf('own.csv', 'given', 'table'), ofTable);
    assert.deepEqual(await truthOf('own.csv', 'given', 'people'), ofPeople);
    await assert.rejects(load('plain.csv', 'given', 'table'), { code: 'no-truth' });
  });

  it('is missed where nobody gave labels, or none that say anything', async () => {
    await assert.rejects(load('plain.csv', null), { code: 'no-truth' });
    await assert.rejects(load('own.csv', null, 'people'), { code: 'no-labels' });
    const other = await Workbench.create();
    try {
      const nowhere = { file: bench.at('plain.csv'), labels: labelsFile(other.folder, 'none') };
      await assert.rejects(loadForPage({ ...nowhere, options: AS_FOUND }), { code: 'no-truth' });
      await assert.rejects(loadForPage({ ...nowhere, options: { ...AS_FOUND, truth: 'people' } }), {
        code: 'no-labels',
      });
    } finally {
      await other.remove();
    }
    await give('unsure', 'unsure', 4);
    await assert.rejects(load('plain.csv', 'unsure'), { code: 'no-truth' });
  });
});
