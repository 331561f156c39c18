/** Files that others wrote, changed at random: each is read, or refused with a sentence. Nothing else may happen. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { partAt } from '../../src/store/tables/work-place';
import { scoringKind } from '../../src/app/jobs/scoring';
import { applyToTable } from '../../src/app/tables/apply-calibrator';
import { calibrationCommands } from '../../src/cli/calibration';
import { readCosts } from '../../src/cli/calibration/costs';
import { builtinFile } from '../../src/core/classifier/builtin';
import { parseEvaluation } from '../../src/core/data/evaluation-json';
import { UserError } from '../../src/core/user-error';
import { loadCalibrator } from '../../src/store/calibrators';
import { findClassifier } from '../../src/store/classifiers';
import { jobFiles } from '../../src/store/job-files';
import { inspectTable } from '../../src/store/tables/inspect';
import { readLabelled } from '../../src/store/tables/labelled';
import { readCalibratedBy, readScoreMeta } from '../../src/store/tables/score-meta';
import { readScoreRun } from '../../src/store/tables/score-run';
import { evaluate } from '../../src/core/metrics/evaluate';
import { ScoredFile } from '../../src/store/tables/scored-file';
import { writeScored } from '../../src/store/tables/write-scored';
import { labelTable } from '../unit/cli/tables';
import { scriptedOptions } from './scripted-score';

/** A kind of file, with how it is read. */
interface FileKind {
  /** Sound ones. */
  readonly samples: readonly string[];
  readonly read: (content: Uint8Array) => Promise<unknown>;
}

export const FILE_KINDS = [
  'classifier',
  'calibrator',
  'calibrator that is applied',
  'meta file',
  'file of costs',
  'evaluation',
  'table',
  'state of a run',
  'part of a run',
] as const;
type FileKinds = Readonly<Record<(typeof FILE_KINDS)[number], FileKind>>;

/**
 * Reads changed files of one kind.
 *
 * @param runs how many
 */
export async function fuzz({ samples, read }: FileKind, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(changed(samples), async (content) => {
      try {
        await read(content);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        assert.match(error.message, /\S/u);
      }
    }),
    { numRuns: runs },
  );
}

/**
 * Makes sound files of every kind.
 *
 * @param folder an empty one; the cache must be one of the tests
 */
export async function fileKinds(folder: string): Promise<FileKinds> {
  const at = (name: string): string => path.join(folder, name);
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(at(name), content);
    return at(name);
  };
  const table = put('table.csv', labelTable(60));
  const calibrators: string[] = [];
  for (const method of ['temperature', 'isotonic', 'beta', 'histogram', 'vector']) {
    await run('calibrate', table, '--method', method, '--out', at(`${method}.json`));
    calibrators.push(readFileSync(at(`${method}.json`), 'utf8'));
  }
  const evaluation = await run('evaluate', table, '--json');
  const texts = Array.from({ length: 40 }, (_, i) => `${i},text ${i}\n`);
  const source = await inspectTable(put('texts.csv', `id,text\n${texts.join('')}`));
  const options = await scriptedOptions(source);
  await writeScored(source, at('scored.csv'), options);
  const scored = readFileSync(at('scored.csv'), 'utf8');

  let request = 0;
  const stopping = (...asked: Parameters<typeof options.score>): ReturnType<typeof options.score> =>
    request++ === 0 ? options.score(...asked) : Promise.reject(new UserError('cancelled', 'Stopped.'));
  const out = at('out.csv');
  const stopped = writeScored(source, out, { ...options, score: stopping });
  await assert.rejects(stopped, { code: 'cancelled' });
  const stateFile = jobFiles('score', out).state;
  const state = readFileSync(stateFile);
  const part = readFileSync(partAt('work', out));
  const placePart = (content: string | Uint8Array): void => {
    mkdirSync(path.dirname(partAt('work', out)), { recursive: true });
    writeFileSync(partAt('work', out), content);
  };
  const jobs = scoringKind({ run: () => Promise.reject(new Error('not run here')), folders: () => [folder] });

  return {
    classifier: {
      samples: ['sentiment', 'yes-no'].map((name) => JSON.stringify(builtinFile(name))),
      read: (content) => findClassifier(put('any.json', content), folder),
    },
    calibrator: { samples: calibrators, read: (content) => loadCalibrator(put('any.json', content)) },
    'calibrator that is applied': {
      samples: calibrators,
      read: async (content) => {
        const calibrator = await loadCalibrator(put('any.json', content));
        const buckets = [{ name: 'all', low: 0 }];
        await applyToTable({
          calibrator,
          table,
          out: at('applied.csv'),
          columns: {},
          buckets,
          spreadsheetSafe: false,
        });
        assert.doesNotMatch(readFileSync(at('applied.csv'), 'utf8'), /NaN|Infinity/u);
      },
    },
    'meta file': {
      samples: [readFileSync(at('scored.csv.meta.json'), 'utf8')],
      read: async (content) => {
        put('any.csv.meta.json', content);
        await readCalibratedBy(at('any.csv'), null);
        await readScoreMeta(at('any.csv'));
        await readScoreRun(at('any.csv'));
      },
    },
    'file of costs': {
      samples: ['{"wrong":5,"review":1}', '{"wrong":{"pos":{"neg":1},"neg":{"pos":2}},"review":1}'],
      read: (content) => readCosts(put('any.json', content), ['pos', 'neg']),
    },
    evaluation: {
      samples: [evaluation],
      read: (content) =>
        Promise.resolve().then(() => parseEvaluation(Buffer.from(content).toString(), 'any.json')),
    },
    table: {
      samples: [labelTable(8), scored],
      read: async (content) => {
        const { data } = await readLabelled(put('any.csv', content), {});
        checkNumbers(evaluate(data, { rounds: 0, nullDraws: 0 }), 'evaluation');
      },
    },
    'state of a run': {
      samples: [state.toString()],
      read: async (content) => {
        writeFileSync(stateFile, content);
        placePart(part);
        await jobs.unfinished(undefined);
        const header = part.toString().slice(0, part.indexOf('\n') + 1);
        try {
          const file = await ScoredFile.open(out, { run: options.run, source: source.file, header });
          await file.close();
        } catch (error) {
          assert.ok(readFileSync(partAt('work', out)).equals(part), 'a refused resume changes no byte');
          throw error;
        }
        const kept = readFileSync(partAt('work', out));
        assert.ok(kept.equals(part.subarray(0, kept.length)) && kept.length >= header.length);
      },
    },
    'part of a run': {
      samples: [part.toString()],
      read: async (content) => {
        writeFileSync(stateFile, state);
        placePart(content);
        try {
          await writeScored(source, out, options);
        } catch (error) {
          assert.ok(readFileSync(partAt('work', out)).equals(content), 'a refused resume changes no byte');
          throw error;
        }
        assert.equal(readFileSync(out, 'utf8'), scored);
        rmSync(out);
      },
    },
  };
}

