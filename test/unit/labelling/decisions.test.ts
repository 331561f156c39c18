import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type AnsweredRow,
  answersOf,
  type Decision,
  DECISION_COLUMNS,
  decisionCells,
  DECISION_KINDS,
  designWeights,
  matchAnswers,
  readDecisions,
} from '../../../src/core/labelling/decisions';
import { csvLine } from '../../../src/store/tables/csv-line';

const HASH = 'ab'.repeat(32);
const OTHER_HASH = 'cd'.repeat(32);

function decision(more: Partial<Decision> = {}): Decision {
  return {
    rowId: '1',
    textSha256: HASH,
    kind: 'label',
    label: 'spam',
    design: 'd',
    selectedBy: 'stratified',
    probability: 0.1,
    isBlind: true,
    who: '',
    time: '2026-01-02T03:04:05Z',
    ...more,
  };
}

const label = (name: string, more: Partial<Decision> = {}) => decision({ label: name, ...more });
const undo = (more: Partial<Decision> = {}) => decision({ kind: 'undo', label: '', ...more });
const only = (decisions: readonly Decision[]): AnsweredRow | undefined => answersOf(decisions)[0];
const textOf = (decisions: readonly Decision[]): string =>
  csvLine(DECISION_COLUMNS, ',') + decisions.map((entry) => csvLine(decisionCells(entry), ',')).join('');

describe('a labels file', () => {
  it('reads what was written, whatever the names hold', () => {
    const name = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/gu, '').trim());
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            rowId: name,
            label: name.filter((text) => text !== ''),
            kind: fc.constantFrom(...DECISION_KINDS),
            who: name,
            isBlind: fc.boolean(),
            probability: fc.double({ min: 1e-9, max: 1, noNaN: true }),
          }),
        ),
        (entries) => {
          const decisions = entries.map((entry) => decision(entry));
          assert.deepEqual(readDecisions(textOf(decisions)), { decisions, unread: [] });
        },
      ),
    );
  });

  it('keeps a decision on one line', () => {
    const [read] = readDecisions(textOf([decision({ rowId: 'a\r\nb', label: 'x\ny' })])).decisions;
    assert.deepEqual([read?.rowId, read?.label], ['a b', 'x y']);
  });

  it('loses only the line that was cut, wherever it was cut', () => {
    const decisions = [label('spam'), label('ham, "sweet"', { rowId: '2', who: 'Ana, B.' })];
    const text = textOf(decisions);
    const ends = [...text.matchAll(/\n/gu)].map(({ index }) => index + 1);
    const withoutTime = (read: readonly Decision[]) => read.map((entry) => ({ ...entry, time: '' }));
    for (let length = ends[0] ?? 0; length <= text.length; length++) {
      const whole = ends.filter((end) => end <= length).length - 1;
      const rest = text.slice(ends[whole], length);
      for (const later of ['', `\n${csvLine(decisionCells(decision({ rowId: '3' })), ',')}`]) {
        const read = readDecisions(text.slice(0, length) + later);
        const kept = read.decisions.filter(({ rowId }) => rowId !== '3');
        assert.equal(read.decisions.length - kept.length, Number(later !== ''));
        assert.deepEqual(withoutTime(kept), withoutTime(decisions.slice(0, kept.length)));
        assert.equal(kept.length + read.unread.length, whole + Number(rest !== ''));
        assert.ok(kept.length >= whole);
      }
    }
  });

  it('names what is wrong with a line that somebody changed, and reads the others', () => {
    const lines = textOf([label('spam'), label('spam', { rowId: '2' })]).split('\n');
    const [header = '', one = '', two = ''] = lines;
    const reasonOf = (line: string) => {
      const { decisions, unread } = readDecisions([header, line, two, ''].join('\n'));
      assert.equal(decisions.length, 1);
      assert.equal(unread[0]?.line, 2);
      return unread[0].reason;
    };
    assert.match(reasonOf(one.replace('label', 'labelled')), /its decision is "labelled"/u);
    assert.match(reasonOf(one.replace('spam', '')), /its label is empty/u);
    assert.match(reasonOf(one.replace('0.1', '1.5')), /inclusion_probability is "1.5"/u);
    assert.match(reasonOf(one.replace('0.1', '0,1')), /inclusion_probability is "0"/u);
    assert.match(reasonOf(one.replace('stratified', 'me')), /selected_by is "me"/u);
    assert.match(reasonOf(one.replace(HASH, 'abc')), /no SHA-256/u);
    assert.match(reasonOf(one.replace(/,/gu, ';')), /cells/u);
    assert.match(reasonOf(`"${one}`), /quote/u);
    // Columns in another order, in capitals, with a mark and other line ends: still the same.
    const moved = lines.map((line) => line.split(',').reverse().join(',')).join('\r\n');
    assert.equal(
      readDecisions(`\uFEFF${moved.toUpperCase().replaceAll('SPAM', 'spam')}`).decisions.length,
      2,
    );
    assert.deepEqual(readDecisions('text,label\na,b\n').decisions, []);
    assert.equal(readDecisions('').unread.length, 0);
    // Two windows that began it at once.
    assert.equal(readDecisions([header, header, one, ''].join('\n')).decisions.length, 1);
  });
});

