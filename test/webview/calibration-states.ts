/** What the host sends to the page of the calibration panel: made by the code that makes it, from seeded tables. */
import type { ComparedCalibrator } from '../../src/core/calibration/compare-calibrators';
import type { PredictionData } from '../../src/core/model/predictions';
import { foldsInWords } from '../../src/core/words/calibration';
import { DEFAULT_BUCKETS } from '../../src/core/model/buckets';
import { findColumns } from '../../src/core/data/columns';
import { doubtsOf } from '../../src/core/data/doubts';
import { TableBuilder } from '../../src/core/data/table';
import { analyse } from '../../src/features/calibration/worker/analyse';
import { breakDown } from '../../src/features/calibration/worker/breakdown';
import { comparisonForPage } from '../../src/features/calibration/worker/compare';
import { decideOn, progressions } from '../../src/features/calibration/worker/decide';
import { originInWords } from '../../src/core/words/origin';
import {
  DEFAULT_CHOICES,
  NO_DECISIONS,
  NO_PROGRESSION,
  type DecisionChoices,
  type DecisionState,
} from '../../src/protocol/calibration-decisions';
import {
  type Analysis,
  type ColumnList,
  AS_FOUND,
  DEFAULT_PANEL_SETTINGS,
  emptyPanelState,
  OVERVIEW_BARS,
  type PanelSettings,
  type PanelState,
  type RowView,
} from '../../src/protocol/calibration-page';
import type { LabelledTable } from '../../src/store/tables/labelled';
import { seededRandom } from '../../src/core/random';

const NASTY_LABEL = '<img src=x onerror=alert(1)>"\u202e';

/** Groups of the rows: two to look at, one too small, and one that nobody should trust the name of. */
function groupOf(i: number): string {
  if (i % 250 === 7) return 'rare';
  if (i % 5 === 0) return NASTY_LABEL;
  return i % 2 === 0 ? 'x'.repeat(1000) : 'en';
}

/** A table of label scores that is too sure of itself, with a bad row and a label that one must not trust. */
export function labelledTable(n: number, labels = ['negative', 'positive']): LabelledTable {
  const random = seededRandom(3);
  const header = ['label', ...labels.map((label) => `prob:${label}`), 'lang'];
  const builder = new TableBuilder(findColumns(header), { truth: 'required', slices: ['lang'] });
  for (let i = 0; i < n; i++) {
    const f = 9 * random() - 4.5;
    const truth = random() < 1 / (1 + Math.exp(-f / 2)) ? 1 : 0;
    const p = 1 / (1 + Math.exp(-f));
    const rest = labels.slice(2).map(() => '0');
    builder.add([labels[truth] ?? '', String(1 - p), String(p), ...rest, groupOf(i)], i + 2);
  }
  builder.add([labels[0] ?? '', '0.2', '1.8', ...labels.slice(2).map(() => '0'), ''], n + 2);
  return from(builder);
}

function from(builder: TableBuilder): LabelledTable {
  const table = builder.take();
  const data: PredictionData = table.data;
  const source: LabelledTable['source'] = {
    file: '/w/reviews.csv',
    modified: 0,
    size: 1,
    sha256: '0'.repeat(64),
    encoding: 'utf-8',
    separator: ',',
    quoting: { escape: '"', spaced: false },
    preamble: 0,
    header: table.columns.header,
    lineEnds: ['\n'],
    warnings: [],
  };
  const doubts = doubtsOf(table);
  return { source, table, data, doubts, warnings: [...doubts, ...table.warnings], missing: null };
}

const NOTHING = emptyPanelState('reviews.csv');

export function stateOf(
  input: LabelledTable,
  settings: PanelSettings = DEFAULT_PANEL_SETTINGS,
): PanelState & { readonly analysis: Analysis } {
  const analysis = analyse(
    { shown: input, origin: originInWords(null), labelsFrom: undefined },
    settings,
    false,
  );
  return { ...NOTHING, settings, analysis, decisions: decided(input, null) };
}

function decided(
  input: LabelledTable,
  compared: readonly ComparedCalibrator[] | null,
  choices: DecisionChoices = DEFAULT_CHOICES,
): DecisionState {
  const { target, costs } = choices;
  const params = { question: { target, costs }, buckets: DEFAULT_BUCKETS };
  return { ...NO_DECISIONS, choices, report: decideOn(input, compared, params) };
}

