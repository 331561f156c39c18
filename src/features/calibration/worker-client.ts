/** The host's end of the worker: typed requests, errors for people, and an end at any time. */
import { Worker } from 'node:worker_threads';
import {
  createMessageConnection,
  ErrorCodes,
  PortMessageReader,
  PortMessageWriter,
  ResponseError,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { type SavedCalibrator, savedCalibratorSchema } from '../../core/calibration/saved';
import { UserError } from '../../core/user-error';
import {
  decisionReportSchema,
  progressionsSchema,
  WORKER_DECIDE,
  WORKER_PROGRESSION,
  type DecideParams,
  type DecisionReport,
  type MethodProgression,
} from '../../protocol/calibration-decisions';
import {
  analysisSchema,
  binRowsSchema,
  breakdownSchema,
  columnListSchema,
  comparisonSchema,
  methodsComparisonSchema,
  progressParamsSchema,
  WORKER_METHODS,
  workerErrorSchema,
  type AnalyseParams,
  type Analysis,
  type BinQuestion,
  type BinRows,
  type Breakdown,
  type ColumnList,
  type Comparison,
  type FitParams,
  type MethodsComparison,
  type PanelSettings,
} from '../../protocol/calibration-page';

import {
  type Report,
  type ReportParams,
  reportSchema,
  WORKER_REPORT,
} from '../../protocol/calibration-export';

export interface WorkerListener {
  progress(message: string): void;
  preliminary(analysis: Analysis): void;
}

interface Running {
  readonly worker: Worker;
  readonly connection: MessageConnection;
  /** Rejects when the thread ends, which answers nothing more. */
  readonly ended: Promise<never>;
}

/** Requests that need no table to be read before. */
const READS_ITSELF: ReadonlySet<string> = new Set([
  WORKER_METHODS.analyse,
  WORKER_METHODS.columns,
  WORKER_METHODS.methods,
]);

export class CalibrationWorker {
  private running: Running | undefined;
  /** What was analysed last: a thread that replaces a stopped one reads it before it answers. */
  private table: AnalyseParams | undefined;

  constructor(
    private readonly script: string,
    private readonly listener: WorkerListener,
  ) {}

  async analyse(params: AnalyseParams): Promise<Analysis> {
    this.table = params;
    return analysisSchema.parse(await this.request(WORKER_METHODS.analyse, params));
  }

  async compare(settings: PanelSettings): Promise<Comparison> {
    return comparisonSchema.parse(await this.request(WORKER_METHODS.compare, settings));
  }

  async fit(params: FitParams): Promise<SavedCalibrator> {
    return savedCalibratorSchema.parse(await this.request(WORKER_METHODS.fit, params));
  }

  async decide(params: DecideParams): Promise<DecisionReport> {
    return decisionReportSchema.parse(await this.request(WORKER_DECIDE, params));
  }

  async progression(params: AnalyseParams): Promise<MethodProgression[]> {
    return progressionsSchema.parse(await this.request(WORKER_PROGRESSION, params));
  }

  async columns(file: string): Promise<ColumnList> {
    return columnListSchema.parse(await this.request(WORKER_METHODS.columns, { file }));
  }

  async methods(params: AnalyseParams): Promise<MethodsComparison> {
    return methodsComparisonSchema.parse(await this.request(WORKER_METHODS.methods, params));
  }

  async breakdown(params: AnalyseParams): Promise<Breakdown> {
    return breakdownSchema.parse(await this.request(WORKER_METHODS.breakdown, params));
  }

  async binRows(params: BinQuestion): Promise<BinRows> {
    return binRowsSchema.parse(await this.request(WORKER_METHODS.binRows, params));
  }

  /** The document of the command line's `evaluate --json`. */
  async report(params: ReportParams): Promise<Report> {
    return reportSchema.parse(await this.request(WORKER_REPORT, params));
  }

  /** Ends the thread and whatever it does; what was asked of it is rejected as cancelled. */
  stop(): void {
    const { running } = this;
    this.running = undefined;
    if (running === undefined) return;
    running.connection.dispose();
    void running.worker.terminate();
  }

  private async request(method: string, params: object): Promise<unknown> {
    const isNew = this.running === undefined;
    const { connection, ended } = (this.running ??= this.start());
    const needsTable = !READS_ITSELF.has(method);
    if (isNew && needsTable && this.table !== undefined)
      void connection.sendNotification(WORKER_METHODS.load, this.table);
    try {
      return await Promise.race([connection.sendRequest(method, params), ended]);
    } catch (error) {
      throw asUserError(error);
    }
  }

  private start(): Running {
    const worker = new Worker(this.script, { execArgv: [] });
    const connection = createMessageConnection(new PortMessageReader(worker), new PortMessageWriter(worker));
    connection.onNotification(WORKER_METHODS.progress, (params: unknown) =>
      this.listener.progress(progressParamsSchema.parse(params).message),
    );
    connection.onNotification(WORKER_METHODS.preliminary, (params: unknown) =>
      this.listener.preliminary(analysisSchema.parse(params)),
    );
    connection.listen();
    const ended = new Promise<never>((_, reject) => {
      const over = (): void => {
        if (this.running?.worker === worker) this.running = undefined;
      };
      worker.on('error', (error) => {
        over();
        reject(crashed(error.message));
      });
      worker.on('exit', () => {
        over();
        reject(new UserError('cancelled', 'Cancelled.'));
      });
    });
    // Without a request under way nobody waits for it.
    ended.catch(() => undefined);
    return { worker, connection, ended };
  }
}

function crashed(reason: string): UserError {
  return new UserError('calibration-worker', `Computing failed: ${reason}. The log has more; try again.`);
}

function asUserError(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  if (error.code === ErrorCodes.PendingResponseRejected) return new UserError('cancelled', 'Cancelled.');
  const known = workerErrorSchema.safeParse(error.data);
  return known.success
    ? new UserError(known.data.code, known.data.message, { cause: error })
    : crashed(error.message);
}
