/** What runs, what is out of date and what is given up: with a worker whose answers the test gives. */
import assert from 'node:assert/strict';
import { DEFAULT_BUCKETS } from '../../../src/core/model/buckets';
import { UserError } from '../../../src/core/user-error';
import { Computation, type ComputationParts } from '../../../src/features/calibration/computation';
import { analyse } from '../../../src/features/calibration/worker/analyse';
import { loadForPage } from '../../../src/features/calibration/worker/load';
import {
  type Analysis,
  type Comparison,
  DEFAULT_PANEL_SETTINGS,
  emptyPanelState,
  type Overview,
  type PanelSettings,
  type PanelState,
} from '../../../src/protocol/calibration-page';
import { fixture } from '../../support/paths';
import { TestEvent, untilEvent } from '../../support/until';
import { inPanel } from '../../support/in-panel';

type Worker = ComputationParts['worker'];
type Question = Exclude<keyof Worker, 'stop'>;

describe('the computation of a calibration panel', () => {
  const byLabel: PanelSettings = { ...DEFAULT_PANEL_SETTINGS, view: { by: 'label' } };
  const breakdown = {
    view: byLabel.view,
    parts: [],
    minimumRows: 1,
    tooSmall: [],
    tooSmallCount: 0,
    withoutValue: 0,
  };
  const methods = { rows: 0, leftOut: 0, methods: [], combination: null };
  const columns = { header: ['label'], samples: [[]], guess: null };
  const overview: Overview = {
    rows: 1,
    warnings: [],
    labels: null,
    confidence: [],
    labelMass: null,
    lowMass: 0,
    buckets: [],
    hasText: false,
    unsure: [],
    origin: '',
  };
  const comparison: Comparison = {
    on: 'labels',
    verdict: 'keep-raw',
    choice: 'raw',
    reason: '',
    folds: '',
    warnings: [],
    excluded: [],
    methods: [],
  };

  let analysis: Analysis;

  let state: PanelState;
  /** Fires when the state changed and when something was asked. */
  const changes = new TestEvent();
  /** What was asked of the worker, oldest first. */
  let asked: string[];
  /** Questions that wait until they are let go. */
  let held: Set<Question>;
  let release: () => void;
  let failing: Partial<Record<Question, Error>>;
  let computation: Computation;

  async function answer<T>(question: Question, value: T): Promise<T> {
    asked.push(question);
    changes.fire();
    if (held.has(question))
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    const error = failing[question];
    if (error !== undefined) throw error;
    return value;
  }

  before(async () => {
    const loaded = await loadForPage(inPanel(fixture('panel/reviews.csv')));
    analysis = analyse(loaded, DEFAULT_PANEL_SETTINGS, true);
  });
  beforeEach(() => {
    state = emptyPanelState('reviews.csv');
    asked = [];
    held = new Set();
    failing = {};
    computation = new Computation({
      store: {
        get state() {
          return state;
        },
        update: (change) => {
          state = { ...state, ...change };
          changes.fire();
        },
      },
      table: { file: () => Promise.resolve('/w/reviews.csv'), forget: () => undefined },
      worker: {
        columns: () => answer('columns', columns),
        analyse: ({ settings, reload }) => {
          asked.push(reload ? 'reload' : 'kept table');
          return answer('analyse', { ...analysis, settings });
        },
        overview: () => answer('overview', overview),
        breakdown: () => answer('breakdown', breakdown),
        compare: () => answer('compare', comparison),
        methods: () => answer('methods', methods),
        fit: () => assert.fail('nothing is saved here'),
        stop: () => asked.push('stop'),
      },
      decide: () => Promise.resolve(),
      buckets: () => DEFAULT_BUCKETS,
      explained: (error) => ({
        code: error instanceof UserError ? error.code : 'unexpected',
        message: String(error),
      }),
    });
  });

  const done = (): Promise<void> => untilEvent(changes.on, () => state.busy === null);
  /** Asks for something and stops at the question. */
  async function stopAt(question: Question, ask: () => void): Promise<void> {
    held.add(question);
    ask();
    await untilEvent(changes.on, () => asked.at(-1) === question);
  }

  it('shows what it can of a table without truth, and the error where that is nothing', async () => {
    failing.analyse = new UserError('no-truth', 'There is no truth.');
    await computation.compute();
    assert.deepEqual(asked.slice(-2), ['analyse', 'overview']);
    assert.deepEqual([state.overview, state.error, state.analysis], [overview, null, null]);
    failing.overview = new UserError('no-rows', 'There is no row.');
    await computation.compute();
    assert.deepEqual([state.overview, state.error?.code], [null, 'no-rows']);
    failing = {};
    await computation.compute();
    assert.deepEqual([state.overview, state.error, state.analysis !== null], [null, null, true]);
    failing.analyse = new UserError('decimal-comma', 'There is a comma.');
    await computation.compute();
    assert.notEqual(asked.at(-1), 'overview');
  });

  it('reads the table once, and again where the file changed', async () => {
    await computation.compute();
    assert.deepEqual(asked, ['columns', 'reload', 'analyse']);
    assert.deepEqual([state.busy, state.error, state.columns], [null, null, columns]);
    asked = [];
    computation.change({ ...DEFAULT_PANEL_SETTINGS, bins: 10 });
    await done();
    assert.deepEqual(asked, ['kept table', 'analyse']);
    asked = [];
    computation.outdate();
    assert.ok(computation.isStale);
    await computation.compute();
    assert.deepEqual(asked, ['columns', 'reload', 'analyse']);
  });

  it('looks at the same numbers in another way without computing them again', async () => {
    await computation.compute();
    asked = [];
    computation.change(byLabel);
    await done();
    assert.deepEqual(asked, ['breakdown']);
    assert.equal(state.breakdown, breakdown);
    computation.change(DEFAULT_PANEL_SETTINGS);
    await done();
    assert.deepEqual([asked.length, state.breakdown], [1, null]);
  });

  it('does not show what an earlier one still answers', async () => {
    await stopAt('analyse', () => void computation.compute());
    const late = release;
    held.clear();
    computation.change({ ...DEFAULT_PANEL_SETTINGS, bins: 10 });
    await done();
    // A computation that was interrupted left the worker without its table.
    assert.deepEqual(asked.slice(-4), ['stop', 'columns', 'reload', 'analyse']);
    late();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(state.analysis?.settings.bins, 10);
  });

  it('gives up all numbers where they are not complete, and says so', async () => {
    await stopAt('analyse', () => void computation.compute());
    computation.cancel();
    assert.deepEqual([state.busy, state.error?.code, state.analysis], [null, 'cancelled', null]);
    assert.ok(computation.isStale);
  });

  it('gives up only what was asked for beside complete numbers', async () => {
    await computation.compute();
    const shown = (): unknown[] => [
      state.busy,
      state.error,
      state.analysis?.evaluation === analysis.evaluation,
      state.settings.view.by,
      state.settings.compare,
      computation.isStale,
    ];
    const complete = [null, null, true, 'all', false, false];
    for (const [question, ask] of [
      ['breakdown', () => computation.change({ ...state.settings, view: { by: 'label' } })],
      ['compare', () => computation.change({ ...state.settings, compare: true })],
      ['breakdown', () => computation.change({ ...byLabel, compare: true })],
      ['methods', () => void computation.compareConfidenceMethods()],
    ] as const) {
      await stopAt(question, ask);
      computation.cancel();
      assert.deepEqual(shown(), complete, question);
    }
    asked = [];
    computation.cancel();
    assert.deepEqual(asked, []);
  });

  it('compares scoring methods where one must be chosen, and one thing at a time', async () => {
    failing.analyse = new UserError('several-methods', 'Choose one.');
    await computation.compute();
    await done();
    assert.deepEqual([state.error?.code, state.methods], ['several-methods', methods]);
    asked = [];
    await stopAt('methods', () => void computation.compareConfidenceMethods());
    await computation.compareConfidenceMethods();
    computation.recompute();
    assert.deepEqual(asked, ['methods']);
    release();
    await done();
  });
});
