/** Jobs in Show Actions: running and unfinished ones, and the actions of each. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Job } from '../../app/jobs/job';
import type { UnfinishedJob } from '../../app/jobs/jobs';
import type { Choice } from '../../editor/dialogs';
import type { Services } from '../../editor/services';

export type JobEntry =
  | { readonly kind: 'running'; readonly job: Job }
  | { readonly kind: 'unfinished'; readonly job: UnfinishedJob };

type Do = () => Promise<void>;

export function runningChoices(jobs: readonly Job[]): Choice<JobEntry>[] {
  const choices = jobs.map((job): Choice<JobEntry> => ({
    icon: 'sync~spin',
    label: job.title,
    description: job.progress?.words ?? 'starting',
    value: { kind: 'running', job },
  }));
  return choices.length === 0 ? [] : [{ label: 'Running Jobs' }, ...choices];
}

export function unfinishedChoices(jobs: readonly UnfinishedJob[]): Choice<JobEntry>[] {
  const choices = jobs.map((job): Choice<JobEntry> => ({
    icon: 'debug-pause',
    label: job.title,
    description: job.isElsewhere ? 'running in another window or on the command line' : job.words,
    detail: path.basename(job.output),
    value: { kind: 'unfinished', job },
  }));
  return choices.length === 0 ? [] : [{ label: 'Unfinished Jobs' }, ...choices];
}

/** Asks what to do with a job and does it. Settles when it is done. */
export async function actOnJob(services: Services, entry: JobEntry): Promise<'back' | undefined> {
  const chosen = await services.dialogs.choose({
    title: entry.job.title,
    placeholder: entry.kind === 'running' ? (entry.job.progress?.words ?? 'starting') : entry.job.words,
    choices:
      entry.kind === 'running' ? whileRunning(services, entry.job) : whileUnfinished(services, entry.job),
    step: { at: 2, of: 2 },
  });
  if (chosen === 'back') return 'back';
  await chosen?.();
  return undefined;
}

function whileRunning(services: Services, job: Job): Choice<Do>[] {
  const discard = async (): Promise<void> => {
    if (await mayDiscard(services, `Stop and discard "${job.title}"?`)) job.cancel();
  };
  const pause = (): Promise<void> => {
    job.pause();
    return Promise.resolve();
  };
  return [
    { icon: 'debug-pause', label: 'Pause', detail: 'It can be resumed later', value: pause },
    { icon: 'trash', label: 'Discard…', detail: 'Stop it and delete the work done so far', value: discard },
    showLog(services, job),
  ];
}

function whileUnfinished(services: Services, job: UnfinishedJob): Choice<Do>[] {
  if (job.isElsewhere) return [showLog(services, job)];
  const discard = async (): Promise<void> => {
    if (await mayDiscard(services, `Discard "${job.title}"?`)) await job.discard();
  };
  return [
    { icon: 'debug-continue', label: 'Resume', value: job.resume },
    { icon: 'trash', label: 'Discard…', detail: 'Delete the work done so far', value: discard },
    showLog(services, job),
  ];
}

async function mayDiscard({ dialogs }: Services, question: string): Promise<boolean> {
  return (
    (await dialogs.confirm(question, 'The work done so far will be deleted.', ['Discard'])) === 'Discard'
  );
}

function showLog({ log }: Services, { logFile }: Pick<Job, 'logFile'>): Choice<Do> {
  const show = async (): Promise<void> => {
    if (logFile === undefined) log.show();
    else await vscode.window.showTextDocument(vscode.Uri.file(logFile));
  };
  return { icon: 'output', label: 'Show Log', value: show };
}