/** A table whose columns say nothing by their names. */
export const FOREIGN: ColumnList = {
  header: [
    'body',
    'gold',
    'guess',
    'p_spam',
    'p_ham',
    'vote/prob:a',
    'vote/prob:b',
    NASTY_LABEL,
    'y'.repeat(300),
    '',
    'lang',
  ],
  samples: [
    ['hello there', 'a far longer text that goes on and on'],
    ['spam', 'ham'],
    ['spam'],
    ['0.1', '0.9'],
    ['0.9'],
    [],
    [],
    ['1'],
    [],
    [],
    ['en'],
  ],
  guess: { 'prob:spam': 'p_spam', label: 'gold' },
};

/** A table whose scores stand under each other's names, with too many bad rows. */
function swappedTable(): LabelledTable {
  const builder = new TableBuilder(findColumns(['label', 'prob:negative', 'prob:positive']), {
    truth: 'required',
    slices: [],
  });
  for (let i = 0; i < 300; i++) {
    const p = ((i * 7) % 100) / 100;
    const truth = (i * 31) % 100 < 100 * p ? 'positive' : 'negative';
    builder.add([truth, String(p), i % 10 === 0 ? 'x' : String(1 - p)], i + 2);
  }
  return from(builder);
}

const usual = labelledTable(700);
const large = labelledTable(2600);
const nasty = labelledTable(60, [NASTY_LABEL, 'x'.repeat(1000), 'plain']);
const usualState = stateOf(usual);
const largeState = stateOf(large);

export const PANEL_STATES = {
  usual: usualState,
  sampled: stateOf(large, { ...DEFAULT_PANEL_SETTINGS, bins: 10, binning: 'mass' }),
  few: stateOf(labelledTable(7)),
  nasty: stateOf(nasty),
  doubtful: stateOf(swappedTable()),
  reading: { ...usualState, analysis: null, busy: 'Reading the table' },
  refused: {
    ...usualState,
    analysis: null,
    error: {
      code: 'decimal-comma',
      message:
        'Line 2: prob:positive is "0,93". Write numbers with a decimal point: 0.93, not 0,93. No row of the table was used.',
    },
  },
  unmapped: {
    ...usualState,
    analysis: null,
    columns: FOREIGN,
    error: { code: 'no-columns', message: 'No predictions found: the table needs a column "confidence".' },
  },
  mapped: {
    ...stateOf(usual, {
      ...DEFAULT_PANEL_SETTINGS,
      table: {
        ...AS_FOUND,
        mapping: { label: 'gold', 'prob:spam': 'p_spam', id: '', group: 'a column that is gone' },
        prevalence: [
          { label: 'negative', share: 0.8 },
          { label: 'positive', share: 0.2 },
        ],
      },
    }),
    columns: FOREIGN,
  },
  ownLabels: {
    ...usualState,
    settings: { ...usualState.settings, table: { ...AS_FOUND, label: 'insult' } },
    columns: {
      header: ['text', 'label:toxic', 'yes:toxic', 'insult', 'yes:insult'],
      samples: [],
      guess: null,
    },
  },
  severalMethods: {
    ...usualState,
    analysis: null,
    columns: {
      header: ['label', 'token/prob:a', 'token/prob:b', 'vote/prob:a', 'vote/prob:b'],
      samples: [],
      guess: null,
    },
    error: {
      code: 'several-methods',
      message: 'The table has scores of several confidence methods (token, vote).',
    },
    methods: {
      rows: 700,
      leftOut: 3,
      methods: [
        { prefix: 'token', answersPerRow: 1, secondsPerRow: 0.0382, diagram: usualState.analysis },
        { prefix: 'vote', answersPerRow: 10, secondsPerRow: 0.0412, diagram: largeState.analysis },
        { prefix: NASTY_LABEL, answersPerRow: null, secondsPerRow: null, diagram: usualState.analysis },
      ],
      combination: {
        method: 'combination',
        answersPerRow: 11,
        secondsPerRow: 0.0794,
        diagram: largeState.analysis,
        folds: foldsInWords({ source: 'folds', count: 5 }),
        gain: { beats: false, message: 'The combination does not beat the token probability alone.' },
        origin: originInWords(null),
      },
    },
  },
  sliceRefused: {
    ...stateOf(usual, { ...DEFAULT_PANEL_SETTINGS, view: { by: 'column', column: 'body' } }),
    columns: FOREIGN,
    breakdownError: { code: 'too-many-slices', message: '"body" has 1,873 values.' },
  },
  overview: {
    ...usualState,
    analysis: null,
    columns: FOREIGN,
    overview: {
      rows: 500,
      warnings: [{ code: 'encoding', message: 'reviews.csv was read as UTF-16.' }],
      labels: [
        { label: 'positive', rows: 460, meanConfidence: 0.91 },
        { label: NASTY_LABEL, rows: 40, meanConfidence: 0.62 },
      ],
      confidence: Array.from({ length: OVERVIEW_BARS }, (_, i) => (i < 10 ? 0 : (i - 9) * 9)),
      labelMass: Array.from({ length: OVERVIEW_BARS }, (_, i) => 25 + (i % 2)),
      lowMass: 240,
      buckets: [
        { name: 'automatic', low: 0.9, rows: 300 },
        { name: 'manual', low: 0, rows: 200 },
      ],
      hasText: true,
      unsure: [
        { line: 7, confidence: 0.501, predicted: 'positive', text: 'Neither good nor bad.' },
        { line: 9, confidence: 0.504, predicted: NASTY_LABEL, text: 'word '.repeat(150) },
        { line: 12, confidence: 0.51, predicted: null, text: null },
      ],
      origin: originInWords(null),
    },
  },
  texts: {
    ...usualState,
    analysis: null,
    columns: { header: ['id', 'review'], samples: [['1'], ['A film.']], guess: null },
    error: { code: 'no-columns', message: 'No predictions found. Its first line reads "id", "review".' },
  },
  calibrated: {
    ...usualState,
    comparisonError: {
      code: 'already-calibrated',
      message: 'reviews.csv already holds calibrated predictions.',
      instead: { 'prob:a': 'raw:prob:a', calibrator: '' },
    },
    analysis: {
      ...usualState.analysis,
      lowMass: 500,
      evaluation: {
        ...usualState.analysis.evaluation,
        warnings: [
          { code: 'low-label-mass', message: 'In 500 of 700 rows the label mass is below one half.' },
          {
            code: 'calibrated-table',
            message: 'The table holds predictions calibrated by "reviews".',
            instead: { 'prob:a': 'raw:prob:a', calibrator: '' },
          },
        ],
      },
    },
  },
  gone: { ...usualState, error: { code: 'no-file', message: 'reviews.csv is gone.' } },
} as const satisfies Record<string, PanelState>;

