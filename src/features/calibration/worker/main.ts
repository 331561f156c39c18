/**
 * The thread that reads the table and computes: dist/calibration-worker.cjs. Each panel has its own, so that ending it
 * cancels only what that panel asked for. It keeps the table that it read last.
 */
import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { createMessageConnection, PortMessageReader, PortMessageWriter } from 'vscode-jsonrpc/node';
import { type ComparedTables, differencesCsv, listDifferences } from '../../../app/tables/compare-tables';
import type { CalibratorComparison, ComparedCalibrator } from '../../../core/calibration/compare-calibrators';
import { needs } from '../../../core/calibration/registry';
import type { SavedCalibrator } from '../../../core/calibration/saved';
import { UserError } from '../../../core/user-error';
import type {
  DecideParams,
  DecisionReport,
  MethodProgression,
} from '../../../protocol/calibration-decisions';
import type {
  Analysis,
  Breakdown,
  Comparison,
  ListedRows,
  MethodsComparison,
  Overview,
  PanelSettings,
  RowOwner,
  RowView,
} from '../../../protocol/calibration-page';
import {
  CALIBRATION_WORKER_CONTRACT,
  type AnalyseParams,
  type DifferencesParams,
  type FitParams,
  type OverviewParams,
  type Report,
  type ReportParams,
  type RowQuestion,
  type TableThreshold,
  type ThresholdQuestion,
} from '../../../protocol/calibration-worker';
import type { CompareParams, ComparisonView, ListedDifferences } from '../../../protocol/comparison-page';
import { listen, type Remote } from '../../../protocol/contract';
import { AS_IS } from '../../../store/tables/csv-line';
import { chooseThreshold } from '../../../core/decisions/threshold';
import { calibratorOf, type LabelledTable } from '../../../store/tables/labelled';
import { analyse, nameOf, reportOf, rowsOf, withTexts } from './analyse';
import { comparisonForPage, fitToSave } from './compare';
import { breakDown, columnsOfView, type Part } from './breakdown';
import { comparedForPage, differencesForPage } from './compare-tables';
import { methodsForPage } from './compare-confidence-methods';
import { decideOn, progressions } from './decide';
import { sharesForPage } from './estimate-shares';
import { listColumns } from './list-columns';
import {
  calibratedInDeployment,
  loadCombined,
  loadForPage,
  type PanelTable,
  type TableInPanel,
} from './load';
import { overviewOf } from './overview';

/** Above this number of rows the first picture is sent before the intervals. */
const QUICK_FIRST = 5000;
/** Milliseconds between two messages about one long computation. */
const SAY_EVERY_MS = 1000;

interface Compared extends Pick<CalibratorComparison, 'calibrators' | 'rows'> {
  readonly table: PanelTable;
}

interface BrokenDown {
  readonly view: RowView;
  readonly shown: LabelledTable;
  readonly parts: readonly Part[];
}

class TableWorker {
  /** The table that was read last or is being read, and the key of its request. */
  private current: { readonly key: string; readonly table: Promise<PanelTable> } | undefined;
  /** Raw and the calibrators on rows that they did not see; undefined before they are compared. */
  private compared: Compared | undefined;
  /** The last breakdown, for the rows of its bins. */
  private brokenDown: BrokenDown | undefined;
  /** The tables that were compared last, for the rows on which they differ. */
  private comparedTables: { readonly params: CompareParams; readonly compared: ComparedTables } | undefined;

  constructor(
    private readonly host: Remote<typeof CALIBRATION_WORKER_CONTRACT.host>,
    /** Where labels that people give to rows of the table are kept; null where none can be. */
    readonly labels: string | null,
  ) {}

  async analyse(params: AnalyseParams): Promise<Analysis> {
    if (params.reload || this.current?.key !== keyOf(params)) this.load(params);
    const { settings } = params;
    const table = await this.table();
    const { shown } = table;
    if (shown.table.n > QUICK_FIRST) {
      this.host.preliminary(analyse(table, settings, true));
      await this.say(`Computing intervals from ${shown.table.n.toLocaleString('en-US')} rows`);
    }
    return analyse(table, settings, false);
  }

  async breakdown(params: Pick<AnalyseParams, 'file' | 'settings'>): Promise<Breakdown> {
    return (await this.breakDown(params)).breakdown;
  }

