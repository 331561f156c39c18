/**
 * What a panel computes, as a small state machine: what runs, what is out of date, and what is dropped when it is
 * cancelled. One task runs at a time, in the thread of the panel.
 */
import { isDeepStrictEqual } from 'node:util';
import type * as vscode from 'vscode';
import type { CalibratorId } from '../../core/calibration/registry';
import type { Bucket } from '../../core/model/buckets';
import type { SavedCalibrator } from '../../core/calibration/saved';
import {
  type ColumnList,
  labelChoices,
  type PanelSettings,
  type PanelState,
} from '../../protocol/calibration-page';
import type { FitParams } from '../../protocol/calibration-worker';
import type { LocalTable } from './local-table';
import type { PanelStore } from './panel-store';
import type { CalibrationWorker } from './worker-client';

/**
 * A computation of everything runs analysing, then breaking-down (if the view is not of all rows), then comparing (if
 * calibrators are to be compared). On complete numbers run looking (another view of the rows), comparing-methods and
 * fitting.
 */
type Task = 'analysing' | 'breaking-down' | 'comparing' | 'looking' | 'comparing-methods' | 'fitting';

/** What a cancelled task changes in the state; what is complete stays. */
const GIVEN_UP: Readonly<Record<Task, (settings: PanelSettings) => Partial<PanelState>>> = {
  analysing: () => ({
    error: { code: 'cancelled', message: 'Cancelled before all numbers were computed.' },
  }),
  'breaking-down': (settings) => ({
    breakdown: null,
    comparison: null,
    settings: { ...settings, view: { by: 'all' }, compare: false },
  }),
  comparing: (settings) => ({ comparison: null, settings: { ...settings, compare: false } }),
  looking: (settings) => ({ breakdown: null, settings: { ...settings, view: { by: 'all' } } }),
  'comparing-methods': () => ({}),
  fitting: () => ({}),
};

export interface ComputationParts {
  readonly store: Pick<PanelStore, 'state' | 'update'>;
  readonly table: Pick<LocalTable, 'file' | 'forget'>;
  readonly worker: Pick<
    CalibrationWorker,
    'columns' | 'analyse' | 'overview' | 'breakdown' | 'compare' | 'methods' | 'fit' | 'stop'
  >;
  /** The buckets in use. */
  buckets(): readonly Bucket[];
  /** Computes the decisions again, on the current numbers. */
  decide(): Promise<void>;
  explained(error: unknown): NonNullable<PanelState['error']>;
}

export class Computation implements vscode.Disposable {
  /** Null if nothing runs. While a task runs, the state's `busy` names it. */
  private task: Task | null = null;
  private count = 0;
  /** True if the worker has read an older content of the file, or none. */
  private stale = true;

  constructor(private readonly parts: ComputationParts) {}

  /** Counts the tasks that were started or dropped, so that a late answer to an earlier one is not shown. */
  get run(): number {
    return this.count;
  }

  get isStale(): boolean {
    return this.stale;
  }

  dispose(): void {
    this.count++;
    this.parts.worker.stop();
  }

  /** The file changed: the next computation reads it again. */
  outdate(): void {
    this.stale = true;
  }

  /** Computes what is new with other settings. */
  change(settings: PanelSettings): void {
    const { store } = this.parts;
    const { settings: before, error, analysis, methods } = store.state;
    if (methods !== null && !isDeepStrictEqual(ofMethods(settings), ofMethods(before)))
      store.update({ methods: null });
    const isSameTable = isDeepStrictEqual(settings.table, before.table);
    // Results from other columns would be shown beside numbers that they do not belong to.
    store.update({ settings, ...(isSameTable ? {} : { comparison: null, breakdown: null }) });
    // Another view of the same rows needs no other analysis.
    const isComplete = this.task === null && error === null && analysis !== null && !this.stale;
    if (isComplete && isDeepStrictEqual({ ...settings, view: before.view }, before)) void this.lookAgain();
    else void this.compute();
  }

  /** Computes everything, unless something runs. */
  recompute(): void {
    if (this.task === null) void this.compute();
  }

  async compute(): Promise<void> {
    const { store, table, worker } = this.parts;
    // Ending the worker is the only way to interrupt it. An idle worker keeps its table for the next question.
    if (this.task !== null) {
      worker.stop();
      this.stale = true;
    }
    const run = this.begin('analysing');
    store.update({ busy: 'Reading the table' });
    try {
      const reload = this.stale;
      if (reload) table.forget();
      const file = await table.file();
      if (run !== this.count) return;
      if (reload) {
        const columns = await worker.columns(file);
        if (run !== this.count) return;
        store.update({ columns, methods: null });
      }
      if (store.state.columns !== null) this.chooseLabel(store.state.columns);
      this.stale = false;
      const analysis = await worker.analyse({ file, settings: store.state.settings, reload });
      if (run !== this.count) return;
      this.task = 'breaking-down';
      // A comparison of an earlier content of the file would be shown beside numbers that it does not belong to.
      const outdated = reload ? { comparison: null, breakdown: null } : {};
      store.update({
        busy: 'Computing',
        error: null,
        analysis,
        overview: null,
        comparisonError: null,
        ...outdated,
      });
      await this.parts.decide();
      if (run !== this.count || !(await this.breakDown(run))) return;
      if (store.state.settings.compare) await this.compare(run);
      else this.end({});
    } catch (reason) {
      if (run !== this.count) return;
      this.stale = true;
      const error = this.parts.explained(reason);
      // Predictions can be shown though nobody can say which are right.
      const instead = error.code === 'no-truth' ? await this.overview() : { error, overview: null };
      if (run !== this.count) return;
      this.end(instead.overview === null ? instead : { ...instead, analysis: null });
      // The comparison shows best which method to choose.
      if (error.code === 'several-methods') void this.compareConfidenceMethods();
    }
  }

