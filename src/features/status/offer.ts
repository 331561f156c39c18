/**
 * Offers to resume tables that a closed window, a crash or the command line left unfinished. They are found when the
 * extension is activated. They do not activate it: VS Code would search every workspace for them at its start.
 */
import path from 'node:path';
import type { Unfinished } from '../../app/jobs/job';
import type { ScoreChoice } from '../../app/jobs/scoring';
import type { Services } from '../../editor/services';
import type { ScoreRuns } from './score-runs';

/** Largest number of notifications at once; Score CSV… and Show Actions find the other tables. */
const AT_ONCE = 3;

/** Offers to resume each unfinished table that nothing else works on. */
export async function offerUnfinished(services: Services, runs: ScoreRuns): Promise<void> {
  const found = await services.jobs.unfinishedOf(runs.kind);
  const left = found.filter(({ isElsewhere }) => !isElsewhere).slice(0, AT_ONCE);
  await Promise.all(left.map((one) => offer(services, runs, one)));
}

async function offer(
  { dialogs }: Services,
  runs: ScoreRuns,
  { order, words }: Unfinished<ScoreChoice>,
): Promise<void> {
  const answer = await dialogs.tell(
    'info',
    `${path.basename(order.out)} is unfinished: ${words} are scored.`,
    ['Resume', 'Discard'],
  );
  if (answer === 'Resume') await runs.run(order);
  if (answer === 'Discard') await runs.kind.discard(order);
}
