/** Merges the shards of a scored table into the same bytes as if it had been scored in one run. */
import { largest } from '../../core/extremes';
import path from 'node:path';
import { sumOfSeconds } from '../../core/model/confidence-method';
import { UserError } from '../../core/user-error';
import { checkOutputs } from '../atomic';
import { type CellStyle, csvLine } from './csv-line';
import { inspectTable, type TableFile } from './inspect';
import { tableRows, type TableRow } from './rows';
import { scoreMetaFile } from './score-meta';
import { writeWithMeta } from './write-with-meta';
import { readScoreRun, runDifferences, runText, type ScoreRun, type Shard } from './score-run';

/** Fields in which shards may differ: which one it is, and properties of the machine that computed it. */
const MAY_DIFFER = ['shard', 'jitter', 'devices', 'seconds'];

interface ShardFile {
  readonly file: string;
  readonly run: ScoreRun;
  readonly shard: Shard;
}

/**
 * Merges all shards of one table, given in any order, in bounded memory. The copy gets its name when it is
 * whole.
 *
 * @param style whether cells are made safe for a spreadsheet that are not so in the shards
 * @returns how many rows it has
 * @throws UserError not-a-file, not-a-shard, shard-missing, shard-twice, shards-differ, shard-damaged; everything of `readScoreRun`,
 *   `inspectTable` and `tableRows`
 */
export async function mergeScored(
  files: readonly string[],
  out: string,
  { spreadsheetSafe }: CellStyle,
): Promise<number> {
  await checkOutputs(out, scoreMetaFile(out));
  const shards = inOrder(await Promise.all(files.map(readShard)));
  const merged = mergedRun(shards);
  const run: ScoreRun = spreadsheetSafe ? { ...merged, spreadsheetSafe } : merged;
  const tables: TableFile[] = [];
  for (const { file } of shards) tables.push(await inspectTable(file));
  const [first] = tables;
  if (first === undefined) throw new Error('no shards');
  const other = tables.find(({ header }) => header.join('\n') !== first.header.join('\n'));
  if (other !== undefined) throw damaged(other.file, 'its columns are not those of the others');

  async function* lines(
    separator: TableFile['separator'],
    header: readonly string[],
  ): AsyncGenerator<string> {
    yield csvLine(header, separator, { spreadsheetSafe });
    const rows = tables.map((table) => new RowByRow(table));
    let text = '';
    for (let at = 0; at < run.source.rows; at++) {
      const from = rows[at % rows.length];
      const row = from?.take() ?? (await from?.wait());
      if (row === undefined) throw damaged(tables[at % rows.length]?.file ?? '', 'rows are missing');
      text += csvLine(row.cells, separator, { spreadsheetSafe });
      if (text.length < 65_536) continue;
      yield text;
      text = '';
    }
    for (const [index, rest] of rows.entries())
      if ((rest.take() ?? (await rest.wait())) !== undefined)
        throw damaged(tables[index]?.file ?? '', 'it has more rows than its share');
    yield text;
  }

  await writeWithMeta(
    out,
    lines(first.separator, first.header),
    runText(run, sumOfSeconds(shards.flatMap((shard) => shard.run.seconds ?? []))),
  );
  return run.source.rows;
}

async function readShard(file: string): Promise<ShardFile> {
  const run = await readScoreRun(file);
  const name = path.basename(file);
  if (run.shard === undefined)
    throw new UserError('not-a-shard', `${name} is not a shard: it was scored as a whole.`);
  return { file, run, shard: run.shard };
}

function inOrder(shards: readonly ShardFile[]): readonly ShardFile[] {
  const of = shards[0]?.shard.of ?? 0;
  const odd = shards.find(({ shard }) => shard.of !== of);
  if (odd !== undefined)
    throw new UserError(
      'shards-differ',
      `${path.basename(odd.file)} is one of ${odd.shard.of} shards, but the other files are shards of ${of}.`,
    );
  return Array.from({ length: of }, (_, k) => {
    const found = shards.filter(({ shard }) => shard.index === k + 1);
    const [only, twice] = found;
    if (only === undefined)
      throw new UserError('shard-missing', `Shard ${k + 1} of ${of} is missing.`, {
        data: { index: k + 1, of },
      });
    if (twice !== undefined)
      throw new UserError(
        'shard-twice',
        `${path.basename(only.file)} and ${path.basename(twice.file)} are both shard ${k + 1} of ${of}. Leave one out.`,
      );
    return only;
  });
}

/** The run of the whole; where machines differ, all of their devices and the largest jitter. */
function mergedRun(shards: readonly ShardFile[]): ScoreRun {
  const [first, ...others] = shards;
  if (first === undefined) throw new Error('no shards');
  for (const { file, run } of others) {
    const changed = runDifferences(first.run, run, MAY_DIFFER);
    if (changed.length > 0)
      throw new UserError(
        'shards-differ',
        `${path.basename(first.file)} and ${path.basename(file)} were scored under different conditions: ` +
          `${changed.join('; ')}. Score all shards of one table with the same model, classifier and options.`,
      );
  }
  const run = { ...first.run };
  delete run.shard;
  const jitters = shards.flatMap((entry) => entry.run.jitter ?? []);
  return {
    ...run,
    jitter: jitters.length === 0 ? null : largest(jitters),
    devices: [...new Set(shards.flatMap((entry) => entry.run.devices))],
  };
}

function damaged(file: string, how: string): UserError {
  return new UserError(
    'shard-damaged',
    `${path.basename(file)} changed after it was scored: ${how}. Score that shard again.`,
  );
}

/** The rows of a table one at a time. */
class RowByRow {
  private readonly batches: AsyncGenerator<readonly TableRow[]>;
  private batch: readonly TableRow[] = [];
  private next = 0;

  constructor(table: TableFile) {
    this.batches = tableRows(table);
  }

  /** The next row, where it is at hand. */
  take(): TableRow | undefined {
    return this.batch[this.next++];
  }

  /** The next row; undefined after the last. */
  async wait(): Promise<TableRow | undefined> {
    for (;;) {
      const result = await this.batches.next();
      if (result.done === true) return undefined;
      this.batch = result.value;
      this.next = 1;
      if (this.batch.length > 0) return this.batch[0];
    }
  }
}