  /** Where labels do not exclude each other one is looked at: the one that was, as long as the table has it, else the first. */
  private chooseLabel({ header }: ColumnList): void {
    const { store } = this.parts;
    const { table } = store.state.settings;
    const labels = labelChoices(header, table);
    const label = table.label !== null && labels.includes(table.label) ? table.label : (labels[0] ?? null);
    if (label !== table.label)
      store.update({ settings: { ...store.state.settings, table: { ...table, label } } });
  }

  /** What can be shown of a table without truth, or why that is nothing either. */
  private async overview(): Promise<Pick<PanelState, 'error' | 'overview'>> {
    const { store, table, worker } = this.parts;
    try {
      const file = await table.file();
      const { settings } = store.state;
      const asked = { file, settings, reload: false, buckets: this.parts.buckets() };
      return { error: null, overview: await worker.overview(asked) };
    } catch (reason) {
      return { error: this.parts.explained(reason), overview: null };
    }
  }

  private async lookAgain(): Promise<void> {
    const run = this.begin('looking');
    if (await this.breakDown(run)) this.end({});
  }

  /** Compares the confidence methods of the table, unless something runs. */
  async compareConfidenceMethods(): Promise<void> {
    if (this.task !== null) return;
    const { store, table, worker } = this.parts;
    const run = this.begin('comparing-methods');
    store.update({ busy: 'Comparing methods', methodsError: null });
    const { settings } = store.state;
    const compared = await table
      .file()
      .then((file) => worker.methods({ file, settings, reload: false }))
      .then((methods) => ({ methods, methodsError: null }))
      .catch((error: unknown) => ({ methods: null, methodsError: this.parts.explained(error) }));
    if (run === this.count) this.end(compared);
  }

  /** @returns whether its computation is to continue */
  private async breakDown(run: number): Promise<boolean> {
    const { store, table, worker } = this.parts;
    const { settings } = store.state;
    if (settings.view.by === 'all') {
      store.update({ breakdown: null, breakdownError: null });
      return true;
    }
    store.update({ busy: 'Computing', breakdownError: null });
    const shown = await table
      .file()
      .then((file) => worker.breakdown({ file, settings, reload: false }))
      .then((breakdown) => ({ breakdown, breakdownError: null }))
      .catch((error: unknown) => ({ breakdown: null, breakdownError: this.parts.explained(error) }));
    if (run !== this.count) return false;
    store.update(shown);
    return true;
  }

  private async compare(run: number): Promise<void> {
    const { store, worker } = this.parts;
    this.task = 'comparing';
    store.update({ busy: 'Comparing calibrators' });
    try {
      const comparison = await worker.compare(store.state.settings);
      if (run !== this.count) return;
      this.end({ comparison });
      await this.parts.decide();
    } catch (error) {
      if (run === this.count) this.end({ comparison: null, comparisonError: this.parts.explained(error) });
    }
  }

  /**
   * Fits a calibrator on all rows.
   *
   * @returns undefined if the file changed in the meantime: the fit is not what the panel shows
   * @throws UserError cancelled, and the errors of fitting
   */
  async fit(
    method: CalibratorId,
    version: string,
    accept?: FitParams['accept'],
  ): Promise<SavedCalibrator | undefined> {
    const { store, table, worker } = this.parts;
    const run = this.begin('fitting');
    store.update({ busy: `Fitting ${method} on all rows` });
    try {
      const saved = await worker.fit({
        file: await table.file(),
        method,
        settings: store.state.settings,
        accept,
        version,
        time: new Date().toISOString(),
      });
      return run === this.count ? saved : undefined;
    } finally {
      if (run === this.count) this.end({});
    }
  }

  /** Stops what runs. */
  cancel(): void {
    const { store, worker } = this.parts;
    const { task } = this;
    if (task === null) return;
    this.count++;
    worker.stop();
    if (task === 'analysing') this.stale = true;
    this.end(GIVEN_UP[task](store.state.settings));
  }

  private begin(task: Task): number {
    this.task = task;
    return ++this.count;
  }

  private end(change: Partial<PanelState>): void {
    this.task = null;
    this.parts.store.update({ busy: null, ...change });
  }
}

/** The settings that the comparison of confidence methods depends on. */
function ofMethods({ bins, binning, table: { mapping, on } }: PanelSettings): unknown {
  return { bins, binning, mapping, on };
}