  private async breakDown({
    file,
    settings,
  }: Pick<AnalyseParams, 'file' | 'settings'>): Promise<BrokenDown & { readonly breakdown: Breakdown }> {
    const columns = columnsOfView(settings.view);
    // The values of a column are read only for this: the kept table does not have them.
    const { shown } =
      columns.length === 0 ? await this.table() : await loadForPage(this.named({ file, settings }), columns);
    const { breakdown, parts } = await breakDown(shown, settings, (message) => this.say(message));
    this.brokenDown = { view: settings.view, shown, parts };
    return { ...this.brokenDown, breakdown };
  }

  methods(params: AnalyseParams): Promise<MethodsComparison> {
    return methodsForPage(this.named(params), params.settings, (message) => this.say(message));
  }

  async compare(settings: PanelSettings): Promise<Comparison> {
    return (await this.compareCalibrators(settings)).comparison;
  }

  private async compareCalibrators(
    settings: PanelSettings,
  ): Promise<Compared & { readonly comparison: Comparison }> {
    const table = await this.table();
    const { comparison, compared, rows } = await comparisonForPage(table.input, settings, (message) =>
      this.say(message),
    );
    this.compared = { table, calibrators: compared, rows };
    return { ...this.compared, comparison };
  }

  async decide(params: DecideParams): Promise<DecisionReport> {
    const table = await this.table();
    const compared = this.compared?.table === table ? deployed(this.compared) : null;
    return decideOn(table.shown, compared, params);
  }

  async threshold({ target, ...params }: ThresholdQuestion): Promise<TableThreshold> {
    this.load(params);
    const { shown, labelsFrom } = await this.table();
    return {
      choice: chooseThreshold(shown.data, { target }),
      calibrator: await calibratorOf(shown.table, params.file),
      truthFrom: nameOf(labelsFrom),
    };
  }

  async progression(params: AnalyseParams): Promise<MethodProgression[]> {
    this.load(params);
    const { input } = await this.table();
    let last = 0;
    return progressions(input, (message) => {
      if (Date.now() - last < SAY_EVERY_MS) return;
      last = Date.now();
      void this.say(message);
    });
  }

  async fit(params: FitParams): Promise<SavedCalibrator> {
    const { method } = params;
    // The combination reads the columns of two methods, so it needs a reading of its own.
    const input = needs(method, 'agreement')
      ? await loadCombined(this.named(params))
      : (await this.table()).input;
    await this.say(`Fitting ${method} on all rows`);
    return fitToSave(input, params);
  }

  /**
   * Rows with their texts. Results that were lost with a stopped thread are computed again.
   *
   * @throws UserError no-part: there is no longer a part with that name; everything of `tableRows`
   */
  async rows(question: RowQuestion): Promise<ListedRows> {
    const { input, part } = await this.rowsOwned(question.of, question);
    const listed = rowsOf(input, question, part);
    return { ...listed, rows: await withTexts(input, listed.rows) };
  }

  private async rowsOwned(
    of: RowOwner,
    question: RowQuestion,
  ): Promise<{ readonly input: LabelledTable; readonly part?: Pick<Part, 'data' | 'rows'> }> {
    const { settings } = question;
    const table = await this.table();
    if (of.kind === 'table') return { input: table.shown };
    if (of.kind === 'part') {
      const kept = isDeepStrictEqual(this.brokenDown?.view, settings.view) ? this.brokenDown : undefined;
      const { shown, parts } = kept ?? (await this.breakDown(question));
      return { input: shown, part: parts.find(({ name }) => name === of.name) ?? gone() };
    }
    const kept = this.compared?.table === table ? this.compared : undefined;
    // Decisions on raw confidences alone are made without a comparison.
    if (of.kind === 'decision' && kept === undefined && !settings.compare) return { input: table.shown };
    const compared = kept ?? (await this.compareCalibrators(settings));
    const methods = of.kind === 'decision' ? deployed(compared) : compared.calibrators;
    const { data } = methods.find(({ method }) => method === of.method) ?? gone();
    return { input: table.input, part: { data, rows: compared.rows } };
  }

