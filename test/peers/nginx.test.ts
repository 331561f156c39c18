/** One address, several servers: nginx shares requests out among three real servers of one model, and one of them is killed. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { pathToFileURL } from 'node:url';
import { BUILTIN_CLASSIFIERS } from '../../src/core/classifier/builtin';
import { EndpointSource } from '../../src/sources/endpoint/endpoint-source';
import { SYSTEM_CLOCK } from '../../src/sources/endpoint/pace';
import { endpointFrom } from '../../src/sources/endpoint/settings';
import { scoreTexts } from '../../src/sources/score-texts';
import { inspectTable } from '../../src/store/tables/inspect';
import { scoreCells } from '../../src/store/tables/score-cells';
import { type ScoreReport, writeScored } from '../../src/store/tables/write-scored';
import { ROOT, TEST_MODEL } from '../support/paths';
import { scriptedRun } from '../support/scripted-score';
import { sharedFolder, sharedJobs } from '../support/temporary';

const SERVERS = 3;
const ROWS = 36;
/** Rows that are scored before a server is killed. */
const BEFORE = 8;

/** Kernels depend on what a server has in its cache: see llama-cpp-python.test.ts. */
const JITTER = 0.1;

interface Server {
  readonly url: string;
  close(signal?: NodeJS.Signals): Promise<void>;
}
interface Peers {
  serveLlamaCppPython(python: string, options: { model: string; threads: number }): Promise<Server>;
  serveNginx(program: string, servers: readonly Server[], folder: string): Promise<Server>;
}

const [classifier = assert.fail()] = BUILTIN_CLASSIFIERS;
const LABELS = classifier.labels.map(({ name }) => name);

describe('nginx in front of three servers of one model', () => {
  const inFolder = sharedFolder();
  sharedJobs();
  const servers: Server[] = [];
  let nginx: Server | undefined;
  let table: string;

  before(async () => {
    const script = pathToFileURL(path.join(ROOT, 'scripts', 'peers.mjs')).href;
    const peers = (await import(script)) as Peers;
    const python = process.env.PROMPT_CONFIDENCE_LLAMA_CPP_PYTHON ?? assert.fail('no server was set up');
    const program = process.env.PROMPT_CONFIDENCE_NGINX ?? assert.fail('nginx was not set up');
    const options = { model: TEST_MODEL, threads: 1 };
    for (let count = 0; count < SERVERS; count++)
      servers.push(await peers.serveLlamaCppPython(python, options));
    nginx = await peers.serveNginx(program, servers, inFolder());
    table = path.join(inFolder(), 'in.csv');
    const texts = Array.from(
      { length: ROWS },
      (_, row) =>
        `${row},${row % 2 === 0 ? 'A lovely film' : 'A dreadful film'}: ${'very '.repeat(row % 5)}number ${row}`,
    );
    await writeFile(table, `id,text\n${texts.join('\n')}\n`);
  });
  after(async () => {
    await nginx?.close();
    await Promise.all(servers.map((server) => server.close()));
  });

  /** @param onRow called after each row with how many there are */
  async function score(
    { url }: Server,
    out: string,
    onRow: (rows: number) => Promise<void>,
  ): Promise<ScoreReport> {
    const endpoint = endpointFrom({ name: 'peer', url, api: 'completion', model: path.basename(TEST_MODEL) });
    const source = new EndpointSource(endpoint, {
      key: () => undefined,
      clock: SYSTEM_CLOCK,
      random: Math.random,
    });
    const file = await inspectTable(table);
    let rows = 0;
    return writeScored(file, out, {
      run: await scriptedRun(file, LABELS),
      cells: scoreCells(LABELS, 'token-probability', null, true),
      score: async (some, signal) => {
        const scored = await scoreTexts(source, classifier, some, { topTokens: 0, signal });
        rows += some.length;
        await onRow(rows);
        return scored;
      },
      textsAtOnce: source.textsAtOnce,
      replace: false,
      onProgress: () => undefined,
    });
  }

  /** By id: the confidence of a label. */
  async function confidences(out: string): Promise<ReadonlyMap<string, number>> {
    const [header = [], ...rows] = parse(await readFile(out, 'utf8'));
    assert.deepEqual(
      rows.map(([id]) => id),
      Array.from({ length: ROWS }, (_, row) => String(row)),
    );
    const [positive, negative] = LABELS.map((label) => header.indexOf(`logprob:${label}`));
    return new Map(
      rows.map((cells) => {
        const [own, other] = [positive, negative].map((index) => Math.exp(Number(cells[index ?? -1])));
        return [cells[0] ?? '', (own ?? NaN) / ((own ?? NaN) + (other ?? NaN))];
      }),
    );
  }

  it('loses nothing, doubles nothing and gives the same numbers where one is killed', async () => {
    const [first = assert.fail(), second = assert.fail()] = servers;
    const alone = path.join(inFolder(), 'alone.csv');
    assert.equal((await score(first, alone, () => Promise.resolve())).failed, 0);

    const shared = path.join(inFolder(), 'shared.csv');
    let killed: Promise<void> | undefined;
    const done = await score(nginx ?? assert.fail(), shared, async (rows) => {
      if (rows >= BEFORE && rows < ROWS) await (killed ??= second.close('SIGKILL'));
    });
    assert.ok(killed !== undefined, 'no server was killed');
    assert.deepEqual([done.rows, done.failed], [ROWS, 0]);

    const [expected, found] = [await confidences(alone), await confidences(shared)];
    const distances = [...expected].map(([id, confidence]) => Math.abs(confidence - (found.get(id) ?? NaN)));
    const largest = Math.max(...distances);
    console.log(`    ${ROWS} rows, largest distance ${largest.toFixed(4)}`);
    assert.ok(largest < JITTER, distances.join(', '));
  });
});
