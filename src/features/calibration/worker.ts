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
import type { ComparedMethod } from '../../core/calibration/compare';
import type { SavedCalibrator } from '../../core/calibration/saved';
import { UserError } from '../../core/user-error';
import {
  decideParamsSchema,
  WORKER_DECIDE,
  WORKER_PROGRESSION,
  type DecideParams,
  type DecisionReport,
  type MethodProgression,
} from '../../protocol/calibration-decisions';
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
import { analyse, rowsOfBin } from './analyse';
import { compareCalibrators, fitToSave } from './compare';
import { decideOn, progressions } from './decide';
import { inDeployment, type LoadedTable, loadTable } from './load';

/** Above this many rows the first picture comes before the intervals. */
const QUICK_FIRST = 5000;
/** Between two messages about one long computation. */
const SAY_EVERY_MS = 1000;

interface Loaded extends LoadedTable {
  /** What it was loaded by. */
  readonly key: string;
  /** Raw and the calibrators on rows that they did not see; null until they are compared. */
  readonly compared: readonly ComparedMethod[] | null;
}

class TableWorker {
  private loaded: Loaded | undefined;

  constructor(private readonly notify: (method: string, params: object) => Promise<void>) {}

  async analyse({ file, settings, reload }: AnalyseParams): Promise<Analysis> {
    const key = JSON.stringify([file, settings.table]);
    if (reload || this.loaded?.key !== key) {
      this.loaded = undefined;
      await this.say('Reading the table');
      this.loaded = { key, ...(await loadTable(file, settings.table)), compared: null };
      await this.say('Computing');
    }
    const { shown, origin } = this.table();
    if (shown.table.n > QUICK_FIRST) {
      await this.notify(WORKER_METHODS.preliminary, analyse(shown, settings, origin, true));
      await this.say(`Computing intervals from ${shown.table.n.toLocaleString('en-US')} rows`);
    }
    return analyse(shown, settings, origin, false);
  }

  async compare(settings: PanelSettings): Promise<Comparison> {
    const table = this.table();
    const { comparison, compared } = await compareCalibrators(table.input, settings, (message) =>
      this.say(message),
    );
    if (this.loaded === table) this.loaded = { ...table, compared };
    return comparison;
  }

  decide(params: DecideParams): DecisionReport {
    const { input, shown, prevalence, compared } = this.table();
    const deployed = compared?.map(({ method, data }) => ({
      method,
      data: prevalence === null ? data : inDeployment(input, data, prevalence).data,
    }));
    return decideOn(shown, deployed ?? null, params);
  }

  async progression({ file, settings }: AnalyseParams): Promise<MethodProgression[]> {
    await this.say('Reading the table');
    const { input } = await loadTable(file, settings.table);
    let last = 0;
    return progressions(input, (message) => {
      if (Date.now() - last < SAY_EVERY_MS) return;
      last = Date.now();
      void this.say(message);
    });
  }

  async fit(params: FitParams): Promise<SavedCalibrator> {
    await this.say(`Fitting ${params.method} on all rows`);
    return fitToSave(this.table().input, params);
  }

  binRows(low: number, high: number): BinRows {
    return rowsOfBin(this.table().shown, low, high);
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
  connection.onRequest(WORKER_METHODS.compare, (params: unknown) =>
    forPeople(() => worker.compare(panelSettingsSchema.parse(params))),
  );
  connection.onRequest(WORKER_DECIDE, (params: unknown) =>
    forPeople(() => worker.decide(decideParamsSchema.parse(params))),
  );
  connection.onRequest(WORKER_PROGRESSION, (params: unknown) =>
    forPeople(() => worker.progression(analyseParamsSchema.parse(params))),
  );
  connection.onRequest(WORKER_METHODS.fit, (params: unknown) =>
    forPeople(() => worker.fit(fitParamsSchema.parse(params))),
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
