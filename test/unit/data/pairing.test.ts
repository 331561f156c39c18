import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sharedRows } from '../../../src/core/data/pairing';
import { readRows } from './read-rows';

const HEADER = 'id,text,label,prob:a,prob:b';
const row = (id: number | string, text: string, label: 'a' | 'b'): string => `${id},${text},${label},.6,.4`;
const rowsOf = (shared: ReturnType<typeof sharedRows>): number[][] =>
  shared?.rows.map((rows) => [...rows]) ?? [];

describe('pairing of rows', () => {
  it('pairs by id in the order of the first table, and counts what is left out', () => {
    const first = readRows(HEADER, [row(1, 'x', 'a'), row(2, 'y', 'b'), row(3, 'z', 'a'), row(3, 'z', 'a')]);
    const second = readRows(HEADER, [row(2, 'y', 'b'), row(9, 'q', 'a'), row(1, 'x', 'a')]);
    const shared = sharedRows([first, second]);
    assert.equal(shared?.by, 'id');
    assert.deepEqual(rowsOf(shared), [
      [0, 1],
      [2, 0],
    ]);
    assert.deepEqual(shared.leftOut, [
      { missing: 0, repeated: 2, differing: 0 },
      { missing: 1, repeated: 0, differing: 0 },
    ]);
  });

  it('leaves out rows with another true label under one id', () => {
    const ids = Array.from({ length: 20 }, (_, i) => i);
    const first = readRows(
      HEADER,
      ids.map((i) => row(i, `t${i}`, 'a')),
    );
    const second = readRows(
      HEADER,
      ids.map((i) => row(i, `t${i}`, i === 7 ? 'b' : 'a')),
    );
    const shared = sharedRows([first, second]);
    assert.equal(shared?.rows[0]?.length, 19);
    assert.deepEqual(shared.leftOut[0], { missing: 0, repeated: 0, differing: 1 });
  });

  it('takes ids of rows with other texts for an accident, and pairs by text', () => {
    const first = readRows(HEADER, [row(1, 'x', 'a'), row(2, 'y', 'a'), row(3, 'z', 'a')]);
    const second = readRows(HEADER, [row(1, 'Z!', 'a'), row(2, 'X', 'a'), row(3, 'y', 'a')]);
    const shared = sharedRows([first, second]);
    assert.equal(shared?.by, 'text');
    assert.deepEqual(rowsOf(shared), [
      [0, 1, 2],
      [1, 2, 0],
    ]);
    const strangers = readRows(HEADER, [row(1, 'k', 'a'), row(2, 'l', 'a'), row(3, 'm', 'a')]);
    assert.equal(sharedRows([first, strangers]), null);
  });

  it('pairs rows that share a text among themselves, by true label', () => {
    const header = 'text,label,prob:a,prob:b';
    const line = (text: string, label: string): string => `${text},${label},.6,.4`;
    const others = Array.from({ length: 10 }, (_, i) => line(`other ${i}`, 'a'));
    const first = readRows(header, [
      line('x', 'a'),
      line('x', 'b'),
      line('x', 'a'),
      line('y', 'a'),
      ...others,
    ]);
    const second = readRows(header, [line('x', 'b'), line('y', 'b'), line('x', 'a'), ...others]);
    const shared = sharedRows([first, second]);
    assert.deepEqual(
      rowsOf(shared).map((rows) => rows.slice(0, 2)),
      [
        [0, 1],
        [2, 0],
      ],
    );
    assert.deepEqual(shared?.leftOut, [
      { missing: 1, repeated: 0, differing: 1 },
      { missing: 0, repeated: 0, differing: 1 },
    ]);
    // Where many labels differ, rows that agree would be a choice of rows.
    const contrary = readRows(header, [line('x', 'b'), line('y', 'b')]);
    assert.equal(sharedRows([first, contrary]), null);
  });

  it('pairs rows that share a text within their group, whatever its place in either table', () => {
    const header = 'text,label,group,prob:a,prob:b';
    const line = (group: string, text = 'x'): string => `${text},a,${group},.6,.4`;
    const others = Array.from({ length: 10 }, (_, i) => line('C', `other ${i}`));
    const first = readRows(header, [line('A'), line('A'), line('B'), line('')]);
    const second = readRows(header, [line(''), line('B'), line('A'), line('A'), line('Z', 'z')]);
    assert.deepEqual(rowsOf(sharedRows([first, second])), [
      [0, 1, 2, 3],
      [2, 3, 1, 0],
    ]);
    // Nothing tells which row of D and E is which of A and B; a text that is there once needs no group.
    const left = readRows(header, [line('A'), line('B'), line('A', 'y'), ...others]);
    const right = readRows(header, [line('D'), line('E'), line('D', 'y'), ...others]);
    const shared = sharedRows([left, right]);
    assert.deepEqual(
      rowsOf(shared).map(([row]) => row),
      [2, 2],
    );
    assert.deepEqual(shared?.leftOut[0], { missing: 0, repeated: 0, differing: 2 });
    // Texts make groups too, and those are no names.
    const bare = readRows(header.replace('group', 'other'), [line('B'), line('A')]);
    assert.deepEqual(rowsOf(sharedRows([bare, first])), [
      [0, 1],
      [0, 1],
    ]);
  });

  it('pairs rows without an id by text, and takes no empty id for that of another row', () => {
    const first = readRows(HEADER, [
      row(1, 'x', 'a'),
      row('', 'y', 'a'),
      row('', 'z', 'b'),
      row('', 'q', 'a'),
    ]);
    const second = readRows(HEADER, [row('', 'z', 'b'), row('', 'y', 'a'), row(1, 'x', 'a')]);
    const shared = sharedRows([first, second]);
    assert.equal(shared?.by, 'id');
    assert.deepEqual(rowsOf(shared), [
      [0, 1, 2],
      [2, 1, 0],
    ]);
    assert.deepEqual(shared.leftOut, [
      { missing: 1, repeated: 0, differing: 0 },
      { missing: 0, repeated: 0, differing: 0 },
    ]);
    assert.deepEqual([...first.warnings, ...second.warnings], []);
  });

  it('leaves out as many rows with the id of another one as the table warns of', () => {
    const table = readRows(HEADER, [row(1, 'x', 'a'), row(1, 'y', 'a'), row(2, 'z', 'b'), row('', 'q', 'a')]);
    const shared = sharedRows([table, table]);
    assert.deepEqual(shared?.leftOut[0], { missing: 0, repeated: 2, differing: 0 });
    const [warning] = table.warnings.filter(({ code }) => code === 'repeated-ids');
    assert.equal(warning?.message, '2 rows have the id of another row; such rows cannot be paired.');
  });

  it('pairs three tables, and nothing without ids and texts', () => {
    const tables = [
      [1, 2, 3],
      [3, 2, 4],
      [2, 3, 1],
    ].map((ids) =>
      readRows(
        HEADER,
        ids.map((id) => row(id, `t${id}`, 'a')),
      ),
    );
    assert.deepEqual(rowsOf(sharedRows(tables)), [
      [1, 2],
      [1, 0],
      [0, 1],
    ]);
    const bare = readRows('label,prob:a,prob:b', ['a,.6,.4', 'b,.6,.4']);
    assert.equal(sharedRows([bare, bare]), null);
  });

  it('never pairs a row twice, and counts every row once', () => {
    const rows = fc.array(
      fc.record({
        id: fc.constantFrom('', 1, 2, 3, 4, 5, 6),
        group: fc.constantFrom('', 'A', 'B'),
        text: fc.constantFrom('p', 'q', 'r', 's'),
        label: fc.constantFrom('a', 'b'),
      }),
      { minLength: 1, maxLength: 14 },
    );
    fc.assert(
      fc.property(rows, rows, fc.boolean(), (left, right, withIds) => {
        const tables = [left, right].map((lines) =>
          readRows(
            `${withIds ? HEADER : HEADER.replace('id', 'n')},group`,
            lines.map(({ id, group, text, label }) => `${row(id, text, label)},${group}`),
          ),
        );
        const shared = sharedRows(tables);
        shared?.rows.forEach((own, at) => {
          assert.equal(new Set(own).size, own.length);
          const { missing, repeated, differing } = shared.leftOut[at] ?? {
            missing: 0,
            repeated: 0,
            differing: 0,
          };
          assert.ok(missing >= 0 && differing >= 0);
          assert.equal(own.length + missing + repeated + differing, tables[at]?.n);
        });
      }),
    );
  });
});
