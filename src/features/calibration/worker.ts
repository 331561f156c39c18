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
import type { EvaluateReport } from '../../core/decisions/report';
import { UserError } from '../../core/user-error';
import {
  analyseParamsSchema,
  binParamsSchema,
  fitParamsSchema,
  panelSettingsSchema,
  WORKER_METHODS,
  type AnalyseParams,
  type Analysis,
  type BinRows,
  type Comparison,
  type FitParams,
  type PanelSettings,
} from '../../protocol/calibration-page';
import { WORKER_REPORT } from '../../protocol/calibration-export';
import { analyse, reportOf, rowsOfBin } from './analyse';
import { compareCalibrators, fitToSave } from './compare';
import { type LoadedTable, loadTable } from './load';

/** Above this many rows the first picture comes before the intervals. */
const QUICK_FIRST = 5000;

class TableWorker {
  /** The table that was read last, or is being read, and what it was asked for by. */
  private current: { readonly key: string; readonly table: Promise<LoadedTable> } | undefined;

  constructor(private readonly notify: (method: string, params: object) => Promise<void>) {}

  async analyse(params: AnalyseParams): Promise<Analysis> {
    if (params.reload || this.current?.key !== keyOf(params)) this.load(params);
    const { settings } = params;
    const { shown, origin } = await this.table();
    if (shown.table.n > QUICK_FIRST) {
      await this.notify(WORKER_METHODS.preliminary, analyse(shown, settings, origin, true));
      await this.say(`Computing intervals from ${shown.table.n.toLocaleString('en-US')} rows`);
    }
    return analyse(shown, settings, origin, false);
  }

  async compare(settings: PanelSettings): Promise<Comparison> {
    const { input } = await this.table();
    return compareCalibrators(input, settings, (message) => this.say(message));
  }

  async fit(params: FitParams): Promise<SavedCalibrator> {
    const { input } = await this.table();
    await this.say(`Fitting ${params.method} on all rows`);
    return fitToSave(input, params);
  }

  async binRows(low: number, high: number): Promise<BinRows> {
    const { shown } = await this.table();
    return rowsOfBin(shown, low, high);
  }

  /** The document of `evaluate --json`. */
  async report(settings: PanelSettings): Promise<EvaluateReport> {
    return reportOf(await this.table(), settings);
  }

  /** Begins to read a table; whoever asks about it waits for it. */
  load(params: AnalyseParams): void {
    const table = this.read(params);
    // Whoever asks is told what went wrong, and there may be nobody.
    table.catch(() => undefined);
    this.current = { key: keyOf(params), table };
  }

  private async read({ file, settings }: AnalyseParams): Promise<LoadedTable> {
    await this.say('Reading the table');
    const loaded = await loadTable(file, settings.table);
    await this.say('Computing');
    return loaded;
  }

  private table(): Promise<LoadedTable> {
    if (this.current === undefined) throw new UserError('no-table', 'No table was read yet. Compute again.');
    return this.current.table;
  }

  private say(message: string): Promise<void> {
    return this.notify(WORKER_METHODS.progress, { message });
  }
}

/** The same for the same reading of the same file. */
function keyOf({ file, settings }: AnalyseParams): string {
  return JSON.stringify([file, settings.table]);
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
  connection.onNotification(WORKER_METHODS.load, (params: unknown) =>
    worker.load(analyseParamsSchema.parse(params)),
  );
  connection.onRequest(WORKER_METHODS.compare, (params: unknown) =>
    forPeople(() => worker.compare(panelSettingsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.fit, (params: unknown) =>
    forPeople(() => worker.fit(fitParamsSchema.parse(params))),
  );
  connection.onRequest(WORKER_REPORT, (params: unknown) =>
    forPeople(() => worker.report(panelSettingsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.binRows, (params: unknown) =>
    forPeople(() => {
      const { low, high } = binParamsSchema.parse(params);
      return worker.binRows(low, high);
    }),
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
