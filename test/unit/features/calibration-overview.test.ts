import assert from 'node:assert/strict';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { AS_FOUND, binsOf } from '../../../src/protocol/calibration-page';
import { overviewOf } from '../../../src/features/calibration/worker/overview';
import { Workbench } from '../cli/workbench';

describe('a table without truth', () => {
  let bench: Workbench;
  before(async () => {
    bench = await Workbench.create();
  });
  after(() => bench.remove());
  const look = (file: string) => overviewOf(bench.at(file), AS_FOUND, DEFAULT_BUCKETS);

  it('has its predictions counted, by label, confidence, label mass and bucket', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => {
      const p = i < 30 ? 0.92 : i < 36 ? 0.6 : 0.45;
      const mass = i < 10 ? 0.2 : 0.99;
      return `text ${i},${(p * mass).toFixed(6)},${((1 - p) * mass).toFixed(6)},${mass}`;
    });
    await bench.write('t.csv', `text,prob:yes,prob:no,label_mass\n${rows.join('\n')}\n`);
    const found = await look('t.csv');
    assert.equal(found.rows, 40);
    assert.deepEqual(
      found.labels?.map(({ label, rows: count, meanConfidence }) => [
        label,
        count,
        meanConfidence.toFixed(3),
      ]),
      [
        ['yes', 36, '0.867'],
        ['no', 4, '0.550'],
      ],
    );
    const bars = found.confidence.flatMap((count, at) => (count === 0 ? [] : [[at, count]]));
    assert.deepEqual(bars, [
      [10, 4],
      [11, 6],
      [18, 30],
    ]);
    assert.deepEqual([found.labelMass?.[3], found.labelMass?.[19], found.lowMass], [10, 30, 10]);
    assert.ok(found.warnings.some(({ code }) => code === 'low-label-mass'));
    assert.deepEqual(
      found.buckets.map(({ name, rows: count }) => [name, count]),
      [
        ['automatic', 30],
        ['review', 0],
        ['manual check', 10],
        ['manual', 0],
      ],
    );
    assert.equal(found.unsure.length, 30);
    assert.deepEqual(found.unsure.slice(0, 1), [
      { line: 38, confidence: found.unsure[0]?.confidence, predicted: 'no', text: 'text 36' },
    ]);
  });

  it('may have a confidence alone, and a column of labels that nobody has filled in', async () => {
    await bench.write('c.csv', 'confidence\n0.5\n0.75\n');
    const alone = await look('c.csv');
    assert.deepEqual([alone.rows, alone.labels, alone.labelMass, alone.hasText], [2, null, null, false]);
    await bench.write('l.csv', 'label,predicted,confidence\n,a,0.5\n,b,0.75\n');
    const empty = await look('l.csv');
    assert.deepEqual([empty.rows, empty.labels?.length], [2, 2]);
  });

  it('offers its raw columns if it is calibrated', async () => {
    await bench.write(
      'k.csv',
      'predicted,confidence,raw:confidence,calibrator_sha256\na,0.5,0.9,ab\nb,0.75,0.8,ab\n',
    );
    const [warning] = (await look('k.csv')).warnings;
    assert.equal(warning?.code, 'calibrated-table');
    assert.equal(warning.instead?.confidence, 'raw:confidence');
  });
});

describe('the number of bins', () => {
  it('is what was chosen, else so few that each has 20 rows on average, from 5 to 20', () => {
    assert.equal(binsOf({ bins: 50 }, 10), 50);
    const automatic = [1, 60, 199, 200, 299, 300, 399, 400, 1e6].map((rows) => binsOf({ bins: null }, rows));
    assert.deepEqual(automatic, [5, 5, 5, 10, 10, 15, 15, 20, 20]);
  });
});
