/**
 * Evaluates the rows of a table in parts: by predicted label, by label, or by the values of a column. Runs in the
 * worker.
 */
import { labelAgainstRest, rowCount, selectRows } from '../../../core/model/rows';
import type { PredictionData } from '../../../core/model/predictions';
import {
  MINIMUM_SLICE_ROWS,
  sliceRows,
  type SlicedRows,
  worseAccuracy,
} from '../../../core/decisions/slices';
import { assess } from '../../../core/metrics/evaluate';
import { UserError } from '../../../core/user-error';
import {
  binsOf,
  type Breakdown,
  DOT_LIMIT,
  type PanelSettings,
  type RowView,
  SLICE_LIMIT,
} from '../../../protocol/calibration-page';
import { type LabelledTable, PREDICTED, sliceNames } from '../../../store/tables/labelled';
import { diagramOf, FEWEST_DOTS } from './diagram-data';
import { listed } from '../../../core/quote';

/** Some rows of a table, and the predictions that are evaluated on them. */
export interface Part {
  readonly name: string;
  readonly data: PredictionData;
  /** Indices of the rows in the table, in the order of the data. */
  readonly rows: Uint32Array;
}

export interface BrokenDown {
  readonly breakdown: Breakdown;
  readonly parts: readonly Part[];
}

/** Columns that must be read from a table for a view. */
export function columnsOfView(view: RowView): readonly string[] {
  return view.by === 'column' ? [view.column] : [];
}

/**
 * Computes the same numbers as `evaluate --slice` of the command line.
 *
 * @param say called before each part is evaluated
 * @throws UserError no-label-scores, no-predicted, too-many-slices
 */
export async function breakDown(
  input: LabelledTable,
  settings: PanelSettings,
  say: (message: string) => Promise<void>,
): Promise<BrokenDown> {
  const { view, binning } = settings;
  const bins = binsOf(settings, input.table.n);
  const { parts, tooSmall, withoutValue } = partsOf(input, view);
  const dotLimit = Math.max(FEWEST_DOTS, Math.floor(DOT_LIMIT / Math.max(1, parts.length)));
  const scored: { name: string; diagram: Breakdown['parts'][number]['diagram'] }[] = [];
  for (const [at, { name, data }] of parts.entries()) {
    await say(`Computing part ${at + 1} of ${parts.length}`);
    scored.push({ name, diagram: diagramOf(data, assess(data, { bins, binning }), dotLimit) });
  }
  const ece = ({ diagram }: (typeof scored)[number]): number => diagram.evaluation.ece.value ?? 0;
  scored.sort((left, right) =>
    view.by === 'label'
      ? ece(right) - ece(left)
      : worseAccuracy(left.diagram.evaluation, right.diagram.evaluation),
  );
  return {
    breakdown: {
      view,
      parts: scored,
      minimumRows: view.by === 'label' ? 1 : MINIMUM_SLICE_ROWS,
      tooSmall: tooSmall.slice(0, SLICE_LIMIT),
      tooSmallCount: tooSmall.length,
      withoutValue,
    },
    parts,
  };
}

function partsOf(
  input: LabelledTable,
  view: RowView,
): Pick<SlicedRows, 'tooSmall' | 'withoutValue'> & { readonly parts: readonly Part[] } {
  const { data } = input;
  if (view.by === 'label') {
    if (data.kind !== 'labels')
      throw new UserError(
        'no-label-scores',
        'This view needs a score for every label, but the table is evaluated on its confidence alone.',
      );
    if (data.labels.length > SLICE_LIMIT)
      throw tooMany(
        'The table has',
        data.labels.length,
        'labels',
        'The JSON export has the ECE of each label.',
      );
    const rows = Uint32Array.from({ length: rowCount(data) }, (_, i) => i);
    return {
      parts: data.labels.map((name, k) => ({ name, data: labelAgainstRest(data, k), rows })),
      tooSmall: [],
      withoutValue: 0,
    };
  }
  const column = view.by === 'column' ? view.column : PREDICTED;
  const names = sliceNames(column, input);
  if (names === null)
    throw new UserError(
      'no-predicted',
      'The table does not name the predicted label. Assign its column of predicted labels (Columns…).',
    );
  const { slices, tooSmall, withoutValue } = sliceRows(data, names);
  const named = listed([column]);
  if (slices.length > SLICE_LIMIT)
    throw tooMany(
      `${named} has`,
      slices.length,
      `values with ${MINIMUM_SLICE_ROWS} rows or more`,
      'The command line lists them all.',
    );
  if (slices.length === 0)
    throw new UserError(
      'no-slices',
      tooSmall.length === 0
        ? `The column ${named} is empty in every row.`
        : `${named} has ${tooSmall.length.toLocaleString('en-US')} different values, but none has ${MINIMUM_SLICE_ROWS} rows: ` +
            `too few to evaluate any of them.`,
    );
  return {
    parts: slices.map(({ name, rows }) => ({ name, rows, data: selectRows(data, rows) })),
    tooSmall,
    withoutValue,
  };
}

function tooMany(subject: string, count: number, things: string, instead: string): UserError {
  return new UserError(
    'too-many-slices',
    `${subject} ${count.toLocaleString('en-US')} ${things}, more than the ${SLICE_LIMIT} that the panel can show one by one. ` +
      instead,
  );
}
