/**
 * Offers to resume jobs that a closed window, a crash or the command line left unfinished. They are found when the
 * extension is activated. They do not activate it: VS Code would search every workspace for them at its start.
 */
import path from 'node:path';
import type { UnfinishedJob } from '../../app/jobs/jobs';
import type { Dialogs } from '../../editor/dialogs';
import type { Services } from '../../editor/services';

/** Largest number of notifications at once; Show Actions finds the other jobs. */
const AT_ONCE = 3;

/** Offers to resume each unfinished job that nothing else works on. */
export async function offerUnfinished({ jobs, dialogs }: Pick<Services, 'jobs' | 'dialogs'>): Promise<void> {
  const found = await jobs.unfinished();
  const left = found.filter(({ isElsewhere }) => !isElsewhere).slice(0, AT_ONCE);
  await Promise.all(left.map((job) => offer(dialogs, job)));
}

async function offer(dialogs: Dialogs, { output, words, resume, discard }: UnfinishedJob): Promise<void> {
  const answer = await dialogs.tell('info', `${path.basename(output)} is unfinished: ${words}.`, [
    'Resume',
    'Discard',
  ]);
  if (answer === 'Resume') await resume();
  if (answer === 'Discard') await discard();
}
