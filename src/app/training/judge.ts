/** Judges base and tuned model by their scores of the rows that neither has seen: calibrators are fitted, and one is chosen. */
import { withoutSplit } from '../../core/calibration/recommend';
import {
  judgeTuned,
  type ModelScores,
  TUNED_MODELS,
  type TunedFit,
  type TunedModel,
  type TunedResult,
} from '../../core/comparison/tuned-against-base';
import type { Proof, ProofResult } from '../../core/model/adapter-card';
import type { Metric } from '../../core/model/evaluation';
import { selectRows } from '../../core/model/rows';
import { UserError } from '../../core/user-error';
import { fitNotes } from '../../core/words/tuning';
import { saveCalibrator } from '../../store/calibrators';
import { inspectTable } from '../../store/tables/inspect';
import { type LabelledTable, readLabelled } from '../../store/tables/labelled';
import { splitRows } from '../../store/tables/split-table';
import { fitOnTable } from '../tables/fit-calibrator';
import { tunedCalibratorFile } from './tuning-run';

export interface JudgeOrder {
  /** Absolute paths: the adapter, and the scored table of each model. */
  readonly adapter: string;
  readonly tables: Readonly<Record<TunedModel, string>>;
  /** Adapters that the hold-out scores with this one. */
  readonly candidates: number;
  readonly made: { readonly version: string; readonly time: Date };
}

export interface Judged {
  readonly proof: Proof;
  /** Absolute path of the saved calibrator of each model; null where none was fitted, or the adapter is in no workspace. */
  readonly calibrators: Readonly<Record<TunedModel, string | null>>;
}

/** An abort rejects as cancelled, if the work can be stopped at all. */
export type Judge = (order: JudgeOrder, signal: AbortSignal) => Promise<Judged>;

/**
 * @throws UserError everything of `readLabelled` and `fitOnTable`; texts-failed: no text of the hold-out was scored by both
 */
export async function judgeTables({ adapter, tables, candidates, made }: JudgeOrder): Promise<Judged> {
  const read = { base: await readUnseen(tables.base), tuned: await readUnseen(tables.tuned) };
  const scores = pairedHoldOut(read);
  const { results, chosen, fits } = judgeTuned(scores);
  const saved = {
    base: await saveFitted('base', { adapter, input: read.base.input, fit: fits.base, made }),
    tuned: await saveFitted('tuned', { adapter, input: read.tuned.input, fit: fits.tuned, made }),
  };
  const proof: Proof = {
    rows: scores.base.held.length,
    candidates,
    results: results.map(resultOf),
    chosen,
    notes: [...fitNotes(fits), ...TUNED_MODELS.flatMap((model) => saved[model].note ?? [])],
  };
  return { proof, calibrators: { base: saved.base.file, tuned: saved.tuned.file } };
}

interface UnseenTable {
  readonly input: LabelledTable;
  /** Rows of the hold-out as the table has them: place among them by the line. */
  readonly placeOf: ReadonlyMap<number, number>;
}

async function readUnseen(file: string): Promise<UnseenTable> {
  const input = await readLabelled(file, {});
  const placeOf = new Map<number, number>();
  for await (const { line, part } of splitRows(await inspectTable(file)))
    if (part === 'test') placeOf.set(line, placeOf.size);
  return { input, placeOf };
}

/** Both tables have the rows of the hold-out in one order; a row that one of them could not score is left out of both. */
function pairedHoldOut(read: Readonly<Record<TunedModel, UnseenTable>>): Record<TunedModel, ModelScores> {
  const rowsOf = ({ input, placeOf }: UnseenTable): Map<number, number> =>
    new Map(
      Array.from(input.table.lines).flatMap((line, row) => {
        const place = placeOf.get(line);
        return place === undefined ? [] : [[place, row] as const];
      }),
    );
  const found = { base: rowsOf(read.base), tuned: rowsOf(read.tuned) };
  const places = [...found.base.keys()].filter((place) => found.tuned.has(place)).sort((a, b) => a - b);
  if (places.length === 0)
    throw new UserError('texts-failed', 'No text of the hold-out was scored by both models.');
  const held = (model: TunedModel): Uint32Array =>
    Uint32Array.from(places, (place) => found[model].get(place) ?? 0);
  return {
    base: { data: read.base.input.data, held: held('base') },
    tuned: { data: read.tuned.input.data, held: held('tuned') },
  };
}

interface Fitted {
  readonly adapter: string;
  readonly input: LabelledTable;
  readonly fit: TunedFit;
  readonly made: JudgeOrder['made'];
}

interface SavedFit {
  /** Null where none was saved. */
  readonly file: string | null;
  /** Why none was saved, where a person must know. */
  readonly note?: string;
}

/** Saved in the workspace of the adapter, as NAME-base and NAME-tuned. */
async function saveFitted(model: TunedModel, { adapter, input, fit, made }: Fitted): Promise<SavedFit> {
  const file = tunedCalibratorFile(adapter, model);
  if (fit.method === null || file === undefined) return { file: null };
  const data = withoutSplit(selectRows(input.data, fit.rows));
  try {
    const { saved } = await fitOnTable({ ...input, data }, { method: fit.method, made });
    await saveCalibrator(file, saved);
    return { file };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'table-doubtful') throw error;
    return { file: null, note: error.message };
  }
}

function resultOf({ model, calibrator, evaluation }: TunedResult): ProofResult {
  const { accuracy, meanConfidence, ece, eceNull, labelMetrics } = evaluation;
  return {
    model,
    calibrator,
    accuracy: metricOf(accuracy),
    meanConfidence: metricOf(meanConfidence),
    nll: metricOf(labelMetrics?.nll ?? evaluation.nll),
    ece: metricOf(ece),
    eceNull: eceNull.mean,
  };
}

function metricOf({ value, low, high }: Metric): ProofResult['accuracy'] {
  return { value, low, high };
}
