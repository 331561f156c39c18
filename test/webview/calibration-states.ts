/** What the host sends to the page of the calibration panel: made by the code that makes it, from seeded tables. */
import type { ComparedMethod } from '../../src/core/calibration/compare';
import type { PredictionData } from '../../src/core/calibration/types';
import { DEFAULT_BUCKETS } from '../../src/core/decisions/buckets';
import { findColumns } from '../../src/core/data/columns';
import { TableBuilder } from '../../src/core/data/table';
import { analyse } from '../../src/features/calibration/analyse';
import { compareCalibrators } from '../../src/features/calibration/compare';
import { decideOn, progressions } from '../../src/features/calibration/decide';
import { originInWords } from '../../src/features/calibration/origin';
import {
  DEFAULT_CHOICES,
  NO_DECISIONS,
  NO_PROGRESSION,
  type DecisionChoices,
  type DecisionState,
} from '../../src/protocol/calibration-decisions';
import {
  type Analysis,
  DEFAULT_PANEL_SETTINGS,
  type PanelSettings,
  type PanelState,
} from '../../src/protocol/calibration-page';
import type { LabelledTable } from '../../src/store/tables/labelled';
import { seededRandom } from '../../src/core/random';

export const NASTY_LABEL = '<img src=x onerror=alert(1)>"\u202e';

/** A table of label scores that is too sure of itself, with a bad row and a label that one must not trust. */
export function labelledTable(n: number, labels = ['negative', 'positive']): LabelledTable {
  const random = seededRandom(3);
  const header = ['label', ...labels.map((label) => `prob:${label}`)];
  const builder = new TableBuilder(findColumns(header), { truth: 'required' });
  for (let i = 0; i < n; i++) {
    const f = 9 * random() - 4.5;
    const truth = random() < 1 / (1 + Math.exp(-f / 2)) ? 1 : 0;
    const p = 1 / (1 + Math.exp(-f));
    const rest = labels.slice(2).map(() => '0');
    builder.add([labels[truth] ?? '', String(1 - p), String(p), ...rest], i + 2);
  }
  builder.add([labels[0] ?? '', '0.2', '1.8', ...labels.slice(2).map(() => '0')], n + 2);
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
    header: table.columns.header,
    lineEnds: ['\n'],
    warnings: [],
  };
  return { source, table, data, warnings: table.warnings };
}

const NOTHING: PanelState = {
  name: 'reviews.csv',
  settings: DEFAULT_PANEL_SETTINGS,
  busy: null,
  error: null,
  analysis: null,
  comparison: null,
  comparisonError: null,
  decisions: NO_DECISIONS,
  progression: NO_PROGRESSION,
};

export function stateOf(
  input: LabelledTable,
  settings: PanelSettings = DEFAULT_PANEL_SETTINGS,
): PanelState & { readonly analysis: Analysis } {
  const analysis = analyse(input, settings, originInWords(null), false);
  return { ...NOTHING, settings, analysis, decisions: decided(input, null) };
}

function decided(
  input: LabelledTable,
  compared: readonly ComparedMethod[] | null,
  choices: DecisionChoices = DEFAULT_CHOICES,
): DecisionState {
  const { target, costs } = choices;
  const params = { question: { target, costs }, buckets: DEFAULT_BUCKETS };
  return { ...NO_DECISIONS, choices, report: decideOn(input, compared, params) };
}

const usual = labelledTable(700);
const large = labelledTable(2600);
const nasty = labelledTable(60, [NASTY_LABEL, 'x'.repeat(1000), 'plain']);

export const PANEL_STATES = {
  usual: stateOf(usual),
  sampled: stateOf(large, { ...DEFAULT_PANEL_SETTINGS, bins: 10, binning: 'mass' }),
  few: stateOf(labelledTable(7)),
  nasty: stateOf(nasty),
  reading: { ...stateOf(usual), analysis: null, busy: 'Reading the table' },
  refused: {
    ...stateOf(usual),
    analysis: null,
    error: {
      code: 'decimal-comma',
      message:
        'Line 2: prob:positive is "0,93". Write numbers with a decimal point: 0.93, not 0,93. No row of the table was used.',
    },
  },
  gone: { ...stateOf(usual), error: { code: 'no-file', message: 'reviews.csv is gone.' } },
} as const satisfies Record<string, PanelState>;

/** After calibrators were compared: one is recommended, raw is good enough, and there is too little to say. */
export async function comparedStates(): Promise<Record<'use' | 'notEnough', PanelState>> {
  const state = async (input: LabelledTable): Promise<PanelState> => {
    const { comparison, compared } = await compareCalibrators(input, DEFAULT_PANEL_SETTINGS, () =>
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
    bucketNote: 'These buckets are kept in this panel only: the workspace is in restricted mode.',
  },
};

/** After the sample sizes were computed, from fewer draws than the extension makes. */
export function progressedState(): PanelState {
  const methods = progressions(large, () => undefined, 5);
  return { ...stateOf(large), progression: { ...NO_PROGRESSION, methods } };
}
