import assert from 'node:assert/strict';
import { chmod, link, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Decision, readDecisions } from '../../../src/core/labelling/decisions';
import { appendDecisions, labelsFile, readLabelsText, textSha256 } from '../../../src/store/labels';
import { killWhileLabelling } from '../../support/label-and-kill';

function decision(rowId: string): Decision {
  return {
    rowId,
    textSha256: '',
    kind: 'label',
    label: 'a "quoted", label',
    design: 'd',
    selectedBy: 'random',
    probability: 0.25,
    isBlind: true,
    who: 'Ana',
    time: '2026-01-02T03:04:05.678Z',
  };
}

describe('the labels file on the disk', () => {
  let workspace: string;
  let file: string;
  beforeEach(async () => {
    workspace = await mkdtemp(path.join(tmpdir(), 'labels-'));
    file = labelsFile(workspace, 'reviews');
  });
  afterEach(() => rm(workspace, { recursive: true, force: true }));

  const rowsRead = async () => {
    const { decisions, unread } = readDecisions(await readLabelsText(file));
    return { rows: decisions.map(({ rowId }) => rowId), unread: unread.length };
  };

  it('is begun with its header, and only added to', async () => {
    await appendDecisions(workspace, file, [decision('1')]);
    const before = await readFile(file, 'utf8');
    await appendDecisions(workspace, file, [decision('2'), decision('3')]);
    assert.ok((await readFile(file, 'utf8')).startsWith(before));
    assert.deepEqual(await rowsRead(), { rows: ['1', '2', '3'], unread: 0 });
  });

  it('takes decisions of many at once, none torn, lost or doubled', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => String(i));
    await Promise.all(ids.map((id) => appendDecisions(workspace, file, [decision(id)])));
    const { rows, unread } = await rowsRead();
    assert.deepEqual(rows.sort(), ids.sort());
    assert.equal(unread, 0);
  });

  it('goes on behind a line that was cut, which costs no other line', async () => {
    await appendDecisions(workspace, file, [decision('1'), decision('2')]);
    const { length } = await readFile(file);
    await truncate(file, length - 40);
    await appendDecisions(workspace, file, [decision('3')]);
    assert.deepEqual(await rowsRead(), { rows: ['1', '3'], unread: 1 });
  });

  it('writes into nothing that is no labels file, and through no link', async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'text,label\nhello,spam\n');
    await assert.rejects(appendDecisions(workspace, file, [decision('1')]), { code: 'labels-file-other' });
    assert.equal(await readFile(file, 'utf8'), 'text,label\nhello,spam\n');
    const elsewhere = path.join(workspace, 'elsewhere.csv');
    await writeFile(elsewhere, '');
    await rm(file);
    await symlink(elsewhere, file);
    await assert.rejects(appendDecisions(workspace, file, [decision('1')]), { code: 'not-a-file' });
    await rm(file);
    await link(elsewhere, file);
    await assert.rejects(appendDecisions(workspace, file, [decision('1')]), { code: 'not-a-file' });
    assert.equal(await readFile(elsewhere, 'utf8'), '');
    await rm(path.join(workspace, '.prompt-confidence'), { recursive: true });
    const outside = await mkdtemp(path.join(tmpdir(), 'outside-'));
    await symlink(outside, path.join(workspace, '.prompt-confidence'));
    await assert.rejects(appendDecisions(workspace, file, [decision('1')]), { code: 'leads-elsewhere' });
    await rm(outside, { recursive: true });
  });

  it('says why it cannot be written', async function () {
    if (process.getuid?.() === 0) this.skip();
    await mkdir(path.dirname(file), { recursive: true });
    await chmod(path.dirname(file), 0o500);
    await assert.rejects(appendDecisions(workspace, file, [decision('1')]), { code: 'not-writable' });
    await chmod(path.dirname(file), 0o700);
  });

  it('has a name that every system can write', () => {
    assert.throws(() => labelsFile(workspace, '../elsewhere'), { code: 'bad-name' });
  });

  it('survives kill -9: no decision that was shown as saved is lost, none is there twice', async function () {
    this.timeout(60_000);
    await killWhileLabelling(workspace, file, 3);
  });
});

describe('the SHA-256 of a text', () => {
  it('survives a spreadsheet', () => {
    assert.equal(textSha256(' a\r\nb '), textSha256('a\nb'));
    assert.notEqual(textSha256('a b'), textSha256('a\nb'));
    assert.equal(textSha256('  '), '');
    assert.equal(textSha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
