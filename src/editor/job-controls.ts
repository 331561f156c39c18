/** Pausing, resuming and discarding a job: the same in the Home view and in the list of the status bar item. */
import type { Job } from '../app/jobs/job';
import type { UnfinishedJob } from '../app/jobs/jobs';
import type { Dialogs } from './dialogs';

export type JobEntry =
  | { readonly kind: 'running'; readonly job: Job }
  | { readonly kind: 'unfinished'; readonly job: UnfinishedJob };

/** How far a job is, in words. */
export function jobInWords(entry: JobEntry): string {
  if (entry.kind === 'running') return entry.job.progress?.words ?? 'starting';
  return entry.job.isElsewhere ? 'running in another window or on the command line' : entry.job.words;
}

/** Deletes the work of a job after a question; whether the person agreed. */
export async function discardJob(dialogs: Dialogs, { kind, job }: JobEntry): Promise<boolean> {
  const question = kind === 'running' ? `Stop and discard "${job.title}"?` : `Discard "${job.title}"?`;
  const answer = await dialogs.confirm(question, 'The work done so far will be deleted.', ['Discard']);
  if (answer !== 'Discard') return false;
  if (kind === 'running') job.cancel();
  else await job.discard();
  return true;
}
