/** Tables whose labels do not exclude each other: one label is looked at as a table of two. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyToTable } from '../../../src/app/tables/apply-calibrator';
import { evaluateEachLabel } from '../../../src/app/tables/evaluate-labels';
import { calibrateTable } from '../../../src/app/tables/fit-calibrator';
import { loadTable } from '../../../src/app/tables/load-table';
import { findColumns, labelColumns } from '../../../src/core/data/columns';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { seededRandom } from '../../../src/core/random';
import { UserError } from '../../../src/core/user-error';
import { loadCalibrator, saveCalibrator } from '../../../src/store/calibrators';
import { inspectTable } from '../../../src/store/tables/inspect';
import { readLabelled } from '../../../src/store/tables/labelled';
import { readTableFacts } from '../../../src/store/tables/table-facts';
import { checkColumns } from '../../../src/store/tables/write-scored';
import { sharedFolder } from '../../support/temporary';

const MADE = { version: '0.0.0', time: new Date(0) };

/** P(label) overstated for toxic, right for insult; every fifth insult is not known. */
function table(n: number): string {
  const random = seededRandom(7);
  const rows = Array.from({ length: n }, (_, i) => {
    const [a, b] = [random(), random()];
    const toxic = Number(random() < a);
    const insult = i % 5 === 0 ? '' : Number(random() < b);
    const overstated = a ** 3 / (a ** 3 + (1 - a) ** 3);
    return `r${i},text ${i},${toxic},${insult},${overstated.toFixed(9)},${b.toFixed(9)}`;
  });
  return `id,text,label:toxic,label:insult,yes:toxic,yes:insult\n${rows.join('\n')}\n`;
}

