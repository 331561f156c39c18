/**
 * The thread that reads the table and computes: dist/calibration-worker.cjs. One for each panel, so that ending it
 * cancels what its panel asked for and nothing else. It keeps the table that it read last.
 */
import { parentPort } from 'node:worker_threads';
import {
  createMessageConnection,
  PortMessageReader,
  PortMessageWriter,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { SavedCalibrator } from '../../core/calibration/saved';
import { UserError } from '../../core/user-error';
import {
  analyseParamsSchema,
  binParamsSchema,
  fitParamsSchema,
  panelSettingsSchema,
  WORKER_METHODS,
  type AnalyseParams,
  type Analysis,
  type BinParams,
  type BinRows,
  type Breakdown,
  columnsParamsSchema,
  type Comparison,
  type FitParams,
  type PanelSettings,
} from '../../protocol/calibration-page';
import { analyse, rowsOfBin } from './analyse';
import { compareCalibrators, fitToSave } from './compare';
import { type LoadedTable, loadTable } from './load';
import { breakDown, columnsOfView, type Part } from './breakdown';
import { listColumns } from './list-columns';

/** Above this many rows the first picture comes before the intervals. */
const QUICK_FIRST = 5000;

interface Loaded extends LoadedTable {
  /** What it was loaded by. */
  readonly key: string;
  /** Columns that its rows can be sliced by. */
  readonly slices: readonly string[];
}

class TableWorker {
  private loaded: Loaded | undefined;
  /** Of the breakdown that was answered last. */
  private parts: readonly Part[] = [];

  constructor(private readonly notify: (method: string, params: object) => Promise<void>) {}

  async analyse(params: AnalyseParams): Promise<Analysis> {
    const { settings } = params;
    await this.load(params, []);
    const { shown, origin } = this.table();
    if (shown.table.n > QUICK_FIRST) {
      await this.notify(WORKER_METHODS.preliminary, analyse(shown, settings, origin, true));
      await this.say(`Computing intervals from ${shown.table.n.toLocaleString('en-US')} rows`);
    }
    return analyse(shown, settings, origin, false);
  }

  async breakdown(params: AnalyseParams): Promise<Breakdown> {
    await this.load(params, columnsOfView(params.settings.view));
    const { breakdown, parts } = await breakDown(this.table().shown, params.settings, (message) =>
      this.say(message),
    );
    this.parts = parts;
    return breakdown;
  }

  compare(settings: PanelSettings): Promise<Comparison> {
    return compareCalibrators(this.table().input, settings, (message) => this.say(message));
  }

  async fit(params: FitParams): Promise<SavedCalibrator> {
    await this.say(`Fitting ${params.method} on all rows`);
    return fitToSave(this.table().input, params);
  }

  /** @throws UserError no-part: the breakdown is another one by now */
  binRows({ low, high, part }: BinParams): BinRows {
    const { shown } = this.table();
    if (part === null) return rowsOfBin(shown, low, high);
    const found = this.parts.find(({ name }) => name === part);
    if (found === undefined) throw new UserError('no-part', `There are no rows of "${part}" any more.`);
    return rowsOfBin(shown, low, high, found);
  }

  /** @param slices columns that its rows are to be sliced by */
  private async load(
    { file, settings: { table }, reload }: AnalyseParams,
    slices: readonly string[],
  ): Promise<void> {
    const key = JSON.stringify([file, table]);
    const { loaded } = this;
    if (!reload && loaded?.key === key && slices.every((column) => loaded.slices.includes(column))) return;
    this.loaded = undefined;
    this.parts = [];
    await this.say('Reading the table');
    this.loaded = { key, slices, ...(await loadTable(file, table, slices)) };
    await this.say('Computing');
  }

  private table(): Loaded {
    if (this.loaded === undefined)
      throw new UserError('no-table', 'The table is not loaded any more. Compute again.');
    return this.loaded;
  }

  private say(message: string): Promise<void> {
    return this.notify(WORKER_METHODS.progress, { message });
  }
}

function start(): void {
  if (parentPort === null) throw new Error('the calibration worker is started as a thread of the extension');
  const connection = createMessageConnection(
    new PortMessageReader(parentPort),
    new PortMessageWriter(parentPort),
  );
  const worker = new TableWorker((method, params) => connection.sendNotification(method, params));
  connection.onRequest(WORKER_METHODS.analyse, (params: unknown) =>
    forPeople(() => worker.analyse(analyseParamsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.columns, (params: unknown) =>
    forPeople(() => listColumns(columnsParamsSchema.parse(params).file)),
  );
  connection.onRequest(WORKER_METHODS.breakdown, (params: unknown) =>
    forPeople(() => worker.breakdown(analyseParamsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.compare, (params: unknown) =>
    forPeople(() => worker.compare(panelSettingsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.fit, (params: unknown) =>
    forPeople(() => worker.fit(fitParamsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.binRows, (params: unknown) =>
    forPeople(() => worker.binRows(binParamsSchema.parse(params))),
  );
  connection.listen();
}

/** Carries the code of an error for people across the thread's border. */
async function forPeople<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new ResponseError(1, error.message, { code: error.code, message: error.message });
  }
}

start();
