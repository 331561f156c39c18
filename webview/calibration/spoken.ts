/** What a screen reader announces for a new state. */
import { CORRECTNESS, count, factsOf, verdict } from '../../src/core/words/calibration';
import type { PanelState } from '../../src/protocol/calibration-page';
import { same } from '../same';

/** @returns undefined if there is nothing to announce */
export function spoken(state: PanelState, before: PanelState | undefined): string | undefined {
  if (state.error !== null && !same(state.error, before?.error)) return state.error.message;
  if (state.busy !== null && (before?.busy ?? null) === null) return state.busy;
  if (state.overview !== null && !same(state.overview.rows, before?.overview?.rows))
    return `${count(state.overview.rows, 'row')}, no truth`;
  if (state.busy === null && (before?.busy ?? null) !== null && state.analysis !== null) {
    const said = verdict(state.analysis.evaluation, CORRECTNESS);
    return `${factsOf(state.analysis.evaluation)}. ${said?.title ?? ''}`;
  }
  return undefined;
}
