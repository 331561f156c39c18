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
import { calibratedWarnings, type LabelledTable, readLabelled } from '../../store/tables/labelled';
import { bindingOf, readScoreMeta } from '../../store/tables/score-meta';
import { analyse, rowsOfBin } from './analyse';
import { compareCalibrators, fitToSave } from './compare';
import { decideOn, progressions } from './decide';
import { originInWords } from './origin';

/** Above this many rows the first picture comes before the intervals. */
const QUICK_FIRST = 5000;
/** Between two messages about one long computation. */
const SAY_EVERY_MS = 500;

interface Loaded {
  readonly file: string;
  readonly input: LabelledTable;
  readonly origin: string;
  /** Raw and the calibrators on rows that they did not see; null until they are compared. */
  readonly compared: readonly ComparedMethod[] | null;
}

class TableWorker {
  private loaded: Loaded | undefined;

  constructor(private readonly notify: (method: string, params: object) => Promise<void>) {}

  async analyse({ file, settings, reload }: AnalyseParams): Promise<Analysis> {
    if (reload || this.loaded?.file !== file) await this.load(file);
    const { input, origin } = this.table();
    if (input.table.n > QUICK_FIRST) {
      await this.notify(WORKER_METHODS.preliminary, analyse(input, settings, origin, true));
      await this.say(`Computing intervals from ${input.table.n.toLocaleString('en-US')} rows`);
    }
    return analyse(input, settings, origin, false);
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
    const { input, compared } = this.table();
    return decideOn(input, compared, params);
  }

  async progression({ file }: AnalyseParams): Promise<MethodProgression[]> {
    await this.load(file);
    let last = 0;
    return progressions(this.table().input, (message) => {
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
    return rowsOfBin(this.table().input, low, high);
  }

  private async load(file: string): Promise<void> {
    this.loaded = undefined;
    await this.say('Reading the table');
    const read = await readLabelled(file, {});
    const said = await calibratedWarnings(read.table.calibratedBy, file);
    const input = { ...read, warnings: [...read.warnings, ...said] };
    const origin = originInWords(bindingOf(await readScoreMeta(file), input.table.columns.method));
    this.loaded = { file, input, origin, compared: null };
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
