/**
 * Offers to resume jobs that a closed window, a crash or the command line left unfinished. They are found when the
 * extension is activated. They do not activate it: VS Code would search every workspace for them at its start.
 */
import path from 'node:path';
import type { UnfinishedJob } from '../../app/jobs/jobs';
import type { Dialogs } from '../../editor/dialogs';
import { discardJob } from '../../editor/job-controls';
import type { Services } from '../../editor/services';

/** Largest number of notifications at once; Show Actions finds the other jobs. */
const AT_ONCE = 3;

/** Offers to resume each unfinished job that nothing else works on. */
export async function offerUnfinished({ jobs, dialogs }: Pick<Services, 'jobs' | 'dialogs'>): Promise<void> {
  const found = await jobs.unfinished();
  const left = found.filter(({ isElsewhere }) => !isElsewhere).slice(0, AT_ONCE);
  await Promise.all(left.map((job) => offer(dialogs, job)));
}

async function offer(dialogs: Dialogs, job: UnfinishedJob): Promise<void> {
  const { output, words } = job;
  const answer = await dialogs.tell('info', `${path.basename(output)} is unfinished: ${words}.`, [
    'Resume',
    'Discard…',
  ]);
  if (answer === 'Resume') await job.resume();
  if (answer === 'Discard…') await discardJob(dialogs, { kind: 'unfinished', job });
}
