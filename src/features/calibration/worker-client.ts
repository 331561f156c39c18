/** The host's end of the worker: typed requests, errors for people; it can be stopped at any time. */
import { Worker } from 'node:worker_threads';
import {
  createMessageConnection,
  ErrorCodes,
  PortMessageReader,
  PortMessageWriter,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { SavedCalibrator } from '../../core/calibration/saved';
import { cancelledError, UserError } from '../../core/user-error';
import type { DecideParams, DecisionReport, MethodProgression } from '../../protocol/calibration-decisions';
import type {
  Analysis,
  Breakdown,
  ColumnList,
  Comparison,
  ListedRows,
  MethodsComparison,
  Overview,
  PanelSettings,
} from '../../protocol/calibration-page';
import {
  CALIBRATION_WORKER_CONTRACT,
  type AnalyseParams,
  type DifferencesParams,
  type FitParams,
  type OverviewParams,
  type Report,
  type ReportParams,
  type RowQuestion,
  type SharesParams,
  type TableThreshold,
  type ThresholdQuestion,
} from '../../protocol/calibration-worker';
import type { FoundShares } from '../../protocol/calibration-shares';
import type { CompareParams, ComparisonView, ListedDifferences } from '../../protocol/comparison-page';
import { listen, type Peer, type Remote } from '../../protocol/contract';

export interface WorkerListener {
  progress(message: string): void;
  preliminary(analysis: Analysis): void;
  /** Logs a defect: a message of the thread could not be handled. */
  failed(error: unknown): void;
}

type Thread = Remote<typeof CALIBRATION_WORKER_CONTRACT.worker>;

interface Running {
  readonly worker: Worker;
  readonly peer: Peer;
  readonly thread: Thread;
  /** Rejects when the thread ends. */
  readonly ended: Promise<never>;
}

export class CalibrationWorker {
  private running: Running | undefined;
  /** The last analysis. A thread that replaces a stopped one reads its table before it answers. */
  private table: AnalyseParams | undefined;

  constructor(
    private readonly script: string,
    private readonly listener: WorkerListener,
    /** Where labels that people give to rows of its table are kept; null where none count. */
    private readonly labels: string | null = null,
  ) {}

  analyse(params: AnalyseParams): Promise<Analysis> {
    this.table = params;
    return this.ask((thread) => thread.analyse(params));
  }

  columns(file: string): Promise<ColumnList> {
    return this.ask((thread) => thread.columns({ file }));
  }

  methods(params: AnalyseParams): Promise<MethodsComparison> {
    return this.ask((thread) => thread.methods(params));
  }

  /** Of a table that is read for this alone. */
  threshold(params: ThresholdQuestion): Promise<TableThreshold> {
    return this.ask((thread) => thread.threshold(params));
  }

  progression(params: AnalyseParams): Promise<MethodProgression[]> {
    return this.ask((thread) => thread.progression(params));
  }

  breakdown(params: AnalyseParams): Promise<Breakdown> {
    return this.askOfTable((thread) => thread.breakdown(params));
  }

  compare(settings: PanelSettings): Promise<Comparison> {
    return this.askOfTable((thread) => thread.compare(settings));
  }

  fit(params: FitParams): Promise<SavedCalibrator> {
    return this.askOfTable((thread) => thread.fit(params));
  }

  decide(params: DecideParams): Promise<DecisionReport> {
    return this.askOfTable((thread) => thread.decide(params));
  }

  rows(params: RowQuestion): Promise<ListedRows> {
    return this.askOfTable((thread) => thread.rows(params));
  }

  /** Of a table without truth, which is read for this alone. */
  overview(params: OverviewParams): Promise<Overview> {
    return this.ask((thread) => thread.overview(params));
  }

  /** What labels of people tell about a table, which is read for this alone. */
  shares(params: SharesParams): Promise<FoundShares> {
    return this.ask((thread) => thread.shares(params));
  }

  /** Tables with the same rows; they are read for this alone. */
  compareTables(params: CompareParams): Promise<ComparisonView> {
    return this.ask((thread) => thread.compareTables(params));
  }

  differences(params: DifferencesParams): Promise<ListedDifferences> {
    return this.ask((thread) => thread.differences(params));
  }

  async differencesCsv(params: CompareParams): Promise<string> {
    return (await this.ask((thread) => thread.differencesCsv(params))).csv;
  }

  /** The document of the command line's `evaluate --json`. */
  report(params: ReportParams): Promise<Report> {
    return this.askOfTable((thread) => thread.report(params));
  }

  /** Ends the thread. Its open requests are rejected as cancelled. */
  stop(): void {
    const { running } = this;
    this.running = undefined;
    if (running === undefined) return;
    running.peer.dispose();
    void running.worker.terminate();
  }

  /** Asks a question about the table that was analysed last. */
  private askOfTable<T>(question: (thread: Thread) => Promise<T>): Promise<T> {
    if (this.running === undefined && this.table !== undefined) {
      this.running = this.start();
      this.running.thread.load(this.table);
    }
    return this.ask(question);
  }

  private async ask<T>(question: (thread: Thread) => Promise<T>): Promise<T> {
    const { thread, ended } = (this.running ??= this.start());
    try {
      return await Promise.race([question(thread), ended]);
    } catch (error) {
      throw asUserError(error);
    }
  }

  private start(): Running {
    const worker = new Worker(this.script, { execArgv: [], workerData: this.labels });
    const connection = createMessageConnection(new PortMessageReader(worker), new PortMessageWriter(worker));
    const peer = listen(connection, (error) => this.listener.failed(error));
    peer.serve(CALIBRATION_WORKER_CONTRACT.host, {
      progress: ({ message }) => this.listener.progress(message),
      preliminary: (analysis) => this.listener.preliminary(analysis),
    });
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
        reject(cancelledError());
      });
    });
    // Without an open request nobody waits for it.
    ended.catch(() => undefined);
    return { worker, peer, thread: peer.remote(CALIBRATION_WORKER_CONTRACT.worker), ended };
  }
}

function crashed(reason: string): UserError {
  return new UserError(
    'calibration-worker',
    `The computation failed: ${reason}. Try again. The log has the details.`,
  );
}

/** An error as a UserError; any other error means that the thread was ended, or a defect. */
function asUserError(error: unknown): unknown {
  if (!(error instanceof ResponseError)) return error;
  if (error.code === ErrorCodes.PendingResponseRejected) return cancelledError();
  return crashed(error.message);
}