/** Every number is one, at any depth. */
function checkNumbers(value: unknown, where: string): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), `${where} is ${value}`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) checkNumbers(inner, `${where}.${key}`);
}

async function run(name: string, ...argv: string[]): Promise<string> {
  let [out, err] = ['', ''];
  const io = {
    out: (text: string) => (out += text),
    err: (text: string) => (err += text),
    now: () => new Date(0),
    version: '0.0.0',
  };
  assert.equal(await calibrationCommands[name]?.(argv, io), 0, err);
  return out;
}

/** What is least expected where something else stood. */
const VALUES: readonly string[] = [
  ...[
    'null',
    'true',
    '-1',
    '0',
    '1e308',
    '-1e308',
    '1e999',
    '-1e999',
    '5e-324',
    '1.5',
    '9007199254740993',
    'NaN',
  ],
  ...[
    '""',
    '" "',
    '"\\u0000"',
    '"\\u202e"',
    '"\\ud800"',
    '"../../outside"',
    '"/dev/zero"',
    '"__proto__"',
    '"=1+1"',
  ],
  ...['[]', '{}', '[[[[]]]]', '{"__proto__":{"schema":1}}', '{"constructor":1}'],
  `"${'x'.repeat(10_000)}"`,
  `[${'0,'.repeat(5_000)}0]`,
  '['.repeat(20_000),
  `${'[{"a":'.repeat(5_000)}1${'}]'.repeat(5_000)}`,
];

/** Sound files in which values, names, pieces or bytes are others. */
function changed(samples: readonly string[]): fc.Arbitrary<Uint8Array> {
  const edit = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('value' as const),
        at: fc.nat(),
        value: fc.oneof(fc.constantFrom(...VALUES), fc.json()),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('number' as const),
        at: fc.nat(),
        value: fc.double().map(String),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(200) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.nat(200) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('bytes' as const),
        at: fc.nat(),
        bytes: fc.uint8Array({ maxLength: 8 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat() }) },
  );
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([sample, edits]) => {
      let content: Buffer = Buffer.from(sample);
      for (const change of edits) {
        const at = content.length === 0 ? 0 : change.at % content.length;
        const put = (from: number, to: number, piece: Uint8Array): Buffer =>
          Buffer.concat([content.subarray(0, from), piece, content.subarray(to)]);
        if (change.kind === 'value' || change.kind === 'number') {
          const found = token(content.toString('latin1'), change.kind, change.at);
          content = found === undefined ? content : put(found.from, found.to, Buffer.from(change.value));
        } else if (change.kind === 'cut') content = put(at, at + change.length, Buffer.alloc(0));
        else if (change.kind === 'repeat') content = put(at, at, content.subarray(at, at + change.length));
        else if (change.kind === 'bytes') content = put(at, at + change.bytes.length, change.bytes);
        else content = content.subarray(0, at);
      }
      return content;
    });
}

/** One of the values, or numbers, of a JSON or CSV text. */
function token(
  text: string,
  kind: 'value' | 'number',
  nth: number,
): { from: number; to: number } | undefined {
  const pattern =
    kind === 'number'
      ? /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gu
      : /"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null/gu;
  const all = [...text.matchAll(pattern)];
  const found = all[nth % Math.max(1, all.length)];
  return found && { from: found.index, to: found.index + found[0].length };
}
