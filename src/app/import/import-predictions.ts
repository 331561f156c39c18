/** Writes the predictions of another tool as a table of this one. */
import path from 'node:path';
import type { Warning } from '../../core/model/predictions';
import { MOST_LABELS } from '../../core/model/most-labels';
import { listed } from '../../core/quote';
import { cancelledError, UserError } from '../../core/user-error';
import { explainingWrite } from '../../store/explain-write';
import type { Found } from '../../store/records/found';
import { recordsOf } from '../../store/records/records';
import { type CellStyle, csvLine } from '../../store/tables/csv-line';
import { writeWithMeta } from '../../store/tables/write-with-meta';
import { joinedBy } from './joined-table';
import { type ImportedRow, type Origin, type Reader, type ReaderOptions, RecordProblem } from './origin';
import { ORIGINS } from './origins';

export interface ImportOptions extends ReaderOptions {
  /** Null: as the records look. */
  readonly origin: Origin | null;
  /** A table with the texts and true labels, by id or else by order; null for none. */
  readonly join: string | null;
}

export interface ImportRun {
  readonly style: CellStyle;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of records that were read so far, of both passes. */
  readonly onRecords?: ((records: number) => void) | undefined;
}

export interface ImportReport {
  readonly origin: Origin;
  readonly rows: number;
  /** Rows without a score. */
  readonly failed: number;
  readonly columns: readonly string[];
  /** What was taken for what. */
  readonly notes: readonly string[];
  /** The first damaged records; `damagedCount` counts all. */
  readonly damaged: readonly Damaged[];
  readonly damagedCount: number;
  readonly warnings: readonly Warning[];
}

interface Damaged {
  /** "line 7" */
  readonly at: string;
  readonly reason: string;
}

const MOST_COLUMNS = 10_000;
const MOST_DAMAGED = 100;
/** Records by which the origin is recognised. */
const FIRST = 50;

/**
 * The origin that the records of a file look like; null for none.
 *
 * @throws UserError everything of `recordsOf`; import-empty
 */
export async function originOf(file: string): Promise<Origin | null> {
  const first: unknown[] = [];
  const damaged: Damaged[] = [];
  for await (const batch of recordsOf(file)) {
    for (const found of batch)
      if ('value' in found) first.push(found.value);
      else if (damaged.length === 0) damaged.push({ at: found.at, reason: found.problem });
    if (first.length >= FIRST) break;
  }
  if (first.length === 0)
    throw new UserError(
      'import-empty',
      `${path.basename(file)} holds no record that could be read. ${firstOf(damaged)}`.trimEnd(),
    );
  const sample = first.slice(0, FIRST);
  // Damaged records do not hide what a file is.
  return (
    ORIGINS.find(
      (origin) => sample.filter((record) => origin.recognises(record)).length > 0.5 * sample.length,
    ) ?? null
  );
}

/**
 * Reads a file twice in bounded memory: what it holds, and then its rows. The table appears under its name when it is whole.
 *
 * @throws UserError everything of `originOf` and of the readers; import-origin, too-many-labels, cancelled
 */
export async function importPredictions(
  file: string,
  out: string,
  options: ImportOptions,
  { style, signal, onRecords }: ImportRun,
): Promise<ImportReport> {
  const name = path.basename(file);
  const seen = await originOf(file);
  const origin = options.origin ?? seen;
  if (origin === null || (options.origin !== null && !isLike(options.origin, seen)))
    throw new UserError('import-origin', otherOrigin(name, options.origin, seen));
  const reader = origin.open(options);
  const join = options.join === null ? null : await joinedBy(options.join);
  const damaged: Damaged[] = [];
  let damagedCount = 0;
  let records = 0;
  const eachRecord = async (read: (value: unknown) => void, isFirst: boolean): Promise<void> => {
    for await (const batch of recordsOf(file)) {
      if (signal?.aborted === true) throw cancelledError();
      for (const found of batch) {
        const reason = problemOf(found, read);
        if (reason === null || !isFirst) continue;
        if (damaged.length < MOST_DAMAGED) damaged.push({ at: found.at, reason });
        damagedCount++;
      }
      records += batch.length;
      onRecords?.(records);
    }
  };

  if (reader.look !== undefined) await eachRecord((value) => reader.look?.(value), false);
  const notes = reader.settle?.() ?? [];
  const survey = new Survey(reader.scores);
  await eachRecord((value) => {
    for (const row of reader.rows(value)) survey.add(row);
  }, true);
  if (survey.rows === 0)
    throw new UserError('import-empty', `No record of ${name} could be read. ${firstOf(damaged)}`);
  if (survey.columns().length === 0)
    throw new UserError('import-empty', `The records of ${name} are empty: they have no columns.`);
  const joined = join?.to(survey, survey.columns());
  const columns = [...survey.columns(), ...(joined?.columns ?? [])];

  async function* lines(): AsyncGenerator<string> {
    yield csvLine(columns, ',', style);
    let at = 0;
    for await (const batch of recordsOf(file)) {
      if (signal?.aborted === true) throw cancelledError();
      let text = '';
      for (const found of batch)
        problemOf(found, (value) => {
          for (const row of reader.rows(value)) {
            text += csvLine([...survey.cells(row), ...(joined?.cells(row, at) ?? [])], ',', style);
            at++;
          }
        });
      records += batch.length;
      onRecords?.(records);
      yield text;
    }
  }

  await explainingWrite(out, () => writeWithMeta(out, lines(), null));
  return {
    origin,
    rows: survey.rows,
    failed: survey.failed,
    columns,
    notes: [...notes, ...(joined === undefined ? [] : [joined.note()])],
    damaged,
    damagedCount,
    warnings: join?.warnings ?? [],
  };
}

