import assert from 'node:assert/strict';
import { LabelSession, type QueueRow, type SessionOptions } from '../../../src/app/labels/session';
import { answersOf, type Decision } from '../../../src/core/labelling/decisions';
import { drawDesign } from '../../../src/core/labelling/design';
import { runningAccuracy } from '../../../src/core/labelling/running-accuracy';
import { seededRandom } from '../../../src/core/random';

function queueOf(n: number): QueueRow[] {
  return Array.from({ length: n }, (_, i) => ({
    ...{ rowId: String(i), textSha256: '', text: `text ${i}`, design: 'd', selectedBy: 'random' },
    ...{ probability: 0.1, predicted: i % 4 === 0 ? 'ham' : 'spam' },
  }));
}

/** A session on a file that is kept in memory. */
function begin(n: number, more: Partial<SessionOptions> = {}, file: Decision[] = []) {
  const session = new LabelSession(
    {
      queue: queueOf(n),
      leastProbability: 0.1,
      labels: ['spam', 'ham'],
      who: 'Ana',
      isBlind: true,
      now: () => new Date('2026-01-02T03:04:05Z'),
      append: (decisions) => {
        file.push(...decisions);
        return Promise.resolve();
      },
      ...more,
    },
    answersOf(file),
  );
  return {
    session,
    file,
    kinds: () =>
      file.map(({ kind, rowId, label, isBlind }) => `${kind} ${rowId} ${label}${isBlind ? '' : ' seen'}`),
  };
}

describe('a labelling session', () => {
  it('goes through the queue, and shows the answer of the model after that of the person', async () => {
    const { session, kinds } = begin(4);
    assert.deepEqual([session.view.at, session.view.row?.text, session.view.model], [0, 'text 0', null]);
    await session.label('spam');
    assert.deepEqual(session.view.last, { label: 'spam', model: 'ham', agrees: false });
    assert.deepEqual([session.view.at, session.view.model, session.view.answered], [1, null, 1]);
    await session.unsure();
    assert.equal(session.view.last, null);
    await session.skip();
    await session.label('spam');
    assert.deepEqual(kinds(), ['label 0 spam', 'unsure 1 ', 'skip 2 ', 'label 3 spam']);
    const { at, row, answered, labelled, rows, accuracy } = session.view;
    assert.deepEqual([at, row, answered, labelled, rows], [null, null, 4, 2, 4]);
    assert.deepEqual([accuracy?.value, accuracy?.kind], [0.5, 'ordinary']);
    await session.label('spam');
    assert.equal(kinds().length, 4);
    assert.throws(() => session.label('eggs'), RangeError);
  });

  it('takes back the last answers one after the other', async () => {
    const { session, kinds } = begin(3);
    await session.label('spam');
    await session.label('ham');
    await session.undo();
    assert.deepEqual([session.view.at, session.view.said, session.view.answered], [1, undefined, 1]);
    await session.undo();
    await session.undo();
    assert.deepEqual([session.view.at, session.view.answered, session.view.canUndo], [0, 0, false]);
    // The answer of the model was shown in between: what counts is what was said before.
    assert.deepEqual(kinds(), ['label 0 spam', 'label 1 ham', 'undo 1  seen', 'undo 0  seen']);
    await session.label('ham');
    assert.equal(kinds().at(-1), 'label 0 ham seen');
  });

  it('goes back without answering, and records a change as not blind', async () => {
    const { session, file } = begin(4);
    await session.label('spam');
    await session.label('spam');
    session.back();
    session.back();
    session.back();
    assert.deepEqual(
      [session.view.at, session.view.said, session.view.model],
      [0, { kind: 'label', label: 'spam' }, 'ham'],
    );
    await session.label('ham');
    assert.equal(session.view.at, 2);
    const [first] = answersOf(file);
    assert.deepEqual(
      [first?.answer, first?.shown],
      [
        { kind: 'label', label: 'spam' },
        { kind: 'label', label: 'ham' },
      ],
    );
    await session.undo();
    assert.deepEqual([session.view.at, session.view.said], [0, { kind: 'label', label: 'spam' }]);
    session.forward();
    session.forward();
    session.forward();
    assert.equal(session.view.at, 2);
  });

  it('resumes where the answers end, also those of another window', async () => {
    const file: Decision[] = [];
    const one = begin(6, {}, file);
    await one.session.label('spam');
    await one.session.label('spam');
    const two = begin(6, {}, file);
    assert.deepEqual(
      [two.session.view.at, two.session.view.answered, two.session.view.canUndo],
      [2, 2, false],
    );
    await two.session.label('ham');
    await one.session.refresh(() => Promise.resolve(answersOf(file)));
    assert.deepEqual([one.session.view.at, one.session.view.answered], [3, 3]);
    // What was taken back is open again, and the answer of the model is known.
    await two.session.undo();
    const three = begin(6, {}, file);
    assert.deepEqual([three.session.view.at, three.session.view.answered], [2, 2]);
    await three.session.label('spam');
    assert.equal(three.kinds().at(-1), 'label 2 spam seen');
    // Another person has a queue of their own.
    assert.equal(begin(6, { who: 'Ben' }, file).session.view.at, 0);
  });

  it('carries answers to another design over when this one reaches them, and asks for no row twice', async () => {
    const before = (rowId: string, label: string): Decision => ({
      ...{ rowId, textSha256: '', kind: 'label', label, design: 'earlier', selectedBy: 'random' },
      ...{ probability: 0.2, isBlind: true, who: 'Ana', time: '' },
    });
    const { session, file } = begin(6, {}, [before('1', 'ham'), before('4', 'spam')]);
    const own = () =>
      file.filter(({ design }) => design === 'd').map(({ rowId, label }) => `${rowId} ${label}`);
    await session.label('spam');
    assert.deepEqual([session.view.at, own()], [2, ['0 spam', '1 ham']]);
    await session.label('spam');
    await session.label('spam');
    assert.deepEqual([session.view.at, own()], [5, ['0 spam', '1 ham', '2 spam', '3 spam', '4 spam']]);
    await session.undo();
    assert.equal(session.view.at, 3);
    const rows = answersOf(file);
    assert.deepEqual(
      [...(rows.find(({ rowId }) => rowId === '1')?.designs ?? [])],
      [
        ['earlier', 0.2],
        ['d', 0.1],
      ],
    );
  });

  it('counts what was said before the answer of the model was shown', async () => {
    const { session } = begin(3);
    const accuracy = () => session.view.accuracy?.value;
    await session.label('ham');
    assert.equal(accuracy(), 1);
    session.back();
    await session.label('spam');
    assert.equal(accuracy(), 1);
    // Without an answer of the model there is nothing to be influenced by.
    const queue = queueOf(3).map((row) => ({ ...row, predicted: null }));
    const plain = begin(3, { queue });
    await plain.session.label('ham');
    plain.session.back();
    await plain.session.label('spam');
    await plain.session.undo();
    assert.deepEqual(plain.kinds(), ['label 0 ham', 'label 0 spam', 'undo 0 ']);
  });

  it('answers nothing that could not be written', async () => {
    let isFull = true;
    const { session } = begin(3, {
      append: () => (isFull ? Promise.reject(new Error('full')) : Promise.resolve()),
    });
    await assert.rejects(session.label('spam'), /full/u);
    assert.deepEqual([session.view.at, session.view.answered, session.view.canUndo], [0, 0, false]);
    isFull = false;
    await session.label('spam');
    assert.equal(session.view.answered, 1);
  });

  it('answers the row that the person saw, and no other', async () => {
    const { session, kinds } = begin(3);
    await Promise.all([session.label('spam', 0), session.label('ham', 0), session.skip(0)]);
    assert.deepEqual(kinds(), ['label 0 spam']);
    await session.unsure(1);
    assert.deepEqual(kinds(), ['label 0 spam', 'unsure 1 ']);
  });

  it('writes answers in the order of the keys', async () => {
    const waits: (() => void)[] = [];
    const { session, file } = begin(3, {
      append: (decisions) =>
        new Promise((resolve) =>
          waits.push(() => {
            file.push(...decisions);
            resolve();
          }),
        ),
    });
    const both = [session.label('spam'), session.label('ham')];
    while (file.length < 2) {
      await new Promise((resolve) => setImmediate(resolve));
      waits.pop()?.();
    }
    await Promise.all(both);
    assert.deepEqual(
      file.map(({ rowId, label }) => [rowId, label]),
      [
        ['0', 'spam'],
        ['1', 'ham'],
      ],
    );
  });
});

