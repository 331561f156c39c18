/** Scores a table row by row into a copy beside it, raw or calibrated. An interrupted run is resumed. */
import { labelNames, type ScoreOrigin } from '../core/calibration/compatibility';
import type { Classifier } from '../core/classifier/definition';
import { findColumns, hasRole, labelColumns } from '../core/data/columns';
import type { Bucket } from '../core/model/buckets';
import type { ConfidenceMethod } from '../core/model/confidence-method';
import type { Warning } from '../core/model/predictions';
import { type RunEstimate, estimateRun, usualBytes } from '../core/scoring/estimate';
import { UserError } from '../core/user-error';
import { probe } from '../sources/probe';
import { DEFAULT_SEED, type ScoredTexts, scoreTexts } from '../sources/score-texts';
import type { Source } from '../sources/source';
import { timed } from '../sources/timed';
import { boundPrompt } from '../store/prompt-hash';
import { inspectTable, type TableFile } from '../store/tables/inspect';
import { countRows, firstTexts } from '../store/tables/rows';
import { type MethodPrefix, scoreCells } from '../store/tables/score-cells';
import { rowsOf, scoreRun, type Shard } from '../store/tables/score-run';
import {
  checkScoredFiles,
  type Done,
  discardUnfinishedTable,
  readUnfinishedTable,
  whileAlone,
} from '../store/tables/scored-file';
import { truthOf } from '../store/tables/truth';
import { copyOfScores } from '../store/tables/write-calibrated';
import { checkColumns, type ScoreReport, writeScored } from '../store/tables/write-scored';
import type { ClassifierCalibrator } from './classifier-calibrator';
import { type BeforeMany, manyRequests } from './many-requests';
import { type Sources, verifiedIdentity } from './sources';

export interface ScoreOrder {
  /** Absolute path of the table to score. */
  readonly source: string;
  /** Absolute path of the scored copy. */
  readonly out: string;
  readonly textColumn: string;
  readonly classifier: Classifier;
  /** Undefined for raw scores. */
  readonly calibrator: ClassifierCalibrator | undefined;
  /** Buckets for calibrated confidences. */
  readonly buckets: readonly Bucket[];
  /** The confidence methods of the copy, each under its column prefix; null for the classifier's own, without one. */
  readonly prefixes?: readonly MethodPrefix[] | null;
  readonly shard?: Shard | undefined;
  /** Seed of the sampled answers. */
  readonly seed?: number | undefined;
  /** Whether a file of the output's name may be replaced. */
  readonly replace?: boolean;
  /** Discards the rows that an interrupted run has scored. */
  readonly restart?: boolean;
  /** Whether cells that a spreadsheet would compute get a single quote before them. */
  readonly spreadsheetSafe?: boolean | undefined;
}

export interface ScoreTableOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called where one row alone gets more requests than a person expects, before the first; absent if the person agreed. */
  readonly beforeMany?: BeforeMany | undefined;
  /** Called before the first row with what the run will take; not called if the source costs only time. */
  readonly onEstimate?: (estimate: RunEstimate, inWords: string) => void;
  /** Called after every group of rows, and at the beginning. */
  readonly onProgress: (done: Done, total: number) => void;
}

export interface ScoredTable {
  /** Whether the table has true labels, so that it can be evaluated. */
  readonly isLabelled: boolean;
  readonly report: ScoreReport;
  /** Reasons to doubt the calibrated numbers. */
  readonly warnings: readonly Warning[];
}

/**
 * Gives each row the same numbers as `classifyTexts`. The source is opened for each request, so that somebody who
 * classifies a selection is served between two requests.
 *
 * @throws UserError of the table: everything of `inspectTable` and `checkColumns`; of the source: everything of
 *   `Sources.with` and `probe`; of the calibrator: calibrator-combination, calibrator-methods and everything of
 *   `ClassifierCalibrator.check`; everything of `writeScored`
 */