/** Anything that has fields can be read as columns. */
function isLike(asked: Origin, seen: Origin | null): boolean {
  return asked === seen || (seen !== null && asked.name === 'columns');
}

function otherOrigin(name: string, asked: Origin | null, seen: Origin | null): string {
  const known = ORIGINS.map(({ title, holds }) => `${title}: ${holds}`).join('; ');
  if (asked === null || seen === null)
    return `${name} holds records of no kind that is known. Known are ${known}.`;
  return `${name} is not ${asked.title} (${asked.holds}). It looks like ${seen.title}.`;
}

/** Why a record gives no row; null if it gives one. */
function problemOf(found: Found, read: (value: unknown) => void): string | null {
  if ('problem' in found) return found.problem;
  try {
    read(found.value);
    return null;
  } catch (error) {
    if (error instanceof RecordProblem) return error.message;
    if (error instanceof RangeError)
      return error.message.includes('call stack')
        ? 'is nested too deeply'
        : `cannot be read: ${error.message}`;
    throw error;
  }
}

function firstOf([first]: readonly Damaged[]): string {
  return first === undefined ? '' : `${first.at} ${first.reason}.`;
}

/** Which columns rows need, and their cells. */
class Survey {
  rows = 0;
  failed = 0;
  hasIds = false;
  private readonly has = new Set<keyof ImportedRow>();
  private readonly labels = new Set<string>();
  private readonly others = new Set<string>();

  constructor(private readonly kind: Reader['scores']) {}

  add(row: ImportedRow): void {
    this.rows++;
    if (row.error !== undefined) this.failed++;
    if (row.id !== undefined) this.hasIds = true;
    for (const name of Object.keys(row) as (keyof ImportedRow)[])
      if (row[name] !== undefined) this.has.add(name);
    for (const label of row.scores?.keys() ?? []) this.labels.add(label);
    for (const name of row.others?.keys() ?? []) this.others.add(name);
    if (this.others.size > MOST_COLUMNS)
      throw new UserError('too-many-labels', 'The records have more than 10,000 columns.');
    if (this.labels.size > MOST_LABELS)
      throw new UserError(
        'too-many-labels',
        `The records have more than ${MOST_LABELS} labels, among them ${listed([...this.labels].slice(0, 3))}. Probably they are not labels but answers in words.`,
      );
  }

  columns(): readonly string[] {
    return [
      ...this.plain(['id', 'text', 'label']),
      ...[...this.labels].map((label) => `${this.kind}:${label}`),
      ...(this.has.has('labelMass') ? ['label_mass'] : []),
      ...this.plain(['predicted', 'confidence', 'correct']),
      ...(this.has.has('bounds') ? ['label_bound'] : []),
      ...(this.has.has('error') ? ['score_error'] : []),
      ...this.others,
    ];
  }

  private plain<T extends keyof ImportedRow>(names: readonly T[]): readonly T[] {
    return names.filter((name) => this.has.has(name));
  }

  cells(row: ImportedRow): readonly string[] {
    const { scores, bounds = [], correct } = row;
    const plain = {
      ...row,
      confidence: row.confidence === undefined ? undefined : String(row.confidence),
      correct: correct === undefined ? undefined : String(Number(correct)),
    };
    return [
      ...this.plain(['id', 'text', 'label']).map((name) => plain[name] ?? ''),
      ...[...this.labels].map((label) => {
        const score = scores?.get(label);
        return score === undefined ? '' : String(score);
      }),
      ...(this.has.has('labelMass') ? [row.labelMass === undefined ? '' : String(row.labelMass)] : []),
      ...this.plain(['predicted', 'confidence', 'correct']).map((name) => plain[name] ?? ''),
      ...(this.has.has('bounds') ? [bounds.length === 0 ? '' : JSON.stringify(bounds)] : []),
      ...(this.has.has('error') ? [row.error ?? ''] : []),
      ...[...this.others].map((name) => row.others?.get(name) ?? ''),
    ];
  }
}
