/**
 * Offers to resume jobs that a closed window, a crash or the command line left unfinished. They are found when the
 * extension is activated. They do not activate it: VS Code would search every workspace for them at its start.
 */
import path from 'node:path';
import type { UnfinishedJob } from '../../app/jobs/jobs';
import { discardJob } from '../../editor/job-controls';
import type { Services } from '../../editor/services';

/** Largest number of notifications at once; Show Actions finds the other jobs. */
const AT_ONCE = 3;

/** Offers to resume each unfinished job that nothing else works on. */
export async function offerUnfinished({ jobs, dialogs }: Pick<Services, 'jobs' | 'dialogs'>): Promise<void> {
  const found = await jobs.unfinished();
  const left = found.filter(({ isElsewhere }) => !isElsewhere).slice(0, AT_ONCE);
  await Promise.all(left.map((job) => offer({ jobs, dialogs }, job)));
}

async function offer(
  { jobs, dialogs }: Pick<Services, 'jobs' | 'dialogs'>,
  job: UnfinishedJob,
): Promise<void> {
  const { output, words } = job;
  const name = path.basename(output);
  const answer = await dialogs.tell('info', `${name} is unfinished: ${words}.`, ['Resume', 'Discard…']);
  if (answer === 'Resume') await job.resume();
  if (answer !== 'Discard…') return;
  // The offer may still be there when the job runs again or has ended.
  const now = (await jobs.unfinished()).find((other) => other.output === output);
  if (now === undefined || now.isElsewhere)
    await dialogs.tell('info', `${name} is running or no longer unfinished. Nothing was discarded.`);
  else await discardJob(dialogs, { kind: 'unfinished', job: now });
}