describe('which decisions count', () => {
  it('takes the last answer of a person', () => {
    assert.deepEqual(only([label('spam'), label('ham')])?.answer, { kind: 'label', label: 'ham' });
    assert.deepEqual(only([label('spam'), undo()]), undefined);
    assert.deepEqual(only([label('spam'), label('ham'), undo()])?.answer, { kind: 'label', label: 'spam' });
    assert.deepEqual(only([label('spam'), undo(), undo(), label('ham')])?.answer, {
      kind: 'label',
      label: 'ham',
    });
    assert.equal(only([decision({ kind: 'unsure', label: '' })])?.answer.kind, 'unsure');
  });

  it('keeps for estimates what was said before the answer of the model was shown', () => {
    const changed = only([label('spam'), label('ham', { isBlind: false })]);
    assert.deepEqual(changed?.answer, { kind: 'label', label: 'spam' });
    assert.deepEqual(changed.shown, { kind: 'label', label: 'ham' });
    assert.ok(changed.isBlind);
    // Taken back and given anew with the answer in view: the first one stays.
    const again = only([label('spam'), undo({ isBlind: false }), label('ham', { isBlind: false })]);
    assert.deepEqual(again?.answer, { kind: 'label', label: 'spam' });
    // Never blind: it counts, and that is known.
    const seen = only([label('ham', { isBlind: false })]);
    assert.deepEqual([seen?.answer, seen?.isBlind], [{ kind: 'label', label: 'ham' }, false]);
  });

  it('counts no answer where people differ, until it is settled', () => {
    const [ana, ben] = [{ who: 'Ana' }, { who: 'Ben' }];
    const same = only([label('spam', ana), label('spam', ben)]);
    assert.deepEqual(same?.answer, { kind: 'label', label: 'spam' });
    const disputed = [label('spam', ana), label('ham', ben)];
    assert.deepEqual(only(disputed)?.answer, { kind: 'disputed', labels: ['spam', 'ham'] });
    assert.deepEqual(
      [...(only(disputed)?.byPerson ?? [])],
      [
        ['Ana', 'spam'],
        ['Ben', 'ham'],
      ],
    );
    const settled = [...disputed, label('ham', { ...ana, kind: 'settled', isBlind: false })];
    assert.deepEqual(only(settled)?.answer, { kind: 'label', label: 'ham' });
    assert.equal(only([...settled, undo({ ...ana, isBlind: false })])?.answer.kind, 'disputed');
    // An undo of another person takes back what is theirs.
    assert.deepEqual(only([...settled, undo(ben)])?.answer, { kind: 'label', label: 'ham' });
    assert.equal(
      only([label('spam', ana), decision({ ...ben, kind: 'unsure', label: '' })])?.answer.kind,
      'disputed',
    );
  });

  it('counts a row that was taken back as passed over where the design went on', () => {
    const rows = answersOf([label('spam'), undo(), label('ham', { rowId: '2' })]);
    assert.deepEqual(
      rows.map(({ rowId, answer }) => [rowId, answer.kind]),
      [
        ['1', 'skip'],
        ['2', 'label'],
      ],
    );
  });

  it('knows which rows no design drew', () => {
    const chosen = only([decision({ design: '', selectedBy: 'user', probability: null })]);
    assert.deepEqual([chosen?.designs.size, chosen?.selectedBy], [0, 'user']);
  });
});

describe('finding the rows of decisions', () => {
  const rows = (...entries: (readonly [id: string, hash: string])[]) =>
    entries.map(([id, textSha256], at) => ({ line: at + 2, id, textSha256 }));
  const found = (answers: readonly AnsweredRow[], ...entries: (readonly [string, string])[]) => {
    const { rows: matched, changed, foreign } = matchAnswers(answers, rows(...entries));
    return { lines: [...matched.keys()], changed, foreign };
  };
  const answers = answersOf([label('spam', { rowId: '1' })]);

  it('goes by id and text, else by text alone', () => {
    assert.deepEqual(found(answers, ['2', HASH], ['1', HASH]).lines, [3]);
    assert.deepEqual(found(answers, ['7', OTHER_HASH], ['8', HASH]).lines, [3]);
    assert.deepEqual(found(answers, ['1', OTHER_HASH]), { lines: [], changed: 1, foreign: 0 });
    assert.deepEqual(found(answers, ['9', OTHER_HASH]), { lines: [], changed: 0, foreign: 1 });
  });

  it('gives one answer to one row', () => {
    const copies = answersOf([label('spam', { rowId: '' })]);
    assert.deepEqual(found(copies, ['', HASH], ['', HASH]).lines, [2]);
    const both = answersOf([label('spam', { rowId: '1' }), label('ham', { rowId: '2' })]);
    assert.deepEqual(found(both, ['2', HASH], ['5', HASH]).lines.sort(), [2, 3]);
  });
});

describe('weights of designs', () => {
  it('are the inverse of the probability, with mean 1', () => {
    const weights = designWeights([0.1, 0.2, 0.4].map((p) => new Map([['a', p]])));
    assert.deepEqual(
      Array.from(weights, (w) => w.toFixed(3)),
      ['1.714', '0.857', '0.429'],
    );
  });

  it('count each of several designs by what it is worth', () => {
    const even = [1, 1, 1, 1].map(() => new Map([['a', 0.01]]));
    const uneven = [0.1, 0.1].map((p) => new Map([['b', p]]));
    const weights = designWeights([...even, ...uneven, new Map()]);
    assert.deepEqual(
      Array.from(weights, (w) => Number(w.toFixed(9))),
      [1, 1, 1, 1, 1, 1, 0],
    );
  });
});