/** The rows in parts. */
export async function brokenDownStates(): Promise<Record<'predicted' | 'label' | 'column', PanelState>> {
  const broken = async (input: LabelledTable, view: RowView): Promise<PanelState> => {
    const settings = { ...DEFAULT_PANEL_SETTINGS, view };
    const { breakdown } = await breakDown(input, settings, () => Promise.resolve());
    return { ...stateOf(input, settings), columns: FOREIGN, breakdown };
  };
  const nasty = labelledTable(300, [NASTY_LABEL, 'x'.repeat(1000), '   plain ']);
  return {
    predicted: await broken(nasty, { by: 'predicted' }),
    label: await broken(nasty, { by: 'label' }),
    column: await broken(usual, { by: 'column', column: 'lang' }),
  };
}

/** After calibrators were compared: one is recommended, raw is good enough, and there is too little to say. */
export async function comparedStates(): Promise<Record<'use' | 'notEnough', PanelState>> {
  const state = async (input: LabelledTable): Promise<PanelState> => {
    const { comparison, compared } = await comparisonForPage(input, DEFAULT_PANEL_SETTINGS, () =>
      Promise.resolve(),
    );
    return {
      ...stateOf(input, { ...DEFAULT_PANEL_SETTINGS, compare: true }),
      comparison,
      decisions: decided(input, compared),
    };
  };
  return { use: await state(usual), notEnough: await state(labelledTable(60)) };
}

/** With a cost for each pair of labels that one must not trust, and buckets that are kept in the panel. */
export const PAIRED_COSTS: PanelState = {
  ...stateOf(nasty),
  decisions: {
    ...decided(nasty, null, {
      ...DEFAULT_CHOICES,
      costs: {
        review: 1,
        wrong: [
          [0, 5, 2],
          [9, 0, 3],
          [4, 4, 0],
        ],
      },
    }),
    bucketNote: 'These buckets are kept in this panel only: the workspace is in Restricted Mode.',
  },
};

/** After the sample sizes were computed, from fewer draws than the extension makes. */
export function progressedState(): PanelState {
  const methods = progressions(large, () => undefined, 5);
  return { ...largeState, progression: { ...NO_PROGRESSION, methods } };
}