export async function scoreTable(
  sources: Sources,
  order: ScoreOrder,
  { signal, beforeMany, onEstimate, onProgress }: ScoreTableOptions,
): Promise<ScoredTable> {
  const {
    out,
    textColumn,
    classifier,
    calibrator,
    buckets,
    shard,
    prefixes = null,
    seed = DEFAULT_SEED,
  } = order;
  await checkScoredFiles(out);
  const table = await inspectTable(order.source);
  checkColumns(table, textColumn, []);
  if (prefixes !== null && calibrator !== undefined)
    throw new UserError(
      'calibrator-methods',
      'A table with several confidence methods holds raw scores: it cannot be calibrated while it is scored.',
    );
  calibrator?.checkBefore();
  const uncopied = calibrator && copyOfScores(calibrator.named, buckets);
  const rows = await countRows(table);
  const cellsOf = ({
    mayBoundScores,
    isMultiLabel,
  }: Pick<Source, 'mayBoundScores' | 'isMultiLabel'>): ReturnType<typeof scoreCells> =>
    scoreCells(labelNames(classifier), classifier.method, prefixes, mayBoundScores, isMultiLabel);
  const { identity, traits } = await sources.with(classifier, signal, async (source) => {
    if (beforeMany !== undefined) {
      const asked = { ...classifier, method: cellsOf(source).scoredBy };
      const many = manyRequests(source, asked, await firstTexts(table, textColumn), 1);
      if (many !== undefined) await beforeMany(many);
    }
    return { identity: await verifiedIdentity(source, signal), traits: traitsOf(source) };
  });
  if (prefixes !== null && traits.isMultiLabel)
    throw new UserError(
      'method-refused',
      `The labels of "${classifier.name}" do not exclude each other: each has one probability by itself, and there are no other confidence methods.`,
    );
  calibrator?.checkBefore(identity);
  const ask = (texts: readonly string[], method: ConfidenceMethod, own = signal): Promise<ScoredTexts> =>
    sources.with(classifier, own, (source) =>
      scoreTexts(source, classifier, texts, { method, topTokens: 0, seed, signal: own }),
    );
  const cells = cellsOf(traits);
  const copy = uncopied && {
    ...uncopied,
    reading: await truthOf(
      table,
      findColumns([...table.header, ...cells.header], { ...uncopied.columns, on: uncopied.on }),
      labelNames(classifier),
    ),
  };
  const first = await probe(ask, cells.scoredBy);
  if (traits.plan !== null && onEstimate !== undefined) {
    const kept = order.restart === true ? undefined : await readUnfinishedTable(out);
    const left = rowsOf(rows, shard) - (kept?.done.rows ?? 0);
    const bytes = usualBytes(await firstTexts(table, textColumn));
    const plan = traits.plan({ ...classifier, method: cells.scoredBy }, left, bytes);
    onEstimate(estimateRun(plan, first.secondsPerText), identity.inWords);
  }
  const origin: ScoreOrigin = { ...identity, ...boundPrompt(classifier, first.shape) };
  const warnings = calibrator?.check(origin, first.score) ?? [];
  const run = scoreRun({
    classifier,
    model: identity.model,
    backend: identity.backend,
    scoring: cells.scoring(first.score),
    seed,
    context: first.shape,
    jitter: first.jitter,
    devices: identity.device?.names ?? [],
    versions: identity.versions,
    calibrator: calibrator && { ...calibrator.named, buckets },
    source: table,
    rows,
    textColumn,
    shard,
    spreadsheetSafe: order.spreadsheetSafe === true,
  });
  // Columns that could not be read afterwards are said before an hour of scoring.
  const isLabelled = traits.isMultiLabel
    ? labelColumns([...table.header, ...cells.header]).some(({ truth }) => truth !== undefined)
    : hasRole(table.header, 'label');
  if (order.restart === true) await whileAlone(out, () => discardUnfinishedTable(out));
  const report = await writeScored(table, out, {
    run,
    cells,
    score: (texts, own) => ask(texts, cells.scoredBy, own),
    textsAtOnce: traits.textsAtOnce,
    signal,
    calibrator: copy,
    replace: order.replace === true,
    onProgress,
  });
  return { isLabelled, report, warnings };
}

/** The properties of a source that hold while it is not open. */
function traitsOf({ mayBoundScores, textsAtOnce, plan, isMultiLabel = false }: Source) {
  return { mayBoundScores, textsAtOnce, plan, isMultiLabel };
}

/** What scoring a table would take, shown before a person confirms it. */
export type Forecast =
  /** On this machine: measured on its first texts. */
  | { readonly kind: 'measured'; readonly seconds: number }
  /** On another machine: estimated, because measuring would already send texts. */
  | { readonly kind: 'estimated'; readonly sendsTextsTo: string; readonly estimate: RunEstimate };

/** @throws UserError everything of `Sources.with`; what the source throws */
export async function forecast(
  sources: Sources,
  { classifier, table, rows, textColumn }: ForecastOrder,
  signal?: AbortSignal,
): Promise<Forecast> {
  const texts = await firstTexts(table, textColumn);
  return sources.with(classifier, signal, async (source): Promise<Forecast> => {
    const { sendsTextsTo, plan } = source;
    if (sendsTextsTo !== null && plan !== null)
      return {
        kind: 'estimated',
        sendsTextsTo,
        estimate: estimateRun(plan(classifier, rows, usualBytes(texts))),
      };
    const ask = (some: readonly string[]): Promise<ScoredTexts> =>
      scoreTexts(source, classifier, some, { topTokens: 0, signal });
    // The first request also loads what is not loaded yet.
    await ask(texts.slice(0, 1));
    const [, seconds] = await timed(() => ask(texts));
    return { kind: 'measured', seconds: (seconds / Math.max(1, texts.length)) * rows };
  });
}

export interface ForecastOrder {
  readonly classifier: Classifier;
  readonly table: TableFile;
  readonly rows: number;
  readonly textColumn: string;
}
