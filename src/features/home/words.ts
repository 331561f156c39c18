/** What the Home view says beside the names in it. It does not import vscode, so that it can be tested. */
import { visibleName } from '../../core/encode';
import { modelInWords } from '../../core/model/binding';
import type { SavedCalibrator } from '../../core/calibration/saved';
import { count } from '../../core/words/calibration';
import { formatRowShare } from '../../core/words/quantities';
import type { TableFacts } from '../../store/tables/table-facts';

const BETWEEN = ' · ';

/** Joins what is known. */
export function inTurn(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(BETWEEN);
}

/** What is known about a table without reading it, and what was computed before. */
export interface TableWords {
  readonly facts: TableFacts | undefined;
  readonly figures: { readonly rows: number; readonly accuracy: number } | undefined;
  /** Its folder, relative to the workspace; empty at the top. */
  readonly folder: string;
}

/** "accuracy 53.8% of 2,000 rows · scored, labelled · data": what is rarest first, as the end may be cut. */
export function tableInWords({ facts, figures, folder }: TableWords): string {
  const state = facts && stateInWords(facts);
  if (figures === undefined) return inTurn(state, facts && rowsInWords(facts), visibleName(folder));
  const measured = `accuracy ${formatRowShare(figures.accuracy)} of ${count(figures.rows, 'row')}`;
  return inTurn(measured, state, visibleName(folder));
}

function stateInWords({ isScored, isCalibrated, isLabelled }: TableFacts): string {
  const scored = isCalibrated ? 'calibrated' : isScored ? 'scored' : 'not scored';
  return isLabelled ? `${scored}, labelled` : scored;
}

function rowsInWords({ rows, run }: TableFacts): string | undefined {
  if (rows !== undefined) return count(rows, 'row');
  // What the run recorded: the table may have been edited since.
  return run?.rows === undefined ? undefined : `${count(run.rows, 'row')} scored`;
}

/** What a calibrator belongs to: "for gemma-3.gguf". */
export function boundInWords({ bound }: Pick<SavedCalibrator, 'bound'>): string {
  return bound === null ? 'not bound' : `for ${visibleName(bound.model.name)}`;
}

/** The lines of a calibrator's tooltip. */
export function calibratorLines({
  bound,
  n,
  source,
}: Pick<SavedCalibrator, 'bound' | 'n' | 'source'>): string[] {
  return [
    `Fitted on ${count(n, 'row')}${source.name === null ? '' : ` of ${source.name}`}.`,
    bound === null
      ? 'It is not bound to a model and prompt. You are asked to bind it when a classifier uses it.'
      : `It belongs to the model ${modelInWords(bound.model)}, scored by ${bound.scoring.method} (${bound.scoring.mode}) on ${bound.backend}. It is refused for anything else.`,
  ];
}