describe('the accuracy that is shown while rows are labelled', () => {
  it('is within its interval after every row in 95 of 100 sessions, where an ordinary one is not', () => {
    const [runs, n, rows] = [120, 1500, 120];
    let missed = 0;
    let ordinary = 0;
    for (let run = 0; run < runs; run++) {
      const random = seededRandom(run);
      const confidence = Float64Array.from({ length: n }, () => 0.5 + random() / 2);
      const right = Uint8Array.from(confidence, (p) => Number(random() < p));
      const truth = right.reduce((sum, y) => sum + y, 0) / n;
      const predicted = Int32Array.from(confidence, () => Number(random() < 0.2));
      const { queue, probability } = drawDesign({
        kind: 'stratified',
        size: rows,
        seed: run,
        n,
        scores: { confidence, predicted },
      });
      const least = probability.reduce((fewest, p) => Math.min(fewest, p), 1);
      const ys = queue.map(({ row }) => right[row] ?? 0);
      const ps = queue.map((drawn) => drawn.probability);
      const misses = (isDone: boolean) =>
        Array.from({ length: rows / 10 }, (_, i) => 10 * (i + 1)).some((reached) => {
          const { low, high } = runningAccuracy(ys.slice(0, reached), ps.slice(0, reached), least, isDone);
          return truth < low || truth > high;
        });
      if (misses(false)) missed++;
      if (misses(true)) ordinary++;
    }
    assert.ok(missed / runs <= 0.05, `${missed / runs}`);
    assert.ok(ordinary / runs > 0.1, `${ordinary / runs}`);
  });

  it('becomes narrower', () => {
    const width = (rows: number) => {
      const ys = Array.from({ length: rows }, (_, i) => Number(i % 5 !== 0));
      const { low, high } = runningAccuracy(
        ys,
        ys.map(() => 0.1),
        0.1,
        false,
      );
      assert.ok(low < 0.8 && high > 0.8);
      return high - low;
    };
    assert.ok(width(400) < width(100) && width(100) < width(20));
    assert.ok(width(400) < 0.16);
  });
});
