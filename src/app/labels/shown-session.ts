/** A labelling session as its page shows it. */
import { stillNeeded } from '../../core/labelling/goal';
import { LONGEST_TEXT, type ShownSession } from '../../protocol/labelling-page';
import type { WrittenDesign } from '../../store/designs';
import type { LabellingQueue } from './labelling';
import type { LabelSession } from './session';

/** What is being labelled. */
export interface Labelling {
  readonly design: WrittenDesign;
  readonly queue: LabellingQueue;
  readonly session: LabelSession;
  /** What people said about each row, where they differ and it is to be settled. */
  readonly disputed?: readonly string[];
}

export function shownSession({ design, queue, session, disputed }: Labelling): ShownSession {
  const { view } = session;
  const { at, row, said, model, last, answered, labelled, rows, canUndo, isSeen, accuracy } = view;
  const { labels, isBlind, kind, worth, goal } = design;
  return {
    ...{ labels, isBlind, kind, worth, last, answered, labelled, rows, canUndo, accuracy },
    settles: disputed !== undefined,
    isScored: queue.rows.some(({ predicted }) => predicted !== null),
    row:
      at === null || row === null
        ? null
        : {
            ...{ at, model, isSeen, said: said ?? null },
            line: queue.lines[at] ?? 1,
            others: disputed?.[at] ?? null,
            text: row.text.slice(0, LONGEST_TEXT),
            cut: Math.max(0, row.text.length - LONGEST_TEXT),
          },
    goal: disputed === undefined && goal !== null ? { goal, needed: stillNeeded(goal, view.reached) } : null,
  };
}
