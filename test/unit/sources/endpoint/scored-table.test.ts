import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { classifierFrom } from '../../../../src/core/classifier/definition';
import { EndpointSource } from '../../../../src/sources/endpoint/endpoint-source';
import { endpointFrom } from '../../../../src/sources/endpoint/settings';
import { scoreTexts } from '../../../../src/sources/score-texts';
import { inspectTable } from '../../../../src/store/tables/inspect';
import { scoreCells } from '../../../../src/store/tables/score-cells';
import { readUnfinishedTable } from '../../../../src/store/tables/scored-file';
import { type ScoreReport, writeScored } from '../../../../src/store/tables/write-scored';
import { scriptedRun } from '../../../support/scripted-score';
import { temporaryFolder, temporaryJobs } from '../../../support/temporary';
import { FakeClock } from '../../../support/fake-clock';
import { chatAnswer, json, serve, type Behaviour, type TestServer } from './misbehaving-server';

const LABELS = ['positive', 'negative'];
const CLASSIFIER = classifierFrom(
  { version: 1, name: 'test', template: '{{text}}:', labels: LABELS.map((name) => ({ name })) },
  'test',
);
const GOOD = chatAnswer({ positive: 0.6, negative: 0.3 });

/** The answers are canned; requests, tables and files are real. */
describe('a table scored by an endpoint', () => {
  const inFolder = temporaryFolder();
  temporaryJobs();
  let server: TestServer | undefined;
  let from: EndpointSource;
  let table: string;
  let out: string;
  beforeEach(() => {
    table = path.join(inFolder(), 'in.csv');
    out = path.join(inFolder(), 'out.csv');
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function scoreTable(texts: readonly string[], behaviour: Behaviour): Promise<ScoreReport> {
    await writeFile(table, `text\n${texts.map((text) => `${text}\n`).join('')}`);
    await server?.close();
    server = await serve(behaviour);
    const endpoint = endpointFrom({ name: 'test', url: server.url, api: 'chat', model: 'tiny' });
    from = new EndpointSource(endpoint, {
      key: () => undefined,
      clock: new FakeClock(),
      random: () => 0.5,
    });
    const source = await inspectTable(table);
    return writeScored(source, out, {
      run: await scriptedRun(source, LABELS),
      cells: scoreCells(LABELS, 'token-probability', null, true),
      score: (some, signal) => scoreTexts(from, CLASSIFIER, some, { topTokens: 0, signal }),
      textsAtOnce: from.textsAtOnce,
      replace: false,
      onProgress: () => undefined,
    });
  }
  const rowsNamed = (count: number): string[] => Array.from({ length: count }, (_, row) => `row ${row}`);
  const textOf = (seen: Parameters<Behaviour>[1]): string => seen.body.messages?.at(-1)?.content ?? '';
  const refusing =
    (word: string): Behaviour =>
    (response, seen) =>
      textOf(seen).includes(word)
        ? json(response, { error: { message: 'Filtered.' } }, 400)
        : json(response, GOOD);

  it('has as many requests under way as the server takes, however long each of them is', async () => {
    const held: ServerResponse[] = [];
    /** How many requests were under way when one was answered. */
    const beside: number[] = [];
    let seconds = 0;
    // Whoever times groups of rows sees that they are slow.
    performance.now = () => seconds * 1000;
    let unanswered = 150;
    // The server answers the oldest request once there are as many as the source has at once, or as rows are left.
    const patient: Behaviour = (latest) => {
      held.push(latest);
      while (held.length >= Math.min(from.textsAtOnce(), unanswered)) {
        const oldest = held.shift();
        if (oldest === undefined) return;
        beside.push(held.length + 1);
        seconds += 2;
        unanswered--;
        json(oldest, GOOD);
      }
    };
    try {
      const { rows, failed } = await scoreTable(rowsNamed(unanswered), patient);
      assert.deepEqual([rows, failed], [150, 0]);
    } finally {
      Reflect.deleteProperty(performance, 'now');
    }
    // One more for each round of answers: n requests at once after n² / 2 answers or so.
    const most = Math.max(...beside);
    assert.ok(most >= 15, `${most} at once: ${beside.join(' ')}`);
    // The last rows are fewer.
    const kept = beside.slice(75, -most);
    assert.ok(Math.min(...kept) >= 9, beside.join(' '));
  });

  it('keeps a refused row with its reason, be it the last one, the only one, or one after many', async () => {
    for (const texts of [
      [...rowsNamed(16), 'refused'],
      ['refused'],
      [...rowsNamed(3), ...Array.from({ length: 40 }, () => 'refused'), ...rowsNamed(3)],
    ]) {
      const { rows, failed } = await scoreTable(texts, refusing('refused'));
      const wanted = texts.filter((text) => text === 'refused').length;
      assert.deepEqual([rows, failed], [texts.length, wanted]);
      const reasons = (await readFile(out, 'utf8')).split('\n').filter((line) => line.startsWith('refused'));
      assert.equal(reasons.length, wanted);
      assert.ok(
        reasons.every((line) => line.includes('It says: Filtered.')),
        reasons[0],
      );
      out = out.replace('.csv', '-.csv');
    }
  });

  it('keeps a row of which the server shows no label', async () => {
    const { failed, firstFailed } = await scoreTable(['fine', 'odd'], (response, seen) =>
      json(response, textOf(seen).includes('odd') ? chatAnswer({ I: 0.9 }) : GOOD),
    );
    assert.equal(failed, 1);
    assert.match(firstFailed[0]?.reason ?? '', /None of the labels/);
  });

  it('ends for what concerns every row, and is done by whoever has the key', async () => {
    const texts = rowsNamed(30);
    const without: Behaviour = (response, _, index) =>
      index < 10 ? json(response, GOOD) : json(response, { error: 'who are you' }, 401);
    await assert.rejects(scoreTable(texts, without), {
      code: 'endpoint-key',
      message: /of 30 rows are kept/,
    });
    const kept = (await readUnfinishedTable(out))?.done.rows ?? 0;
    assert.ok(kept > 0 && kept <= 10, String(kept));
    assert.equal((await scoreTable(texts, refusing('nothing'))).rows, 30);
    assert.equal(server?.requests.length, 30 - kept);
  });

  it('ends where nearly nothing but refusals comes, and goes on behind them', async () => {
    const texts = rowsNamed(250);
    await assert.rejects(scoreTable(texts, refusing('row')), {
      code: 'rows-refused',
      message: /^The last 200 rows have no score\..*Filtered\. 200 of 250 rows are kept/,
    });
    const { rows, failed } = await scoreTable(texts, refusing('row'));
    assert.deepEqual([rows, failed], [250, 250]);
  });
});
