/** What the editor has done in a thread: it takes seconds in which no extension would answer, or reads files of others. */
import {
  type ImportOptions,
  importPredictions,
  type ImportReport,
  originOf,
} from './import/import-predictions';
import { ORIGINS } from './import/origins';
import type { UserError } from '../core/user-error';
import { type Judged, type JudgeOrder, judgeTables } from './training/judge';
import type { CellStyle } from '../store/tables/csv-line';

export interface ThreadContext {
  readonly signal: AbortSignal;
  readonly report: (done: number) => void;
}

/** Everything in it can be passed between threads: an origin goes by its name. */
export interface ImportOrder {
  readonly file: string;
  readonly out: string;
  readonly options: Omit<ImportOptions, 'origin'> & { readonly origin: string | null };
  readonly style: CellStyle;
}

export type ImportedTable = Omit<ImportReport, 'origin'> & { readonly origin: string };

/** By name. What is given and what comes back can be passed between threads. */
export const THREAD_WORK = {
  /** @throws UserError as `judgeTables` */
  judge: (order: JudgeOrder): Promise<Judged> => judgeTables(order),

  /** @throws UserError as `originOf` */
  originOf: async (file: string): Promise<string | null> => (await originOf(file))?.name ?? null,

  /** @throws UserError as `importPredictions` */
  async importPredictions(
    { file, out, options, style }: ImportOrder,
    { signal, report }: ThreadContext,
  ): Promise<ImportedTable> {
    const origin = ORIGINS.find(({ name }) => name === options.origin) ?? null;
    const run = { style, signal, onRecords: report };
    const done = await importPredictions(file, out, { ...options, origin }, run);
    return { ...done, origin: done.origin.name };
  },
};

export type ThreadWork = typeof THREAD_WORK;

/** What a thread says. Errors for people lose their kind on the way. */
export type ThreadMessage =
  | { readonly done: number }
  | { readonly answer: unknown }
  | { readonly error: Pick<UserError, 'code' | 'message' | 'data'> };