describe('a table whose labels do not exclude each other', () => {
  const folder = sharedFolder();
  const write = (name: string, text: string): string => {
    const file = path.join(folder(), name);
    writeFileSync(file, text);
    return file;
  };
  const refused = async (work: Promise<unknown>): Promise<UserError> => {
    const error: unknown = await work.then(
      () => assert.fail('it was not refused'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UserError, String(error));
    return error;
  };

  it('is not guessed at where a truth is 1 or −1 and never 0', async () => {
    const rows = 'x,1,1,0.9,0.2\ny,-1,0,0.5,0.7\nz,−1,,0.1,1\n';
    const file = write('signed.csv', `text,label:a,label:b,yes:a,yes:b\n${rows}`);
    const error = await refused(readLabelled(file, { label: 'a' }));
    assert.match(error.message, /^The truth of "a" is 1 or −1 and never 0.* Write 0 where it is not right/);
    const { header } = await inspectTable(file);
    const { labels, warnings } = await evaluateEachLabel(file, header, {}, {});
    assert.deepEqual(
      labels.map(({ label }) => label),
      ['b'],
    );
    assert.ok(warnings.some(({ message }) => message.includes('1 or −1 and never 0')));
  });

  it('is read as a table of two labels, by one of them', async () => {
    const file = write(
      'small.csv',
      'text,label:a,LABEL:b,yes:a,Yes:b\nx,1,0,0.9,0.2\ny,0,,0.5,0.7\nz,0.0,True,0.1,1\nw,-1,1,0.3,0\n',
    );
    const a = await readLabelled(file, { label: 'a' });
    assert.ok(a.data.kind === 'labels');
    assert.deepEqual(a.data.labels, ['a', 'not a']);
    // -1 beside 0 and 1 says that nobody knows.
    assert.deepEqual([...a.data.truth], [0, 1, 1]);
    assert.equal(a.table.unlabelled, 1);
    assert.deepEqual(
      [...a.data.probs].map((p) => Number(p.toFixed(12))),
      [0.9, 0.1, 0.5, 0.5, 0.1, 0.9],
    );
    const b = await readLabelled(file, { label: 'b' });
    assert.deepEqual([...(b.data.kind === 'labels' ? b.data.truth : [])], [1, 0, 0]);
    assert.deepEqual(await readTableFacts(file), {
      isScored: true,
      isCalibrated: false,
      isLabelled: true,
      rows: 4,
      run: undefined,
    });
  });

  it('asks which label, and names those that there are', async () => {
    const file = write('which.csv', 'text,label:a,yes:a,yes:b\nx,1,0.9,0.2\n');
    const which = await refused(readLabelled(file, {}));
    assert.equal(which.code, 'which-label');
    assert.deepEqual(which.data.labels, ['a', 'b']);
    assert.match(which.message, /"a", "b"/);
    assert.match((await refused(readLabelled(file, { label: 'c' }))).message, /"c" is none of the labels/);
    const b = await refused(readLabelled(file, { label: 'b' }));
    assert.deepEqual([b.code, b.message.includes('add a column "label:b"')], ['no-truth', true]);
    const ordinary = write('ordinary.csv', 'label,prob:a,prob:b\na,0.9,0.1\n');
    assert.match((await refused(readLabelled(ordinary, { label: 'a' }))).message, /no column "yes:a"/);
  });

  it('has no scores of labels that exclude each other beside it', async () => {
    const file = write('both.csv', 'label:a,yes:a,prob:a,prob:b\n1,0.9,0.8,0.2\n');
    const { code, message } = await refused(readLabelled(file, { label: 'a' }));
    assert.equal(code, 'both-kinds');
    assert.match(message, /"yes:a".*"prob:a"/);
  });

  it('lists rows whose truth is not 1 or 0 and whose probability is none', async () => {
    const file = write('bad.csv', 'label:a,yes:a\n1,0.9\nmaybe,0.8\n2,0.7\n0,1.4\n0,\n,0.3\n');
    const { table } = await readLabelled(file, { label: 'a' });
    assert.equal(table.n, 1);
    assert.equal(table.unlabelled, 1);
    assert.deepEqual(
      table.rejected.map(({ line, reason }) => `${line}: ${reason}`),
      [
        '3: label:a is "maybe"; write 1 or 0, or nothing where it is not known',
        '4: label:a is "2"; write 1 or 0, or nothing where it is not known',
        '5: yes:a is 1.4, outside 0 to 1',
        '6: yes:a is empty',
      ],
    );
  });

  it('takes a column of the very name of a label as its truth, and says so', async () => {
    const file = write('named.csv', 'text,toxic,yes:toxic\nx,1,0.9\ny,0,0.2\n');
    const { warnings, data } = await readLabelled(file, { label: 'toxic' });
    assert.deepEqual([...(data.kind === 'labels' ? data.truth : [])], [0, 1]);
    assert.match(warnings.map(({ message }) => message).join(), /"toxic" was read as the truth/);
    // A column that has a role by its name is no truth: the texts are not the truth of a label "text".
    assert.equal(labelColumns(['text', 'yes:text'])[0]?.truth, undefined);
  });

  it('takes columns that are assigned by hand', () => {
    const mapping = { 'yes:a': 'p_a', 'label:a': 'gold_a', 'yes:b': '' };
    const { roles, scores } = findColumns(['p_a', 'gold_a', 'yes:b'], { mapping, label: 'a' });
    assert.deepEqual([roles.label, scores?.index], [1, [0, null]]);
    assert.throws(() => findColumns(['p_a'], { mapping: { 'maybe:a': 'p_a' } }), /yes:LABEL or label:LABEL/);
  });

  it('does not guess between two columns of one label, nor drop a truth that is assigned to no label', () => {
    const ambiguous = { code: 'ambiguous-column' };
    assert.throws(() => labelColumns(['YES:a', 'yes:a']), ambiguous);
    assert.throws(() => labelColumns(['yes: a', 'yes:a']), ambiguous);
    assert.throws(() => labelColumns(['yes:a', 'label:a', 'LABEL:a']), ambiguous);
    assert.equal(labelColumns(['YES:a', 'yes:a'], { 'yes:a': 'YES:a' })[0]?.yes, 0);
    // Labels may differ by their case alone.
    assert.equal(labelColumns(['yes:A', 'yes:a']).length, 2);
    assert.throws(() => labelColumns(['yes:a', 'gold'], { 'label:A': 'gold' }), { code: 'no-such-label' });
    assert.throws(() => findColumns(['prob:a', 'prob:b', 'gold'], { mapping: { 'label:a': 'gold' } }), {
      code: 'no-such-label',
    });
  });

  it('has a calibrator for each label, which no other label takes', async () => {
    const file = write('multi.csv', table(1500));
    const input = await readLabelled(file, { label: 'toxic' });
    const fitted = await calibrateTable(input, { method: 'platt', made: MADE });
    assert.ok(fitted.saved);
    assert.equal(fitted.saved.label, 'toxic');
    const { before, after } = fitted.report;
    assert.ok((after.ece.value ?? 1) < (before.ece.value ?? 0) / 2);
    const saved = path.join(folder(), 'toxic.json');
    await saveCalibrator(saved, fitted.saved);
    const calibrator = await loadCalibrator(saved);

    // It knows its label.
    const loaded = await loadTable(file, { columns: {}, calibrator });
    assert.deepEqual(loaded.shown.data.kind === 'labels' && loaded.shown.data.labels, ['toxic', 'not toxic']);
    const other = await refused(loadTable(file, { columns: { label: 'insult' }, calibrator }));
    assert.equal(other.code, 'calibrator-mismatch');
    assert.match(other.message, /for the label "toxic".*"insult"/);
    // Nor does a calibrator on confidence, which knows no labels by name.
    const onConfidence = await calibrateTable(
      await readLabelled(file, { label: 'toxic', on: 'confidence' }),
      { method: 'platt', made: MADE },
    );
    assert.equal(onConfidence.saved?.label, 'toxic');
    const ordinary = write('pair.csv', 'label,prob:toxic,prob:not toxic\ntoxic,0.9,0.1\nnot toxic,0.2,0.8\n');
    assert.match(
      (await refused(loadTable(ordinary, { columns: {}, calibrator }))).message,
      /no column "yes:toxic"/,
    );
    const forPair = { ...calibrator, saved: { ...fitted.saved } };
    delete forPair.saved.label;
    const wrong = await refused(loadTable(file, { columns: { label: 'toxic' }, calibrator: forPair }));
    assert.match(wrong.message, /labels that exclude each other; here is the label "toxic"/);
  });

  it('is calibrated label by label, and the others keep where they come from', async () => {
    const file = write('origin.csv', table(600));
    const meta = {
      schema: 1,
      model: { kind: 'encoder', name: 'm', sha256: 'a'.repeat(64) },
      labels: ['toxic', 'insult'],
      scoring: { '': { method: 'token-probability', mode: 'multi-label' } },
      backend: 'cpu',
    };
    writeFileSync(`${file}.meta.json`, JSON.stringify(meta));
    const fit = async (from: string, label: string): Promise<string> => {
      const { saved } = await calibrateTable(await readLabelled(from, { label }), {
        method: 'platt',
        made: MADE,
      });
      assert.ok(saved);
      assert.equal(saved.bound?.model.name, 'm');
      const to = path.join(folder(), `${label}.json`);
      await saveCalibrator(to, saved);
      return to;
    };
    const apply = async (calibrator: string, from: string, to: string): Promise<string> => {
      await applyToTable({
        calibrator: await loadCalibrator(calibrator),
        table: from,
        out: path.join(folder(), to),
        columns: {},
        buckets: DEFAULT_BUCKETS,
        spreadsheetSafe: false,
      });
      return path.join(folder(), to);
    };
    const one = await apply(await fit(file, 'toxic'), file, 'one.csv');
    const two = await apply(await fit(one, 'insult'), one, 'two.csv');
    const [header = ''] = readFileSync(two, 'utf8').split('\n');
    assert.equal(
      header.trim(),
      'id,text,label:toxic,label:insult,raw:yes:toxic,raw:yes:insult,yes:toxic,calibrator_sha256:toxic,yes:insult,calibrator_sha256:insult',
    );
    // The copy has the numbers that the calibrator gives to the table.
    const calibrator = await loadCalibrator(path.join(folder(), 'toxic.json'));
    const direct = await loadTable(file, { columns: {}, calibrator });
    const copied = await loadTable(two, { columns: { label: 'toxic' } });
    assert.ok(direct.shown.data.kind === 'labels' && copied.shown.data.kind === 'labels');
    const { probs } = copied.shown.data;
    direct.shown.data.probs.forEach((p, i) => assert.ok(Math.abs(p - (probs[i] ?? NaN)) < 1e-9));
    assert.match(
      copied.shown.warnings.map(({ message }) => message).join(),
      /calibrated by toxic, which was fitted on these rows/,
    );
    // A table with the same rows counts as the table itself: the second label is calibrated on a copy.
    await apply(await fit(file, 'insult'), one, 'both.csv');
    const both = path.join(folder(), 'both.csv');
    const second = await loadTable(both, { columns: { label: 'insult' } });
    assert.match(
      second.shown.warnings.map(({ message }) => message).join(),
      /calibrated by insult, which was fitted on these rows/,
    );
    const insult = await loadCalibrator(path.join(folder(), 'insult.json'));
    const onCopy = await loadTable(one, { columns: {}, calibrator: insult });
    assert.match(
      onCopy.shown.warnings.map(({ message }) => message).join(),
      /fitted on the table that one\.csv was made from/,
    );
    const again = await refused(
      readLabelled(two, { label: 'toxic' }).then((input) =>
        calibrateTable(input, { method: 'platt', made: MADE }),
      ),
    );
    assert.equal(again.code, 'already-calibrated');
    assert.deepEqual(again.data.columns, { 'yes:toxic': 'raw:yes:toxic', calibrator: '' });
    const raw = await readLabelled(two, {
      label: 'toxic',
      mapping: { 'yes:toxic': 'raw:yes:toxic', calibrator: '' },
    });
    assert.equal(raw.table.calibratedBy, null);
  });

  it('is summed up over its labels, with what is left out', async () => {
    const file = write('sum.csv', table(400).replaceAll('label:insult', 'other'));
    const { header } = (await readLabelled(file, { label: 'toxic' })).source;
    const report = await evaluateEachLabel(file, header, {}, {});
    assert.deepEqual(
      report.labels.map(({ label, n, nUnlabelled }) => [label, n, nUnlabelled]),
      [['toxic', 400, 0]],
    );
    assert.match(
      report.warnings.map(({ message }) => message).join(),
      /"insult" is right, so it is left out/,
    );
    // A label that nobody has labelled yet says nothing about the others; a mistake says which label it is of.
    const some = write('some.csv', 'label:a,label:b,yes:a,yes:b\n1,,0.9,0.1\n0,,0.2,0.3\n');
    const of = ['label:a', 'label:b', 'yes:a', 'yes:b'];
    const left = await evaluateEachLabel(some, of, { on: 'confidence' }, {});
    assert.deepEqual(
      left.labels.map(({ label, n }) => [label, n]),
      [['a', 2]],
    );
    assert.match(
      left.warnings.map(({ message }) => message).join(),
      /b: 2 rows of some\.csv are not labelled/,
    );
    const percent = write('percent.csv', 'label:a,label:b,yes:a,yes:b\n1,1,0.9,90\n0,1,0.2,30\n');
    assert.match(
      (await refused(evaluateEachLabel(percent, of, {}, {}))).message,
      /^b: .*seems to hold percentages/,
    );
    const none = write('none.csv', 'text,yes:a,yes:b\nx,0.1,0.2\n');
    const error = await refused(evaluateEachLabel(none, ['text', 'yes:a', 'yes:b'], {}, {}));
    assert.deepEqual([error.code, error.message.includes('"label:a"')], ['no-truth', true]);
  });

  it('is not mixed with other scores: that is refused before anything is scored', async () => {
    const clash = async (header: string, added: readonly string[]): Promise<string | undefined> => {
      const source = await inspectTable(write('mixed.csv', `${header}\nx,1,1\n`));
      try {
        checkColumns(source, 'text', added);
        return undefined;
      } catch (error) {
        assert.ok(error instanceof UserError);
        return /column "([^"]+)"/u.exec(error.message)?.[1];
      }
    };
    assert.equal(await clash('text,prob:a,prob:b', ['yes:a', 'yes:b']), 'prob:a');
    assert.equal(await clash('text,token/logprob:a,b', ['yes:a']), 'token/logprob:a');
    assert.equal(await clash('text,yes:other,b', ['yes:a']), 'yes:other');
    assert.equal(await clash('text,yes:other,b', ['logprob:a']), 'yes:other');
    assert.equal(await clash('text,label:a,b', ['yes:a']), undefined);
    assert.equal(await clash('text,prob:a,prob:b', ['consistency/prob:a']), undefined);
  });
});