  /** What a table without truth shows. */
  async overview({ file, settings, buckets }: OverviewParams): Promise<Overview> {
    await this.say('Reading the table');
    return overviewOf(file, settings.table, buckets);
  }

  async compareTables(params: CompareParams): Promise<ComparisonView> {
    const { view, compared } = await comparedForPage(params, this.labels, (message) => this.say(message));
    this.comparedTables = { params, compared };
    return view;
  }

  async differences({ limit, ...params }: DifferencesParams): Promise<ListedDifferences> {
    return differencesForPage(await this.comparison(params), limit);
  }

  async differencesCsv(params: CompareParams): Promise<{ csv: string }> {
    const compared = await this.comparison(params);
    const rows = await listDifferences(compared, Math.max(1, compared.differing.length));
    return { csv: differencesCsv(compared.report.names, rows, AS_IS) };
  }

  /** What was lost with a stopped thread is computed again. */
  private async comparison(params: CompareParams): Promise<ComparedTables> {
    if (!isDeepStrictEqual(this.comparedTables?.params, params)) await this.compareTables(params);
    return this.comparedTables?.compared ?? gone();
  }

  /** The document of `evaluate --json`. */
  async report(params: ReportParams): Promise<Report> {
    return { ...reportOf(await this.table(), params) };
  }

  /** Starts reading a table. Requests about it wait until it is read. */
  load(params: AnalyseParams): void {
    const table = this.read(params);
    // A request about the table gets the error; without one nobody needs it.
    table.catch(() => undefined);
    this.current = { key: keyOf(params), table };
    this.brokenDown = undefined;
  }

  private named({ file, settings }: Pick<AnalyseParams, 'file' | 'settings'>): TableInPanel {
    return { file, options: settings.table, labels: this.labels };
  }

  private async read(params: AnalyseParams): Promise<PanelTable> {
    await this.say('Reading the table');
    const loaded = await loadForPage(this.named(params));
    await this.say('Computing');
    return loaded;
  }

  private table(): Promise<PanelTable> {
    if (this.current === undefined) throw new UserError('no-table', 'No table was read yet. Compute again.');
    return this.current.table;
  }

  private say(message: string): Promise<void> {
    this.host.progress({ message });
    return Promise.resolve();
  }
}

/** Raw and the calibrators on rows that they did not see, under the label shares in use. */
function deployed({
  table: { prevalence },
  calibrators,
}: Compared): Pick<ComparedCalibrator, 'method' | 'data'>[] {
  return calibrators.map((compared) => ({
    method: compared.method,
    data: prevalence === null ? compared.data : calibratedInDeployment(compared, prevalence),
  }));
}

function gone(): never {
  throw new UserError('no-part', 'The view changed while these rows were loading. Compute again.');
}

/** A key that is equal for equal readings of the same file. */
function keyOf({ file, settings }: AnalyseParams): string {
  return JSON.stringify([file, settings.table]);
}

const labelsSchema = z.string().nullable();

function start(): void {
  if (parentPort === null) throw new Error('the calibration worker is started as a thread of the extension');
  const connection = createMessageConnection(
    new PortMessageReader(parentPort),
    new PortMessageWriter(parentPort),
  );
  const peer = listen(connection, (error) => console.error(error));
  const worker = new TableWorker(
    peer.remote(CALIBRATION_WORKER_CONTRACT.host),
    labelsSchema.parse(workerData),
  );
  peer.serve(CALIBRATION_WORKER_CONTRACT.worker, {
    analyse: (params) => worker.analyse(params),
    load: (params) => worker.load(params),
    columns: ({ file }) => listColumns(file),
    methods: (params) => worker.methods(params),
    breakdown: (params) => worker.breakdown(params),
    compare: (settings) => worker.compare(settings),
    fit: (params) => worker.fit(params),
    decide: (params) => worker.decide(params),
    threshold: (params) => worker.threshold(params),
    progression: (params) => worker.progression(params),
    report: (params) => worker.report(params),
    shares: ({ file, settings }) => sharesForPage({ file, options: settings.table, labels: worker.labels }),
    rows: (question) => worker.rows(question),
    overview: (params) => worker.overview(params),
    compareTables: (params) => worker.compareTables(params),
    differences: (params) => worker.differences(params),
    differencesCsv: (params) => worker.differencesCsv(params),
  });
}

start();
